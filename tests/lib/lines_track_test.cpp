/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/lines/track.h"

#include <algorithm>
#include <functional>
#include <random>

#include "sonar/lines/activity.h"
#include "sonar/lines/footprint.h"
#include "sonar/lines/hypothesis.h"
#include "sonar/lines/ratio.h"
#include "support/line_pictures.h"
#include "support/testing.h"

using line_pictures::constant_path;
using line_pictures::noiseless;
using line_pictures::noisy;
using line_pictures::Tone;
using namespace sonar::lines;
using sonar::ColumnRange;
using sonar::Image;
using sonar::Recipe;

static const std::size_t kBins = 512, kColumns = 64;

static Line line(double frequency, bool moving) {
  Line l;
  l.frequency = frequency;
  l.height_db = 7;
  l.moving = moving;
  l.level_db = 8;
  l.presence = 0.9;
  l.offset_sd = 0.3;
  return l;
}

/* No two of them have a ratio that others have. */
static ClassLines vessel() {
  ClassLines c;
  for (const double f : {61.3, 97.0, 140.6, 171.2, 251.7, 305.5, 388.7})
    c.lines.push_back(line(f, true));
  for (const double f : {120.0, 240.0}) c.lines.push_back(line(f, false));
  c.ratio_sd = 0.04;
  return c;
}

/* The vessel's lines with a speed of @p log_ratio in each column. */
static std::vector<Tone> tones_of(const ClassLines &c, double power,
                                  const std::vector<double> &log_ratio) {
  std::vector<Tone> tones;
  for (const Line &l : c.lines) {
    Tone tone{{}, power};
    for (const double r : log_ratio)
      tone.path.push_back(l.moving ? l.frequency * std::exp(r) : l.frequency);
    tones.push_back(tone);
  }
  return tones;
}

static Evidence sounding(const ClassLines &c, double power, double log_ratio,
                         unsigned seed) {
  std::mt19937 random(seed);
  return noisy(kBins, kColumns,
               tones_of(c, power, constant_path(kColumns, log_ratio)), random);
}

static double ratio_found(const ClassLines &c, const Evidence &e,
                          const std::vector<CommonLine> &common = {}) {
  return RatioSearch(c, common, e.bins())(mean_profile(e), LevelDensity());
}

GST_START_TEST(a_speed_ratio_is_found_within_0_2_percent) {
  const ClassLines c = vessel();
  unsigned seed = 1;
  for (double r = -0.1; r < 0.101; r += 0.0137, ++seed)
    ASSERT_NEAR_AT(seed, ratio_found(c, sounding(c, 3, r, seed)), r, 0.002);
}
GST_END_TEST

GST_START_TEST(a_class_without_moving_lines_has_ratio_one) {
  ClassLines c = vessel();
  const Evidence e = sounding(c, 3, 0.04, 1);
  for (Line &l : c.lines) l.moving = false;
  ASSERT_NEAR_AT(0, ratio_found(c, e), 0.0, 0.0);
  /* nor one whose moving lines all lie beyond the axis */
  c.lines = {line(4, true), line(511, true)};
  ASSERT_NEAR_AT(0, ratio_found(c, e), 0.0, 0.0);
}
GST_END_TEST

GST_START_TEST(lines_scaled_by_a_ratio_are_found_at_its_inverse) {
  const ClassLines c = vessel();
  const Evidence e = sounding(c, 4, 0.02, 5);
  for (const double by : {-0.05, 0.03}) {
    ClassLines scaled = c;
    for (Line &l : scaled.lines)
      if (l.moving) l.frequency *= std::exp(by);
    // a step either way
    ASSERT_NEAR_AT(0, ratio_found(scaled, e), ratio_found(c, e) - by, 0.0021);
  }
}
GST_END_TEST

GST_START_TEST(the_order_of_the_lines_changes_no_ratio_and_no_path) {
  const ClassLines c = vessel();
  ClassLines reversed = c;
  std::reverse(reversed.lines.begin(), reversed.lines.end());
  const Evidence e = sounding(c, 2, -0.03, 6);
  ASSERT_NEAR_AT(0, ratio_found(reversed, e), ratio_found(c, e), 0.0);
  const LineMap map(e);
  const auto want = follow_ratio(map, c, -0.03);
  const auto got = follow_ratio(map, reversed, -0.03);
  for (std::size_t t = 0; t < kColumns; ++t)
    ASSERT_NEAR_AT(t, got[t], want[t], 0.0);
}
GST_END_TEST

