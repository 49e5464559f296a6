/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <numeric>

#include "sonar/dsp/frequency_axis.h"
#include "support/testing.h"

using sonar::FrequencyAxis;
using sonar::Recipe;
using sonar::dsp::AxisMap;

/* Bins of 1 Hz. */
static Recipe recipe(FrequencyAxis axis, int fft_size, double low, double high,
                     int bands) {
  Recipe r;
  r.rate_hz = r.fft_size = r.hop_size = fft_size;
  r.axis = axis;
  r.min_frequency_hz = low;
  r.max_frequency_hz = high;
  r.bands = bands;
  r.validate();
  return r;
}

static std::vector<float> gather(const Recipe &r,
                                 const std::vector<float> &power) {
  std::vector<float> column(std::size_t(r.height()), -1.0f);
  AxisMap(r).apply(power.data(), column.data());
  return column;
}

static std::vector<float> ramp(const Recipe &r) {
  std::vector<float> power(std::size_t(r.fft_size / 2 + 1));
  std::iota(power.begin(), power.end(), 0.0f);
  return power;
}

GST_START_TEST(a_linear_axis_takes_the_bins_from_low_to_high) {
  const Recipe r = recipe(FrequencyAxis::kLinear, 64, 3, 32, 128);
  const auto column = gather(r, ramp(r));
  fail_unless_equals_int(column.size(), 30);
  for (std::size_t i = 0; i < column.size(); ++i)
    ASSERT_NEAR_AT(i, column[i], double(i) + 3, 0.0);  // copied
}
GST_END_TEST

/* Edges 1, 2, 4, 8 Hz: the band [4, 8] covers half of bins 4 and 8 and the
 * whole of 5, 6 and 7, so it is their mean with weights 1/8 and 1/4. */
GST_START_TEST(a_band_weighs_bins_by_their_overlap) {
  const Recipe r = recipe(FrequencyAxis::kGeometric, 16, 1, 8, 3);
  const double want[3][9] = {
      {0, .5, .5, 0, 0, 0, 0, 0, 0},
      {0, 0, .25, .5, .25, 0, 0, 0, 0},
      {0, 0, 0, 0, .125, .25, .25, .25, .125},
  };
  for (std::size_t bin = 0; bin < 9; ++bin) {
    std::vector<float> power(9);
    power[bin] = 1.0f;
    const auto column = gather(r, power);
    for (std::size_t band = 0; band < 3; ++band)
      ASSERT_NEAR_AT(bin, column[band], want[band][bin], 1e-6);  // float32
  }
}
GST_END_TEST

GST_START_TEST(a_flat_spectrum_stays_flat) {
  const Recipe r;  // narrow bands at the bottom, wide ones at the top
  const std::vector<float> power(std::size_t(r.fft_size / 2 + 1), 0.25f);
  const auto column = gather(r, power);
  fail_unless_equals_int(column.size(), 128);
  for (std::size_t i = 0; i < column.size(); ++i)
    ASSERT_NEAR_AT(i, column[i], 0.25, 1e-6);  // sum of <= 60 float32 weights
}
GST_END_TEST

/* Linear interpolation reproduces a ramp; the last band's centre lies next to
 * the Nyquist bin. */
GST_START_TEST(a_band_narrower_than_a_bin_interpolates_at_its_centre) {
  const Recipe r = recipe(FrequencyAxis::kGeometric, 64, 0.25, 32, 256);
  const auto column = gather(r, ramp(r));
  const auto centres = r.row_centres_hz();
  for (std::size_t i = 0; i < column.size(); ++i)
    ASSERT_NEAR_AT(i, column[i], centres[column.size() - 1 - i],
                   1e-5);  // float32 at 32
}
GST_END_TEST

static Suite *dsp_axis_suite(void) {
  Suite *s = suite_create("dsp_axis");
  TCase *tc = tcase_create("closed form");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, a_linear_axis_takes_the_bins_from_low_to_high);
  tcase_add_test(tc, a_band_weighs_bins_by_their_overlap);
  tcase_add_test(tc, a_flat_spectrum_stays_flat);
  tcase_add_test(tc, a_band_narrower_than_a_bin_interpolates_at_its_centre);
  return s;
}
GST_CHECK_MAIN(dsp_axis)
