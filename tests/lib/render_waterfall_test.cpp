/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <algorithm>
#include <functional>

#include "sonar/core/error.h"
#include "sonar/render/waterfall.h"
#include "support/testing.h"

using namespace sonar;
using sonar::render::StructureMap;
using sonar::render::Waterfall;

static const std::size_t kRows = 3, kColumns = 16, kWidth = 8;

/** A picture whose every cell says which stream column, row and picture it is:
 *  exact in float32. */
struct Picture {
  Picture(std::int64_t first_column, int version = 0)
      : first(first_column), value(kRows, kWidth), explanation(kRows, kWidth) {
    signature = {kRows, kWidth, std::vector<std::uint8_t>(kRows * kWidth)};
    structures = {kRows, kWidth, std::vector<mask::Speaks>(kRows * kWidth)};
    for (std::size_t y = 0; y < kRows; ++y)
      for (std::size_t x = 0; x < kWidth; ++x) {
        const std::int64_t column = first + std::int64_t(x);
        value.at(y, x) = cell(y, column, version);
        explanation.at(y, x) = -cell(y, column, version);
        signature.values[y * kWidth + x] = column % 2 != 0;
        structures.says[y * kWidth + x] = says(y, column, version);
      }
  }
  static float cell(std::size_t y, std::int64_t column, int version) {
    return float(column * 100 + std::int64_t(y) * 10 + version);
  }
  static mask::Speaks says(std::size_t y, std::int64_t column, int version) {
    return mask::Speaks((column + 1000 + std::int64_t(y) + version) % 4);
  }
  void put_in(Waterfall &waterfall, ColumnRange valid = {0, kWidth}) const {
    waterfall.put(first, valid, value, &signature, &explanation, &structures);
  }
  std::int64_t first;
  Image value, explanation;
  mask::Binary signature;
  StructureMap structures;
};

/** Every column of the window: valid from stream column @p begin to its right
 *  edge @p end, with the picture version @p version(column) says. */
static void assert_shows(const Waterfall &waterfall, std::int64_t begin,
                         std::int64_t end,
                         const std::function<int(std::int64_t)> &version) {
  fail_unless_equals_int(waterfall.first_column(),
                         end - std::int64_t(kColumns));
  fail_unless_equals_int(waterfall.valid().end, kColumns);
  fail_unless_equals_int(waterfall.valid().count(), end - begin);
  for (std::size_t y = 0; y < kRows; ++y)
    for (std::size_t x = waterfall.valid().begin; x < kColumns; ++x) {
      const std::int64_t column = waterfall.first_column() + std::int64_t(x);
      const float want = Picture::cell(y, column, version(column));
      ASSERT_NEAR_AT(x, waterfall.value_db().at(y, x), want, 0.0);
      ASSERT_NEAR_AT(x, waterfall.explanation().at(y, x), -want, 0.0);
      fail_unless_equals_int(waterfall.signature().at(y, x), column % 2 != 0);
      fail_unless(waterfall.structures().says[y * kColumns + x] ==
                  Picture::says(y, column, version(column)));
    }
}

static int oldest(std::int64_t) { return 0; }

GST_START_TEST(first_picture_stands_at_the_right_edge) {
  Waterfall waterfall(kRows, kColumns);
  fail_unless_equals_int(waterfall.valid().count(), 0);
  Picture(100).put_in(waterfall);
  assert_shows(waterfall, 100, 108, oldest);
}
GST_END_TEST

GST_START_TEST(later_pictures_overwrite_what_they_share_with_earlier_ones) {
  Waterfall waterfall(kRows, kColumns);
  Picture(0, 1).put_in(waterfall);
  Picture(3, 2).put_in(waterfall);
  Picture(5, 3).put_in(waterfall);
  assert_shows(waterfall, 0, 13, [](std::int64_t c) {
    return c < 3 ? 1 : c < 5 ? 2 : 3;
  });
}
GST_END_TEST