/* A tone of all classes, as far from a line as a ratio of 4 %. */
GST_START_TEST(a_line_of_all_classes_speaks_for_no_ratio) {
  ClassLines c;
  c.lines = {line(200, true)};
  c.ratio_sd = 0.04;
  const Evidence e =
      noiseless(kBins, kColumns,
                {{constant_path(kColumns, 200 * std::exp(0.04)), 5},
                 {constant_path(kColumns, 200 * std::exp(-0.025)), 2}});
  ASSERT_NEAR_AT(0, ratio_found(c, e), 0.04, 0.004);  // a bin of 200
  ASSERT_NEAR_AT(0, ratio_found(c, e, {{200 * std::exp(0.04)}}), -0.025, 0.004);
}
GST_END_TEST

/* Seven tones louder than any of the class, one of them at ratio 1. */
static const double kLoud[] = {176, 182, 188, 194, 200, 216, 222};

GST_START_TEST(many_louder_lines_that_do_not_move_hide_no_ratio) {
  ClassLines c;
  c.lines = {line(200, true)};
  c.ratio_sd = 0.04;
  std::vector<Tone> tones{{constant_path(kColumns, 200 * std::exp(0.05)), 3}};
  std::vector<CommonLine> common;
  ClassLines with_fixed = c;
  for (const double f : kLoud) {
    tones.push_back({constant_path(kColumns, f), 60});
    common.push_back({f});
    with_fixed.lines.push_back(line(f, false));
  }
  const Evidence e = noiseless(kBins, kColumns, tones);
  ASSERT_NEAR_AT(0, ratio_found(c, e, common), 0.05, 0.004);  // a bin of 200
  ASSERT_NEAR_AT(0, ratio_found(with_fixed, e), 0.05, 0.004);
}
GST_END_TEST

/* One tone louder than all of the vessel's together correlates better. */
GST_START_TEST(levels_that_agree_with_a_class_outweigh_a_loud_tone) {
  ClassLines c;
  c.lines = {line(150, true), line(220, true)};
  for (Line &l : c.lines) l.level_db = 10 * std::log10(2.2);
  c.ratio_sd = 0.04;
  const Evidence e =
      noiseless(kBins, kColumns,
                {{constant_path(kColumns, 150 * std::exp(0.03)), 1.2},
                 {constant_path(kColumns, 220 * std::exp(0.03)), 1.2},
                 {constant_path(kColumns, 220 * std::exp(-0.05)), 60}});
  ASSERT_NEAR_AT(0, ratio_found(c, e), 0.03, 0.004);  // a bin of 150 to 220
}
GST_END_TEST

GST_START_TEST(the_prior_of_the_ratio_is_1_3_times_as_wide_as_the_training) {
  ClassLines c;
  c.ratio_sd = 0.02;
  ASSERT_NEAR_AT(0, ratio_log_prior(c, 0), 0.0, 0.0);
  ASSERT_NEAR_AT(0, ratio_log_prior(c, 0.026), -0.5, 1e-12);
  ASSERT_NEAR_AT(0, ratio_log_prior(c, -0.052), -2.0, 1e-12);
}
GST_END_TEST

/* 0.8 % up and down: at 400 bins three bins, 0.1 % a column at the most. */
static std::vector<double> drift(double around) {
  std::vector<double> r;
  for (std::size_t t = 0; t < kColumns; ++t)
    r.push_back(around +
                0.008 * std::cos(2 * M_PI * double(t) / double(kColumns)));
  return r;
}

GST_START_TEST(a_ratio_that_drifts_is_followed) {
  const ClassLines c = vessel();
  for (const double around : {-0.05, 0.0, 0.07}) {
    std::mt19937 random(11);
    const auto truth = drift(around);
    const LineMap map(noisy(kBins, kColumns, tones_of(c, 6, truth), random));
    const auto got = follow_ratio(map, c, around);
    fail_unless_equals_int(got.size(), kColumns);
    for (std::size_t t = 0; t < kColumns; ++t)
      // one step of the path, and what a mean over 9 columns lags behind
      ASSERT_NEAR_AT(t, got[t], truth[t], 0.0015);
  }
}
GST_END_TEST

