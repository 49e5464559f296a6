/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/nn/input.h"

#include "sonar/core/error.h"
#include "support/testing.h"

using sonar::ColumnRange;
using sonar::Image;
using sonar::nn::make_blank;
using sonar::nn::make_input;

static const double kRounding = 2e-7;  // two float32 roundings below 2

static Image picture(std::size_t height, std::size_t width,
                     const std::vector<float> &values) {
  Image out(height, width);
  std::copy(values.begin(), values.end(), out.data());
  return out;
}

GST_START_TEST(value_channel_is_clipped_to_18_db_and_zero_at_background) {
  const Image value = picture(2, 3, {0, 9, 18, -40, 4.5f, 90});
  const float want[] = {0, 0.5f, 1, 0, 0.25f, 1};
  const std::vector<float> got = make_input(value, {}, {0, 3}, 1);
  fail_unless_equals_int(got.size(), 6);
  for (std::size_t i = 0; i < 6; ++i)
    ASSERT_NEAR_AT(i, got[i], want[i], kRounding);
  const std::vector<float> blank = make_blank(value, {}, {0, 3}, 1);
  for (std::size_t i = 0; i < 6; ++i) ASSERT_NEAR_AT(i, blank[i], 0, 0);
}
GST_END_TEST

/* Levels 10, 20, 30 and 160: mean 55. */
GST_START_TEST(level_channel_is_level_less_its_mean_over_20_clipped_to_2) {
  const Image value = picture(2, 2, {5, 10, 20, 60});
  const Image background = picture(2, 2, {5, 10, 10, 100});
  const float want[] = {-2, -1.75f, -1.25f, 2};
  const std::vector<float> got = make_input(value, background, {0, 2}, 2);
  fail_unless_equals_int(got.size(), 8);
  for (std::size_t i = 0; i < 4; ++i)
    ASSERT_NEAR_AT(i, got[4 + i], want[i], kRounding);
  /* Blank: the backgrounds 5, 10, 10, 100 on the same scale. */
  const float floor[] = {-2, -2, -2, 2};
  const std::vector<float> blank = make_blank(value, background, {0, 2}, 2);
  for (std::size_t i = 0; i < 4; ++i) {
    ASSERT_NEAR_AT(i, blank[i], 0, 0);
    ASSERT_NEAR_AT(i, blank[4 + i], floor[i], kRounding);
  }
}
GST_END_TEST

/* Levels 20 and 40, mean 30; backgrounds 14 and 28. */
GST_START_TEST(blank_is_scaled_by_the_mean_of_the_picture_not_its_own) {
  const std::vector<float> blank =
      make_blank(picture(1, 2, {6, 12}), picture(1, 2, {14, 28}), {0, 2}, 2);
  ASSERT_NEAR_AT(0, blank[2], -0.8, kRounding);
  ASSERT_NEAR_AT(1, blank[3], -0.1, kRounding);
}
GST_END_TEST

GST_START_TEST(columns_outside_the_valid_ones_repeat_them_in_turn) {
  /* Valid are columns 3 and 4 and 5; what else the picture holds, even NaN, is
   * not looked at, neither for the mean. */
  const float nan = NAN;
  const Image value = picture(1, 8, {nan, nan, nan, 1, 2, 3, nan, nan});
  const Image background = picture(1, 8, {nan, nan, nan, 9, 18, 27, nan, nan});
  const float order[] = {1, 2, 3, 1, 2, 3, 1, 2};
  const std::vector<float> got = make_input(value, background, {3, 6}, 2);
  for (std::size_t x = 0; x < 8; ++x) {
    ASSERT_NEAR_AT(x, got[x], order[x] / 18, kRounding);
    ASSERT_NEAR_AT(x, got[8 + x], (10 * order[x] - 20) / 20, kRounding);
  }
  const std::vector<float> shifted =
      make_input(picture(1, 5, {nan, nan, 1, 2, 3}), {}, {2, 5}, 1);
  const float shifted_order[] = {2, 3, 1, 2, 3};
  for (std::size_t x = 0; x < 5; ++x)
    ASSERT_NEAR_AT(x, shifted[x], shifted_order[x] / 18, kRounding);
}
GST_END_TEST

static void refused(const Image &value, const Image &background,
                    ColumnRange valid, std::size_t channels, sonar::Errc code,
                    const char *words) {
  try {
    make_input(value, background, valid, channels);
    ck_abort_msg("accepted what should say: %s", words);
  } catch (const sonar::Error &e) {
    fail_unless(e.code() == code);
    ck_assert_msg(std::string(e.what()).find(words) != std::string::npos,
                  "\"%s\" does not say: %s", e.what(), words);
  }
}

GST_START_TEST(what_no_network_can_take_is_refused_with_got_and_needed) {
  const auto bad = sonar::Errc::kBadArgument;
  const Image value(2, 4, 1.0f);
  refused(value, {}, {0, 4}, 3, bad, "got 3");
  refused(value, {}, {0, 4}, 0, bad, "got 0");
  refused(value, {}, {2, 2}, 1, bad, "got 2 to 2");
  refused(value, {}, {0, 5}, 1, bad, "picture of 4 columns");
  refused(value, {}, {0, 4}, 2, bad, "needed 2 x 4");
  Image broken = value;
  broken.at(1, 3) = NAN;
  refused(broken, {}, {0, 4}, 1, sonar::Errc::kNumeric, "row 1, column 3");
  make_input(broken, {}, {0, 3}, 1);
}
GST_END_TEST

static Suite *input_suite(void) {
  Suite *s = suite_create("input");
  TCase *tc = tcase_create("closed form");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, value_channel_is_clipped_to_18_db_and_zero_at_background);
  tcase_add_test(tc, level_channel_is_level_less_its_mean_over_20_clipped_to_2);
  tcase_add_test(tc, blank_is_scaled_by_the_mean_of_the_picture_not_its_own);
  tcase_add_test(tc, columns_outside_the_valid_ones_repeat_them_in_turn);
  tcase_add_test(tc, what_no_network_can_take_is_refused_with_got_and_needed);
  return s;
}
GST_CHECK_MAIN(input)
