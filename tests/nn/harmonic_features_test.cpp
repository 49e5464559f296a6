/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/nn/harmonic_features.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>

#include "sonar/core/error.h"
#include "support/ship_spectra.h"
#include "support/testing.h"

using namespace sonar;
using nn::HarmonicFeatures;

static const std::size_t kB = HarmonicFeatures::kBands;

/* A picture of ship_recipe() whose value is @p value(Hz), flat in level. */
static std::vector<float> input_of(const std::function<double(double)> &value) {
  const Recipe r = ship_recipe();
  const auto hz = r.row_centres_hz();
  const std::size_t width = std::size_t(r.width);
  std::vector<float> out(2 * hz.size() * width);
  for (std::size_t y = 0; y < hz.size(); ++y)
    for (std::size_t x = 0; x < width; ++x)
      out[y * width + x] = float(value(hz[y]));
  return out;
}

/* Lines a row wide at multiples of @p fundamental; the k-th is @p height high,
 * or with @p falling a k-th of that. */
static std::function<double(double)> lines_at(double fundamental, double height,
                                              bool falling = false) {
  return [=](double hz) {
    const double k = std::round(hz / fundamental);
    if (k < 1 || std::fabs(hz - k * fundamental) > 0.049) return 0.0;
    return falling ? height / k : height;
  };
}

static std::vector<float> features_of(const std::vector<float> &input) {
  std::vector<float> out(HarmonicFeatures::kSize);
  HarmonicFeatures(ship_recipe()).compute(input.data(), out.data());
  return out;
}

/* 400 fundamentals of equal ratio from 0.8 to 8 Hz: 0.6 % apart; a line reaches
 * a row of 0.1 Hz to either side, and the second one's row is worth a half. */
GST_START_TEST(the_comb_finds_the_fundamental_and_neither_half_nor_double) {
  for (const double hz : {1.3, 2.0, 3.1, 4.4, 7.2}) {
    const auto f = features_of(input_of(lines_at(hz, 0.9, true)));
    fail_unless(std::fabs(double(f[3 * kB]) - std::log(hz)) < 0.1 / hz,
                "%g Hz read as %g Hz", hz, std::exp(double(f[3 * kB])));
  }
}
GST_END_TEST

/* Half the height of 9 dB is left of a line a row wide once smoothed. */
GST_START_TEST(lines_are_measured_in_db_in_their_band_and_on_the_comb) {
  const auto f = features_of(input_of(lines_at(2, 0.5)));
  const double half_db = 0.5 * 18 / 2;
  const double highest = *std::max_element(f.begin() + 2 * std::ptrdiff_t(kB),
                                           f.begin() + 3 * std::ptrdiff_t(kB));
  ASSERT_NEAR_AT(0, highest, half_db, 1e-5);
  /* lines at 2, 4, ... 48 Hz; each of 24 above 3 dB, none above 5 dB */
  ASSERT_NEAR_AT(1, f[HarmonicFeatures::kSize - 2], std::log(25.0), 1e-5);
  ASSERT_NEAR_AT(2, f[HarmonicFeatures::kSize - 1], 0, 0);
}
GST_END_TEST

GST_START_TEST(a_floor_under_all_rows_and_the_order_of_columns_change_nothing) {
  auto plain = input_of(lines_at(2.3, 0.4));
  auto raised = plain;
  const std::size_t area = plain.size() / 2;
  for (std::size_t i = 0; i < area; ++i) raised[i] += 0.1f;
  const auto a = features_of(plain), b = features_of(raised);
  for (std::size_t i = 0; i < a.size(); ++i)
    ASSERT_NEAR_AT(i, a[i], b[i], 1e-4);
  auto one = plain, other = plain;
  const std::size_t width = std::size_t(ship_recipe().width);
  for (std::size_t y = 0; y < area / width; ++y) {
    one[y * width] = 1;
    other[y * width + 2] = 1;
  }
  fail_unless(features_of(one) == features_of(other));
}
GST_END_TEST

