/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <algorithm>

#include "sonar/core/error.h"
#include "sonar/mask/combine.h"
#include "sonar/mask/evidence.h"
#include "sonar/mask/expected_f1.h"
#include "sonar/mask/threshold.h"
#include "support/testing.h"

using sonar::ColumnRange;
using sonar::Image;
using namespace sonar::mask;

static Image picture(std::size_t height, std::size_t width,
                     const std::vector<float> &values) {
  Image out(height, width);
  std::copy(values.begin(), values.end(), out.data());
  return out;
}

static void same_pixels(const Binary &got, const std::vector<int> &want) {
  fail_unless_equals_int(got.values.size(), want.size());
  for (std::size_t i = 0; i < want.size(); ++i)
    ck_assert_msg(got.values[i] == want[i], "pixel %zu is %d", i,
                  got.values[i]);
}

GST_START_TEST(equality_keeps_and_nan_does_not) {
  const float next_below = std::nextafter(0.75f, 0.0f);
  const Binary got =
      threshold(picture(1, 5, {0.75f, next_below, NAN, 1, 0}), 0.75f);
  fail_unless_equals_int(got.height, 1);
  fail_unless_equals_int(got.width, 5);
  same_pixels(got, {1, 0, 0, 1, 0});
}
GST_END_TEST

/* 0.5 is at the lower threshold: kept where a path of eight neighbours leads
 * to a 0.75, round corners too, and nowhere else. */
