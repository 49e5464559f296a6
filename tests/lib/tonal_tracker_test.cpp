/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <cmath>
#include <functional>
#include <map>
#include <set>

#include "sonar/core/error.h"
#include "sonar/tonal/tracker.h"
#include "support/testing.h"

using namespace sonar;
using namespace sonar::tonal;

static const std::size_t kRows = 128;

/* 4 Hz a row, a window of 0.25 s every 0.125 s. */
static Recipe recipe() {
  Recipe r;
  r.rate_hz = 1024;
  r.fft_size = 256;
  r.hop_size = 128;
  r.axis = FrequencyAxis::kLinear;
  r.min_frequency_hz = 4;
  r.max_frequency_hz = 512;
  return r;
}
static const Grid &grid() {
  static const Grid grid(recipe().row_edges_hz(), recipe());
  return grid;
}

/** A line of a stream: Hz at a column, or NaN where it is silent. */
struct Sound {
  std::function<double(double)> hz;
  double excess_db = 15;
  double width_hz = 5.76;
};

/* A number below 1 that depends on its place alone. */
static double uniform(std::int64_t column, std::size_t y) {
  std::uint64_t x = (std::uint64_t(column) << 8 | y) * 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return double((x ^ (x >> 31)) >> 11) * 0x1p-53;
}

/** Noise of unit power with lines in it, whichever part of it is asked for. */
struct Stream {
  std::vector<Sound> sounds;

  float at(std::size_t y, std::int64_t column) const {
    double power = 0.2 - 0.8 * std::log(1 - uniform(column, y));
    for (const Sound &s : sounds) {
      const double hz = s.hz(double(column));
      if (std::isfinite(hz))
        power += std::pow(10, s.excess_db / 10) *
                 std::exp2(-std::pow(
                     2 * (grid().hz(double(y)) - hz) / s.width_hz, 2));
    }
    return float(10 * std::log10(power));
  }
  Image picture(std::int64_t first, std::size_t width) const {
    Image image(kRows, width);
    for (std::size_t y = 0; y < kRows; ++y)
      for (std::size_t x = 0; x < width; ++x)
        image.at(y, x) = at(y, first + std::int64_t(x));
    return image;
  }
};

/* As a detector would, from the mean over two seconds. */
static mask::Binary louder_than(const Image &image, float db) {
  const Image mean = smooth_columns(image, {0, image.width()}, 8);
  mask::Binary kept{image.height(), image.width(), {}};
  for (std::size_t i = 0; i < mean.size(); ++i)
    kept.values.push_back(mean.data()[i] > db);
  return kept;
}

static void put(Tracker &tracker, const Stream &stream, std::int64_t first,
                std::size_t width) {
  const Image value = stream.picture(first, width);
  const Image background(kRows, width, -60);
  tracker.put(first, {0, width}, value, background, louder_than(value, 3));
}

/* All pictures of a stream of @p columns, and what ended. */
static std::vector<Tonal> follow(const Stream &stream, std::int64_t columns,
                                 std::size_t width, std::int64_t advance,
                                 TrackerOptions options = {2, 0, 4}) {
  Tracker tracker(grid(), options);
  for (std::int64_t at = 0; at + std::int64_t(width) <= columns; at += advance)
    put(tracker, stream, at, width);
  tracker.drain();
  std::vector<Tonal> ended;
  for (Tonal t; tracker.pop(t);) ended.push_back(t);
  return ended;
}

GST_START_TEST(a_line_is_measured_in_hertz_seconds_and_decibels) {
  // 200.7 Hz at column 64, rising by 0.4 Hz/s
  const Stream stream{
      {{[](double x) { return 200.7 + 0.4 * 0.125 * (x - 63.5); }, 15}}};
  const auto found = follow(stream, 128, 128, 128);
  fail_unless_equals_int(found.size(), 1);
  const Tonal &t = found[0];
  fail_unless(t.column_begin <= 2 && t.column_end >= 126);
  // 15 dB: an interpolated peak is good to a hundredth of a row or so
  ASSERT_NEAR_AT(0, t.frequency_hz, 200.7, 0.1);
  ASSERT_NEAR_AT(0, t.drift_hz_per_s, 0.4, 0.03);
  fail_unless(t.uncertainty_hz > 0.05 && t.uncertainty_hz < 0.2);
  fail_unless(t.stability_hz < 0.2);
  ASSERT_NEAR_AT(0, t.excess_db, 10 * std::log10(1 + std::pow(10, 1.5)), 0.6);
  ASSERT_NEAR_AT(0, t.level_db, t.excess_db - 60, 1e-6);
  fail_unless(t.bandwidth_hz < 2.5, "%g", t.bandwidth_hz);
  fail_unless(t.heard > 0.99);
}
GST_END_TEST

