/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/mask/structures.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "sonar/core/error.h"
#include "support/testing.h"

using sonar::ColumnRange;
using sonar::Image;
using namespace sonar::mask;

static const std::size_t kHeight = 24, kWidth = 40;
static const ColumnRange kAll{0, kWidth};

/** Sets rows [y0, y1) x columns [x0, x1). */
static void paint(Image &image, std::size_t y0, std::size_t y1, std::size_t x0,
                  std::size_t x1, float db) {
  for (std::size_t y = y0; y < y1; ++y)
    for (std::size_t x = x0; x < x1; ++x) image.at(y, x) = db;
}

static Structures find(const Image &value, ColumnRange valid = kAll,
                       const std::vector<Binary> &lines = {},
                       const StructureOptions &options = {}) {
  return find_structures(value, {}, valid, lines, options);
}

static Binary line_of(std::size_t y, std::size_t x0, std::size_t x1) {
  Binary out{kHeight, kWidth, std::vector<std::uint8_t>(kHeight * kWidth)};
  for (std::size_t x = x0; x < x1; ++x) out.values[y * kWidth + x] = 1;
  return out;
}

/* 10 dB from end to end: the mean over any columns is 10 dB, so exactly the
 * painted pixels are strong; their row's median is their level, so nothing
 * comes of the transient rule. */
GST_START_TEST(a_steady_line_is_one_structure_with_its_own_bounds) {
  Image value(kHeight, kWidth);
  paint(value, 5, 7, 0, kWidth, 10);
  const Structures got = find(value);
  fail_unless_equals_int(got.found.size(), 1);
  const Structure &s = got.found[0];
  fail_unless_equals_int(s.row_begin, 5);
  fail_unless_equals_int(s.row_end, 7);
  fail_unless_equals_int(s.column_begin, 0);
  fail_unless_equals_int(s.column_end, kWidth);
  fail_unless_equals_int(s.pixels, 2 * kWidth);
  ASSERT_NEAR_AT(0, s.mean_db, 10, 0);
  for (std::size_t i = 0; i < got.owner.size(); ++i)
    fail_unless_equals_int(got.owner[i],
                           i / kWidth == 5 || i / kWidth == 6 ? 1 : 0);
}
GST_END_TEST

/* Two columns of 11.9 dB: the mean over seven columns that hold both is
 * (2 * 15.5 + 5) / 7, 7.1 dB, and six columns' windows do. At 11 dB it is
 * 6.6 dB; over a median of 0 dB the columns themselves are no transient below
 * 12 dB, and at 13 dB they are, whatever the mean is capped to. */
GST_START_TEST(a_burst_is_strong_by_its_mean_or_by_its_height) {
  const std::pair<float, std::size_t> bursts[] = {{11, 0}, {11.9f, 6}};
  for (const auto &[db, columns] : bursts) {
    Image value(kHeight, kWidth);
    paint(value, 10, 14, 20, 22, db);
    const Structures got = find(value);
    fail_unless_equals_int(got.found.size(), columns ? 1 : 0);
    if (columns) fail_unless_equals_int(got.found[0].pixels, 4 * columns);
  }
  Image click(kHeight, kWidth);  // one column: (16 + 6) / 7 is 5 dB
  paint(click, 2, 22, 20, 21, 13);
  fail_unless_equals_int(find(click).found[0].pixels, 20);
}
GST_END_TEST

GST_START_TEST(
    structures_come_largest_first_then_in_order_of_their_first_pixel) {
  Image value(kHeight, kWidth);
  paint(value, 20, 21, 0, kWidth, 10);
  paint(value, 2, 4, 0, kWidth, 10);
  paint(value, 10, 11, 0, kWidth, 10);
  const Structures got = find(value);
  fail_unless_equals_int(got.found.size(), 3);
  fail_unless_equals_int(got.found[0].row_begin, 2);
  fail_unless_equals_int(got.found[1].row_begin, 10);
  fail_unless_equals_int(got.found[2].row_begin, 20);
  fail_unless_equals_int(got.owner[2 * kWidth], 1);
  fail_unless_equals_int(got.owner[20 * kWidth], 3);
}
GST_END_TEST

GST_START_TEST(only_the_largest_are_kept_and_small_ones_are_left_out) {
  Image value(kHeight, kWidth);
  paint(value, 2, 3, 0, kWidth, 10);
  paint(value, 6, 8, 0, kWidth, 10);
  paint(value, 12, 15, 0, kWidth, 10);
  StructureOptions two;
  two.most = 2;
  const Structures got = find(value, kAll, {}, two);
  fail_unless_equals_int(got.found.size(), 2);
  fail_unless_equals_int(got.found[0].pixels, 3 * kWidth);
  fail_unless_equals_int(got.found[1].pixels, 2 * kWidth);
  for (std::size_t x = 0; x < kWidth; ++x)
    fail_unless_equals_int(got.owner[2 * kWidth + x], 0);
  StructureOptions large;
  large.min_pixels = 3 * kWidth;
  fail_unless_equals_int(find(value, kAll, {}, large).found.size(), 1);
}
GST_END_TEST

