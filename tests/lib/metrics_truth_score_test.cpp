/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/core/error.h"
#include "sonar/metrics/truth_score.h"
#include "support/testing.h"

using namespace sonar::metrics;
using sonar::mask::Binary;

static const double kRounding = 1e-12;  // quotients of small integers

static Binary blank(std::size_t height, std::size_t width) {
  return {height, width, std::vector<std::uint8_t>(height * width, 0)};
}

/** Sets rows [y, y + height) and columns [x, x + width). */
static void fill(Binary &b, std::size_t y, std::size_t x, std::size_t height,
                 std::size_t width) {
  for (std::size_t i = y; i < y + height; ++i)
    for (std::size_t j = x; j < x + width; ++j) b.values[i * b.width + j] = 1;
}

static Truth nothing(std::size_t height, std::size_t width) {
  return {blank(height, width), blank(height, width), blank(height, width),
          std::vector<std::int8_t>(height * width, 0)};
}

/* 6 x 10. Target: row 2 and 3, columns 0-9 and one pixel more than 20: row 4,
 * column 0. Weak: target and rows 1 and 4. SNR by row: row 2 6 dB, row 3 3 dB,
 * row 4 0 dB. Kept: row 0 (10, all noise), row 1 columns 0-4 (5, weak), row 2
 * whole (10), row 3 columns 0-3 (4). */
GST_START_TEST(figures_of_a_small_scene_are_those_counted_by_hand) {
  Truth t = nothing(6, 10);
  fill(t.target, 2, 0, 2, 10);
  fill(t.target, 4, 0, 1, 1);
  fill(t.weak, 1, 0, 4, 10);
  for (std::size_t x = 0; x < 10; ++x) {
    t.snr_db[20 + x] = 6;
    t.snr_db[30 + x] = 3;
  }
  Binary mask = blank(6, 10);
  fill(mask, 0, 0, 1, 10);
  fill(mask, 1, 0, 1, 5);
  fill(mask, 2, 0, 1, 10);
  fill(mask, 3, 0, 1, 4);
  const TruthScore s = score(mask, t);
  ASSERT_NEAR_AT(0, s.removed, 1 - 10.0 / 20, kRounding);  // rows 0 and 5
  ASSERT_NEAR_AT(1, s.kept, 29.0 / 60, kRounding);
  ASSERT_NEAR_AT(2, s.overwritten_0db.value(), 1 - 14.0 / 21, kRounding);
  ASSERT_NEAR_AT(3, s.overwritten_3db.value(), 1 - 14.0 / 20, kRounding);
  ASSERT_NEAR_AT(4, s.overwritten_6db.value(), 0, kRounding);
  /* Kept and judged: 10 of noise and 14 of target; row 1 is not judged. */
  ASSERT_NEAR_AT(5, s.iou.value(), 14.0 / (10 + 21), kRounding);
  ASSERT_NEAR_AT(6, s.f1.value(), 2 * 14.0 / (24 + 21), kRounding);
  fail_unless_equals_int(s.intersecting, 0);
  fail_unless_equals_int(s.intersecting_present, 0);
}
GST_END_TEST

GST_START_TEST(perfect_mask_removes_all_and_overwrites_nothing) {
  Truth t = nothing(8, 8);
  fill(t.target, 2, 0, 3, 8);
  t.weak = t.target;
  const TruthScore s = score(t.target, t);
  ASSERT_NEAR_AT(0, s.removed, 1, 0);
  ASSERT_NEAR_AT(1, s.overwritten_0db.value(), 0, 0);
  ASSERT_NEAR_AT(2, s.iou.value(), 1, 0);
  ASSERT_NEAR_AT(3, s.f1.value(), 1, 0);
}
GST_END_TEST

GST_START_TEST(figures_of_too_few_pixels_are_absent) {
  Truth t = nothing(6, 10);
  fill(t.target, 0, 0, 2, 10);  // 20 pixels: one too few
  t.weak = t.target;
  TruthScore s = score(blank(6, 10), t);
  fail_if(s.overwritten_0db || s.overwritten_3db || s.overwritten_6db);
  fail_if(s.iou || s.f1);

  fill(t.target, 2, 0, 1, 1);
  t.weak = t.target;
  for (std::size_t i = 0; i < 6; ++i) t.snr_db[i] = 3;  // 6 pixels: enough
  for (std::size_t i = 0; i < 5; ++i) t.snr_db[i] = 6;  // 5: one too few
  s = score(blank(6, 10), t);
  ASSERT_NEAR_AT(0, s.overwritten_0db.value(), 1, 0);
  ASSERT_NEAR_AT(1, s.overwritten_3db.value(), 1, 0);
  fail_if(s.overwritten_6db);
  ASSERT_NEAR_AT(2, s.f1.value(), 0, 0);
}
GST_END_TEST