GST_START_TEST(window_keeps_the_last_columns_of_a_long_recording) {
  for (const std::int64_t advance : {1, 3, 8}) {
    Waterfall waterfall(kRows, kColumns);
    std::int64_t first = 0;
    for (; first < 1000; first += advance) Picture(first).put_in(waterfall);
    const std::int64_t end = first - advance + std::int64_t(kWidth);
    assert_shows(waterfall, end - std::int64_t(kColumns), end, oldest);
  }
}
GST_END_TEST

GST_START_TEST(picture_that_follows_without_overlap_continues) {
  Waterfall waterfall(kRows, kColumns);
  Picture(0).put_in(waterfall);
  Picture(8).put_in(waterfall);
  assert_shows(waterfall, 0, 16, oldest);
}
GST_END_TEST

GST_START_TEST(gap_starts_afresh) {
  Waterfall waterfall(kRows, kColumns);
  Picture(0).put_in(waterfall);
  Picture(9).put_in(waterfall);  // column 8 is missing
  assert_shows(waterfall, 9, 17, oldest);
}
GST_END_TEST

GST_START_TEST(jump_back_starts_afresh) {
  Waterfall waterfall(kRows, kColumns);
  Picture(50, 1).put_in(waterfall);
  Picture(49).put_in(waterfall);
  assert_shows(waterfall, 49, 57, oldest);
  Picture(20, 1).put_in(waterfall);
  Picture(10).put_in(waterfall, {4, 4});  // says that time went back, no more
  fail_unless_equals_int(waterfall.valid().count(), 0);
}
GST_END_TEST

GST_START_TEST(invalid_columns_are_not_taken) {
  Waterfall waterfall(kRows, kColumns);
  Picture(0, 9).put_in(waterfall, {3, 3});
  fail_unless_equals_int(waterfall.valid().count(), 0);
  Picture(0, 1).put_in(waterfall, {5, 8});  // start: no history yet
  assert_shows(waterfall, 5, 8, [](std::int64_t) { return 1; });
  Picture(4, 2).put_in(waterfall, {2, 6});  // end: fewer columns than a picture
  assert_shows(waterfall, 5, 10, [](std::int64_t c) { return c < 6 ? 1 : 2; });
  // A valid start past the newest column is a gap though pictures overlap.
  Picture(5, 3).put_in(waterfall, {6, 8});
  assert_shows(waterfall, 11, 13, [](std::int64_t) { return 3; });
}
GST_END_TEST

GST_START_TEST(absent_planes_are_zero_where_the_picture_lies) {
  Waterfall waterfall(kRows, kColumns);
  Picture(0).put_in(waterfall);
  const Picture late(4);
  waterfall.put(4, {0, kWidth}, late.value, nullptr, nullptr);
  for (std::size_t x = waterfall.valid().begin; x < kColumns; ++x) {
    const std::int64_t column = waterfall.first_column() + std::int64_t(x);
    fail_unless_equals_int(waterfall.signature().at(1, x),
                           column < 4 && column % 2);
    ASSERT_NEAR_AT(x, waterfall.explanation().at(1, x),
                   column < 4 ? -Picture::cell(1, column, 0) : 0.0f, 0.0);
    fail_unless(waterfall.structures().says[kColumns + x] ==
                (column < 4 ? Picture::says(1, column, 0)
                            : mask::Speaks::kNoStructure));
  }
}
GST_END_TEST

GST_START_TEST(cleared_waterfall_is_as_new) {
  Waterfall waterfall(kRows, kColumns);
  Picture(70).put_in(waterfall);
  waterfall.clear();
  fail_unless_equals_int(waterfall.valid().count(), 0);
  fail_unless_equals_int(std::count(waterfall.signature().values.begin(),
                                    waterfall.signature().values.end(), 0),
                         kRows * kColumns);
  Picture(2).put_in(waterfall);
  assert_shows(waterfall, 2, 10, oldest);
}
GST_END_TEST

/* Pictures of stream columns 0 to 8 and 4 to 12 in a window of 16: a structure
 * that reaches into the second picture is the second's to number. */
