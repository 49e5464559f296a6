/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <algorithm>
#include <limits>
#include <random>

#include "sonar/core/error.h"
#include "sonar/dsp/decimator.h"
#include "support/testing.h"

using sonar::dsp::Decimator;
using sonar::dsp::kPassBand;

static const std::size_t kFactors[] = {2, 3, 7, 16, 30, 101, 320};

static std::vector<float> tone(std::size_t n, double cycles, double phase) {
  std::vector<float> x(n);
  for (std::size_t i = 0; i < n; ++i)
    x[i] = float(std::cos(2 * M_PI * cycles * double(i) + phase));
  return x;
}

static std::vector<float> decimated(Decimator &decimator,
                                    const std::vector<float> &x,
                                    std::size_t piece) {
  std::vector<float> out;
  for (std::size_t i = 0; i < x.size(); i += piece)
    decimator.push(x.data() + i, std::min(piece, x.size() - i), out);
  decimator.drain(out);
  return out;
}

/* Outputs that do not see the stream's ends. */
static std::size_t margin(const Decimator &d) {
  return d.delay_samples() / d.factor() + 1;
}

GST_START_TEST(a_tone_in_the_pass_band_keeps_its_amplitude_and_phase) {
  for (const std::size_t factor : kFactors) {
    for (const double part : {0.0, 0.1, 0.45, 1.0}) {
      Decimator decimator(factor);
      const double cycles = part * kPassBand * 0.5 / double(factor);
      const std::size_t edge = margin(decimator), n = 2 * edge + 200;
      const auto got =
          decimated(decimator, tone(n * factor, cycles, 0.3), 5000);
      fail_unless_equals_int(got.size(), n);
      for (std::size_t k = edge; k + edge < n; ++k)  // 0.001 dB is 1.15e-4
        ASSERT_NEAR_AT(k, got[k],
                       std::cos(2 * M_PI * cycles * double(k * factor) + 0.3),
                       1.15e-4);
    }
  }
}
GST_END_TEST

GST_START_TEST(a_tone_beyond_the_outputs_nyquist_frequency_is_100_db_down) {
  for (const std::size_t factor : kFactors) {
    const double nyquist = 0.5 / double(factor);
    std::vector<double> tones = {1.001 * nyquist, 0.4999};
    // what folds onto the pass band in a stage of any divisor
    for (std::size_t d = 2; d <= factor; ++d)
      for (const double off : {-0.99, -0.3, 0.0, 0.7})
        for (const std::size_t image : {std::size_t(1), d / 2})
          if (factor % d == 0)
            tones.push_back(double(image) / double(d) + off * nyquist);
    for (const double cycles : tones) {
      if (cycles >= 0.5 || cycles < 1.001 * nyquist) continue;
      Decimator decimator(factor);
      const std::size_t edge = margin(decimator), n = 2 * edge + 100;
      const auto got =
          decimated(decimator, tone(n * factor, cycles, 1.0), 5000);
      for (std::size_t k = edge; k + edge < n; ++k)
        ASSERT_NEAR_AT(k, got[k], 0.0, 1e-5);
    }
  }
}
GST_END_TEST

GST_START_TEST(an_impulse_at_k_times_the_factor_peaks_at_output_k) {
  for (const std::size_t factor : kFactors) {
    Decimator decimator(factor);
    const std::size_t k = 3 * margin(decimator);
    std::vector<float> x(2 * k * factor);
    x[k * factor] = 1.0f;
    const auto got = decimated(decimator, x, x.size());
    fail_unless_equals_int(
        std::max_element(got.begin(), got.end()) - got.begin(), k);
    for (std::size_t i = 1; i < k; ++i)  // one float32 rounding of the sums
      ASSERT_NEAR_AT(i, got[k - i], got[k + i], 1e-7 * got[k]);
  }
}
GST_END_TEST

/* Beyond both ends lie zeros: the outputs are those of the same samples in a
 * longer stream of zeros. */
