/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <algorithm>
#include <limits>
#include <random>

#include "sonar/core/error.h"
#include "sonar/lines/likelihood.h"
#include "sonar/lines/line_model.h"
#include "support/testing.h"

using sonar::lines::ClassLines;
using sonar::lines::is_covered;
using sonar::lines::LevelDensity;
using sonar::lines::Likelihood;
using sonar::lines::likelihood;
using sonar::lines::Line;
using sonar::lines::Reading;

/* The model's constants: levels of the whole recording, lines there today. */
static const double kShiftDb[] = {-9, -7.5, -6, -4, -2, 0, 2};
static const double kShiftPrior[] = {0.02, 0.05, 0.10, 0.15, 0.23, 0.35, 0.10};
static const double kShare[] = {1, 0.8, 0.6};
static const double kSharePrior[] = {0.6, 0.25, 0.15};
static const double kMeanShare = 0.6 + 0.25 * 0.8 + 0.15 * 0.6;
static const double kMeanShiftDb = -2.015;

GST_START_TEST(a_density_without_levels_is_even_and_one_in_all) {
  const LevelDensity even;
  for (const double level : {-40.0, -3.0, 0.2, 19.9, 60.0})
    ASSERT_NEAR_AT(0, even.at(level), 1.0 / 23, 1e-8);  // float32
  fail_unless_equals_int(even.values().size(), 46);
}
GST_END_TEST

GST_START_TEST(a_density_counts_levels_and_two_more_in_each_step) {
  const auto d =
      LevelDensity::of_levels({0.1f, 0.4f, 0.5f, -3, -9, 19.9f, 20, 70});
  const double unit = 1 / (8 + 2 * 46.0) / 0.5;
  const struct {
    double level, count;
  } cases[] = {{0.2, 4}, {0.49, 4}, {0.7, 3},  {1.2, 2}, {-2.9, 4},
               {-50, 4}, {-2.2, 2}, {19.6, 5}, {500, 5}, {19.4, 2}};
  for (const auto &c : cases)
    ASSERT_NEAR_AT(0, d.at(c.level), c.count * unit, 1e-8);  // float32
  double sum = 0;
  for (const float v : d.values()) sum += 0.5 * double(v);
  ASSERT_NEAR_AT(0, sum, 1.0, 1e-6);  // 46 float32 values
}
GST_END_TEST

GST_START_TEST(a_density_that_is_none_is_refused_in_words) {
  for (const float bad : {0.0f, -1.0f, std::numeric_limits<float>::quiet_NaN()})
    for (const std::size_t size : {46u, 45u}) {
      std::vector<float> values(size, 0.1f);
      if (size == 46) values[7] = bad;
      try {
        LevelDensity d(values);
        ck_abort_msg("nothing was thrown for %zu values", size);
      } catch (const sonar::Error &e) {
        fail_unless(e.code() == sonar::Errc::kBadModel);
        const std::string words =
            "needs 46 values above 0 per dB, got " + std::to_string(size);
        ck_assert_msg(std::string(e.what()).find(words) != std::string::npos,
                      "%s", e.what());
      }
    }
}
GST_END_TEST

GST_START_TEST(a_common_line_covers_1_6_bins_on_either_side) {
  fail_unless(!is_covered({}, 50));
  for (const double side : {-1.0, 1.0}) {
    fail_unless(is_covered({{20}, {50}}, 50 + side * 1.59));
    fail_unless(!is_covered({{20}, {50}}, 50 + side * 1.61));
  }
}
GST_END_TEST

static Line line(double presence, double level_db, double spread_db) {
  Line l;
  l.frequency = 100;
  l.presence = presence;
  l.level_db = level_db;
  l.spread_db = spread_db;
  l.offset_sd = 0.4;
  return l;
}

static ClassLines class_of(std::vector<Line> lines) {
  ClassLines c;
  c.lines = std::move(lines);
  return c;
}

static Reading reading(double level_db, double offset) {
  return {float(level_db), float(offset), false};
}

static double normal(double x, double sd) {
  return std::exp(-0.5 * x * x / sd / sd) / sd / std::sqrt(2 * M_PI);
}

/* A level of 60 dB is no vessel's: only the part of the density that takes any
 * level speaks, 0.15 over 15 dB, whatever the recording's shift. */
GST_START_TEST(one_line_s_evidence_and_presence_follow_by_hand) {
  for (const double p : {0.3, 0.9}) {
    const ClassLines of = class_of({line(p, 6, 2)});
    const double ratio = 0.15 / 15 * 23;
    const Likelihood l =
        likelihood(of, {{60, std::nullopt, false}}, LevelDensity());
    const double both = 1 + kMeanShare * p * (ratio - 1);
    ASSERT_NEAR_AT(0, l.evidence, std::log(both), 1e-7);  // float32 density
    ASSERT_NEAR_AT(0, l.presence[0], kMeanShare * p * ratio / both, 1e-7);
    ASSERT_NEAR_AT(0, l.level_shift_db, kMeanShiftDb, 1e-9);
  }
}
GST_END_TEST

