/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <algorithm>
#include <random>

#include "sonar/dsp/agc.h"
#include "sonar/dsp/background.h"
#include "sonar/dsp/level.h"
#include "sonar/dsp/normalizer.h"
#include "support/testing.h"

using sonar::Agc;
using sonar::FrequencyAxis;
using sonar::Normalizer;
using sonar::Recipe;

using Column = std::vector<float>;

/* 128 rows of 4 Hz, 8 columns a second. */
static Recipe recipe(Normalizer normalizer) {
  Recipe r;
  r.rate_hz = 1024;
  r.fft_size = 256;
  r.hop_size = 128;
  r.axis = FrequencyAxis::kLinear;
  r.min_frequency_hz = 4;
  r.max_frequency_hz = 512;
  r.normalizer = normalizer;
  r.normalizer_half_width = 9;
  return r;
}

static std::mt19937 random_engine(19);

static Column noise(std::size_t rows) {
  std::exponential_distribution<float> power(1.0f);
  Column column(rows);
  for (float &p : column) p = power(random_engine);
  return column;
}

static std::unique_ptr<sonar::dsp::Background> background(const Recipe &r) {
  return r.normalizer == Normalizer::kMedian
             ? sonar::dsp::make_running_median(r)
             : sonar::dsp::make_order_truncated_average(r);
}

static double db(double power) { return 10 * std::log10(power); }

/* The values at most `half` rows from @p row, rows mirrored at the ends. */
static std::vector<double> around(const Column &column, int row, int half) {
  const int rows = int(column.size());
  std::vector<double> values;
  for (int i = row - half; i <= row + half; ++i) {
    int k = i;
    while (k < 0 || k >= rows) k = k < 0 ? -k : 2 * (rows - 1) - k;
    values.push_back(double(column[std::size_t(k)]));
  }
  std::sort(values.begin(), values.end());
  return values;
}

static double slow_level(const Recipe &r, const Column &column, int row) {
  const auto values = around(column, row, r.normalizer_half_width);
  const double median = values[values.size() / 2];
  if (r.normalizer == Normalizer::kMedian) return median;
  double sum = 0, count = 0;
  for (const double v : values)
    if (v <= median * std::pow(10.0, r.normalizer_factor_db / 10)) {
      sum += v;
      ++count;
    }
  return sum / count;
}

GST_START_TEST(backgrounds_are_those_of_a_slow_implementation) {
  for (const auto kind : {Normalizer::kMedian, Normalizer::kOta})
    for (const int half : {1, 9, 40, 127, 200}) {
      Recipe r = recipe(kind);
      r.normalizer_half_width = half;
      r.normalizer_factor_db = 2.5;
      Column column = noise(128), got(128);
      column[5] = column[6] = column[90] = 0.5f;  // equal values
      background(r)->estimate(column.data(), got.data());
      for (int row = 0; row < 128; ++row)
        // float32 logarithms
        ASSERT_NEAR_AT(row, got[std::size_t(row)],
                       db(slow_level(r, column, row)), 1e-4);
    }
}
GST_END_TEST

GST_START_TEST(a_line_does_not_move_its_background) {
  for (const auto kind : {Normalizer::kMedian, Normalizer::kOta}) {
    Column column(128, 2.0f), got(128);
    column[60] = 2e4f;
    column[61] = 1e4f;
    background(recipe(kind))->estimate(column.data(), got.data());
    for (int row = 0; row < 128; ++row)
      ASSERT_NEAR_AT(row, got[std::size_t(row)], db(2.0), 1e-4);
  }
}
GST_END_TEST