GST_START_TEST(a_line_is_followed_within_a_quarter_bin_and_at_its_power) {
  const ClassLines c = vessel();
  const auto truth = drift(0.02);
  const auto tones = tones_of(c, 25, truth);
  std::mt19937 random(12);
  const LineMap map(noisy(kBins, kColumns, tones, random));
  const std::vector<float> ratio(truth.begin(), truth.end());
  for (std::size_t j = 0; j < c.lines.size(); ++j) {
    const Track track = follow_line(map, c.lines[j], j, ratio);
    fail_unless_equals_int(track.line, j);
    double power = 0;
    for (std::size_t t = 0; t < kColumns; ++t) {
      ASSERT_NEAR_AT(t, track.frequency[t], tones[j].path[t], 0.25);
      power += double(track.power[t]) / double(kColumns);
    }
    // noise, and what a path a quarter of a bin beside the line loses
    ASSERT_NEAR_AT(j, power, 25.0, 3.5);
  }
}
GST_END_TEST

/* Beside the ratio's path, each line keeps a little freedom of its own. */
GST_START_TEST(a_line_beside_its_expected_place_is_followed_where_it_is) {
  const struct {
    Line line;
    double offset;
  } cases[] = {{line(80, true), 0.7},
               {line(80, true), -0.5},
               {line(80, false), 1},
               {line(400, true), 1.5},
               {line(400, false), -1.5}};
  for (const auto &c : cases) {
    const LineMap map(noiseless(
        kBins, kColumns,
        {{constant_path(kColumns, c.line.frequency + c.offset), 10}}));
    const Track track =
        follow_line(map, c.line, 0, std::vector<float>(kColumns, 0.0f));
    for (const float f : track.frequency)
      ASSERT_NEAR_AT(0, f, c.line.frequency + c.offset, 0.25);
  }
}
GST_END_TEST

GST_START_TEST(a_line_is_not_followed_beyond_its_reach) {
  const struct {
    Line line;
    double reach;
  } cases[] = {{line(80, true), 1},   // 0.75 bins, to the next half
               {line(80, false), 1},  //
               {line(400, true), 2},  // 0.4 %, to the next half
               {line(400, false), 2}};
  for (const auto &c : cases)
    for (const double side : {-1.0, 1.0}) {
      const double place = c.line.frequency + side * (c.reach + 1);
      const LineMap map(
          noiseless(kBins, kColumns, {{constant_path(kColumns, place), 10}}));
      const Track track =
          follow_line(map, c.line, 0, std::vector<float>(kColumns, 0.0f));
      for (const float f : track.frequency)
        ASSERT_NEAR_AT(0, f, c.line.frequency + side * c.reach, 1e-4);
    }
}
GST_END_TEST

static std::vector<double> mean9(const std::vector<double> &in) {
  const int n = int(in.size());
  std::vector<double> out;
  for (int t = 0; t < n; ++t) {
    double sum = 0;
    for (int d = -4; d <= 4; ++d)
      sum += in[std::size_t(std::min(std::max(t + d, 0), n - 1))];
    out.push_back(sum / 9);
  }
  return out;
}

/* Tries every path of moves by one state or none, 1.5 a move. */
static std::vector<int> best_path(
    int states, std::size_t columns,
    const std::function<double(int, std::size_t)> &score) {
  std::vector<int> path(columns), best;
  double top = -1e30;
  const std::function<void(std::size_t, double)> go = [&](std::size_t t,
                                                          double sum) {
    if (t == columns) {
      if (sum > top) top = sum, best = path;
      return;
    }
    for (int s = 0; s < states; ++s) {
      if (t > 0 && std::abs(s - path[t - 1]) > 1) continue;
      path[t] = s;
      const double move = t > 0 && s != path[t - 1] ? 1.5 : 0;
      go(t + 1, sum + score(s, t) - move);
    }
  };
  go(0, 0);
  return best;
}

GST_START_TEST(the_ratio_s_path_is_the_best_of_all) {
  const ClassLines c = vessel();
  int moved = 0;
  for (unsigned trial = 0; trial < 6; ++trial) {
    std::mt19937 random(20 + trial);
    const std::size_t columns = 7;
    std::vector<double> jump(columns, trial % 2 ? 0.002 : -0.004);
    for (std::size_t t = 4; t < columns; ++t) jump[t] += 0.003;
    const LineMap map(
        noisy(kBins, columns, tones_of(c, trial < 3 ? 9 : 0.3, jump), random));
    const double around = 0.0005;
    const auto path = best_path(29, columns, [&](int s, std::size_t t) {
      const double off = (s - 14) * 0.001;
      double sum = -0.025 * (off / 0.006) * (off / 0.006);
      for (const Line &l : c.lines)
        if (l.moving)
          sum += double(map.merit(l.frequency * std::exp(around + off)).at(t));
      return sum;
    });
    moved += path.front() != path.back();
    std::vector<double> ratio;
    for (const int s : path) ratio.push_back(around + (s - 14) * 0.001);
    const auto want = mean9(ratio);
    const auto got = follow_ratio(map, c, around);
    for (std::size_t t = 0; t < columns; ++t)
      ASSERT_NEAR_AT(t, got[t], want[t], 1e-7);  // float32
  }
  fail_unless(moved > 0);
}
GST_END_TEST

