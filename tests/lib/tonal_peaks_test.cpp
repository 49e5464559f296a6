/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <cmath>

#include "sonar/core/error.h"
#include "sonar/dsp/level.h"
#include "sonar/dsp/stft.h"
#include "sonar/tonal/excess.h"
#include "sonar/tonal/peaks.h"
#include "support/testing.h"

using namespace sonar;
using namespace sonar::tonal;

static Recipe linear_recipe(Window window, int window_size = 0) {
  Recipe r;
  r.rate_hz = 1024;
  r.fft_size = 256;
  r.window_size = window_size;
  r.hop_size = 64;
  r.window = window;
  r.axis = FrequencyAxis::kLinear;
  r.min_frequency_hz = 4;
  r.max_frequency_hz = 512;
  return r;
}

static void assert_text(const std::string &got, const std::string &want) {
  fail_unless_equals_string(got.c_str(), want.c_str());
}

/* Levels of the rows of a column with a steady tone. */
static std::vector<double> tone_levels(const Recipe &r, double hz) {
  dsp::Stft stft(dsp::stft_config(r));
  std::vector<float> samples(std::size_t(r.fft_size)), power(stft.bins());
  for (std::size_t i = 0; i < samples.size(); ++i)
    samples[i] = float(0.5 * std::cos(2 * M_PI * hz * double(i) / r.rate_hz));
  stft.push(samples.data(), samples.size());
  fail_unless(stft.pop(power.data()));
  std::vector<double> rows;
  for (int y = 0; y < r.height(); ++y)
    rows.push_back(
        10 * std::log10(double(
                 power[std::size_t(r.first_bin() + r.height() - 1 - y)])));
  return rows;
}

GST_START_TEST(a_tone_between_bins_is_placed_to_a_hundredth_of_one) {
  for (const Window window :
       {Window::kHann, Window::kHamming, Window::kBlackmanHarris,
        Window::kKaiser, Window::kFlatTop})
    for (const int size : {0, 128}) {
      const Recipe r = linear_recipe(window, size);
      const Grid grid(r.row_edges_hz(), r);
      for (double hz = 200; hz < 204; hz += 0.37) {
        const auto levels = tone_levels(r, hz);
        const auto y = std::size_t(std::lround(grid.row(hz)));
        const Grid::Tone tone =
            grid.interpolate(y, levels[y - 1], levels[y], levels[y + 1]);
        // a flat top says next to nothing of where it is
        const double bins = window == Window::kFlatTop ? 0.5 : 0.01;
        ASSERT_NEAR_AT(hz, grid.hz(tone.row), hz, bins * 4);
        ASSERT_NEAR_AT(hz, tone.level, 20 * std::log10(0.5), 0.05);
      }
    }
}
GST_END_TEST

GST_START_TEST(the_width_of_a_windows_lobe_is_the_known_one) {
  // Harris (1978), table 1: 3 dB bandwidths in bins
  const std::pair<Window, double> known[] = {{Window::kHann, 1.44},
                                             {Window::kHamming, 1.30},
                                             {Window::kBlackmanHarris, 1.90}};
  for (const auto &[window, bins] : known) {
    const Recipe r = linear_recipe(window);
    const Grid grid(r.row_edges_hz(), r);
    ASSERT_NEAR_AT(bins, grid.tone_rows(60), bins, 0.05 * bins);
    // zeros behind the window: twice the bins for the same lobe
    const Recipe padded = linear_recipe(window, 128);
    ASSERT_NEAR_AT(bins, Grid(padded.row_edges_hz(), padded).tone_rows(60),
                   2 * grid.tone_rows(60), 0.05);
  }
}
GST_END_TEST

