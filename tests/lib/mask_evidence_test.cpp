/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <algorithm>
#include <random>
#include <vector>

#include "sonar/core/error.h"
#include "sonar/mask/evidence.h"
#include "support/testing.h"

using sonar::ColumnRange;
using sonar::Image;
using namespace sonar::mask;

static const double kRoundingDb = 2e-5;  // float32 power back to dB
static const double kRounding = 1e-5;    // the same through a sigmoid

/** Well-mixed levels from @p low to @p high dB. */
static Image mixed(std::size_t height, std::size_t width, double low,
                   double high) {
  Image out(height, width);
  for (std::size_t i = 0; i < out.size(); ++i)
    out.data()[i] = float(low + (high - low) * double(i * 37 % 101) / 100);
  return out;
}

static double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

GST_START_TEST(evidence_of_a_steady_level_is_that_level_up_to_the_cap) {
  for (float level : {-20.0f, 0.0f, 7.0f, 12.0f}) {
    const Image got = line_evidence(Image(2, 20, level), {0, 20}, 7);
    for (std::size_t i = 0; i < got.size(); ++i)
      ASSERT_NEAR_AT(i, got.data()[i], level, kRoundingDb);
  }
  const double cap_db = 10 * std::log10(16.0);
  const Image loud = line_evidence(Image(1, 20, 30.0f), {0, 20}, 7);
  ASSERT_NEAR_AT(0, loud.at(0, 10), cap_db, kRoundingDb);
}
GST_END_TEST

/* Power 10 among 2 * 2 + 1 columns of power 1: mean 14/5; at the edge, where
 * three columns are left, 12/3. */
GST_START_TEST(evidence_is_the_mean_power_of_the_columns_within_reach) {
  Image value(1, 12, 0.0f);
  value.at(0, 6) = 10.0f;
  value.at(0, 2) = 10.0f;
  const Image got = line_evidence(value, {2, 12}, 2);
  const double want[] = {0,        0,        12.0 / 3, 13.0 / 4,
                         23.0 / 5, 14.0 / 5, 14.0 / 5, 14.0 / 5,
                         14.0 / 5, 1,        1,        1};
  for (std::size_t x = 0; x < 2; ++x) ASSERT_NEAR_AT(x, got.at(0, x), 0, 0);
  for (std::size_t x = 2; x < 12; ++x)
    ASSERT_NEAR_AT(x, got.at(0, x), 10 * std::log10(want[x]), kRoundingDb);
}
GST_END_TEST

GST_START_TEST(evidence_of_digital_silence_is_finite) {
  const Image got = line_evidence(Image(1, 4, -HUGE_VALF), {0, 4}, 1);
  for (std::size_t x = 0; x < 4; ++x) fail_unless(std::isfinite(got.at(0, x)));
}
GST_END_TEST

/* At gate 0.12 or evidence 1.5 dB the smaller term is 0 and ln 3 is left. */
GST_START_TEST(gated_confidence_is_three_quarters_at_the_operating_point) {
  const Image open = gated_confidence(Image(1, 20, 1.5f), {0, 20}, {1.0f});
  ASSERT_NEAR_AT(0, open.at(0, 10), 0.75, kRounding);
  const Image loud = gated_confidence(Image(1, 20, 10.0f), {0, 20}, {0.12f});
  ASSERT_NEAR_AT(1, loud.at(0, 10), 0.75, kRounding);
}
GST_END_TEST

GST_START_TEST(gated_confidence_is_the_smaller_of_gate_and_line) {
  const std::vector<float> gate = {0.0f, 0.1f, 0.135f, 1.0f};
  /* Mean powers about 1.5 dB, so that either term is the smaller one. */
  const Image value = mixed(4, 40, -3, 5);
  const ColumnRange valid{3, 36};
  const Image evidence = line_evidence(value, valid, 7);
  const Image got = gated_confidence(value, valid, gate);
  for (std::size_t y = 0; y < 4; ++y)
    for (std::size_t x = 0; x < 40; ++x) {
      const double g = (gate[y] - 0.12) / 0.03;
      const double e = (evidence.at(y, x) - 1.5) / 0.5;
      const bool in = x >= valid.begin && x < valid.end;
      const double want = in ? sigmoid(std::min(g, e) + std::log(3.0)) : 0;
      ASSERT_NEAR_AT(y * 40 + x, got.at(y, x), want, kRounding);
    }
}
GST_END_TEST

/** docs/method.md section 5.3 in doubles, with a median by sorting; then ln 9.
 */
static double slow_blind(const Image &value, const Image &background,
                         ColumnRange valid, std::size_t y, std::size_t x) {
  std::vector<double> levels;
  for (std::size_t i = valid.begin; i < valid.end; ++i)
    levels.push_back(double(value.at(y, i)) + double(background.at(y, i)));
  const double level = levels[x - valid.begin];
  std::sort(levels.begin(), levels.end());
  const std::size_t n = levels.size();
  const double median =
      n % 2 ? levels[n / 2] : (levels[n / 2 - 1] + levels[n / 2]) / 2;
  double power = 0;
  int count = 0;
  for (std::size_t i = valid.begin; i < valid.end; ++i)
    if (i + 3 >= x && i <= x + 3) {
      power += std::min(std::pow(10, value.at(y, i) / 10.0), 16.0);
      ++count;
    }
  const auto clip = [](double v, double low, double high) {
    return std::min(std::max(v, low), high);
  };
  const double w = value.at(y, x), ew = 10 * std::log10(power / count);
  const double em = n < 8 ? 0 : level - median;
  const double logit = -1.73 + .170 * clip(w, -5, 15) +
                       .093 * clip(ew, -2, 12) + .017 * clip(em, -5, 15) +
                       .058 * std::max(clip(w, 0, 15), clip(em, 0, 15));
  return sigmoid(logit + std::log(9.0));
}

