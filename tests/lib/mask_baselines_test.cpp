/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/mask/baselines.h"

#include <algorithm>
#include <functional>

#include "sonar/core/error.h"
#include "support/testing.h"

using sonar::ColumnRange;
using sonar::Image;
using namespace sonar::mask;

static const double kRounding = 1e-5;  // float32 dB through pow and a sigmoid

static double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
static double operating(double x) { return sigmoid(x + std::log(3.0)); }

/** Well-mixed levels from @p low to @p high dB. */
static Image mixed(std::size_t height, std::size_t width, double low,
                   double high) {
  Image out(height, width);
  for (std::size_t i = 0; i < out.size(); ++i)
    out.data()[i] = float(low + (high - low) * double(i * 37 % 101) / 100);
  return out;
}

GST_START_TEST(a_value_at_the_threshold_is_at_the_operating_point) {
  Image value(1, 5);
  const float levels[] = {-20, 4, 5, 6, 7};
  std::copy_n(levels, 5, value.data());
  const Image got = threshold_confidence(value, {0, 5}, 5);
  for (std::size_t x = 0; x < 5; ++x)
    ASSERT_NEAR_AT(x, got.at(0, x), operating((levels[x] - 5.0) / 2),
                   kRounding);
  ASSERT_NEAR_AT(2, got.at(0, 2), 0.75, kRounding);
  const Image tpsw = tpsw_confidence(value, {0, 5});
  for (std::size_t x = 0; x < 5; ++x)
    fail_unless(tpsw.at(0, x) == got.at(0, x));
}
GST_END_TEST

/* Windows of 4 to 7 columns: the middle one of 0..9 in a row is the mean of
 * the window's ends. */
GST_START_TEST(the_median_is_that_of_seven_columns_inside_the_valid_ones) {
  Image value(1, 12, 99.0f);
  for (std::size_t x = 1; x < 11; ++x) value.at(0, x) = float(x - 1);
  const Image got = median_confidence(value, {1, 11});
  const double want[] = {1.5, 2, 2.5, 3, 4, 5, 6, 6.5, 7, 7.5};
  for (std::size_t i = 0; i < 10; ++i)
    ASSERT_NEAR_AT(i, got.at(0, i + 1), operating((want[i] - 3) / 2),
                   kRounding);
  ASSERT_NEAR_AT(0, got.at(0, 0) + got.at(0, 11), 0, 0);
}
GST_END_TEST

GST_START_TEST(a_click_does_not_pass_the_median) {
  Image value(1, 20, 0.0f);
  for (std::size_t x = 9; x < 12; ++x) value.at(0, x) = 40.0f;  // 3 of 7
  const Image got = median_confidence(value, {0, 20});
  for (std::size_t x = 0; x < 20; ++x)
    ASSERT_NEAR_AT(x, got.at(0, x), operating(-1.5), kRounding);
}
GST_END_TEST

/* Signal as strong as the background: power 2, gain one half. */
GST_START_TEST(a_wiener_gain_of_one_half_is_the_operating_point) {
  const float twice = float(10 * std::log10(2.0));
  const Image got = wiener_confidence(Image(1, 30, twice), {0, 30});
  for (std::size_t x = 0; x < 30; ++x)
    ASSERT_NEAR_AT(x, got.at(0, x), 0.75, kRounding);
  const Image none = wiener_confidence(Image(1, 30, -3.0f), {0, 30});
  for (std::size_t x = 0; x < 30; ++x) ASSERT_NEAR_AT(x, none.at(0, x), 0, 0);
}
GST_END_TEST

/* Power 31 among 14 of power 1: mean 3, gain 2/3, confidence 6/7. */
GST_START_TEST(the_wiener_gain_is_that_of_the_mean_power_of_15_columns) {
  Image value(1, 40, 0.0f);
  value.at(0, 20) = float(10 * std::log10(31.0));
  const Image got = wiener_confidence(value, {5, 40});
  for (std::size_t x = 13; x <= 27; ++x)
    ASSERT_NEAR_AT(x, got.at(0, x), 6.0 / 7, kRounding);
  for (const std::size_t x : {4, 5, 12, 28, 39})
    ASSERT_NEAR_AT(x, got.at(0, x), 0, 0);
}
GST_END_TEST