/* Target pixels below 0 dB exist where the truth's rounding made them: the
 * 0 dB figure counts every target pixel. */
GST_START_TEST(zero_db_figure_counts_every_target_pixel) {
  Truth t = nothing(6, 10);
  fill(t.target, 0, 0, 3, 10);
  t.weak = t.target;
  t.snr_db.assign(60, -1);
  ASSERT_NEAR_AT(0, score(t.target, t).overwritten_0db.value(), 0, 0);
}
GST_END_TEST

/* 16 x 16 with interferers: A 2 x 4 of exactly 8 pixels; B 1 x 8 of which the
 * target's neighbourhood leaves 7; C 1 x 12 of which it leaves 8; D, two 2 x 2
 * blocks that touch by a corner. */
static Truth interferers() {
  Truth t = nothing(16, 16);
  fill(t.interferer, 1, 1, 2, 4);
  fill(t.interferer, 5, 1, 1, 8);
  fill(t.interferer, 9, 0, 1, 12);
  fill(t.interferer, 12, 6, 2, 2);
  fill(t.interferer, 14, 8, 2, 2);
  fill(t.weak, 6, 9, 1, 1);   // grown by one it covers column 8 of row 5
  fill(t.weak, 10, 0, 1, 3);  // and this columns 0-3 of row 9
  return t;
}

GST_START_TEST(interfering_regions_have_eight_pixels_clear_of_the_target) {
  const Truth t = interferers();
  Binary all = blank(16, 16);
  fill(all, 0, 0, 16, 16);
  const TruthScore s = score(all, t);
  fail_unless_equals_int(s.intersecting_present, 3);  // A, C and D
  fail_unless_equals_int(s.intersecting, 3);
  ASSERT_NEAR_AT(0, s.removed, 0, 0);
}
GST_END_TEST

GST_START_TEST(interfering_region_of_which_seven_pixels_are_kept_is_gone) {
  const Truth t = interferers();
  Binary mask = blank(16, 16);
  fill(mask, 0, 0, 16, 16);
  mask.values[1 * 16 + 1] = 0;  // of A
  const TruthScore s = score(mask, t);
  fail_unless_equals_int(s.intersecting_present, 3);
  fail_unless_equals_int(s.intersecting, 2);
}
GST_END_TEST

GST_START_TEST(scene_without_noise_has_removed_nothing) {
  Truth t = nothing(2, 2);
  fill(t.weak, 0, 0, 2, 2);
  ASSERT_NEAR_AT(0, score(blank(2, 2), t).removed, 0, 0);
}
GST_END_TEST

GST_START_TEST(shapes_that_differ_are_refused_with_got_and_needed) {
  for (const Truth &t : {nothing(2, 3), nothing(3, 2)}) {
    try {
      score(blank(2, t.target.height == 2 ? 4 : 3), t);
      ck_abort_msg("two shapes were scored");
    } catch (const sonar::Error &e) {
      fail_unless(e.code() == sonar::Errc::kBadArgument);
      fail_unless(std::string(e.what()).find("got mask 2 x") !=
                  std::string::npos);
    }
  }
  try {
    score({}, {});
    ck_abort_msg("nothing was scored");
  } catch (const sonar::Error &e) {
    fail_unless(std::string(e.what()).find("not empty") != std::string::npos);
  }
}
GST_END_TEST

static Suite *metrics_truth_score_suite(void) {
  Suite *s = suite_create("metrics_truth_score");
  TCase *target = tcase_create("target");
  suite_add_tcase(s, target);
  tcase_add_test(target, figures_of_a_small_scene_are_those_counted_by_hand);
  tcase_add_test(target, perfect_mask_removes_all_and_overwrites_nothing);
  tcase_add_test(target, figures_of_too_few_pixels_are_absent);
  tcase_add_test(target, zero_db_figure_counts_every_target_pixel);
  TCase *others = tcase_create("interferers");
  suite_add_tcase(s, others);
  tcase_add_test(others,
                 interfering_regions_have_eight_pixels_clear_of_the_target);
  tcase_add_test(others,
                 interfering_region_of_which_seven_pixels_are_kept_is_gone);
  TCase *edges = tcase_create("edges");
  suite_add_tcase(s, edges);
  tcase_add_test(edges, scene_without_noise_has_removed_nothing);
  tcase_add_test(edges, shapes_that_differ_are_refused_with_got_and_needed);
  return s;
}
GST_CHECK_MAIN(metrics_truth_score)