GST_START_TEST(a_line_s_path_is_the_best_of_all) {
  int moved = 0;
  for (unsigned trial = 0; trial < 10; ++trial) {
    std::mt19937 random(40 + trial);
    const std::size_t columns = 8;
    const Line l = line(trial % 2 ? 300 : 90, trial % 3 != 0);
    std::vector<double> path_of_tone(columns, l.frequency - 1);
    for (std::size_t t = 4; t < columns; ++t) path_of_tone[t] += 2;
    const LineMap map(noisy(kBins, columns, {{path_of_tone, 15}}, random));
    const double reach = std::max(l.moving ? 0.75 : 1.0, 0.004 * l.frequency);
    const int steps = int(std::ceil(2 * reach));
    const auto path =
        best_path(2 * steps + 1, columns, [&](int s, std::size_t t) {
          const double off = 0.5 * (s - steps);
          return double(map.merit(l.frequency + off).at(t)) -
                 0.02 * (off / reach) * (off / reach);
        });
    moved += path.front() != path.back();
    std::vector<double> frequency;
    for (const int s : path)
      frequency.push_back(l.frequency + 0.5 * (s - steps));
    const auto want = mean9(frequency);
    const Track got = follow_line(map, l, 0, std::vector<float>(columns, 0.0f));
    std::vector<float> on_path;
    for (std::size_t t = 0; t < columns; ++t)
      on_path.push_back(map.power(want[t]).at(t));
    const auto sounds = sounding_probability(on_path);
    for (std::size_t t = 0; t < columns; ++t) {
      ASSERT_NEAR_AT(t, got.frequency[t], want[t], 1e-4);  // float32 of 300
      /* mean over 11 columns, each as far as the line sounds there */
      double power = 0, weight = 0;
      for (int d = -5; d <= 5; ++d) {
        const auto u =
            std::size_t(std::min(std::max(int(t) + d, 0), int(columns) - 1));
        power += double(on_path[u] * sounds[u]);
        weight += double(sounds[u]);
      }
      // slope of the map times the above
      ASSERT_NEAR_AT(t, got.power[t], sounds[t] >= 0.5f ? power / weight : 0,
                     2e-3);
    }
  }
  fail_unless(moved > 0);
}
GST_END_TEST

/* Sums over every sequence of sounding and silent columns. */
static std::vector<double> by_all_sequences(const std::vector<float> &power,
                                            double own) {
  const std::size_t n = power.size();
  std::vector<double> on(n);
  double total = 0;
  for (std::size_t sequence = 0; sequence < (1u << n); ++sequence) {
    const auto is = [&](std::size_t t) { return bool(sequence >> t & 1); };
    double p = is(0) ? 0.8 : 0.2;
    for (std::size_t t = 0; t < n; ++t) {
      if (t > 0) p *= is(t) == is(t - 1) ? 0.98 : 0.02;
      if (!is(t)) continue;
      /* exponential of mean 1 + own over that of mean 1, half an observation */
      const double x = std::max(1 + double(power[t]), 0.05);
      const double ratio = 0.5 * (x - x / (1 + own) - std::log(1 + own));
      p *= std::exp(std::min(std::max(ratio, -6.0), 6.0));
    }
    total += p;
    for (std::size_t t = 0; t < n; ++t)
      if (is(t)) on[t] += p;
  }
  for (double &p : on) p /= total;
  return on;
}

static double own_power(const std::vector<float> &power,
                        const std::vector<double> &sounds) {
  double sum = 0, weight = 0;
  for (std::size_t t = 0; t < power.size(); ++t) {
    sum += sounds[t] * std::min(double(power[t]), 60.0);
    weight += sounds[t];
  }
  return std::max(sum / std::max(weight, 1.0), 1.0);
}