/* Nine columns at 0 dB and one at 10: mean 1, deviation 3, so the one stands
 * at 3 deviations, the others at -1/3. */
GST_START_TEST(the_stationary_gate_counts_deviations_from_the_rows_mean) {
  Image level(1, 10, 0.0f);
  level.at(0, 4) = 10.0f;
  const Image got = stationary_gate_confidence(level, {}, {0, 10});
  for (std::size_t x = 0; x < 10; ++x)
    ASSERT_NEAR_AT(x, got.at(0, x), operating((x == 4 ? 3 : -1 / 3.0) - 1.5),
                   kRounding);
}
GST_END_TEST

GST_START_TEST(the_stationary_gate_deletes_a_steady_line) {
  Image value = mixed(8, 64, -4, 4);
  std::fill_n(value.row(3), 64, 15.0f);
  const Image got = stationary_gate_confidence(value, {}, {0, 64});
  for (std::size_t x = 0; x < 64; ++x) fail_unless(got.at(3, x) < 0.75f);
}
GST_END_TEST

static Image gate(bool moving, const Image &value, const Image &background,
                  ColumnRange valid) {
  return moving ? nonstationary_gate_confidence(value, background, valid, 16)
                : stationary_gate_confidence(value, background, valid);
}

/* Value 6 over background -70 is the level -64 all the same; a louder
 * recording changes neither gate. */
GST_START_TEST(the_gates_look_at_the_level_and_not_at_its_scale) {
  const bool moving = __i__ == 1;
  const Image level = mixed(4, 40, -70, -40);
  const Image background = mixed(4, 40, -30, -20);
  Image value(4, 40), louder(4, 40);
  for (std::size_t i = 0; i < value.size(); ++i) {
    value.data()[i] = level.data()[i] - background.data()[i];
    louder.data()[i] = level.data()[i] + 20;
  }
  const ColumnRange valid{3, 38};
  const Image want = gate(moving, level, {}, valid);
  const Image split = gate(moving, value, background, valid);
  const Image loud = gate(moving, louder, {}, valid);
  /* 1e-5 dB of rounding in the level, times ten in the exponent. */
  for (std::size_t i = 0; i < want.size(); ++i) {
    ASSERT_NEAR_AT(i, split.data()[i], want.data()[i], 1e-4);
    ASSERT_NEAR_AT(i, loud.data()[i], want.data()[i], 1e-4);
  }
  const auto ends = std::minmax_element(want.data(), want.data() + want.size());
  fail_unless(*ends.second > 0.75f && *ends.first < 0.75f);
}
GST_END_TEST

/* s_x = (1 - b)^x a_0 + b sum over 1 <= i <= x of (1 - b)^(x - i) a_i, the
 * solution of s += b (a - s). */
static std::vector<double> smoothed(const std::vector<double> &a, double b) {
  std::vector<double> out;
  for (std::size_t x = 0; x < a.size(); ++x) {
    double sum = std::pow(1 - b, double(x)) * a[0];
    for (std::size_t i = 1; i <= x; ++i)
      sum += b * std::pow(1 - b, double(x - i)) * a[i];
    out.push_back(sum);
  }
  return out;
}

/* Single loud columns of 7 to 12 among 1: with b = (sqrt(1 + 4 t^2) - 1) /
 * (2 t^2) at t = 2 they stand about three times over their own floor. */
GST_START_TEST(the_moving_floor_is_an_exponential_in_both_directions) {
  const double t = 2, b = (std::sqrt(17.0) - 1) / 8;
  std::vector<double> amplitude(61, 1.0);
  for (std::size_t i = 0; i < 6; ++i) amplitude[5 + 10 * i] = 7 + double(i);
  Image level(1, amplitude.size());
  for (std::size_t x = 0; x < amplitude.size(); ++x)
    level.at(0, x) = float(20 * std::log10(amplitude[x]));
  const Image got =
      nonstationary_gate_confidence(level, {}, {0, amplitude.size()}, t);
  std::vector<double> floor = smoothed(amplitude, b);
  std::reverse(floor.begin(), floor.end());
  floor = smoothed(floor, b);
  std::reverse(floor.begin(), floor.end());
  int near_the_point = 0;
  for (std::size_t x = 0; x < amplitude.size(); ++x) {
    const double want =
        operating(10 * ((amplitude[x] - floor[x]) / floor[x] - 2));
    ASSERT_NEAR_AT(x, got.at(0, x), want, 10 * kRounding);
    near_the_point += want > 0.1 && want < 0.99;
  }
  fail_unless(near_the_point >= 3);
}
GST_END_TEST