GST_START_TEST(rows_and_frequencies_are_each_others_inverse) {
  Recipe r = linear_recipe(Window::kHann);
  for (const FrequencyAxis axis :
       {FrequencyAxis::kLinear, FrequencyAxis::kGeometric}) {
    r.axis = axis;
    r.bands = 64;
    r.min_frequency_hz = 20;
    const Grid grid(r.row_edges_hz(), r);
    const auto centres = r.row_centres_hz();
    for (std::size_t y = 0; y < grid.height(); ++y) {
      ASSERT_NEAR_AT(y, grid.hz(double(y)), centres[y], 1e-6 * centres[y]);
      ASSERT_NEAR_AT(y, grid.row(centres[y]), double(y), 1e-6);
    }
    ASSERT_NEAR_AT(0, grid.row(grid.hz(17.25)), 17.25, 1e-6);
  }
}
GST_END_TEST

/* 0 dB everywhere but for lines of a Gaussian's shape, @p width rows wide. */
static Image lines_at(const std::vector<double> &rows, double level_db,
                      double width, std::size_t height, std::size_t columns) {
  Image image(height, columns);
  for (std::size_t y = 0; y < height; ++y)
    for (std::size_t x = 0; x < columns; ++x) {
      double power = 1;
      for (const double row : rows)
        power += std::pow(10, level_db / 10) *
                 std::exp2(-std::pow(2 * (double(y) - row) / width, 2));
      image.at(y, x) = float(10 * std::log10(power));
    }
  return image;
}

static mask::Binary all_of(const Image &image) {
  return {image.height(), image.width(),
          std::vector<std::uint8_t>(image.size(), 1)};
}

GST_START_TEST(two_lines_that_touch_are_two_peaks_and_a_ripple_is_none) {
  const Recipe r = linear_recipe(Window::kHann);
  const Grid grid(r.row_edges_hz(), r);
  const Image two = lines_at({40, 42.6}, 15, 1.44, 128, 20);
  auto peaks = find_peaks(grid, two, Image(128, 20), all_of(two), {0, 20});
  fail_unless_equals_int(peaks[10].size(), 2);
  Image ripple = lines_at({40}, 15, 1.44, 128, 20);
  for (std::size_t x = 0; x < 20; ++x) ripple.at(43, x) = 1.2f;
  peaks = find_peaks(grid, ripple, Image(128, 20), all_of(ripple), {0, 20});
  fail_unless_equals_int(peaks[10].size(), 1);
  ASSERT_NEAR_AT(0, double(peaks[10][0].row), 40, 0.02);
}
GST_END_TEST

GST_START_TEST(peaks_lie_on_kept_pixels_of_valid_columns_only) {
  const Recipe r = linear_recipe(Window::kHann);
  const Grid grid(r.row_edges_hz(), r);
  const Image two = lines_at({40, 80}, 15, 1.44, 128, 20);
  mask::Binary kept = all_of(two);
  std::fill(kept.values.begin() + 60 * 20, kept.values.end(), 0);
  const auto peaks = find_peaks(grid, two, Image(128, 20), kept, {3, 17});
  fail_unless(peaks[2].empty() && peaks[17].empty());
  for (std::size_t x = 3; x < 17; ++x)
    fail_unless(peaks[x].size() == 1 && peaks[x][0].row < 41);
}
GST_END_TEST

GST_START_TEST(a_fitted_width_is_that_of_a_gaussian_whatever_its_height) {
  for (const double width : {0.8, 1.44, 5.0, 12.0}) {
    std::vector<ProfilePoint> profile;
    for (double d = -10; d <= 10; d += 0.5)
      profile.push_back({d, 7 * std::exp2(-std::pow(2 * d / width, 2)), 1});
    ASSERT_NEAR_AT(width, fit_width(profile), width, 0.005 * width);
  }
  fail_unless_equals_float(fit_width({}), 0);
  fail_unless_equals_float(fit_width({{0, -1, 1}, {1, -1, 1}}), 0);
}
GST_END_TEST