GST_START_TEST(that_a_line_sounds_is_the_sum_over_all_that_may_have_been) {
  std::mt19937 random(50);
  std::exponential_distribution<float> noise(1);
  for (const float loud : {0.5f, 4.0f, 30.0f, 200.0f})
    for (const std::size_t on : {0u, 5u, 11u}) {
      std::vector<float> power;
      for (std::size_t t = 0; t < 11; ++t)
        power.push_back(noise(random) * (t < on ? 1 + loud : 1) - 1);
      const auto first = by_all_sequences(
          power, own_power(power, std::vector<double>(11, 1.0)));
      const auto want = by_all_sequences(power, own_power(power, first));
      const auto got = sounding_probability(power);
      for (std::size_t t = 0; t < 11; ++t)
        ASSERT_NEAR_AT(t, got[t], want[t], 1e-5);  // float32, twice
    }
}
GST_END_TEST

GST_START_TEST(a_line_that_stops_has_power_up_to_there) {
  std::mt19937 random(51);
  Evidence e = noisy(kBins, kColumns, {}, random);
  const Evidence loud =
      noisy(kBins, kColumns, {{constant_path(kColumns, 100), 20}}, random);
  for (std::size_t k = 95; k < 105; ++k)
    std::copy(loud.power.row(k), loud.power.row(k) + 32, e.power.row(k));
  const Track track = follow_line(LineMap(e), line(100, false), 0,
                                  std::vector<float>(kColumns, 0.0f));
  for (std::size_t t = 0; t < kColumns; ++t) {
    if (t < 30) ASSERT_NEAR_AT(t, track.power[t], 20.0, 8.0);  // of 11 columns
    if (t >= 36) ASSERT_NEAR_AT(t, track.power[t], 0.0, 0.0);
  }
}
GST_END_TEST

static Reading read_at(double place, double power,
                       const std::vector<CommonLine> &common = {}) {
  const LineMap map(
      noiseless(kBins, kColumns, {{constant_path(kColumns, place), power}}));
  return read_line(map, line(100, true), common,
                   std::vector<float>(kColumns, 0.0f));
}

GST_START_TEST(a_reading_is_the_line_s_level_and_where_it_is) {
  for (const double power : {0.5, 4.0, 60.0}) {
    for (const double offset : {-1.0, -0.5, 0.0, 0.5, 1.0}) {
      const Reading r = read_at(100 + offset, power);
      ASSERT_NEAR_AT(0, r.level_db, 10 * std::log10(1 + power), 1e-4);
      ASSERT_NEAR_AT(0, *r.offset, offset, 1e-3);  // symmetric neighbours
      fail_unless(!r.hidden);
    }
    for (const double offset : {-0.8, 0.2, 0.35})
      // a parabola is not the lobe
      ASSERT_NEAR_AT(0, *read_at(100 + offset, power).offset, offset, 0.12);
  }
}
GST_END_TEST

GST_START_TEST(a_reading_follows_the_path_of_a_moving_line_only) {
  const double r = 0.03;
  const LineMap map(noiseless(kBins, kColumns,
                              {{constant_path(kColumns, 100 * std::exp(r)), 30},
                               {constant_path(kColumns, 100), 8}}));
  const std::vector<float> path(kColumns, float(r));
  ASSERT_NEAR_AT(0, read_line(map, line(100, true), {}, path).level_db,
                 10 * std::log10(31.0), 0.2);  // between half bins
  ASSERT_NEAR_AT(0, read_line(map, line(100, false), {}, path).level_db,
                 10 * std::log10(9.0), 1e-3);
}
GST_END_TEST

GST_START_TEST(a_column_has_a_limited_say_in_a_reading) {
  /* one column of a hundred times the power that counts */
  Evidence loud = noiseless(kBins, 10, {});
  loud.power.at(99, 3) = 1e6f;
  const Reading r = read_line(LineMap(loud), line(100, true), {},
                              std::vector<float>(10, 0.0f));
  ASSERT_NEAR_AT(0, r.level_db, 10 * std::log10(1 + 100.0 / 10), 1e-4);
  /* a hole is not below -3 dB */
  const Evidence hole{Image(kBins, 10), 1};
  ASSERT_NEAR_AT(0,
                 read_line(LineMap(hole), line(100, true), {},
                           std::vector<float>(10, 0.0f))
                     .level_db,
                 10 * std::log10(0.5), 1e-4);
}
GST_END_TEST