static const ColumnRange kValid[] = {{0, 40}, {3, 36}, {3, 35}, {5, 12}};

GST_START_TEST(blind_confidence_is_the_fitted_formula) {
  const ColumnRange valid = kValid[__i__];
  const Image value = mixed(5, 40, -12, 28);
  const Image background = mixed(5, 40, -70, -90);
  const Image got = blind_confidence(value, background, valid);
  const Image none(5, 40, 0.0f);
  const Image without = blind_confidence(value, {}, valid);
  for (std::size_t y = 0; y < 5; ++y)
    for (std::size_t x = 0; x < 40; ++x) {
      const bool in = x >= valid.begin && x < valid.end;
      ASSERT_NEAR_AT(y * 40 + x, got.at(y, x),
                     in ? slow_blind(value, background, valid, y, x) : 0,
                     kRounding);
      ASSERT_NEAR_AT(y * 40 + x, without.at(y, x),
                     in ? slow_blind(value, none, valid, y, x) : 0, kRounding);
    }
}
GST_END_TEST

/* Background: w = ew = em = 0, logit -1.73 + ln 9. Where the study has p = .25
 * the logit is -ln 3 there and ln 3 here. */
GST_START_TEST(blind_confidence_of_pure_background_is_below_the_threshold) {
  const Image got = blind_confidence(Image(1, 20, 0.0f), {}, {0, 20});
  const double p = sigmoid(-1.73), odds = p / (1 - p) * 9;
  ASSERT_NEAR_AT(0, got.at(0, 10), odds / (1 + odds), kRounding);
  fail_unless(got.at(0, 10) < 0.75f);
}
GST_END_TEST

template <class Call>
static void refused(Call call, const char *words) {
  try {
    call();
    ck_abort_msg("accepted what should say: %s", words);
  } catch (const sonar::Error &e) {
    fail_unless(e.code() == sonar::Errc::kBadArgument);
    ck_assert_msg(std::string(e.what()).find(words) != std::string::npos,
                  "\"%s\" does not say: %s", e.what(), words);
  }
}

/* Few and many columns, one row and several blocks of them. */
GST_START_TEST(excess_is_the_level_over_the_middle_of_its_sorted_row) {
  std::mt19937 random(1);
  for (const std::size_t columns : {8u, 9u, 63u, 64u, 65u, 256u, 257u, 300u})
    for (const std::size_t rows : {1u, 16u, 37u}) {
      Image value(rows, columns + 3), background(rows, columns + 3);
      for (std::size_t i = 0; i < value.size(); ++i) {
        value.data()[i] = float(random() % 40) / 8;  // so that some are equal
        background.data()[i] = float(random() % 64) / 8 - 90;
      }
      const ColumnRange valid{2, columns + 2};
      const Image got = excess_over_median(value, background, valid);
      for (std::size_t y = 0; y < rows; ++y) {
        std::vector<float> level;
        for (std::size_t x = valid.begin; x < valid.end; ++x)
          level.push_back(value.at(y, x) + background.at(y, x));
        const std::vector<float> heard = level;
        std::sort(level.begin(), level.end());
        const float middle =
            0.5f * (level[columns / 2] + level[(columns - 1) / 2]);
        for (std::size_t x = 0; x < columns; ++x)
          fail_unless(got.at(y, valid.begin + x) == heard[x] - middle);
        fail_unless(got.at(y, 0) == 0 && got.at(y, columns + 2) == 0);
      }
    }
}
GST_END_TEST

GST_START_TEST(shapes_that_do_not_fit_are_refused_with_got_and_needed) {
  const Image value(2, 8, 0.0f);
  refused([&] { line_evidence(value, {0, 9}, 3); }, "picture of 8 columns");
  refused([&] { line_evidence(value, {0, 8}, -1); }, "got -1");
  refused([&] { gated_confidence(value, {0, 8}, {1, 1, 1}); }, "3 rows");
  refused([&] { blind_confidence(value, Image(2, 7), {0, 8}); }, "2 x 7");
}
GST_END_TEST

static Suite *mask_evidence_suite(void) {
  Suite *s = suite_create("mask_evidence");
  TCase *line = tcase_create("line_evidence");
  suite_add_tcase(s, line);
  tcase_add_test(line, evidence_of_a_steady_level_is_that_level_up_to_the_cap);
  tcase_add_test(line, evidence_is_the_mean_power_of_the_columns_within_reach);
  tcase_add_test(line, evidence_of_digital_silence_is_finite);
  TCase *confidence = tcase_create("confidence");
  suite_add_tcase(s, confidence);
  tcase_add_test(confidence,
                 gated_confidence_is_three_quarters_at_the_operating_point);
  tcase_add_test(confidence, gated_confidence_is_the_smaller_of_gate_and_line);
  tcase_add_loop_test(confidence, blind_confidence_is_the_fitted_formula, 0,
                      G_N_ELEMENTS(kValid));
  tcase_add_test(confidence,
                 blind_confidence_of_pure_background_is_below_the_threshold);
  tcase_add_test(confidence,
                 excess_is_the_level_over_the_middle_of_its_sorted_row);
  tcase_add_test(confidence,
                 shapes_that_do_not_fit_are_refused_with_got_and_needed);
  return s;
}
GST_CHECK_MAIN(mask_evidence)