GST_START_TEST(a_kept_row_keeps_the_fine_rows_whose_middles_it_holds) {
  const mask::Binary kept{3, 2, {0, 1, 1, 0, 0, 0}};
  const mask::Binary fine =
      refine(kept, {30, 20, 10, 0}, {32.5, 27.5, 22.5, 17.5, 12.5, 7.5});
  // middles 30 (in the first row), 25, 20 (in the second), 15, 10 (the third)
  fail_unless_equals_int(fine.height, 5);
  fail_unless(!fine.at(1, 0) && fine.at(1, 1));
  fail_unless(fine.at(3, 0) && !fine.at(3, 1));
}
GST_END_TEST

GST_START_TEST(a_line_stands_over_the_noise_where_nothing_was_divided_out) {
  const Recipe r = linear_recipe(Window::kHann);
  Image level = lines_at({40}, 12, 1.44, 128, 60);
  for (std::size_t y = 0; y < 128; ++y)  // a slope of the noise
    for (std::size_t x = 0; x < 60; ++x) level.at(y, x) += float(y) * 0.1f - 90;
  const Image none;
  const Picture picture{0, {0, 60}, &level, &none, &none, nullptr};
  const Image excess = line_excess(picture, r, r.row_edges_hz());
  ASSERT_NEAR_AT(40, double(excess.at(40, 30)),
                 10 * std::log10(1 + std::pow(10, 1.2)), 0.5);
  ASSERT_NEAR_AT(90, double(excess.at(90, 30)), 0, 0.3);
  const Image sure =
      excess_confidence(excess, {10, 50}, double(excess.at(40, 30)));
  ASSERT_NEAR_AT(40, double(sure.at(40, 30)), 0.75, 1e-6);
  fail_unless_equals_float(sure.at(40, 9), 0);
  fail_unless_equals_float(sure.at(40, 50), 0);
}
GST_END_TEST

GST_START_TEST(what_does_not_fit_is_refused_in_words) {
  const Recipe r = linear_recipe(Window::kHann);
  const Grid grid(r.row_edges_hz(), r);
  const Image small(100, 20);
  const auto words_of = [](auto what) {
    try {
      what();
    } catch (const Error &e) {
      fail_unless(e.code() == Errc::kBadArgument);
      return std::string(e.what());
    }
    return std::string("no error");
  };
  assert_text(words_of([&] {
                find_peaks(grid, small, {}, all_of(small), {0, 20});
              }),
              "tonals need values, kept pixels and background (or an empty "
              "one) of 128 rows and one width, got 100 x 20, 100 x 20 and 0 x "
              "0; valid columns 0 to 20");
  assert_text(words_of([&] {
                Grid({30, 20, 10}, r);
              }),
              "tonals need a picture of at least 3 rows, got 2");
  assert_text(words_of([&] {
                PeakShape({1, 1}, 8);
              }),
              "a tone's shape needs a window of at least 4 samples and a "
              "transform no shorter, got a window of 2 and a transform of 8 "
              "samples");
}
GST_END_TEST

static Suite *tonal_peaks_suite() {
  Suite *s = suite_create("tonal_peaks");
  TCase *c = tcase_create("general");
  tcase_add_test(c, a_tone_between_bins_is_placed_to_a_hundredth_of_one);
  tcase_add_test(c, the_width_of_a_windows_lobe_is_the_known_one);
  tcase_add_test(c, rows_and_frequencies_are_each_others_inverse);
  tcase_add_test(c, two_lines_that_touch_are_two_peaks_and_a_ripple_is_none);
  tcase_add_test(c, peaks_lie_on_kept_pixels_of_valid_columns_only);
  tcase_add_test(c, a_fitted_width_is_that_of_a_gaussian_whatever_its_height);
  tcase_add_test(c, a_kept_row_keeps_the_fine_rows_whose_middles_it_holds);
  tcase_add_test(c, a_line_stands_over_the_noise_where_nothing_was_divided_out);
  tcase_add_test(c, what_does_not_fit_is_refused_in_words);
  suite_add_tcase(s, c);
  return s;
}

GST_CHECK_MAIN(tonal_peaks)
