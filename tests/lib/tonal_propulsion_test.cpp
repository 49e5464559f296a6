/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <algorithm>
#include <limits>
#include <random>

#include "sonar/core/error.h"
#include "sonar/tonal/comb.h"
#include "sonar/tonal/propulsion.h"
#include "support/testing.h"

using sonar::tonal::estimate_propulsion;
using sonar::tonal::Propulsion;

/* A DEMON spectrum as Welch makes one of @p windows: chi-squared noise that
 * falls with frequency, and a Hann lobe of @p over times the noise on every
 * harmonic of the shaft, of @p blade_over on those of the blades, both falling
 * like 1 / harmonic. */
struct Ship {
  double shaft_hz;
  int blades;
  double over = 15, blade_over = 60;
};

static std::vector<float> spectrum(const Ship &ship, double bin_hz,
                                   int windows = 6, unsigned seed = 1) {
  std::mt19937 random(seed);
  std::exponential_distribution<double> noise;
  const double lobe = std::max(0.1, bin_hz);
  std::vector<float> power;
  for (std::size_t k = 0; double(k) * bin_hz <= 50; ++k) {
    const double hz = double(k) * bin_hz;
    double sum = 0;
    for (int w = 0; w < windows; ++w) sum += noise(random) / windows;
    for (int h = 1; h <= 3 * ship.blades && ship.over > 0; ++h) {
      const double off = (hz - h * ship.shaft_hz) / lobe;
      const bool blade = h % ship.blades == 0;
      const double top = blade ? ship.blade_over / (h / ship.blades)
                               : ship.over / std::sqrt(double(h));
      sum += std::fabs(off) < 2
                 ? top * std::pow(0.5 + 0.5 * std::cos(M_PI * off / 2), 2)
                 : 0.0;
    }
    power.push_back(float(1e-6 * sum / (1 + hz / 5)));
  }
  return power;
}

static Propulsion estimate(const std::vector<float> &power, double bin_hz) {
  return estimate_propulsion(power.data(), power.size(), bin_hz);
}

/* Propellers as they are: three blades turn fast, five slowly. */
static const Ship kShips[] = {{3.83, 3}, {1.37, 4},  {2.31, 4}, {1.92, 5},
                              {1.61, 4}, {2.945, 4}, {4.2, 3},  {1.39, 5}};

GST_START_TEST(shaft_rate_and_blades_of_clear_lines_are_found) {
  for (const Ship &ship : kShips) {
    const Propulsion p = estimate(spectrum(ship, 0.1), 0.1);
    // harmonics tell the rate better than a tenth of a bin
    ASSERT_NEAR_AT(ship.blades, p.shaft_hz, ship.shaft_hz, 0.01);
    fail_unless_equals_int(p.blades, ship.blades);
    fail_unless(p.blade_hz == p.shaft_hz * p.blades);
    fail_unless(p.confidence > 0.8, "%g Hz: confidence %g", ship.shaft_hz,
                p.confidence);
    fail_unless(std::fabs(p.shaft_hz - ship.shaft_hz) <
                3 * p.shaft_uncertainty_hz);
    fail_unless(p.shaft_uncertainty_hz < 0.01);
  }
}
GST_END_TEST

GST_START_TEST(a_louder_or_finer_or_coarser_spectrum_tells_the_same) {
  for (const Ship &ship : kShips) {
    const std::vector<float> power = spectrum(ship, 0.1);
    std::vector<float> loud;
    for (const float p : power) loud.push_back(p * 4096.0f);
    const Propulsion one = estimate(power, 0.1), two = estimate(loud, 0.1);
    ASSERT_NEAR_AT(0, one.shaft_hz, two.shaft_hz, 1e-6);  // logarithms' digits
    ASSERT_NEAR_AT(0, one.confidence, two.confidence, 1e-6);
    for (const double bin_hz : {0.025, 0.05, 0.0625, 0.125}) {
      const Propulsion p = estimate(spectrum(ship, bin_hz), bin_hz);
      ASSERT_NEAR_AT(ship.blades, p.shaft_hz, ship.shaft_hz, 0.02);
      fail_unless_equals_int(p.blades, ship.blades);
    }
  }
}
GST_END_TEST

/* 0.3 is where three of four confident answers to published spectra are
 * right; noise must stay below. */
GST_START_TEST(noise_alone_has_no_shaft_rate_to_be_sure_of) {
  int sure = 0;
  for (unsigned seed = 0; seed < 60; ++seed)
    sure +=
        estimate(spectrum({1, 4, 0, 0}, 0.1, 6, seed), 0.1).confidence > 0.3;
  fail_unless(sure <= 3, "%d of 60", sure);
}
GST_END_TEST

/* One window's noise scatters as much as it is high: lines eight times as high
 * have to do, as a stream's first column is one window. */
GST_START_TEST(one_window_of_clear_lines_is_enough_to_be_sure) {
  int sure = 0, wrong = 0;
  for (Ship ship : kShips) {
    ship.over = 8, ship.blade_over = 32;
    for (unsigned seed = 0; seed < 5; ++seed) {
      const Propulsion p = estimate(spectrum(ship, 0.1, 1, seed), 0.1);
      sure += p.confidence >= 0.5;
      wrong += std::fabs(p.shaft_hz / ship.shaft_hz - 1) > 0.02;
    }
  }
  fail_unless(sure >= 32, "%d of 40", sure);
  fail_unless(wrong <= 1, "%d of 40", wrong);
}
GST_END_TEST