GST_START_TEST(a_line_broader_than_the_window_says_how_much) {
  const Stream stream{{{[](double) { return 250.0; }, 20, 12}}};
  const auto found = follow(stream, 128, 128, 128);
  fail_unless_equals_int(found.size(), 1);
  // sqrt(12^2 - 5.76^2); 128 columns of noise on a peak of 20 dB
  ASSERT_NEAR_AT(0, found[0].bandwidth_hz, 10.5, 1);
}
GST_END_TEST

GST_START_TEST(lines_that_cross_stay_two_and_keep_their_own) {
  const Stream stream{{{[](double x) { return 200 + 0.6 * x; }, 15},
                       {[](double x) { return 277 - 0.6 * x; }, 15}}};
  const auto found = follow(stream, 128, 128, 128);
  fail_unless_equals_int(found.size(), 2);
  for (const Tonal &t : found) {
    ASSERT_NEAR_AT(t.id, t.frequency_hz, 238.3, 2);
    ASSERT_NEAR_AT(t.id, std::fabs(t.drift_hz_per_s), 0.6 / 0.125, 0.3);
    fail_unless(t.column_end - t.column_begin > 120);
  }
  fail_unless(found[0].drift_hz_per_s * found[1].drift_hz_per_s < 0);
}
GST_END_TEST

GST_START_TEST(clicks_broad_noise_and_sweeps_are_no_tonals) {
  const auto during = [](double from, double to, double hz) {
    return [=](double x) { return x >= from && x < to ? hz : NAN; };
  };
  Stream click{{}};
  for (double hz = 8; hz < 500; hz += 8)
    click.sounds.push_back({during(60, 62, hz), 20});
  fail_unless(follow(click, 128, 128, 128).empty());
  const Stream broad{{{[](double) { return 250.0; }, 20, 80}}};
  fail_unless(follow(broad, 128, 128, 128).empty());
  const Stream sweep{
      {{[](double x) { return x > 40 && x < 70 ? 100 + 5 * (x - 40) : NAN; },
        20}}};
  fail_unless(follow(sweep, 128, 128, 128).empty());
}
GST_END_TEST

GST_START_TEST(a_short_gap_is_bridged_and_a_long_one_is_not) {
  for (const double gap : {12.0, 30.0}) {
    const Stream stream{
        {{[=](double x) { return std::fabs(x - 64) < gap / 2 ? NAN : 300.0; },
          15}}};
    const auto found = follow(stream, 128, 64, 16);
    fail_unless_equals_int(found.size(), gap < 16 ? 1 : 2);
  }
}
GST_END_TEST

GST_START_TEST(an_id_stays_from_picture_to_picture_whatever_the_advance) {
  const Stream stream{
      {{[](double x) { return 120 + 0.02 * x; }, 12},
       {[](double x) { return x < 100 || x > 108 ? 333.0 : NAN; }, 10},
       {[](double x) { return x > 150 ? 410.0 : NAN; }, 10}}};
  for (const std::int64_t advance : {1, 7, 32, 64}) {
    Tracker tracker(grid(), {2, 0, 4});
    std::map<int, std::set<std::uint64_t>> ids;  // by tens of hertz
    for (std::int64_t at = 0; at + 64 <= 320; at += advance) {
      put(tracker, stream, at, 64);
      for (const auto &c : tracker.current()) {
        ids[int(c.here.frequency_hz / 30)].insert(c.whole.id);
        fail_unless(c.whole.id == c.here.id && c.hz.size() == 64);
      }
    }
    fail_unless_equals_int(ids.size(), 3);
    for (const auto &line : ids) fail_unless_equals_int(line.second.size(), 1);
    tracker.drain();
    std::size_t ended = 0;
    for (Tonal t; tracker.pop(t); ++ended) {
      fail_unless(ids[int(t.frequency_hz / 30)].count(t.id) == 1);
      fail_unless(t.column_end > 250);
    }
    fail_unless_equals_int(ended, 3);
  }
}
GST_END_TEST