GST_START_TEST(a_reading_is_hidden_where_its_path_mostly_is_under_another) {
  fail_unless(read_at(100, 5, {{101.5}}).hidden);
  fail_unless(!read_at(100, 5, {{101.7}}).hidden);
  const LineMap map(noiseless(kBins, 10, {}));
  for (const int under : {4, 5, 6}) {
    std::vector<float> path(10, 0.1f);
    std::fill(path.begin(), path.begin() + under, 0.0f);
    fail_unless(read_line(map, line(100, true), {{100.0}}, path).hidden ==
                (under > 5));
  }
}
GST_END_TEST

/* Five times as fine as the picture's bins, which begin at 20 Hz. */
static Recipe picture_recipe() {
  Recipe r;
  r.rate_hz = 1024;
  r.fft_size = 256;
  r.hop_size = 128;
  r.axis = sonar::FrequencyAxis::kLinear;
  r.min_frequency_hz = 20;
  r.max_frequency_hz = 400;
  r.evidence_fft_size = 1280;
  r.width = 12;
  r.advance = 12;
  return r;
}

/* Fine bins are 0.8 Hz wide, the picture's 4 Hz; row y is bin 100 - y. */
GST_START_TEST(a_footprint_is_the_line_s_power_in_the_picture_s_bins) {
  const Recipe r = picture_recipe();
  const ColumnRange valid{3, 9};
  for (const double bin : {40.0, 40.25, 40.5, 5.5, 99.7}) {
    const Track track{0, std::vector<float>(6, float(5 * bin)),
                      std::vector<float>(6, 60.0f)};
    const Image got = footprint_db({track}, r, valid);
    fail_unless_equals_int(got.height(), 96);
    fail_unless_equals_int(got.width(), 12);
    for (std::size_t y = 0; y < 96; ++y)
      for (std::size_t x = 0; x < 12; ++x) {
        const double d = 100 - double(y) - bin;
        double want = -40;
        if (x >= 3 && x < 9 && std::fabs(d) <= 2)
          want = std::max(
              -40.0,
              20 * std::log10(1e-9 +
                              std::fabs(line_pictures::hann_amplitude(d))) +
                  10 * std::log10(60.0 / 5));
        ASSERT_NEAR_AT(y, got.at(y, x), want, 2e-3);  // 1e-4 bin at the edge
      }
  }
}
GST_END_TEST

GST_START_TEST(of_several_lines_in_a_pixel_the_strongest_counts) {
  const Recipe r = picture_recipe();
  const Track a{0, std::vector<float>(12, 200.0f),
                std::vector<float>(12, 50.0f)};
  const Track b{1, std::vector<float>(12, 205.0f),
                std::vector<float>(12, 20.0f)};
  const Track none{2, std::vector<float>(12, 400.0f),
                   std::vector<float>(12, -0.5f)};
  const ColumnRange all{0, 12};
  const Image first = footprint_db({a}, r, all);
  const Image second = footprint_db({b}, r, all);
  const Image both = footprint_db({b, none, a}, r, all);
  for (std::size_t i = 0; i < both.size(); ++i)
    ASSERT_NEAR_AT(i, both.data()[i],
                   std::max(first.data()[i], second.data()[i]), 0.0);
  const Image empty = footprint_db({}, r, all);
  for (std::size_t i = 0; i < empty.size(); ++i)
    ASSERT_NEAR_AT(i, empty.data()[i], -40.0, 1e-4);  // power_to_db()
}
GST_END_TEST

GST_START_TEST(the_confidence_is_logistic_and_three_quarters_at_minus_4_5_db) {
  Image snr(1, 7);
  const float levels[] = {-4.5f, -4.5f - 1.5f * std::log(3.0f),
                          -40,   -4.5f + 1.5f * std::log(3.0f),
                          20,    -4.5f,
                          -4.5f};
  std::copy(levels, levels + 7, snr.data());
  const Image c = footprint_confidence(snr, {0, 6});
  /* a peak is 13 dB over what counts beside it */
  const double peak = 1 / (1 + std::exp(-13 / 1.5) / 3);
  const double want[] = {0.75, 0.5, 0, 0.9, peak, 0.75, 0};
  for (std::size_t i = 0; i < 7; ++i)
    ASSERT_NEAR_AT(i, c.data()[i], want[i], 1e-6);  // 1e-10 beside the limits
}
GST_END_TEST

