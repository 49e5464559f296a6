/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <algorithm>
#include <random>

#include "sonar/dsp/level.h"
#include "sonar/dsp/spectrograph.h"
#include "support/testing.h"

/* What a lofargram adds to a spectrogram: decimation, averages, axes, ranges.
 */

using sonar::Agc;
using sonar::FrequencyAxis;
using sonar::Image;
using sonar::Normalizer;
using sonar::Recipe;
using sonar::dsp::Picture;
using sonar::dsp::Spectrograph;

/* 16 kHz down to 1.6 kHz; 400 rows of 1.5625 Hz, 5 columns a second. */
static Recipe lofar() {
  Recipe r;
  r.mode = sonar::Mode::kLofar;
  r.decimation = 10;
  r.fft_size = 1024;
  r.hop_size = 320;
  r.axis = FrequencyAxis::kLinear;
  r.min_frequency_hz = 0;
  r.max_frequency_hz = 625;
  r.normalizer = Normalizer::kNone;
  r.width = r.advance = 16;
  r.floor_db = -150;
  r.range_db = 150;
  return r;
}

static std::vector<float> noise(std::size_t n) {
  std::mt19937 random(31);
  std::normal_distribution<float> normal(0.0f, 0.1f);
  std::vector<float> x(n);
  for (float &v : x) v = normal(random);
  return x;
}

static void add_tone(std::vector<float> &x, double hz, double amplitude,
                     double rate = 16000) {
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] += float(amplitude * std::cos(2 * M_PI * hz * double(i) / rate));
}

static std::vector<Picture> pictures(const Recipe &r,
                                     const std::vector<float> &x,
                                     std::size_t piece = 4096) {
  Spectrograph s(r);
  std::vector<Picture> all;
  Picture picture;
  for (std::size_t i = 0; i < x.size(); i += piece) {
    s.push(x.data() + i, std::min(piece, x.size() - i));
    while (s.pop(picture)) all.push_back(picture);
  }
  s.drain();
  while (s.pop(picture)) all.push_back(picture);
  return all;
}

static std::size_t row_of(const Recipe &r, double hz) {
  const auto edges = r.row_edges_hz();
  std::size_t y = 0;
  while (!(hz < edges[y] && hz >= edges[y + 1])) ++y;
  return y;
}

static std::size_t loudest_column(const Image &image, std::size_t row) {
  std::size_t best = 0;
  for (std::size_t c = 0; c < image.width(); ++c)
    if (image.at(row, c) > image.at(row, best)) best = c;
  return best;
}

GST_START_TEST(decimation_keeps_levels_and_lets_nothing_alias) {
  const Recipe r = lofar();
  std::vector<float> x(16000 * 4);
  const double bin = r.bin_hz();
  add_tone(x, 100 * bin, 0.5);
  /* 300 bins below the decimated rate: at half level it would read -6 dBFS */
  add_tone(x, 1600 - 300 * bin, 0.5);
  const Image got = decode(pictures(r, x)[0], r);
  for (std::size_t c = 2; c < 14; ++c) {
    // the pass band's ripple of 0.001 dB, pixels of 0.002 dB
    ASSERT_NEAR_AT(c, got.at(row_of(r, 100 * bin), c), -6.0206, 0.005);
    ck_assert_msg(got.at(row_of(r, 300 * bin), c) < -6 - 95, "alias of %g dBFS",
                  double(got.at(row_of(r, 300 * bin), c)));
  }
}
GST_END_TEST

/* A tone that lasts one hop, in the middle of column 7. */
GST_START_TEST(columns_lie_where_they_would_without_decimation) {
  for (const int decimation : {1, 10}) {
    Recipe r = lofar();
    r.decimation = decimation;
    r.fft_size = r.fft_size * 10 / decimation;
    r.hop_size = r.hop_size * 10 / decimation;
    std::vector<float> x(16000 * 4);
    const std::int64_t begin =
        7 * r.column_samples() + r.span_samples() / 2 - r.column_samples() / 2;
    std::vector<float> burst(std::size_t(r.column_samples()));
    add_tone(burst, 200, 0.5);
    std::copy(burst.begin(), burst.end(), x.begin() + begin);
    const Image got = decode(pictures(r, x)[0], r);
    const std::size_t row = row_of(r, 200);
    fail_unless_equals_int(loudest_column(got, row), 7);
    // neighbours on either side have it equally far from their middle
    ASSERT_NEAR_AT(decimation, got.at(row, 6), got.at(row, 8), 0.3);
  }
}
GST_END_TEST

