/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <algorithm>
#include <random>

#include "sonar/core/error.h"
#include "sonar/dsp/demon.h"
#include "support/testing.h"

using sonar::dsp::Demon;
using sonar::dsp::DemonConfig;

static constexpr double kRate = 8000.0;
static constexpr std::size_t kFactor = 40, kFft = 400;  // bins of 0.5 Hz

static DemonConfig config(std::size_t sub_bands, bool square_law) {
  DemonConfig c;
  c.envelope = {kRate, 100, 3600, sub_bands, kFactor, square_law};
  c.stft.fft_size = kFft;
  c.stft.hop_size = 100;
  return c;
}

static std::vector<std::vector<float>> columns(Demon &demon,
                                               const std::vector<float> &x,
                                               std::size_t piece) {
  std::vector<std::vector<float>> all;
  std::vector<float> column(demon.bins());
  for (std::size_t i = 0; i < x.size(); i += piece) {
    demon.push(x.data() + i, std::min(piece, x.size() - i));
    while (demon.pop(column.data())) all.push_back(column);
  }
  demon.drain();
  while (demon.pop(column.data())) all.push_back(column);
  return all;
}

static std::vector<float> noise(std::size_t n, unsigned seed = 7) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> x(n);
  for (float &v : x) v = normal(random);
  return x;
}

GST_START_TEST(a_modulated_tone_reads_depth_times_amplitude_squared) {
  const double a = 0.4, m = 0.5, f = 9.0;
  std::vector<float> x(120000);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double t = 2 * M_PI * double(i) / kRate;
    x[i] = float(a * (1 + m * std::cos(f * t)) * std::cos(1100 * t));
  }
  for (const bool square_law : {false, true}) {
    Demon demon(config(1, square_law));
    const auto got = columns(demon, x, 5000);
    fail_unless_equals_int(got.size(), (x.size() / kFactor - kFft) / 100 + 1);
    for (std::size_t t = 2; t + 2 < got.size(); ++t) {
      ASSERT_NEAR_AT(t, got[t][0], a * a, 2e-4 * a * a);  // the carrier
      ASSERT_NEAR_AT(t, got[t][18], a * a * m * m, 3e-4 * a * a * m * m);
      ASSERT_NEAR_AT(t, got[t][40], 0.0, 1e-8 * a * a);
    }
  }
}
GST_END_TEST

/* Mean power of the line at 6 Hz over that around it. */
static double line_over_floor(const DemonConfig &c,
                              const std::vector<float> &x) {
  Demon demon(c);
  const auto got = columns(demon, x, x.size());
  const std::size_t hz = c.stft.fft_size / 200;  // bins
  double line = 0.0, floor = 0.0;
  for (std::size_t t = 4; t < got.size(); ++t) {
    line += got[t][6 * hz];
    for (std::size_t k = 8 * hz; k < 12 * hz; ++k) {
      fail_unless(got[t][k] > 0.0f);  // noise everywhere
      floor += got[t][k] / double(4 * hz);
    }
  }
  return line / floor;
}

/* A weak band around 2500 Hz is modulated, louder noise below is not: together
 * the loud noise hides the line; sub-bands show it nearly as well as the one
 * band alone, and not a fifth as well, as if all five counted alike. */
GST_START_TEST(sub_bands_show_the_line_of_a_weak_modulated_band) {
  const std::size_t n = 800000;
  const std::vector<float> weak = noise(n, 1), loud = noise(n, 2);
  std::vector<float> x(n);
  float low = 0.0f, narrow = 0.0f;
  for (std::size_t i = 0; i < n; ++i) {
    const double t = 2 * M_PI * double(i) / kRate;
    low += 0.1f * (loud[i] - low);  // below about 130 Hz
    narrow += 0.1f * (weak[i] - narrow);
    x[i] = 3.0f * low + 0.2f * loud[i] / 5 +
           float((1 + 0.7 * std::cos(6.0 * t)) * std::cos(2500 * t)) * narrow;
  }
  for (const std::size_t fft : {kFft, 8 * kFft}) {
    DemonConfig together = config(1, false), parts = config(5, false);
    together.stft.fft_size = parts.stft.fft_size = fft;
    DemonConfig alone = together;
    alone.envelope.min_frequency_hz = 1759.0;
    const double best = line_over_floor(alone, x);
    const double all = line_over_floor(together, x);
    const double bands = line_over_floor(parts, x);
    fail_unless(bands > 2 * all, "%g against %g", bands, all);
    fail_unless(bands > 0.6 * best, "%g against %g", bands, best);
  }
}
GST_END_TEST