GST_START_TEST(a_pixel_13_db_under_the_peak_beside_it_is_the_window_s_skirt) {
  const float step = 1.5f * std::log(3.0f);
  Image snr(9, 2, -40.0f);
  snr.at(4, 0) = 20;  // a peak, and around it
  snr.at(3, 0) = 7;   // exactly 13 dB under it
  snr.at(5, 0) = 7 - step;
  snr.at(7, 0) = 6;  // three rows away
  snr.at(8, 0) = 6;  // four: a line of its own
  snr.at(4, 1) = 6;  // of a weaker line nothing is cut off
  snr.at(3, 1) = -4.5f;
  const Image c = footprint_confidence(snr, {0, 2});
  ASSERT_NEAR_AT(0, c.at(3, 0), 0.75, 1e-6);  // float32
  ASSERT_NEAR_AT(1, c.at(5, 0), 0.5, 1e-6);
  fail_unless(c.at(7, 0) < 0.75f && c.at(8, 0) > 0.99f);
  ASSERT_NEAR_AT(2, c.at(3, 1), 0.75, 1e-6);
}
GST_END_TEST

GST_START_TEST(a_power_in_decibels_ends_at_minus_40) {
  ASSERT_NEAR_AT(0, power_db(100), 20.0, 1e-5);
  ASSERT_NEAR_AT(0, power_db(1e-5f), -40.0, 1e-5);
  ASSERT_NEAR_AT(0, power_db(-3), -40.0, 1e-5);
}
GST_END_TEST

static LineModel two_classes() {
  LineModel model;
  model.classes = {vessel(), vessel()};
  for (Line &l : model.classes[1].lines)
    l.frequency = l.moving ? 1.37 * l.frequency - 30 : l.frequency;
  /* noise's largest of seven places reads about 1 dB; a few others */
  std::mt19937 random(60);
  std::normal_distribution<float> noise(1, 0.8f);
  std::vector<float> levels;
  for (int i = 0; i < 500; ++i) levels.push_back(noise(random));
  for (int i = 0; i < 50; ++i) levels.push_back(float(i) / 4);
  model.background = LevelDensity::of_levels(levels);
  return model;
}

GST_START_TEST(the_class_that_sounds_has_the_evidence_and_its_lines) {
  const LineModel model = two_classes();
  const Recognizer recognizer(model, kBins);
  for (const std::size_t sounds : {0, 1}) {
    const ClassLines &of = model.classes[sounds];
    const double ratio = sounds ? -0.04 : 0.03;
    auto tones = tones_of(of, 6, constant_path(kColumns, ratio));
    tones.erase(tones.begin() + 2);  // not there today
    std::mt19937 random(70);
    const Evidence e = noisy(kBins, kColumns, tones, random);
    const LineMap map(e);
    const auto all = recognizer.recognize(mean_profile(e), map);
    fail_unless_equals_int(all.size(), 2);
    fail_unless(all[sounds].evidence > 10);
    fail_unless(all[1 - sounds].evidence < all[sounds].evidence - 10);
    /* the generator's lines are both classes' */
    fail_unless(
        recognizer.beside(1 - sounds, all[1 - sounds], sounds, all[sounds])
            .evidence < 0);
    for (const float r : all[sounds].log_ratio)
      ASSERT_NEAR_AT(0, r, ratio, 0.002);
    for (std::size_t j = 0; j < of.lines.size(); ++j)
      fail_unless((all[sounds].presence[j] >= 0.5f) == (j != 2), "line %zu", j);
    const auto tracks = recognizer.tracks(map, sounds, all[sounds]);
    fail_unless_equals_int(tracks.size(), of.lines.size() - 1);
    for (const Track &t : tracks) fail_unless(t.line != 2);
  }
}
GST_END_TEST

/* Evidence is the likelihood of the readings and the prior of the mean ratio;
 * beside a class, its lines that are there are out of account. */