GST_START_TEST(the_same_stream_gives_the_same_tonals) {
  const Stream stream{{{[](double x) { return 100 + 0.1 * x; }, 6},
                       {[](double) { return 222.0; }, 6}}};
  const auto a = follow(stream, 256, 64, 8), b = follow(stream, 256, 64, 8);
  fail_unless(a.size() == b.size() && a.size() >= 2);
  for (std::size_t i = 0; i < a.size(); ++i)
    fail_unless(a[i].id == b[i].id && a[i].frequency_hz == b[i].frequency_hz &&
                a[i].bandwidth_hz == b[i].bandwidth_hz);
}
GST_END_TEST

GST_START_TEST(a_line_that_never_ends_stays_one_and_is_summed_up) {
  const Stream stream{{{[](double x) { return 150 + 0.001 * x; }, 20}}};
  const auto found = follow(stream, 6000, 32, 32);
  fail_unless_equals_int(found.size(), 1);
  // 6,000 columns in at most 512 points
  ASSERT_NEAR_AT(0, found[0].frequency_hz, 150 + 0.001 * 3000, 0.1);
  ASSERT_NEAR_AT(0, found[0].drift_hz_per_s, 0.008, 2e-4);
}
GST_END_TEST

GST_START_TEST(going_back_in_time_is_refused_until_drained) {
  Tracker tracker(grid(), {});
  const Stream silent{};
  put(tracker, silent, 64, 32);
  std::string words;
  try {
    put(tracker, silent, 32, 32);
  } catch (const Error &e) {
    words = e.what();
  }
  fail_unless_equals_string(
      words.c_str(),
      "tonals go forward only: got a picture at column 32 after one at column "
      "64; drain() before going back");
  tracker.drain();
  put(tracker, silent, 32, 32);
}
GST_END_TEST

GST_START_TEST(a_line_fit_ignores_points_far_off) {
  std::vector<Point> points;
  for (std::int64_t x = 0; x < 50; ++x)
    points.push_back({x, x % 7 == 3 ? 400.0 : 100 + 0.5 * double(x), 5, 1});
  const LineFit fit = fit_line(points);
  ASSERT_NEAR_AT(0, fit.slope, 0.5, 1e-6);
  ASSERT_NEAR_AT(0, fit.hz - fit.slope * fit.middle, 100, 1e-4);
  ASSERT_NEAR_AT(0, fit.spread, 0, 1e-4);
}
GST_END_TEST

static Suite *tonal_tracker_suite() {
  Suite *s = suite_create("tonal_tracker");
  TCase *c = tcase_create("general");
  tcase_add_test(c, a_line_is_measured_in_hertz_seconds_and_decibels);
  tcase_add_test(c, a_line_broader_than_the_window_says_how_much);
  tcase_add_test(c, lines_that_cross_stay_two_and_keep_their_own);
  tcase_add_test(c, clicks_broad_noise_and_sweeps_are_no_tonals);
  tcase_add_test(c, a_short_gap_is_bridged_and_a_long_one_is_not);
  tcase_add_test(c, an_id_stays_from_picture_to_picture_whatever_the_advance);
  tcase_add_test(c, the_same_stream_gives_the_same_tonals);
  tcase_add_test(c, a_line_that_never_ends_stays_one_and_is_summed_up);
  tcase_add_test(c, going_back_in_time_is_refused_until_drained);
  tcase_add_test(c, a_line_fit_ignores_points_far_off);
  suite_add_tcase(s, c);
  return s;
}

GST_CHECK_MAIN(tonal_tracker)
