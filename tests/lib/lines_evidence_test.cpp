/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/lines/evidence.h"

#include <algorithm>
#include <complex>
#include <random>

#include "sonar/core/error.h"
#include "sonar/dsp/level.h"
#include "sonar/dsp/window.h"
#include "support/line_pictures.h"
#include "support/testing.h"

using sonar::ColumnRange;
using sonar::Image;
using sonar::lines::Evidence;
using sonar::lines::hann_response;
using sonar::lines::LineMap;
using sonar::lines::make_evidence;
using sonar::lines::mean_profile;

template <typename Body>
static void expect_error(const std::string &words, Body &&body) {
  try {
    body();
  } catch (const sonar::Error &e) {
    fail_unless(e.code() == sonar::Errc::kBadArgument);
    ck_assert_msg(std::string(e.what()).find(words) != std::string::npos,
                  "'%s' does not say '%s'", e.what(), words.c_str());
    return;
  }
  ck_abort_msg("nothing was thrown, wanted '%s'", words.c_str());
}

GST_START_TEST(a_hann_window_responds_in_closed_form) {
  const double half = 2 / M_PI / 0.75;  // sinc(1/2) / (1 - 1/4)
  const struct {
    double distance, want;
  } cases[] = {{0, 1},     {0.5, half * half},
               {1, 0.25},  {1.5, std::pow(2 / (3 * M_PI) / 1.25, 2)},
               {2, 0},     {3, 0},
               {1e-10, 1}, {1 + 1e-10, 0.25},
               {1e-7, 1},  {1 - 1e-7, 0.25}};
  for (const auto &c : cases) {
    // beside 0 and 1 the function itself moves by 1e-7
    ASSERT_NEAR_AT(0, hann_response(c.distance), c.want, 2e-7);
    ASSERT_NEAR_AT(0, hann_response(-c.distance), c.want, 2e-7);
  }
}
GST_END_TEST

GST_START_TEST(the_response_is_the_transform_of_the_window) {
  const std::size_t n = 4096;
  const auto window = sonar::dsp::make_window(sonar::Window::kHann, n, 0);
  for (double d = 0; d < 3; d += 0.0625) {
    std::complex<double> sum = 0;
    double gain = 0;
    for (std::size_t i = 0; i < n; ++i) {
      sum += double(window[i]) * std::polar(1.0, 2 * M_PI * d * double(i) / n);
      gain += double(window[i]);
    }
    // a window of 4096 samples against a continuous one: about (pi d / n)^2
    ASSERT_NEAR_AT(std::size_t(d * 16), hann_response(d), std::norm(sum / gain),
                   1e-5);
  }
}
GST_END_TEST

/* Levels so that each bin has another power and the median is known. */
GST_START_TEST(evidence_turns_the_valid_columns_over_and_into_powers) {
  Image fine(21, 5);
  for (std::size_t y = 0; y < 21; ++y)
    for (std::size_t x = 0; x < 5; ++x)
      fine.at(y, x) = -12 + float(y) / 2 + float(x) / 8;
  const Evidence e = make_evidence(fine, {1, 4}, 1.25);
  fail_unless_equals_int(e.bins(), 21);
  fail_unless_equals_int(e.columns(), 3);
  ASSERT_NEAR_AT(0, e.bin_hz, 1.25, 0.0);
  for (std::size_t k = 0; k < 21; ++k)
    for (std::size_t x = 0; x < 3; ++x) {
      // medians lie at -7 dB, below 0.9 ln 2
      const double want =
          std::pow(10, double(fine.at(20 - k, x + 1)) / 10) / 0.9;
      ASSERT_NEAR_AT(k, e.power.at(k, x) / want, 1.0, 1e-5);  // float32
    }
}
GST_END_TEST

/* An independent sort finds the median, near ln 2 and far away. */
GST_START_TEST(a_column_is_divided_by_its_median_over_ln_2) {
  std::mt19937 random(3);
  std::exponential_distribution<double> noise(1);
  for (const std::size_t bins : {1, 2, 9, 64, 511}) {
    Image fine(bins, 24);
    for (std::size_t x = 0; x < 24; ++x)
      for (std::size_t y = 0; y < bins; ++y)
        fine.at(y, x) =
            float(10 * std::log10(noise(random)) + 2 * double(x) - 20);
    const Evidence e = make_evidence(fine, {0, 24}, 1);
    for (std::size_t x = 0; x < 24; ++x) {
      std::vector<double> power(bins);
      for (std::size_t k = 0; k < bins; ++k)
        power[k] = std::pow(10, double(fine.at(bins - 1 - k, x)) / 10);
      auto sorted = power;
      std::sort(sorted.begin(), sorted.end());
      const double divisor = std::max(0.9, sorted[bins / 2] / std::log(2.0));
      for (std::size_t k = 0; k < bins; ++k)
        // float32 levels of up to 60 dB
        ASSERT_NEAR_AT(x, e.power.at(k, x) * divisor / power[k], 1.0, 1e-5);
    }
  }
}
GST_END_TEST