/* A weak line that breaks twice stays whole, and takes the strong pixels that
 * it runs through from what else is there. */
GST_START_TEST(a_given_line_is_one_structure_though_it_is_weak_and_breaks) {
  Image value(kHeight, kWidth, 1.0f);
  paint(value, 5, 8, 0, kWidth, 10);
  Binary line = line_of(6, 0, 10);
  for (const std::size_t x0 : {15, 30})
    for (std::size_t x = x0; x < x0 + 10; ++x) line.values[6 * kWidth + x] = 1;
  for (std::size_t x = 0; x < 10; ++x) line.values[20 * kWidth + x] = 1;
  const Structures got = find(value, kAll, {line});
  fail_unless_equals_int(got.found.size(), 2);
  fail_unless_equals_int(got.found[0].pixels, 3 * kWidth - 30);
  fail_unless_equals_int(got.found[1].pixels, 40);
  ASSERT_NEAR_AT(1, got.found[1].mean_db, (30 * 10 + 10 * 1) / 40.0, 1e-6);
}
GST_END_TEST

GST_START_TEST(pixels_of_two_given_lines_are_the_first_ones) {
  const Image value(kHeight, kWidth);
  const Structures got =
      find(value, kAll, {line_of(4, 0, 20), line_of(4, 10, 40)});
  fail_unless_equals_int(got.found.size(), 2);
  fail_unless_equals_int(got.found[0].column_end, 20);
  fail_unless_equals_int(got.found[1].column_begin, 20);
}
GST_END_TEST

GST_START_TEST(nothing_is_found_outside_the_valid_columns) {
  Image value(kHeight, kWidth);
  paint(value, 5, 7, 0, kWidth, 10);
  const Structures got = find(value, {8, 24}, {line_of(15, 0, kWidth)});
  fail_unless_equals_int(got.found.size(), 2);
  for (const Structure &s : got.found) {
    fail_unless_equals_int(s.column_begin, 8);
    fail_unless_equals_int(s.column_end, 24);
  }
  fail_unless(find(value, {8, 8}).found.empty());
}
GST_END_TEST

/* The level counts for transients, the value over background for lines: a
 * background that jumps with the level hides nothing. */
GST_START_TEST(a_transient_is_judged_by_level_and_not_by_value) {
  const Image value(kHeight, kWidth);
  Image background(kHeight, kWidth, -60.0f);
  paint(background, 8, 12, 18, 20, -45);
  const Structures got =
      find_structures(value, background, kAll, {}, StructureOptions());
  fail_unless_equals_int(got.found.size(), 1);
  fail_unless_equals_int(got.found[0].pixels, 8);
  ASSERT_NEAR_AT(0, got.found[0].mean_db, 0, 0);
}
GST_END_TEST

static std::string refusal(const std::function<void()> &act) {
  try {
    act();
  } catch (const sonar::Error &e) {
    fail_unless(e.code() == sonar::Errc::kBadArgument);
    return e.what();
  }
  return "nothing";
}

static void assert_refused(const std::function<void()> &act,
                           const std::string &words) {
  const std::string got = refusal(act);
  fail_unless_equals_string(got.c_str(), words.c_str());
}

GST_START_TEST(what_does_not_fit_is_refused_by_name) {
  const Image value(kHeight, kWidth);
  Binary narrow{kHeight, 3, std::vector<std::uint8_t>(kHeight * 3)};
  assert_refused(
      [&] { find(value, kAll, {narrow}); },
      "structures of a picture of 24 x 40 pixels (height x width): a line is "
      "24 x 3; needed the picture's shape");
  StructureOptions none;
  none.most = 0;
  assert_refused(
      [&] { find(value, kAll, {}, none); },
      "a picture may have 1 to 65535 structures, asked for at most 0");
  fail_unless(refusal([&] {
                find(value, {0, 41});
              }).find("structures of a picture of 40 columns") == 0);
}
GST_END_TEST

static Suite *structures_suite(void) {
  Suite *s = suite_create("structures");
  TCase *tc = tcase_create("all");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, a_steady_line_is_one_structure_with_its_own_bounds);
  tcase_add_test(tc, a_burst_is_strong_by_its_mean_or_by_its_height);
  tcase_add_test(
      tc, structures_come_largest_first_then_in_order_of_their_first_pixel);
  tcase_add_test(tc, only_the_largest_are_kept_and_small_ones_are_left_out);
  tcase_add_test(tc,
                 a_given_line_is_one_structure_though_it_is_weak_and_breaks);
  tcase_add_test(tc, pixels_of_two_given_lines_are_the_first_ones);
  tcase_add_test(tc, nothing_is_found_outside_the_valid_columns);
  tcase_add_test(tc, a_transient_is_judged_by_level_and_not_by_value);
  tcase_add_test(tc, what_does_not_fit_is_refused_by_name);
  return s;
}
GST_CHECK_MAIN(structures)