GST_START_TEST(a_decimated_picture_is_bit_identical_for_any_cut) {
  Recipe r = lofar();
  r.average = 3;
  r.normalizer = Normalizer::kOta;
  r.agc = Agc::kBand;
  const auto x = noise(16000 * 12);
  const auto whole = pictures(r, x, x.size());
  for (const std::size_t piece : {1, 7, 1000}) {
    const auto cut = pictures(r, x, piece);
    fail_unless_equals_int(cut.size(), whole.size());
    for (std::size_t i = 0; i < cut.size(); ++i) {
      fail_unless(cut[i].pixels == whole[i].pixels);
      fail_unless(
          std::equal(cut[i].background_db.data(),
                     cut[i].background_db.data() + cut[i].background_db.size(),
                     whole[i].background_db.data()));
    }
  }
}
GST_END_TEST

GST_START_TEST(a_picture_comes_with_the_sample_the_latency_promises) {
  for (const int average : {1, 5}) {
    Recipe r = lofar();
    r.average = average;
    r.advance = 4;
    r.normalizer = Normalizer::kMedian;
    Spectrograph s(r);
    const auto x = noise(std::size_t(s.latency_samples()));
    Picture picture;
    s.push(x.data(), x.size() - 1);
    fail_unless(!s.pop(picture), "came before its sample");
    s.push(x.data() + x.size() - 1, 1);
    fail_unless(s.pop(picture), "did not come with its sample");
  }
}
GST_END_TEST

/* The mean of the transforms' powers, not of their decibels. */
GST_START_TEST(a_column_of_an_average_is_the_mean_power_of_its_transforms) {
  Recipe each = lofar(), mean = each;
  mean.average = 4;
  const auto x =
      noise(std::size_t(15 * each.column_samples() + each.span_samples()));
  const Image ones = decode(pictures(each, x)[0], each);
  const auto averaged = pictures(mean, x);
  fail_unless_equals_int(averaged[0].new_columns, 4);
  const Image fours = decode(averaged[0], mean);
  for (std::size_t y = 0; y < ones.height(); ++y)
    for (std::size_t c = 0; c < 4; ++c) {
      double sum = 0;
      for (std::size_t i = 0; i < 4; ++i)
        sum += std::pow(10.0, 0.1 * double(ones.at(y, 4 * c + i)));
      // pixels of 0.002 dB
      ASSERT_NEAR_AT(y, fours.at(y, c), 10 * std::log10(sum / 4), 0.004);
    }
}
GST_END_TEST

GST_START_TEST(an_average_that_the_end_cuts_short_has_fewer_transforms) {
  Recipe r = lofar();
  r.average = 10;
  std::vector<float> x(std::size_t(13 * r.hop_size + r.fft_size) * 10);
  add_tone(x, 200 * r.bin_hz(), 0.5);
  const auto got = pictures(r, x);
  fail_unless_equals_int(got.size(), 1);
  fail_unless_equals_int(got[0].new_columns, 2);  // of 10 and 4 transforms
  const Image image = decode(got[0], r);
  const std::size_t row = row_of(r, 200 * r.bin_hz());
  // a steady tone reads the same; the decimator's start and end are a ramp
  ASSERT_NEAR_AT(0, image.at(row, 0), -6.02, 0.02);
  ASSERT_NEAR_AT(1, image.at(row, 1), -6.02, 0.02);
}
GST_END_TEST

GST_START_TEST(a_tone_reads_its_level_in_its_band_of_every_axis) {
  for (const auto axis : {FrequencyAxis::kGeometric,
                          FrequencyAxis::kThirdOctave, FrequencyAxis::kMel}) {
    Recipe r = lofar();
    r.axis = axis;
    r.bands = 24;
    r.min_frequency_hz = 20;
    r.max_frequency_hz = 708;
    const double hz = r.row_centres_hz()[row_of(r, 251.2)];
    std::vector<float> x(16000 * 4);
    add_tone(x, hz, 0.5);
    const Image got = decode(pictures(r, x)[0], r);
    const std::size_t row = row_of(r, hz);
    for (std::size_t y = 0; y < got.height(); ++y)
      if (y != row) fail_unless(got.at(y, 8) < got.at(row, 8) - 20);
    const auto edges = r.row_edges_hz();
    const double bins = (edges[row] - edges[row + 1]) / r.bin_hz();
    // a row is the mean of its bins, of which a Hann tone fills 1.5
    ASSERT_NEAR_AT(int(axis), got.at(row, 8),
                   -6.02 + 10 * std::log10(1.5 / bins), 0.1);
  }
}
GST_END_TEST

