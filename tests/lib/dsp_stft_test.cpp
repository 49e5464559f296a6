/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <algorithm>
#include <array>
#include <limits>
#include <random>

#include "sonar/core/error.h"
#include "sonar/dsp/stft.h"
#include "sonar/dsp/window.h"
#include "support/testing.h"

using sonar::Window;
using sonar::dsp::Stft;

/* A window a0 - a1 cos + a2 cos - a3 cos is a few DFT lines: relative to the
 * middle one the line j places off has the amplitude a_j / (2 a0). */
static const struct {
  Window window;
  std::array<double, 5> lines;
} kWindows[] = {
    {Window::kHann, {1.0, 0.5, 0.0, 0.0, 0.0}},
    {Window::kHamming, {1.0, 0.46 / 1.08, 0.0, 0.0, 0.0}},
    {Window::kBlackmanHarris,
     {1.0, 0.48829 / 0.7175, 0.14128 / 0.7175, 0.01168 / 0.7175, 0.0}},
    {Window::kFlatTop,
     {1.0, 0.41663158 / 0.4311579, 0.277263158 / 0.4311579,
      0.083578947 / 0.4311579, 0.006947368 / 0.4311579}},
};
static const std::size_t kSizes[] = {16, 64, 510, 1024};

static std::vector<float> cosine(std::size_t n, std::size_t bin, double a) {
  std::vector<float> x(n);
  for (std::size_t i = 0; i < n; ++i)
    x[i] = float(a * std::cos(2 * M_PI * double(bin * i % n) / double(n)));
  return x;
}

static std::vector<float> noise(std::size_t n) {
  std::mt19937 random(7);
  std::normal_distribution<float> normal;
  std::vector<float> x(n);
  for (float &v : x) v = normal(random);
  return x;
}

/* Every column of @p x, pushed in pieces of @p piece samples. */
static std::vector<float> columns(Stft &stft, const std::vector<float> &x,
                                  std::size_t piece) {
  std::vector<float> all, column(stft.bins());
  for (std::size_t i = 0; i < x.size(); i += piece) {
    stft.push(x.data() + i, std::min(piece, x.size() - i));
    while (stft.pop(column.data()))
      all.insert(all.end(), column.begin(), column.end());
  }
  return all;
}

GST_START_TEST(a_bin_centred_tone_reads_its_power_and_the_windows_lines) {
  const double amplitude = 0.8;
  for (const auto &w : kWindows) {
    for (const std::size_t n : kSizes) {
      const std::size_t k0 = n / 4;
      Stft stft({n, n, w.window});
      std::vector<float> got(stft.bins());
      fail_unless_equals_int(got.size(), n / 2 + 1);
      stft.push(cosine(n, k0, amplitude).data(), n);
      fail_unless(stft.pop(got.data()));
      for (std::size_t k = 0; k < got.size(); ++k) {
        const std::size_t off = k > k0 ? k - k0 : k0 - k;
        const double line = off < 5 ? amplitude * w.lines[off] : 0.0;
        // ~15 float32 ulp at full scale
        ASSERT_NEAR_AT(k, got[k], line * line, 1e-6);
      }
    }
  }
}
GST_END_TEST

GST_START_TEST(dc_and_nyquist_read_their_power) {
  for (const auto &w : kWindows) {
    const std::size_t n = 64;
    for (const std::size_t bin : {std::size_t(0), n / 2}) {
      Stft stft({n, n, w.window});
      std::vector<float> got(stft.bins());
      stft.push(cosine(n, bin, 0.5).data(), n);
      fail_unless(stft.pop(got.data()));
      ASSERT_NEAR_AT(bin, got[bin], 0.25, 1e-6);  // float32 rounding
    }
  }
}
GST_END_TEST

/* Parseval: the sum of |w x|^2 is the mean of |DFT|^2 over all n bins; the
 * bins between DC and Nyquist stand for two each. */