GST_START_TEST(beside_a_known_class_its_lines_say_nothing) {
  const LineModel model = two_classes();
  const Recognizer recognizer(model, kBins);
  const Evidence e = sounding(model.classes[0], 6, 0.0, 71);
  const auto all = recognizer.recognize(mean_profile(e), LineMap(e));
  const auto expect_weighed = [&](const Hypothesis &h, std::size_t c) {
    double mean = 0;
    for (const float r : h.log_ratio) mean += double(r) / double(kColumns);
    const double want =
        likelihood(model.classes[c], h.readings, model.background).evidence +
        ratio_log_prior(model.classes[c], mean);
    ASSERT_NEAR_AT(c, h.evidence, want, 1e-9);  // doubles
  };
  expect_weighed(all[0], 0);
  expect_weighed(all[1], 1);
  const Hypothesis beside = recognizer.beside(1, all[1], 0, all[0]);
  expect_weighed(beside, 1);
  fail_unless(beside.evidence < all[1].evidence);
  for (std::size_t j = 0; j < beside.readings.size(); ++j) {
    const Line &l = model.classes[1].lines[j];
    double mean = 0;
    for (const float r : all[1].log_ratio) mean += double(r) / double(kColumns);
    const double place = l.frequency * (l.moving ? std::exp(mean) : 1);
    bool near = false;
    for (std::size_t k = 0; k < model.classes[0].lines.size(); ++k)
      near = near ||
             (all[0].presence[k] >= 0.5f &&
              std::fabs(model.classes[0].lines[k].frequency - place) < 1.6);
    fail_unless(beside.readings[j].hidden == near, "line %zu", j);
    fail_unless(!all[1].readings[j].hidden);
    fail_unless(l.moving || near);  // the generator's lines are shared
  }
}
GST_END_TEST

GST_START_TEST(what_was_hidden_stays_hidden_beside_another_class) {
  const LineModel model = two_classes();
  const Recognizer recognizer(model, kBins);
  const Evidence e = sounding(model.classes[0], 6, 0.0, 72);
  auto all = recognizer.recognize(mean_profile(e), LineMap(e));
  std::fill(all[0].presence.begin(), all[0].presence.end(), 0.4f);
  all[1].readings[0].hidden = true;
  const Hypothesis beside = recognizer.beside(1, all[1], 0, all[0]);
  for (std::size_t j = 0; j < beside.readings.size(); ++j)
    fail_unless(beside.readings[j].hidden == (j == 0));
}
GST_END_TEST

static Suite *lines_track_suite(void) {
  Suite *s = suite_create("lines_track");
  TCase *tc = tcase_create("ratio");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, a_speed_ratio_is_found_within_0_2_percent);
  tcase_add_test(tc, a_class_without_moving_lines_has_ratio_one);
  tcase_add_test(tc, lines_scaled_by_a_ratio_are_found_at_its_inverse);
  tcase_add_test(tc, the_order_of_the_lines_changes_no_ratio_and_no_path);
  tcase_add_test(tc, a_line_of_all_classes_speaks_for_no_ratio);
  tcase_add_test(tc,
                 the_prior_of_the_ratio_is_1_3_times_as_wide_as_the_training);
  tcase_add_test(tc, many_louder_lines_that_do_not_move_hide_no_ratio);
  tcase_add_test(tc, levels_that_agree_with_a_class_outweigh_a_loud_tone);
  tcase_add_test(tc, a_ratio_that_drifts_is_followed);
  tcase_add_test(tc, the_ratio_s_path_is_the_best_of_all);
  tc = tcase_create("lines");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, a_line_is_followed_within_a_quarter_bin_and_at_its_power);
  tcase_add_test(tc, a_line_beside_its_expected_place_is_followed_where_it_is);
  tcase_add_test(tc, a_line_s_path_is_the_best_of_all);
  tcase_add_test(tc, a_reading_is_the_line_s_level_and_where_it_is);
  tcase_add_test(tc, a_reading_follows_the_path_of_a_moving_line_only);
  tcase_add_test(tc, a_column_has_a_limited_say_in_a_reading);
  tcase_add_test(tc,
                 a_reading_is_hidden_where_its_path_mostly_is_under_another);
  tcase_add_test(tc, a_line_is_not_followed_beyond_its_reach);
  tcase_add_test(tc, that_a_line_sounds_is_the_sum_over_all_that_may_have_been);
  tcase_add_test(tc, a_line_that_stops_has_power_up_to_there);
  tc = tcase_create("footprint");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, a_footprint_is_the_line_s_power_in_the_picture_s_bins);
  tcase_add_test(tc,
                 a_pixel_13_db_under_the_peak_beside_it_is_the_window_s_skirt);
  tcase_add_test(tc, of_several_lines_in_a_pixel_the_strongest_counts);
  tcase_add_test(tc,
                 the_confidence_is_logistic_and_three_quarters_at_minus_4_5_db);
  tcase_add_test(tc, a_power_in_decibels_ends_at_minus_40);
  tc = tcase_create("classes");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, the_class_that_sounds_has_the_evidence_and_its_lines);
  tcase_add_test(tc, what_was_hidden_stays_hidden_beside_another_class);
  tcase_add_test(tc, beside_a_known_class_its_lines_say_nothing);
  return s;
}
GST_CHECK_MAIN(lines_track)