/* An offset's density against the even one over 3 bins; a line of 3000 bins
 * strays by 1.5. */
GST_START_TEST(an_offset_counts_by_its_normal_density_over_three_bins) {
  for (const double f : {100.0, 3000.0})
    for (const double offset : {0.0, 0.3, -0.8, 1.5}) {
      Line l = line(0.8, 6, 2);
      l.frequency = f;
      const double sd = f > 1000 ? 1.5 : 0.4;
      const double ratio =
          0.15 / 15 * 23 * (0.9 * normal(offset, sd) * 3 + 0.1);
      const Likelihood got =
          likelihood(class_of({l}), {reading(60, offset)}, LevelDensity());
      ASSERT_NEAR_AT(0, got.evidence,
                     std::log(1 + kMeanShare * 0.8 * (ratio - 1)),
                     1e-6);  // float32 density and offset
    }
}
GST_END_TEST

/* Sums the joint probability over every combination of shift, share and lines
 * that are there. */
static Likelihood by_enumeration(const ClassLines &of,
                                 const std::vector<Reading> &readings,
                                 const LevelDensity &background) {
  const std::size_t n = readings.size();
  Likelihood out;
  double total = 0;
  std::vector<double> there(n);
  for (int s = 0; s < 7; ++s)
    for (int c = 0; c < 3; ++c)
      for (std::size_t pattern = 0; pattern < (1u << n); ++pattern) {
        double p = kShiftPrior[s] * kSharePrior[c];
        for (std::size_t j = 0; j < n; ++j) {
          const Line &l = of.lines[j];
          const double q = l.presence * kShare[c];
          const bool is = pattern >> j & 1;
          p *= is ? q : 1 - q;
          if (!is || readings[j].hidden) continue;
          const double excess =
              std::max(std::pow(10, l.level_db / 10) - 1, 0.05);
          const double expected =
              10 * std::log10(1 + excess * std::pow(10, kShiftDb[s] / 10));
          const double level = double(readings[j].level_db);
          const double density = 0.85 * normal(level - expected, l.spread_db) +
                                 (level > 1 ? 0.15 / 15 : 0);
          const double sd = std::max(l.offset_sd, 0.0005 * l.frequency);
          p *= density / double(background.at(level)) *
               (0.9 * 3 * normal(double(*readings[j].offset), sd) + 0.1);
        }
        total += p;
        out.level_shift_db += p * kShiftDb[s];
        for (std::size_t j = 0; j < n; ++j)
          if (pattern >> j & 1) there[j] += p;
      }
  out.evidence = std::log(total);
  out.level_shift_db /= total;
  for (const double t : there) out.presence.push_back(float(t / total));
  return out;
}

static void expect_same(const Likelihood &got, const Likelihood &want) {
  ASSERT_NEAR_AT(0, got.evidence, want.evidence, 1e-9);  // doubles
  ASSERT_NEAR_AT(0, got.level_shift_db, want.level_shift_db, 1e-9);
  fail_unless_equals_int(got.presence.size(), want.presence.size());
  for (std::size_t j = 0; j < want.presence.size(); ++j)
    ASSERT_NEAR_AT(j, got.presence[j], want.presence[j], 1e-6);  // float32
}

struct Case {
  ClassLines of;
  std::vector<Reading> readings;
};

static Case random_case(std::mt19937 &random, std::size_t lines) {
  std::uniform_real_distribution<double> unit(0, 1);
  Case c;
  for (std::size_t j = 0; j < lines; ++j) {
    Line l = line(0.2 + 0.75 * unit(random), -1 + 12 * unit(random),
                  1.2 + 3 * unit(random));
    l.frequency = 20 + 1500 * unit(random);
    c.of.lines.push_back(l);
    c.readings.push_back(
        reading(-3 + 15 * unit(random), 3 * unit(random) - 1.5));
    c.readings.back().hidden = unit(random) < 0.2;
  }
  return c;
}

static LevelDensity uneven() {
  std::vector<float> values(46);
  for (std::size_t i = 0; i < 46; ++i) values[i] = float(2.0 / double(5 + i));
  return LevelDensity(values);
}

GST_START_TEST(the_likelihood_is_the_sum_over_all_that_may_be_there) {
  std::mt19937 random(1);
  for (int trial = 0; trial < 50; ++trial) {
    const Case c = random_case(random, std::size_t(trial % 6));
    expect_same(likelihood(c.of, c.readings, uneven()),
                by_enumeration(c.of, c.readings, uneven()));
  }
}
GST_END_TEST

/* Hardly present lines: what two share is of second order in the presence. */
GST_START_TEST(the_evidence_of_independent_lines_adds_up) {
  const double p = 1e-5;
  const Line a = line(p, 6, 2), b = line(p, 9, 3);
  const Reading first = reading(5, 0.1), second = reading(7, -0.2);
  const double both =
      likelihood(class_of({a, b}), {first, second}, uneven()).evidence;
  const double sum = likelihood(class_of({a}), {first}, uneven()).evidence +
                     likelihood(class_of({b}), {second}, uneven()).evidence;
  fail_unless(std::fabs(sum) > p);            // something to add up
  ASSERT_NEAR_AT(0, both, sum, 100 * p * p);  // ratios here are below 10
}
GST_END_TEST