GST_START_TEST(a_click_that_lifts_a_column_changes_nothing) {
  std::mt19937 random(4);
  std::exponential_distribution<double> noise(1);
  Image fine(200, 8);
  for (std::size_t i = 0; i < fine.size(); ++i)
    fine.data()[i] = float(10 * std::log10(noise(random)) + 1);
  const Evidence quiet = make_evidence(fine, {0, 8}, 1);
  for (std::size_t y = 0; y < 200; ++y) fine.at(y, 3) += 17;
  const Evidence loud = make_evidence(fine, {0, 8}, 1);
  for (std::size_t i = 0; i < quiet.power.size(); ++i)
    // rounding of a level of 30 dB to float32
    ASSERT_NEAR_AT(i, loud.power.data()[i], quiet.power.data()[i],
                   2e-6 * quiet.power.data()[i]);
}
GST_END_TEST

GST_START_TEST(a_profile_is_the_capped_mean_in_decibels_over_its_median) {
  Evidence e{Image(7, 4, 1.0f), 1};
  for (std::size_t x = 0; x < 4; ++x) {
    e.power.at(1, x) = x == 0 ? 1000.0f : 4.0f;  // mean of 100 and 3 fours
    e.power.at(2, x) = 1e-3f;                    // clipped at -1 dB
    e.power.at(3, x) = 1e6f;                     // capped: 20 dB
    e.power.at(4, x) = x % 2 ? 3.0f : 1.0f;
    for (const std::size_t k : {0, 5, 6}) e.power.at(k, x) = 1.6f;
  }
  const auto profile = mean_profile(e);
  const double levels[] = {1.6, 28, std::pow(10, -0.1), 100, 2, 1.6, 1.6};
  fail_unless_equals_int(profile.size(), 7);
  for (std::size_t k = 0; k < 7; ++k)
    // power_to_db() is exact to 3e-5 dB
    ASSERT_NEAR_AT(k, profile[k], 10 * std::log10(levels[k] / 1.6), 1e-4);
}
GST_END_TEST

static const std::size_t kBins = 60, kColumns = 5;

GST_START_TEST(a_map_reads_the_power_of_a_line_on_its_grid) {
  for (double f = 8; f <= 58.5; f += 0.5) {
    const LineMap map(line_pictures::noiseless(
        kBins, kColumns, {{line_pictures::constant_path(kColumns, f), 37}}));
    for (std::size_t x = 0; x < kColumns; ++x)
      ASSERT_NEAR_AT(x, map.power(f).at(x), 37.0, 1e-4);  // float32 of 37
  }
}
GST_END_TEST

/* Least squares of a line's lobe on the bins within 1.75, bin by bin. */
GST_START_TEST(a_map_is_the_matched_filter_of_the_excess_between_its_places) {
  std::mt19937 random(8);
  Evidence e = line_pictures::noisy(kBins, kColumns, {}, random);
  e.power.at(30, 2) = 1e4f;  // beyond what one bin may say
  const LineMap map(e);
  const auto filter = [&](double g, std::size_t x) {
    double above = 0, below = 0;
    for (std::size_t k = 1; k <= kBins; ++k) {
      if (std::fabs(double(k) - g) >= 1.75) continue;
      const double h =
          std::pow(line_pictures::hann_amplitude(double(k) - g), 2);
      above += h * (std::min(double(e.power.at(k - 1, x)), 400.0) - 1);
      below += h * h;
    }
    return above / below;
  };
  for (double f = 8; f < 58.5; f += 0.125)
    for (std::size_t x = 0; x < kColumns; ++x) {
      const double lower = std::floor(2 * f) / 2, share = 2 * (f - lower);
      const double want =
          (1 - share) * filter(lower, x) + share * filter(lower + 0.5, x);
      // float32 sums of up to four products
      ASSERT_NEAR_AT(x, map.power(f).at(x), want, 1e-6 * (5 + std::fabs(want)));
      ASSERT_NEAR_AT(x, map.merit(lower).at(x),
                     std::log1p(std::clamp(filter(lower, x), 0.0, 12.0)) - 0.55,
                     1e-5);  // power_to_db() is exact to 3e-5 dB, 7e-6 nepers
    }
}
GST_END_TEST