GST_START_TEST(the_powers_hold_the_energy_of_the_windowed_samples) {
  for (const auto &w : kWindows) {
    const std::size_t n = 512;
    const std::vector<float> x = noise(n);
    const auto window = sonar::dsp::make_window(w.window, n, 8.6);
    double energy = 0.0, gain = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
      energy += double(window[i]) * window[i] * x[i] * x[i];
      gain += window[i];
    }
    Stft stft({n, n, w.window});
    std::vector<float> power(stft.bins());
    stft.push(x.data(), n);
    fail_unless(stft.pop(power.data()));
    double sum = 0.0;
    for (std::size_t k = 0; k < power.size(); ++k)
      sum += (k == 0 || k == n / 2 ? 1.0 : 0.5) * power[k] * gain * gain;
    // 512 terms with float32 rounding of either sign
    ASSERT_NEAR_AT(0, sum / double(n) / energy, 1.0, 1e-5);
  }
}
GST_END_TEST

/* Zeros behind a window sample the same spectrum more finely: every fourth bin
 * of a transform four times as long is a bin of the window's own. */
GST_START_TEST(zeros_behind_the_window_only_refine_the_bins) {
  for (const auto &w : kWindows) {
    const std::size_t n = 128;
    const std::vector<float> x = noise(n);
    Stft own({n, n, w.window}), padded({4 * n, n, w.window, n});
    std::vector<float> want(own.bins()), got(padded.bins());
    for (Stft *stft : {&own, &padded}) stft->push(x.data(), n);
    fail_unless(own.pop(want.data()) && padded.pop(got.data()));
    fail_unless(!padded.pop(got.data()));  // a window is all it needs
    for (std::size_t k = 1; k < n / 2; ++k)
      ASSERT_NEAR_AT(k, got[4 * k], want[k], 1e-6);  // float32 rounding
    ASSERT_NEAR_AT(0, got[0], want[0], 1e-6);
    ASSERT_NEAR_AT(n / 2, got[2 * n], want[n / 2], 1e-6);
  }
}
GST_END_TEST

/* A straight line leaves nothing once it is taken off; without its mean its
 * slope stays. */
GST_START_TEST(a_trend_is_taken_from_each_window) {
  const std::size_t n = 256;
  std::vector<float> x(n);
  for (std::size_t i = 0; i < n; ++i)
    x[i] = float(0.25 + double(i) / 512.0 +
                 0.01 * std::cos(2 * M_PI * 40 * double(i) / double(n)));
  const auto powers = [&](sonar::Detrend detrend) {
    Stft stft({n, n, Window::kHann, 0, 0, detrend});
    std::vector<float> power(stft.bins());
    stft.push(x.data(), n);
    fail_unless(stft.pop(power.data()));
    return power;
  };
  const auto as_is = powers(sonar::Detrend::kNone),
             mean = powers(sonar::Detrend::kMean),
             line = powers(sonar::Detrend::kLine);
  ASSERT_NEAR_AT(0, as_is[0], 0.25, 1e-5);          // the ramp at mid-window
  fail_unless(mean[0] < 1e-4f && mean[0] > 1e-9f);  // the window is off-centre
  for (std::size_t k = 0; k < 30; ++k)
    ASSERT_NEAR_AT(k, line[k], 0.0, 1e-8);  // the tone's projection on a line
  fail_unless(mean[2] > 1e-5f, "the slope went with the mean");
  for (const auto *all : {&as_is, &mean, &line})
    ASSERT_NEAR_AT(40, (*all)[40], 1e-4, 2e-6);
}
GST_END_TEST

GST_START_TEST(column_t_is_the_spectrum_of_the_window_at_t_hops) {
  const std::size_t n = 64, hop = 24, count = 5;
  const std::vector<float> x = noise(n + hop * (count - 1) + hop - 1);
  Stft stft({n, hop});
  const std::vector<float> got = columns(stft, x, x.size());
  fail_unless_equals_int(got.size(), count * stft.bins());
  for (std::size_t t = 0; t < count; ++t) {
    Stft one({n, n});
    std::vector<float> want(one.bins());
    one.push(x.data() + t * hop, n);
    fail_unless(one.pop(want.data()));
    fail_unless(std::equal(want.begin(), want.end(),
                           got.begin() + std::ptrdiff_t(t * one.bins())));
  }
}
GST_END_TEST

GST_START_TEST(columns_are_bit_identical_for_any_cut) {
  const std::vector<float> x = noise(20000);
  for (const std::size_t hop : {100, 256, 1024}) {
    Stft whole({1024, hop});
    const std::vector<float> want = columns(whole, x, x.size());
    fail_unless_equals_int(want.size(),
                           ((x.size() - 1024) / hop + 1) * whole.bins());
    for (const std::size_t piece : {1, 333, 4096}) {
      Stft cut({1024, hop});
      fail_unless(columns(cut, x, piece) == want, "pieces of %zu", piece);
    }
  }
}
GST_END_TEST