/* Means and weights are ratios: with the gain only the level goes. */
GST_START_TEST(twice_the_sound_is_four_times_the_power) {
  const std::vector<float> x = noise(100000);
  std::vector<float> twice;
  for (const float v : x) twice.push_back(2 * v);
  for (const std::size_t bands : {1, 4}) {
    Demon demon(config(bands, false));
    const auto one = columns(demon, x, 5000);
    demon.reset();
    const auto two = columns(demon, twice, 5000);
    for (std::size_t t = 0; t < one.size(); ++t)
      for (std::size_t k = 0; k < demon.bins(); ++k)
        fail_unless(two[t][k] == 4 * one[t][k]);
  }
}
GST_END_TEST

GST_START_TEST(silence_reads_zero) {
  for (const std::size_t bands : {1, 4}) {
    Demon demon(config(bands, false));
    const auto got = columns(demon, std::vector<float>(60000), 5000);
    fail_unless(!got.empty());
    for (const auto &column : got)
      for (const float p : column) fail_unless(p == 0.0f);
  }
}
GST_END_TEST

GST_START_TEST(columns_are_bit_identical_for_any_cut_and_after_reset) {
  const std::vector<float> x = noise(70001);
  for (const std::size_t bands : {1, 4}) {
    Demon demon(config(bands, false));
    const auto want = columns(demon, x, x.size());
    for (const std::size_t piece : {1, 333, 4096}) {
      demon.reset();
      fail_unless(columns(demon, x, piece) == want);
    }
  }
}
GST_END_TEST

GST_START_TEST(a_column_is_there_the_delay_after_its_last_sample) {
  Demon demon(config(1, false));
  const std::size_t last = (kFft - 1) * kFactor + demon.delay_samples();
  const std::vector<float> x = noise(last + 1);
  std::vector<float> column(demon.bins());
  demon.push(x.data(), x.size());
  fail_unless(demon.pop(column.data()));
  fail_unless(demon.pending() >= kFft - 100);
}
GST_END_TEST

GST_START_TEST(samples_after_the_end_are_refused) {
  Demon demon(config(1, false));
  const float sample = 0.0f;
  demon.drain();
  try {
    demon.push(&sample, 1);
    ck_abort_msg("a sample after the end was accepted");
  } catch (const sonar::Error &e) {
    fail_unless(e.code() == sonar::Errc::kBadArgument);
    fail_unless(std::string(e.what()).find("reset() starts a new stream") !=
                std::string::npos);
  }
  demon.reset();
  demon.push(&sample, 1);
}
GST_END_TEST

static Suite *dsp_demon_suite(void) {
  Suite *s = suite_create("dsp_demon");
  TCase *tc = tcase_create("closed form");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, a_modulated_tone_reads_depth_times_amplitude_squared);
  tcase_add_test(tc, sub_bands_show_the_line_of_a_weak_modulated_band);
  tcase_add_test(tc, twice_the_sound_is_four_times_the_power);
  tcase_add_test(tc, silence_reads_zero);
  tc = tcase_create("streaming");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, columns_are_bit_identical_for_any_cut_and_after_reset);
  tcase_add_test(tc, a_column_is_there_the_delay_after_its_last_sample);
  tcase_add_test(tc, samples_after_the_end_are_refused);
  return s;
}
GST_CHECK_MAIN(dsp_demon)