GST_START_TEST(noise_reads_zero_in_the_mean) {
  std::mt19937 random(9);
  const std::size_t columns = 2000;
  const LineMap map(line_pictures::noisy(kBins, columns, {}, random));
  for (const double offset : {0.0, 0.5}) {
    double sum = 0, squares = 0;
    std::size_t n = 0;
    for (double f = 8 + offset; f <= 56; f += 4, ++n)  // bins of their own
      for (std::size_t x = 0; x < columns; ++x) {
        const double p = double(map.power(f).at(x));
        sum += p;
        squares += p * p;
      }
    const double count = double(n * columns);
    const double error = std::sqrt(squares / count / count);
    ASSERT_NEAR_AT(std::size_t(2 * offset), sum / count, 0.0, 4 * error);
  }
}
GST_END_TEST

GST_START_TEST(a_line_of_all_classes_attracts_no_track) {
  const auto e = line_pictures::noiseless(
      kBins, kColumns, {{line_pictures::constant_path(kColumns, 30), 20}});
  const LineMap open(e), covered(e, {{30.0}});
  ASSERT_NEAR_AT(0, open.merit(30).at(0), std::log(13.0) - 0.55, 1e-5);
  for (double f = 8; f <= 58; f += 0.5) {
    const bool under = std::fabs(f - 30) < 1.6;
    ASSERT_NEAR_AT(std::size_t(f), covered.merit(f).at(0),
                   under ? 0.0f : open.merit(f).at(0), 0.0);  // the same
    ASSERT_NEAR_AT(std::size_t(f), covered.power(f).at(0), open.power(f).at(0),
                   0.0);  // the same
  }
}
GST_END_TEST

GST_START_TEST(places_beyond_the_map_are_those_of_its_ends) {
  std::mt19937 random(10);
  const LineMap map(line_pictures::noisy(kBins, kColumns, {}, random));
  ASSERT_NEAR_AT(0, map.lowest(), 8.0, 0.0);
  ASSERT_NEAR_AT(0, map.highest(), 58.5, 0.0);
  for (std::size_t x = 0; x < kColumns; ++x) {
    fail_unless(map.power(-3).at(x) == map.power(8).at(x));
    fail_unless(map.power(100).at(x) == map.power(58.5).at(x));
    fail_unless(map.merit(100).at(x) == map.merit(58.5).at(x));
  }
  const LineMap least(line_pictures::noisy(10, 1, {}, random));
  ASSERT_NEAR_AT(0, least.highest(), 8.5, 0.0);
}
GST_END_TEST

GST_START_TEST(unusable_pictures_are_refused_in_words) {
  expect_error("needs columns inside a fine spectrum, got 0 to 1 of 0 x 0", [] {
    make_evidence(Image(), {0, 1}, 1);
  });
  expect_error("got 2 to 6 of 30 x 5 (bins x columns)", [] {
    make_evidence(Image(30, 5), {2, 6}, 1);
  });
  expect_error("got 3 to 3 of 30 x 5", [] {
    make_evidence(Image(30, 5), {3, 3}, 1);
  });
  expect_error("at least 10 bins, got 9", [] {
    LineMap map(Evidence{Image(9, 4), 1});
  });
}
GST_END_TEST

static Suite *lines_evidence_suite(void) {
  Suite *s = suite_create("lines_evidence");
  TCase *tc = tcase_create("evidence");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, a_hann_window_responds_in_closed_form);
  tcase_add_test(tc, the_response_is_the_transform_of_the_window);
  tcase_add_test(tc, evidence_turns_the_valid_columns_over_and_into_powers);
  tcase_add_test(tc, a_column_is_divided_by_its_median_over_ln_2);
  tcase_add_test(tc, a_click_that_lifts_a_column_changes_nothing);
  tcase_add_test(tc, a_profile_is_the_capped_mean_in_decibels_over_its_median);
  tcase_add_test(tc, unusable_pictures_are_refused_in_words);
  tc = tcase_create("map");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, a_map_reads_the_power_of_a_line_on_its_grid);
  tcase_add_test(tc,
                 a_map_is_the_matched_filter_of_the_excess_between_its_places);
  tcase_add_test(tc, noise_reads_zero_in_the_mean);
  tcase_add_test(tc, a_line_of_all_classes_attracts_no_track);
  tcase_add_test(tc, places_beyond_the_map_are_those_of_its_ends);
  return s;
}
GST_CHECK_MAIN(lines_evidence)