/* Lines far above flat noise read 8, the limit, where they stand and the rest
 * 0 (20 where they are held against others): at 8 Hz (tooth 4 of 2 Hz), 16 Hz
 * (its octave) and 3 Hz (half way between teeth 1 and 2). */
GST_START_TEST(features_say_what_stands_on_and_between_the_teeth) {
  std::vector<float> power(501, 1.0f);
  for (const std::size_t bin : {30, 80, 160}) power[bin] = 1e9f;
  const sonar::tonal::Whitened spectrum(power.data(), power.size(), 0.1);
  fail_unless_equals_int(spectrum.peaks().size(), 3);
  const sonar::tonal::Comb comb(spectrum, 2.0);
  const auto four = comb.features(4), two = comb.features(2);
  // shaft lines 1 and 2, 3 to 3; blade line, octave, 4 to 7
  const double want_four[] = {0, 0, 0, 8, 8, 0, 0, 0, 20};
  const double want_two[] = {0, 0, 0, 0, 8, 8, 0, 0, 0};
  for (std::size_t i = 0; i < 9; ++i) {
    ASSERT_NEAR_AT(i, four[i], want_four[i], 1e-6);  // sums of bin places
    ASSERT_NEAR_AT(i, two[i], want_two[i], 1e-6);
  }
  ASSERT_NEAR_AT(9, four[9], 8.0, 1e-6);    // halves
  ASSERT_NEAR_AT(10, four[10], 6.0, 1e-6);  // the highest, over 2
  // of peaks of 12 each two are on teeth, by chance each 2.5 tolerances in 2 Hz
  const double chance = 2.5 * (3 * 0.05 + 0.004 * (3 + 8 + 16)) / 2.0;
  ASSERT_NEAR_AT(12, four[12], (24 - 12 * chance) / 5, 1e-6);
  ASSERT_NEAR_AT(13, four[13], 12.0 / 5, 1e-6);
  ASSERT_NEAR_AT(17, four[17], std::log1p(8.0), 1e-12);
}
GST_END_TEST

GST_START_TEST(candidates_are_distinct_and_their_probabilities_add_up) {
  for (const double over : {15.0, 3.0, 0.0}) {
    const Propulsion p =
        estimate(spectrum({2.31, 4, over, 2 * over}, 0.1), 0.1);
    double sum = 0, blades = 0, last = 1;
    fail_unless(!p.candidates.empty());
    fail_unless(p.candidates[0].shaft_hz == p.shaft_hz);
    fail_unless(p.candidates[0].blades == p.blades);
    fail_unless(p.candidates[0].probability == p.confidence);
    for (const auto &c : p.candidates) {
      sum += c.probability;
      fail_unless(c.probability <= last);
      last = c.probability;
    }
    for (const double b : p.blade_probability) blades += b;
    fail_unless(sum <= 1 + 1e-9);
    ASSERT_NEAR_AT(0, blades, 1, 1e-9);  // sums of six
  }
}
GST_END_TEST

GST_START_TEST(silence_has_confidence_zero) {
  const Propulsion p = estimate(std::vector<float>(501), 0.1);
  fail_unless(p.confidence == 0 && p.candidates.empty() && p.blades == 0);
}
GST_END_TEST

static void expect_refused(const std::vector<float> &power, double bin_hz,
                           sonar::Errc code, const std::string &words) {
  try {
    estimate(power, bin_hz);
    ck_abort_msg("accepted, wanted '%s'", words.c_str());
  } catch (const sonar::Error &e) {
    fail_unless(e.code() == code);
    ck_assert_msg(std::string(e.what()).find(words) != std::string::npos,
                  "'%s' does not say '%s'", e.what(), words.c_str());
  }
}

GST_START_TEST(a_bad_spectrum_is_refused_with_got_and_needed) {
  const auto bad = sonar::Errc::kBadArgument;
  expect_refused(std::vector<float>(501), 0.3, bad, "501 bins of 0.3 Hz");
  expect_refused(std::vector<float>(140), 0.1, bad, "up to 15 Hz at least");
  expect_refused(std::vector<float>(501), 0.0, bad, "0.25 Hz at most");
  std::vector<float> power(501, 1.0f);
  power[7] = std::numeric_limits<float>::quiet_NaN();
  expect_refused(power, 0.1, sonar::Errc::kNumeric, "in bin 7");
  power[7] = -1.0f;
  expect_refused(power, 0.1, sonar::Errc::kNumeric, "finite powers from 0 on");
}
GST_END_TEST

static Suite *tonal_propulsion_suite(void) {
  Suite *s = suite_create("tonal_propulsion");
  TCase *tc = tcase_create("known ships");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, shaft_rate_and_blades_of_clear_lines_are_found);
  tcase_add_test(tc, a_louder_or_finer_or_coarser_spectrum_tells_the_same);
  tcase_add_test(tc, features_say_what_stands_on_and_between_the_teeth);
  tc = tcase_create("confidence");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, noise_alone_has_no_shaft_rate_to_be_sure_of);
  tcase_add_test(tc, one_window_of_clear_lines_is_enough_to_be_sure);
  tcase_add_test(tc, candidates_are_distinct_and_their_probabilities_add_up);
  tcase_add_test(tc, silence_has_confidence_zero);
  tc = tcase_create("errors");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, a_bad_spectrum_is_refused_with_got_and_needed);
  return s;
}
GST_CHECK_MAIN(tonal_propulsion)