/* Three times a floor that it cannot move: 40 dB over many columns of 0. */
GST_START_TEST(three_times_the_floor_passes_the_moving_gate) {
  Image level(2, 200, 0.0f);
  level.at(0, 100) = float(20 * std::log10(3.2));
  level.at(1, 100) = float(20 * std::log10(2.8));
  const Image got = nonstationary_gate_confidence(level, {}, {0, 200}, 1000);
  fail_unless(got.at(0, 100) > 0.75f);
  fail_unless(got.at(1, 100) < 0.75f);
}
GST_END_TEST

GST_START_TEST(a_valid_range_or_background_that_does_not_fit_is_refused) {
  const Image value(4, 10);
  const ColumnRange past{0, 11};
  const std::vector<std::function<void()>> runs = {
      [&] { threshold_confidence(value, past, 5); },
      [&] { median_confidence(value, past); },
      [&] { wiener_confidence(value, past); },
      [&] { stationary_gate_confidence(value, {}, past); },
      [&] { nonstationary_gate_confidence(value, {}, past, 16); },
      [&] {
        stationary_gate_confidence(value, Image(4, 9), {0, 10});
      },
      [&] {
        nonstationary_gate_confidence(value, Image(4, 9), {0, 10}, 16);
      },
      [&] {
        nonstationary_gate_confidence(value, {}, {0, 10}, 0);
      },
  };
  const char *words[] = {
      "the valid columns are 0 to 11", "the valid columns are 0 to 11",
      "the valid columns are 0 to 11", "the valid columns are 0 to 11",
      "the valid columns are 0 to 11", "the background has 4 x 9",
      "the background has 4 x 9",      "a time constant above 0 columns"};
  for (std::size_t i = 0; i < runs.size(); ++i) try {
      runs[i]();
      ck_abort_msg("run %zu was not refused", i);
    } catch (const sonar::Error &e) {
      fail_unless(e.code() == sonar::Errc::kBadArgument);
      fail_unless(std::string(e.what()).find(words[i]) != std::string::npos,
                  "%s", e.what());
    }
}
GST_END_TEST

GST_START_TEST(no_valid_column_gives_an_empty_mask) {
  const Image value(2, 6, 10.0f);
  for (const Image &got :
       {tpsw_confidence(value, {3, 3}), median_confidence(value, {3, 3}),
        wiener_confidence(value, {3, 3}),
        stationary_gate_confidence(value, {}, {3, 3}),
        nonstationary_gate_confidence(value, {}, {3, 3}, 16)})
    for (std::size_t i = 0; i < got.size(); ++i)
      fail_unless(got.data()[i] == 0.0f);
}
GST_END_TEST

static Suite *mask_baselines_suite(void) {
  Suite *s = suite_create("mask baselines");
  TCase *tc = tcase_create("baselines");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, a_value_at_the_threshold_is_at_the_operating_point);
  tcase_add_test(tc, the_median_is_that_of_seven_columns_inside_the_valid_ones);
  tcase_add_test(tc, a_click_does_not_pass_the_median);
  tcase_add_test(tc, a_wiener_gain_of_one_half_is_the_operating_point);
  tcase_add_test(tc, the_wiener_gain_is_that_of_the_mean_power_of_15_columns);
  tcase_add_test(tc, the_stationary_gate_counts_deviations_from_the_rows_mean);
  tcase_add_test(tc, the_stationary_gate_deletes_a_steady_line);
  tcase_add_loop_test(tc, the_gates_look_at_the_level_and_not_at_its_scale, 0,
                      2);
  tcase_add_test(tc, the_moving_floor_is_an_exponential_in_both_directions);
  tcase_add_test(tc, three_times_the_floor_passes_the_moving_gate);
  tcase_add_test(tc, a_valid_range_or_background_that_does_not_fit_is_refused);
  tcase_add_test(tc, no_valid_column_gives_an_empty_mask);
  return s;
}
GST_CHECK_MAIN(mask_baselines)