GST_START_TEST(the_streams_ends_are_zeros) {
  std::mt19937 random(3);
  std::normal_distribution<float> normal;
  for (const std::size_t factor : {3, 16, 320}) {
    Decimator decimator(factor);
    const std::size_t zeros = margin(decimator) * factor;
    for (const std::size_t n : {1, 500, 1300}) {
      std::vector<float> x(n), longer(2 * zeros + n);
      for (float &v : x) v = normal(random);
      std::copy(x.begin(), x.end(), longer.begin() + std::ptrdiff_t(zeros));
      const auto got = decimated(decimator, x, n);
      const auto want = decimated(decimator, longer, 4096);
      fail_unless_equals_int(got.size(), (n + factor - 1) / factor);
      fail_unless(std::equal(got.begin(), got.end(),
                             want.begin() + std::ptrdiff_t(zeros / factor)));
    }
  }
}
GST_END_TEST

GST_START_TEST(outputs_are_bit_identical_for_any_cut_and_after_reset) {
  std::mt19937 random(5);
  std::normal_distribution<float> normal;
  std::vector<float> x(30001), nothing;
  for (float &v : x) v = normal(random);
  for (const std::size_t factor : {1, 5, 16, 160}) {
    Decimator decimator(factor);
    const auto want = decimated(decimator, x, x.size());
    for (const std::size_t piece : {1, 333, 4096})
      fail_unless(decimated(decimator, x, piece) == want);
    decimator.push(x.data(), 777, nothing);
    decimator.reset();
    fail_unless(decimated(decimator, x, 100) == want);
    if (factor == 1) fail_unless(want == x);
  }
}
GST_END_TEST

GST_START_TEST(output_k_comes_with_input_k_times_the_factor_plus_the_delay) {
  for (const std::size_t factor : {1, 4, 320}) {
    Decimator decimator(factor);
    std::vector<float> out;
    const float sample = 1.0f;
    for (std::size_t i = 0; i < decimator.delay_samples() + 3 * factor; ++i) {
      decimator.push(&sample, 1, out);
      const std::size_t delay = decimator.delay_samples();
      fail_unless_equals_int(out.size(),
                             i < delay ? 0 : (i - delay) / factor + 1);
    }
  }
}
GST_END_TEST

GST_START_TEST(a_bad_factor_or_sample_is_refused_with_got_and_needed) {
  for (const std::size_t factor : {0, 5000}) {
    try {
      Decimator decimator(factor);
      ck_abort_msg("%zu was accepted", factor);
    } catch (const sonar::Error &e) {
      fail_unless(e.code() == sonar::Errc::kBadArgument);
      fail_unless(std::string(e.what()).find(
                      "the factor " + std::to_string(factor) +
                      ", it needs 1 to 4096") != std::string::npos);
    }
  }
  Decimator decimator(4);
  std::vector<float> out;
  const std::vector<float> x = {0, std::numeric_limits<float>::infinity()};
  decimator.push(x.data(), 1, out);
  try {
    decimator.push(x.data(), 2, out);
    ck_abort_msg("infinity was accepted");
  } catch (const sonar::Error &e) {
    fail_unless(e.code() == sonar::Errc::kNumeric);
    fail_unless(std::string(e.what()).find("Sample 2 is inf") !=
                std::string::npos);
  }
}
GST_END_TEST

static Suite *dsp_decimator_suite(void) {
  Suite *s = suite_create("dsp_decimator");
  TCase *tc = tcase_create("closed form");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, a_tone_in_the_pass_band_keeps_its_amplitude_and_phase);
  tcase_add_test(tc,
                 a_tone_beyond_the_outputs_nyquist_frequency_is_100_db_down);
  tcase_add_test(tc, an_impulse_at_k_times_the_factor_peaks_at_output_k);
  tc = tcase_create("streaming");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, the_streams_ends_are_zeros);
  tcase_add_test(tc, outputs_are_bit_identical_for_any_cut_and_after_reset);
  tcase_add_test(tc,
                 output_k_comes_with_input_k_times_the_factor_plus_the_delay);
  tc = tcase_create("errors");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, a_bad_factor_or_sample_is_refused_with_got_and_needed);
  return s;
}
GST_CHECK_MAIN(dsp_decimator)