GST_START_TEST(gain_control_makes_a_background_of_its_own) {
  for (const auto agc : {Agc::kColumn, Agc::kBand})
    for (const auto normalizer : {Normalizer::kNone, Normalizer::kTpsw}) {
      Recipe plain = lofar(), r = plain;
      r.agc = agc;
      r.normalizer = normalizer;
      const auto x = noise(16000 * 4);
      const Image level = decode(pictures(plain, x)[0], plain);
      r.floor_db = -60;
      const Picture picture = pictures(r, x)[0];
      const Image value = decode(picture, r);
      fail_unless(!picture.background_db.empty());
      for (std::size_t y = 0; y < value.height(); ++y)
        for (std::size_t c = 0; c < 16; ++c)
          // pixels of 0.002 dB on either side
          ASSERT_NEAR_AT(y, value.at(y, c) + picture.background_db.at(y, c),
                         level.at(y, c), 0.005);
    }
}
GST_END_TEST

GST_START_TEST(an_automatic_range_shows_the_percentiles_of_each_picture) {
  Recipe fixed = lofar(), r = fixed;
  r.auto_range_percent = 5;
  auto x = noise(16000 * 20);
  for (std::size_t i = x.size() / 2; i < x.size(); ++i) x[i] *= 100;
  const auto want = pictures(fixed, x), got = pictures(r, x);
  fail_unless(got.size() > 2);
  for (std::size_t k = 0; k < got.size(); ++k) {
    const Image level = decode(want[k], fixed), shown = decode(got[k], r);
    std::vector<float> values;
    for (std::size_t y = 0; y < level.height(); ++y)
      for (std::size_t c = got[k].valid.begin; c < got[k].valid.end; ++c)
        values.push_back(level.at(y, c));
    std::sort(values.begin(), values.end());
    const auto at = [&](double share) {
      return double(
          values[std::size_t(std::lround(share * double(values.size() - 1)))]);
    };
    // pixels of 0.002 and of 0.008 dB
    ASSERT_NEAR_AT(k, got[k].floor_db, at(0.05), 0.01);
    ASSERT_NEAR_AT(k, got[k].floor_db + got[k].range_db, at(0.95), 0.01);
    for (std::size_t y = 0; y < level.height(); ++y) {
      const double clamped = std::clamp(double(level.at(y, got[k].valid.begin)),
                                        at(0.05), at(0.95));
      ASSERT_NEAR_AT(y, shown.at(y, got[k].valid.begin), clamped, 0.02);
    }
  }
  fail_unless(got.back().floor_db > got.front().floor_db + 30);
}
GST_END_TEST

GST_START_TEST(reset_makes_a_decimating_spectrograph_new) {
  Recipe r = lofar();
  r.average = 2;
  r.agc = Agc::kBand;
  Spectrograph s(r);
  const auto x = noise(16000 * 3), y = noise(5000);
  Picture picture, again;
  s.push(y.data(), y.size());
  s.drain();
  while (s.pop(picture)) {
  }
  s.reset();
  s.push(x.data(), x.size());
  s.drain();
  fail_unless(s.pop(again));
  fail_unless(again.pixels == pictures(r, x)[0].pixels);
}
GST_END_TEST

static Suite *dsp_lofar_suite(void) {
  Suite *s = suite_create("dsp_lofar");
  TCase *tc = tcase_create("decimation");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, decimation_keeps_levels_and_lets_nothing_alias);
  tcase_add_test(tc, columns_lie_where_they_would_without_decimation);
  tcase_add_test(tc, a_decimated_picture_is_bit_identical_for_any_cut);
  tcase_add_test(tc, a_picture_comes_with_the_sample_the_latency_promises);
  tcase_add_test(tc, reset_makes_a_decimating_spectrograph_new);
  tc = tcase_create("columns and rows");
  suite_add_tcase(s, tc);
  tcase_add_test(tc,
                 a_column_of_an_average_is_the_mean_power_of_its_transforms);
  tcase_add_test(tc, an_average_that_the_end_cuts_short_has_fewer_transforms);
  tcase_add_test(tc, a_tone_reads_its_level_in_its_band_of_every_axis);
  tcase_add_test(tc, gain_control_makes_a_background_of_its_own);
  tcase_add_test(tc, an_automatic_range_shows_the_percentiles_of_each_picture);
  return s;
}
GST_CHECK_MAIN(dsp_lofar)