GST_START_TEST(bands_read_the_level_over_its_mean_whatever_the_gain) {
  const Recipe r = ship_recipe();
  const auto hz = r.row_centres_hz();
  auto input = input_of([](double) { return 0.0; });
  const std::size_t area = input.size() / 2, width = std::size_t(r.width);
  double mean = 0;
  for (const double f : hz) mean += (f < 0.7 ? 10 : 0) / double(hz.size());
  for (const float gain : {0.0f, 0.5f}) {
    for (std::size_t y = 0; y < hz.size(); ++y)
      for (std::size_t x = 0; x < width; ++x)
        input[area + y * width + x] = (hz[y] < 0.7 ? 0.5f : 0.0f) + gain;
    const auto f = features_of(input);
    /* the lowest band ends at 0.55 x 90.6^(1/16) = 0.73 Hz: rows 0.6, 0.7 */
    ASSERT_NEAR_AT(0, f[0], 5 - mean, 1e-4);
    ASSERT_NEAR_AT(1, f[kB - 1], -mean, 1e-4);
  }
}
GST_END_TEST

GST_START_TEST(maps_of_the_bands_and_of_teeth_and_rest_add_up_to_the_picture) {
  const HarmonicFeatures features(ship_recipe());
  const auto input = input_of(lines_at(2, 0.9, true));
  std::vector<float> maps(features.maps().size());
  features.make_maps(input.data(), maps.data());
  const std::size_t area = input.size() / 2;
  double on_teeth = 0, all = 0;
  for (std::size_t i = 0; i < area; ++i) {
    double bands = 0;
    for (std::size_t b = 0; b < kB; ++b) bands += double(maps[b * area + i]);
    ASSERT_NEAR_AT(i, bands, input[i], 1e-6);
    const double teeth = double(maps[kB * area + i]),
                 rest = double(maps[(kB + 1) * area + i]);
    ASSERT_NEAR_AT(i, teeth + rest, input[i], 1e-6);
    const double hz = 49.8 - 0.1 * double(i / std::size_t(ship_recipe().width));
    if (hz > 24.1) continue;  // behind the twelfth multiple there are no teeth
    on_teeth += teeth;
    all += double(input[i]);
  }
  fail_unless(on_teeth > 0.6 * all, "%g of %g", on_teeth, all);
}
GST_END_TEST

GST_START_TEST(other_axes_and_too_few_rows_are_refused) {
  for (const auto &change : std::vector<std::function<void(Recipe &)>>{
           [](Recipe &r) { r.axis = FrequencyAxis::kGeometric; },
           [](Recipe &r) { r.min_frequency_hz = 2; },
           [](Recipe &r) { r.max_frequency_hz = 12; },
           [](Recipe &r) { r.fft_size = 200, r.hop_size = 100; }}) {
    Recipe r = ship_recipe();
    change(r);
    std::string said;
    try {
      HarmonicFeatures features(r);
    } catch (const Error &e) {
      fail_unless(e.code() == Errc::kBadModel);
      said = e.what();
    }
    fail_unless(said.find("linear axis from 0.8 Hz") != said.npos, "%s",
                said.c_str());
  }
}
GST_END_TEST

static Suite *harmonic_features_suite(void) {
  Suite *s = suite_create("harmonic_features");
  TCase *tc = tcase_create("features");
  suite_add_tcase(s, tc);
  tcase_add_test(tc,
                 the_comb_finds_the_fundamental_and_neither_half_nor_double);
  tcase_add_test(tc, lines_are_measured_in_db_in_their_band_and_on_the_comb);
  tcase_add_test(
      tc, a_floor_under_all_rows_and_the_order_of_columns_change_nothing);
  tcase_add_test(tc, bands_read_the_level_over_its_mean_whatever_the_gain);
  tcase_add_test(tc,
                 maps_of_the_bands_and_of_teeth_and_rest_add_up_to_the_picture);
  tcase_add_test(tc, other_axes_and_too_few_rows_are_refused);
  return s;
}
GST_CHECK_MAIN(harmonic_features)