GST_START_TEST(hysteresis_keeps_what_touches_a_strong_pixel) {
  const float s = 0.75f, w = 0.5f;
  const Image confidence = picture(5, 6, {s, 0, 0, 0, w, w,  //
                                          0, w, 0, 0, w, w,  //
                                          0, 0, w, 0, 0, 0,  //
                                          0, w, 0, 0, 0, w,  //
                                          w, 0, 0, 0, w, s});
  const std::vector<int> strong = {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                                   0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  const std::vector<int> grown = {1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1,
                                  0, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0, 0, 1, 1};
  same_pixels(threshold(confidence, 0.75f), strong);
  same_pixels(threshold(confidence, 0.75f, 0.25f), grown);
  same_pixels(threshold(confidence, 0.75f, 0.125f), strong);
}
GST_END_TEST

GST_START_TEST(min_max_scales_to_zero_and_one) {
  Image image = picture(1, 4, {-2, 0, 4, 6});
  fail_unless(normalize_min_max(image));
  const float want[] = {0, 0.25f, 0.75f, 1};
  for (std::size_t i = 0; i < 4; ++i)
    ASSERT_NEAR_AT(i, image.data()[i], want[i], 0);
}
GST_END_TEST

GST_START_TEST(min_max_of_flat_or_broken_images_is_zero_and_says_so) {
  for (const Image &in : {picture(1, 3, {7, 7, 7}), picture(1, 3, {0, NAN, 1}),
                          picture(1, 3, {0, HUGE_VALF, 1})}) {
    Image image = in;
    fail_if(normalize_min_max(image));
    for (std::size_t i = 0; i < 3; ++i)
      ASSERT_NEAR_AT(i, image.data()[i], 0, 0);
  }
  Image none;
  fail_if(normalize_min_max(none));
}
GST_END_TEST

/* Chosen so that every result starts at 0 and its largest value is a divisor
 * that gives round numbers. The ranks of the masks are 1/6 1/6 1 2/3 and
 * 1/6 1 1/6 2/3: means 1/6 7/12 7/12 2/3. */
static const struct {
  Combine how;
  const char *nick;
  float want[4];
} kCombine[] = {
    {Combine::kImage, "image", {0, 1, 0, 0.5f}},
    {Combine::kClass, "class", {0, 0, 1, 0.5f}},
    {Combine::kMax, "max", {0, 1, 0.5f, 0.5f}},
    {Combine::kAdd, "add", {0, 1, 0.5f, 0.75f}},
    {Combine::kMean, "mean", {0, 1, 0.5f, 0.75f}},
    {Combine::kRank, "rank", {0, 5.0f / 6, 5.0f / 6, 1}},
    {Combine::kProduct, "product", {0, 0, 0, 1}},
};

GST_START_TEST(masks_combine_as_their_nick_says) {
  const auto &c = kCombine[__i__];
  const Image class_mask = picture(1, 4, {0, 0, 2, 1});
  const Image image_mask = picture(1, 4, {0, 4, 0, 2});
  fail_unless_equals_string(nick(c.how), c.nick);
  const Image got = combine(class_mask, image_mask, {}, {0, 4}, c.how);
  /* exact but for the thirds of the ranks */
  for (std::size_t i = 0; i < 4; ++i)
    ASSERT_NEAR_AT(i, got.data()[i], c.want[i],
                   c.how == Combine::kRank ? 2e-7 : 0);
}
GST_END_TEST

GST_START_TEST(a_combination_reads_only_the_masks_that_it_says_it_uses) {
  const Image values = picture(1, 4, {0, 1, 2, 3});
  fail_unless_equals_int(combinations().size(), G_N_ELEMENTS(kCombine) + 1);
  for (const CombineInfo &info : combinations()) {
    fail_unless_equals_string(nick(info.how), info.nick);
    const auto of = [&](const Image &c, const Image &i) {
      return combine(c, i, values, {0, 4}, info.how);
    };
    const Image a = picture(1, 4, {0, 2, 1, 3}),
                b = picture(1, 4, {4, 1, 0, 2});
    const Image both = of(a, b);
    const Image alone = of(info.uses_class ? a : Image(),  //
                           info.uses_image ? b : Image());
    fail_unless(alone.same_shape(both), "%s", info.nick);
    fail_unless(std::equal(both.data(), both.data() + 4, alone.data()));
  }
}
GST_END_TEST

GST_START_TEST(ranks_share_the_mean_of_their_places_and_ignore_any_scale) {
  const Image got = rank(picture(2, 3, {5, -1, 5, 0, 5, 9}));
  const float want[] = {0.6f, 0, 0.6f, 0.2f, 0.6f, 1};
  for (std::size_t i = 0; i < 6; ++i)
    ASSERT_NEAR_AT(i, got.data()[i], want[i], 1e-7);
  const Image curved = rank(picture(2, 3, {125, -1, 125, 0, 125, 729}));
  fail_unless(std::equal(got.data(), got.data() + 6, curved.data()));
  for (const Image &flat : {picture(1, 2, {3, 3}), picture(1, 1, {3})})
    for (std::size_t i = 0; i < flat.size(); ++i)
      ASSERT_NEAR_AT(i, rank(flat).data()[i], 0.5, 0);
}
GST_END_TEST

/* The class mask's rows have means 1/4, 3/4, 3/8 and 1/2: less the median of
 * 7/16 they are 0, 5/16, 0 and 1/16. */
GST_START_TEST(
    gate_and_evidence_is_the_gated_confidence_of_rows_over_the_median) {
  const Image class_mask =
      picture(4, 2, {0, 0.5f, 1, 0.5f, 0.25f, 0.5f, 0.25f, 0.75f});
  Image value(4, 2, 10.0f);
  value.at(3, 1) = -3;
  const auto gated = [&](const Image &mask) {
    return combine(mask, {}, value, {0, 2}, Combine::kGateAndEvidence);
  };
  const Image got = gated(class_mask);
  const Image want = gated_confidence(value, {0, 2}, {0, 1, 0, 0.2f});
  for (std::size_t i = 0; i < 8; ++i)
    ASSERT_NEAR_AT(i, got.data()[i], want.data()[i], 1e-6);
  fail_unless(got.at(1, 0) > 0.75f && got.at(0, 0) < 0.1f);
  /* A flat class mask opens no row. */
  const Image shut = gated(Image(4, 2, 0.5f));
  fail_unless(std::all_of(shut.data(), shut.data() + 8,
                          [](float v) { return v < 0.1f; }));
}
GST_END_TEST

GST_START_TEST(masks_of_two_shapes_are_refused_with_both) {
  for (const Combine how : {Combine::kMax, Combine::kRank}) try {
      combine(Image(2, 3), Image(3, 2), {}, {}, how);
      ck_abort_msg("two shapes were combined");
    } catch (const sonar::Error &e) {
      fail_unless(e.code() == sonar::Errc::kBadArgument);
      const std::string what = e.what();
      fail_unless(what.find("2 x 3") != std::string::npos);
      fail_unless(what.find("3 x 2") != std::string::npos);
    }
}
GST_END_TEST

GST_START_TEST(a_soft_gain_is_a_quarter_at_the_operating_point) {
  const Image got = soft_gain(picture(1, 5, {0, 0.75f, 0.9f, 27.0f / 28, 1}));
  const double want[] = {0, 0.25, 0.5, 0.75, 1};
  for (std::size_t i = 0; i < 5; ++i)  // rounding of 0.9 and 27 / 28
    ASSERT_NEAR_AT(i, got.data()[i], want[i], 1e-6);
}
GST_END_TEST

/* Three pixels of 0.9, three of 0.2, two of 0 (one of them not valid): keeping
 * the first gives 5.4 / (3 + 3.3), all six 6.6 / (6 + 3.3). */
GST_START_TEST(the_best_threshold_is_that_of_the_largest_expected_f1) {
  const Image p = picture(2, 4, {0.9f, 0.2f, 0.9f, 1, 0.2f, 0.9f, 0.2f, 1});
  const ColumnRange valid{0, 3};
  ASSERT_NEAR_AT(0, best_f1_threshold(p, valid), 0.5, 0);  // 0.9, held at 0.5
  const Image flat = picture(1, 3, {0.3f, 0.3f, 0.25f});
  /* 0.3: 1.2 / 2.85; 0.25 as well: 1.7 / 3.85, more */
  ASSERT_NEAR_AT(1, best_f1_threshold(flat, valid), 0.25, 0);
  const Image faint = picture(1, 3, {0.02f, 0.01f, 0});
  ASSERT_NEAR_AT(2, best_f1_threshold(faint, valid), 0.1, 1e-7);
  ASSERT_NEAR_AT(3, best_f1_threshold(Image(1, 3), valid), 0.5, 0);
}
GST_END_TEST

GST_START_TEST(the_f1_confidence_is_0_75_at_the_best_threshold) {
  const Image p = picture(1, 4, {0.3f, 0.25f, 0.3f, 0.9f});
  const Image got = f1_confidence(p, {0, 3});
  ASSERT_NEAR_AT(0, got.at(0, 1), 0.75, 1e-6);
  /* odds 3/7 over 1/3, times 3 */
  ASSERT_NEAR_AT(1, got.at(0, 0), 27.0 / 34, 1e-6);
  fail_unless(got.at(0, 3) == 0);
}
GST_END_TEST

static Suite *mask_threshold_suite(void) {
  Suite *s = suite_create("mask_threshold");
  TCase *binary = tcase_create("threshold");
  suite_add_tcase(s, binary);
  tcase_add_test(binary, equality_keeps_and_nan_does_not);
  tcase_add_test(binary, hysteresis_keeps_what_touches_a_strong_pixel);
  tcase_add_test(binary, a_soft_gain_is_a_quarter_at_the_operating_point);
  tcase_add_test(binary, the_best_threshold_is_that_of_the_largest_expected_f1);
  tcase_add_test(binary, the_f1_confidence_is_0_75_at_the_best_threshold);
  TCase *both = tcase_create("combine");
  suite_add_tcase(s, both);
  tcase_add_test(both, min_max_scales_to_zero_and_one);
  tcase_add_test(both, min_max_of_flat_or_broken_images_is_zero_and_says_so);
  tcase_add_loop_test(both, masks_combine_as_their_nick_says, 0,
                      G_N_ELEMENTS(kCombine));
  tcase_add_test(both, a_combination_reads_only_the_masks_that_it_says_it_uses);
  tcase_add_test(both,
                 ranks_share_the_mean_of_their_places_and_ignore_any_scale);
  tcase_add_test(
      both, gate_and_evidence_is_the_gated_confidence_of_rows_over_the_median);
  tcase_add_test(both, masks_of_two_shapes_are_refused_with_both);
  return s;
}
GST_CHECK_MAIN(mask_threshold)