GST_START_TEST(reset_makes_the_stft_new) {
  const std::vector<float> x = noise(3000);
  Stft stft({256, 100});
  const std::vector<float> first = columns(stft, x, 700);
  fail_unless_equals_int(stft.pending(), 3000 - 28 * 100);
  stft.reset();
  fail_unless_equals_int(stft.pending(), 0);
  fail_unless(columns(stft, x, 700) == first);
}
GST_END_TEST

static void expect_refused(Stft &stft, std::vector<float> x,
                           const std::string &words) {
  try {
    stft.push(x.data(), x.size());
  } catch (const sonar::Error &e) {
    fail_unless(e.code() == sonar::Errc::kNumeric);
    ck_assert_msg(std::string(e.what()).find(words) != std::string::npos,
                  "'%s' does not say '%s'", e.what(), words.c_str());
    return;
  }
  ck_abort_msg("nothing was thrown, wanted '%s'", words.c_str());
}

GST_START_TEST(a_sample_that_is_not_finite_is_refused_by_its_index) {
  const float inf = std::numeric_limits<float>::infinity();
  Stft stft({16, 16});
  expect_refused(stft, {0, 0, std::nanf(""), inf}, "Sample 2 is nan");
  const std::vector<float> good(10);
  stft.push(good.data(), good.size());
  expect_refused(stft, {0, -inf}, "Sample 11 is -inf");
  expect_refused(stft, {2e12f}, "Sample 10 is 2e+12");
  fail_unless_equals_int(stft.pending(), 10);  // nothing of them was taken
}
GST_END_TEST

GST_START_TEST(the_largest_samples_still_have_a_finite_power) {
  const std::size_t n = 65536;
  const std::vector<float> x(n, sonar::dsp::kLargestSample);
  Stft stft({n, n});
  std::vector<float> power(stft.bins());
  stft.push(x.data(), n);
  fail_unless(stft.pop(power.data()));
  for (const float p : power) fail_unless(std::isfinite(p));
}
GST_END_TEST

GST_START_TEST(a_bad_configuration_is_refused_with_got_and_needed) {
  const sonar::dsp::StftConfig bad[] = {
      {15, 4, Window::kHann},      {14, 4, Window::kHann},
      {16, 0, Window::kHann},      {16, 17, Window::kHann},
      {64, 33, Window::kHann, 32}, {64, 8, Window::kHann, 66}};
  for (const auto &config : bad) {
    try {
      Stft stft(config);
      ck_abort_msg("fft %zu hop %zu was accepted", config.fft_size,
                   config.hop_size);
    } catch (const sonar::Error &e) {
      const std::string words =
          "fft-size=" + std::to_string(config.fft_size) +
          " window-size=" + std::to_string(config.window_samples()) +
          " hop-size=" + std::to_string(config.hop_size) + ", it needs an even";
      fail_unless(e.code() == sonar::Errc::kBadArgument);
      fail_unless(std::string(e.what()).find(words) != std::string::npos);
    }
  }
}
GST_END_TEST

static Suite *dsp_stft_suite(void) {
  Suite *s = suite_create("dsp_stft");
  TCase *tc = tcase_create("closed form");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, a_bin_centred_tone_reads_its_power_and_the_windows_lines);
  tcase_add_test(tc, dc_and_nyquist_read_their_power);
  tcase_add_test(tc, the_powers_hold_the_energy_of_the_windowed_samples);
  tcase_add_test(tc, zeros_behind_the_window_only_refine_the_bins);
  tcase_add_test(tc, a_trend_is_taken_from_each_window);
  tc = tcase_create("streaming");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, column_t_is_the_spectrum_of_the_window_at_t_hops);
  tcase_add_test(tc, columns_are_bit_identical_for_any_cut);
  tcase_add_test(tc, reset_makes_the_stft_new);
  tc = tcase_create("errors");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, a_sample_that_is_not_finite_is_refused_by_its_index);
  tcase_add_test(tc, the_largest_samples_still_have_a_finite_power);
  tcase_add_test(tc, a_bad_configuration_is_refused_with_got_and_needed);
  return s;
}
GST_CHECK_MAIN(dsp_stft)