GST_START_TEST(a_hidden_reading_changes_nothing) {
  std::mt19937 random(2);
  Case c = random_case(random, 5);
  const Likelihood before = likelihood(c.of, c.readings, uneven());
  c.of.lines.push_back(line(0.8, 5, 2));
  for (const double level : {-3.0, 0.0, 5.0, 18.0})
    for (const double offset : {0.0, 1.4}) {
      c.readings.resize(5);
      c.readings.push_back(reading(level, offset));
      c.readings.back().hidden = true;
      const Likelihood after = likelihood(c.of, c.readings, uneven());
      ASSERT_NEAR_AT(0, after.evidence, before.evidence, 1e-9);  // doubles
      for (std::size_t j = 0; j < 5; ++j)
        ASSERT_NEAR_AT(j, after.presence[j], before.presence[j], 1e-6);
      /* its own presence is what the share of lines that are there leaves */
      fail_unless(after.presence[5] >= 0.6f * 0.8f &&
                  after.presence[5] <= 0.8f);
    }
}
GST_END_TEST

GST_START_TEST(the_order_of_the_lines_does_not_matter) {
  std::mt19937 random(3);
  const Case c = random_case(random, 9);
  Case reversed = c;
  std::reverse(reversed.of.lines.begin(), reversed.of.lines.end());
  std::reverse(reversed.readings.begin(), reversed.readings.end());
  Likelihood got = likelihood(reversed.of, reversed.readings, uneven());
  std::reverse(got.presence.begin(), got.presence.end());
  expect_same(got, likelihood(c.of, c.readings, uneven()));
}
GST_END_TEST

/* All lines weaker by as much: the shift says so. */
GST_START_TEST(a_recording_from_farther_away_is_recognised_as_such) {
  const double excess = std::pow(10, 0.8) - 1;
  for (const double shift : {-6.0, -2.0, 0.0}) {
    const double level = 10 * std::log10(1 + excess * std::pow(10, shift / 10));
    const Likelihood l =
        likelihood(class_of(std::vector<Line>(12, line(0.9, 8, 1.2))),
                   std::vector<Reading>(12, reading(level, 0)), uneven());
    ASSERT_NEAR_AT(0, l.level_shift_db, shift, 0.5);  // a quarter of a step
    for (const float p : l.presence) fail_unless(p > 0.8f);
  }
}
GST_END_TEST

GST_START_TEST(many_lines_leave_no_range_of_numbers) {
  std::vector<float> thin(46, 1e-7f);
  const ClassLines of = class_of(std::vector<Line>(64, line(0.97, 12, 1.2)));
  const Likelihood strong = likelihood(
      of, std::vector<Reading>(64, reading(12, 0)), LevelDensity(thin));
  fail_unless(std::isfinite(strong.evidence) && strong.evidence > 710);
  for (const float p : strong.presence) fail_unless(p > 0.99f && p <= 1.0f);
  const Likelihood none =
      likelihood(of, std::vector<Reading>(64, reading(-3, 0)), LevelDensity());
  fail_unless(std::isfinite(none.evidence) && none.evidence < -40);
  for (const float p : none.presence) fail_unless(p >= 0 && p < 0.01f);
}
GST_END_TEST

GST_START_TEST(a_class_without_lines_has_no_evidence) {
  const Likelihood l = likelihood({}, {}, LevelDensity());
  ASSERT_NEAR_AT(0, l.evidence, 0.0, 1e-9);  // priors that sum to one
  ASSERT_NEAR_AT(0, l.level_shift_db, kMeanShiftDb, 1e-9);
  fail_unless(l.presence.empty());
}
GST_END_TEST

static Suite *lines_model_suite(void) {
  Suite *s = suite_create("lines_model");
  TCase *tc = tcase_create("model");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, a_density_without_levels_is_even_and_one_in_all);
  tcase_add_test(tc, a_density_counts_levels_and_two_more_in_each_step);
  tcase_add_test(tc, a_density_that_is_none_is_refused_in_words);
  tcase_add_test(tc, a_common_line_covers_1_6_bins_on_either_side);
  tc = tcase_create("likelihood");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, one_line_s_evidence_and_presence_follow_by_hand);
  tcase_add_test(tc, an_offset_counts_by_its_normal_density_over_three_bins);
  tcase_add_test(tc, the_likelihood_is_the_sum_over_all_that_may_be_there);
  tcase_add_test(tc, the_evidence_of_independent_lines_adds_up);
  tcase_add_test(tc, a_hidden_reading_changes_nothing);
  tcase_add_test(tc, the_order_of_the_lines_does_not_matter);
  tcase_add_test(tc, a_recording_from_farther_away_is_recognised_as_such);
  tcase_add_test(tc, many_lines_leave_no_range_of_numbers);
  tcase_add_test(tc, a_class_without_lines_has_no_evidence);
  return s;
}
GST_CHECK_MAIN(lines_model)