GST_START_TEST(a_number_stays_until_a_newer_picture_reaches_its_structure) {
  Waterfall waterfall(kRows, kColumns);
  const Image value(kRows, kWidth);
  waterfall.put(0, {0, kWidth}, value, nullptr, nullptr, nullptr,
                {{0, 1, 1, 4, 0.25f}, {1, 2, 2, 5, 0.5f}});
  fail_unless_equals_int(waterfall.notes().size(), 2);
  fail_unless_equals_int(waterfall.notes()[0].column_begin, 9);
  waterfall.put(4, {0, kWidth}, value, nullptr, nullptr, nullptr,
                {{1, 2, 0, 1, 0.75f}});
  const auto got = waterfall.notes();
  fail_unless_equals_int(got.size(), 2);
  ASSERT_NEAR_AT(0, got[0].score, 0.25, 0);
  fail_unless_equals_int(got[0].column_begin, 5);
  fail_unless_equals_int(got[0].column_end, 8);
  ASSERT_NEAR_AT(1, got[1].score, 0.75, 0);
  fail_unless_equals_int(got[1].column_begin, 8);
  // 16 columns on: what began before the window has gone
  for (const std::int64_t first : {12, 18})
    waterfall.put(first, {0, kWidth}, value, nullptr, nullptr);
  fail_unless(waterfall.notes().empty());
}
GST_END_TEST

GST_START_TEST(structures_of_another_shape_are_refused) {
  Waterfall waterfall(kRows, kColumns);
  const StructureMap narrow{kRows, kWidth - 1, {}};
  try {
    waterfall.put(0, {0, 1}, Image(kRows, kWidth), nullptr, nullptr, &narrow);
    fail_unless(false);
  } catch (const Error &error) {
    fail_unless(std::string(error.what()).find("structures must have that") !=
                std::string::npos);
  }
}
GST_END_TEST

static void assert_refused(const std::function<void()> &act,
                           const std::string &words) {
  try {
    act();
  } catch (const Error &error) {
    fail_unless(error.code() == Errc::kBadArgument);
    ck_assert_msg(std::string(error.what()).find(words) != std::string::npos,
                  "'%s' does not say '%s'", error.what(), words.c_str());
    return;
  }
  ck_abort_msg("accepted, but should say '%s'", words.c_str());
}

GST_START_TEST(pictures_that_do_not_fit_are_refused_with_both_shapes) {
  assert_refused([] { Waterfall(0, 5); }, "0 x 5 (rows x columns)");
  Waterfall waterfall(kRows, kColumns);
  const Image tall(kRows + 1, kWidth), wide(kRows, kColumns + 1),
      good(kRows, kWidth);
  assert_refused(
      [&] {
        waterfall.put(0, {0, 1}, tall, nullptr, nullptr);
      },
      "the picture is 4 x 8 (rows x columns), the waterfall 3 x 16");
  assert_refused(
      [&] {
        waterfall.put(0, {0, 1}, wide, nullptr, nullptr);
      },
      "the picture is 3 x 17");
  assert_refused(
      [&] {
        waterfall.put(0, {0, 9}, good, nullptr, nullptr);
      },
      "its valid columns are 0 to 9");
  assert_refused(
      [&] {
        waterfall.put(0, {0, 8}, good, nullptr, &tall);
      },
      "must have that shape");
}
GST_END_TEST

static Suite *render_waterfall_suite(void) {
  Suite *s = suite_create("render_waterfall");
  TCase *tc = tcase_create("waterfall");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, first_picture_stands_at_the_right_edge);
  tcase_add_test(tc,
                 later_pictures_overwrite_what_they_share_with_earlier_ones);
  tcase_add_test(tc, window_keeps_the_last_columns_of_a_long_recording);
  tcase_add_test(tc, picture_that_follows_without_overlap_continues);
  tcase_add_test(tc, gap_starts_afresh);
  tcase_add_test(tc, jump_back_starts_afresh);
  tcase_add_test(tc, invalid_columns_are_not_taken);
  tcase_add_test(tc, absent_planes_are_zero_where_the_picture_lies);
  tcase_add_test(tc,
                 a_number_stays_until_a_newer_picture_reaches_its_structure);
  tcase_add_test(tc, structures_of_another_shape_are_refused);
  tcase_add_test(tc, cleared_waterfall_is_as_new);
  tcase_add_test(tc, pictures_that_do_not_fit_are_refused_with_both_shapes);
  return s;
}
GST_CHECK_MAIN(render_waterfall)