GST_START_TEST(the_streaming_normaliser_takes_every_kind) {
  for (const auto kind :
       {Normalizer::kTpsw, Normalizer::kMedian, Normalizer::kOta}) {
    Recipe r = recipe(kind);
    r.normalizer_smooth = 1;
    sonar::dsp::BackgroundNormalizer normalizer(r);
    double sum = 0;
    constexpr int kColumns = 100;
    for (int t = 0; t < kColumns; ++t) {
      const Column column = noise(128);
      Column value(128), level(128);
      normalizer.push(column.data());
      fail_unless(normalizer.pop(value.data(), level.data()));
      for (std::size_t i = 0; i < 128; ++i) {
        ASSERT_NEAR_AT(i, value[i] + level[i], db(double(column[i])), 1e-3);
        sum += double(level[i]) / 128 / kColumns;
      }
    }
    // of 19 exponential powers of mean 1, simulated: the median in dB is -1.68,
    // the mean up to twice it -2.81; the sum scatters by 0.05
    if (kind == Normalizer::kMedian) ASSERT_NEAR_AT(0, sum, -1.68, 0.2);
    if (kind == Normalizer::kOta) ASSERT_NEAR_AT(0, sum, -2.81, 0.2);
  }
}
GST_END_TEST

static const std::vector<float> kLevels{-20, -50, -35, -41, -28};

static Recipe five_rows(Agc agc) {
  Recipe r = recipe(Normalizer::kNone);
  r.agc = agc;
  r.max_frequency_hz = 20;
  r.agc_time_s = 2;
  fail_unless_equals_int(r.height(), 5);
  return r;
}

GST_START_TEST(a_columns_gain_is_its_median) {
  sonar::dsp::GainControl gain(five_rows(Agc::kColumn));
  Column value = kLevels, level(5, 0.0f);
  gain.apply(value.data(), level.data());
  for (std::size_t i = 0; i < 5; ++i) {
    ASSERT_NEAR_AT(i, value[i], kLevels[i] + 35, 0);  // whole numbers
    ASSERT_NEAR_AT(i, level[i], -35, 0);
  }
}
GST_END_TEST

/* y(t) = mean of what came until 1/t reaches 1 - exp(-T / tau), then the
 * exponential average. */
GST_START_TEST(a_bands_gain_is_its_running_mean_power) {
  const Recipe r = five_rows(Agc::kBand);
  sonar::dsp::GainControl gain(r);
  const double weight = 1 - std::exp(-r.column_seconds() / r.agc_time_s);
  double mean = 0;
  for (int t = 0; t < 60; ++t) {
    Column value = kLevels, level(5, 0.0f);
    value[2] = t < 30 ? -35.0f : -20.0f;
    const double power = std::pow(10.0, 0.1 * double(value[2]));
    const double w = std::max(1.0 / (t + 1), weight);
    mean += w * (power - mean);
    const float before = value[2];
    gain.apply(value.data(), level.data());
    ASSERT_NEAR_AT(t, level[2], db(mean), 1e-4);  // float32 logarithms
    ASSERT_NEAR_AT(t, value[2] + level[2], before, 1e-5);
    ASSERT_NEAR_AT(t, level[0], kLevels[0], 1e-4);
  }
}
GST_END_TEST

GST_START_TEST(gain_control_learns_nothing_from_silence_and_resets) {
  sonar::dsp::GainControl gain(five_rows(Agc::kBand));
  const auto first_level = [&] {
    Column value = kLevels, level(5, 0.0f);
    gain.apply(value.data(), level.data());
    return level[1];
  };
  const float before = first_level();
  Column silent(5, sonar::dsp::kSilenceDb), level(5, 0.0f);
  gain.apply(silent.data(), level.data());
  fail_unless(silent[3] == 0.0f && level[3] == sonar::dsp::kSilenceDb);
  ASSERT_NEAR_AT(0, first_level(), before, 1e-5);
  gain.reset();
  Column loud(5, 0.0f), after(5, 0.0f);
  gain.apply(loud.data(), after.data());
  ASSERT_NEAR_AT(0, after[1], 0.0, 1e-4);
}
GST_END_TEST

static Suite *dsp_order_statistics_suite(void) {
  Suite *s = suite_create("dsp_order_statistics");
  TCase *tc = tcase_create("backgrounds");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, backgrounds_are_those_of_a_slow_implementation);
  tcase_add_test(tc, a_line_does_not_move_its_background);
  tcase_add_test(tc, the_streaming_normaliser_takes_every_kind);
  tc = tcase_create("gain control");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, a_columns_gain_is_its_median);
  tcase_add_test(tc, a_bands_gain_is_its_running_mean_power);
  tcase_add_test(tc, gain_control_learns_nothing_from_silence_and_resets);
  return s;
}
GST_CHECK_MAIN(dsp_order_statistics)
