/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <algorithm>
#include <random>

#include "sonar/core/error.h"
#include "sonar/dsp/resynthesis.h"
#include "support/testing.h"

using namespace sonar;
using namespace sonar::dsp;

static std::vector<float> noise(std::size_t count) {
  std::mt19937 random{5};
  std::vector<float> x(count);
  for (float &v : x) v = float(random() >> 8) / float(1 << 23) - 1;
  return x;
}

struct Case {
  std::size_t fft_size, hop_size, samples;
  Window window;
};
static const Case kCases[] = {
    {256, 128, 4096, Window::kHann},
    {256, 128, 4133, Window::kHann},  // the last 37 are in no window
    {256, 64, 3000, Window::kHamming},
    {64, 48, 1000, Window::kHann},
    {512, 100, 5000, Window::kBlackmanHarris},
};

/* Interior samples to float rounding; a Hann window's sum of squares never
 * falls below a half there, hop 48 of 64 a tenth of it. */
GST_START_TEST(an_unchanged_spectrum_gives_the_signal_back) {
  const Case &c = kCases[__i__];
  const std::vector<float> x = noise(c.samples);
  const ComplexSpectrum s = analyse(x, {c.fft_size, c.hop_size, c.window});
  fail_unless_equals_int(s.columns, 1 + (c.samples - c.fft_size) / c.hop_size);
  const std::vector<float> y = resynthesise(s);
  fail_unless_equals_int(y.size(), x.size());
  const std::size_t last_window = (s.columns - 1) * c.hop_size;
  fail_unless(last_window > c.fft_size);
  for (std::size_t i = c.fft_size; i < last_window; ++i)
    ASSERT_NEAR_AT(i, y[i], x[i], 2e-5);
}
GST_END_TEST

/* Where windows end, the quotient would be noise over nothing. */
GST_START_TEST(edges_stay_within_the_signal) {
  const std::vector<float> x = noise(2000);
  ComplexSpectrum s = analyse(x, {256, 128, Window::kHann});
  for (std::size_t t = 0; t < s.columns; ++t)
    for (std::size_t k = 0; k < s.bins(); k += 2)
      s.values[t * s.bins() + k] = 0;
  const std::vector<float> y = resynthesise(s);
  fail_unless(y[0] == 0 && y.back() == 0);
  // half the spectrum of noise within -1..1, over a thousandth of the window
  for (const float v : y) fail_unless(std::fabs(v) < 1 / std::sqrt(1e-3f));
}
GST_END_TEST

GST_START_TEST(power_of_the_spectrum_is_that_of_the_streaming_one) {
  const StftConfig config{256, 128, Window::kHamming};
  const std::vector<float> x = noise(2000);
  const ComplexSpectrum s = analyse(x, config);
  Stft stft(config);
  stft.push(x.data(), x.size());
  std::vector<float> power(stft.bins());
  double gain = 0;  // Stft divides by half of the window's sum
  for (std::size_t i = 0; i < 256; ++i)
    gain += 0.54 - 0.46 * std::cos(2 * M_PI * double(i) / 256);
  std::size_t t = 0;
  for (; stft.pop(power.data()); ++t)
    for (std::size_t k = 1; k < 128; ++k)
      ASSERT_NEAR_AT(k, std::norm(s.values[t * s.bins() + k]) * 4 / gain / gain,
                     double(power[k]), 1e-5);
  fail_unless_equals_int(t, s.columns);
}
GST_END_TEST

/* Tones on bins 8 and 40 with a Hann main lobe of 4 bins: what is left of one
 * when the other's lobe is cut out is itself. */
GST_START_TEST(a_tone_cut_out_of_two_leaves_the_other) {
  std::vector<float> one(4096), two(4096);
  for (std::size_t i = 0; i < one.size(); ++i) {
    one[i] = float(std::sin(2 * M_PI * 8 * double(i) / 256));
    two[i] = one[i] + float(std::cos(2 * M_PI * 40 * double(i) / 256));
  }
  ComplexSpectrum s = analyse(two, {256, 128, Window::kHann});
  for (std::size_t t = 0; t < s.columns; ++t)
    for (std::size_t k = 38; k <= 42; ++k) s.values[t * s.bins() + k] = 0;
  const std::vector<float> y = resynthesise(s);
  for (std::size_t i = 256; i < 4096 - 256; ++i)
    ASSERT_NEAR_AT(i, y[i], one[i], 1e-5);
}
GST_END_TEST

GST_START_TEST(
    a_signal_shorter_than_a_window_has_no_column_and_comes_back_silent) {
  const ComplexSpectrum s = analyse(noise(100), {256, 128, Window::kHann});
  fail_unless_equals_int(s.columns, 0);
  const std::vector<float> y = resynthesise(s);
  fail_unless_equals_int(y.size(), 100);
  fail_unless(std::all_of(y.begin(), y.end(), [](float v) { return v == 0; }));
}
GST_END_TEST

GST_START_TEST(an_impossible_window_is_refused) {
  try {
    analyse(noise(100), {256, 512, Window::kHann});
    ck_abort_msg("accepted");
  } catch (const Error &e) {
    fail_unless(e.code() == Errc::kBadArgument);
  }
}
GST_END_TEST

static Suite *dsp_resynthesis_suite(void) {
  Suite *s = suite_create("dsp_resynthesis");
  TCase *c = tcase_create("resynthesis");
  suite_add_tcase(s, c);
  tcase_add_loop_test(c, an_unchanged_spectrum_gives_the_signal_back, 0,
                      int(G_N_ELEMENTS(kCases)));
  tcase_add_test(c, edges_stay_within_the_signal);
  tcase_add_test(c, power_of_the_spectrum_is_that_of_the_streaming_one);
  tcase_add_test(c, a_tone_cut_out_of_two_leaves_the_other);
  tcase_add_test(
      c, a_signal_shorter_than_a_window_has_no_column_and_comes_back_silent);
  tcase_add_test(c, an_impossible_window_is_refused);
  return s;
}

GST_CHECK_MAIN(dsp_resynthesis);
