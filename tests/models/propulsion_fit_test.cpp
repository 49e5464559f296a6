/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <cstdlib>
#include <set>

#include "models/propulsion/held_out.h"
#include "models/synth/random.h"
#include "sonar/core/error.h"
#include "support/testing.h"

using namespace sonar::models;
using sonar::tonal::kCombFeatures;
using sonar::tonal::kNoneFeatures;
using sonar::tonal::PropulsionWeights;
using Point = PropulsionLoss::Point;

/* Features of no spectrum: all independent and normal. */
static PropulsionExample example(std::size_t pairs, synth::Random &random) {
  PropulsionExample e;
  e.pairs.resize(pairs);
  for (auto &pair : e.pairs)
    for (float &x : pair) x = float(random.normal());
  e.none = {1.0, random.normal(), random.normal(), random.normal()};
  return e;
}

static std::vector<const PropulsionExample *> pointers(
    const std::vector<PropulsionExample> &examples) {
  std::vector<const PropulsionExample *> out;
  for (const PropulsionExample &e : examples) out.push_back(&e);
  return out;
}

/* Up to three pairs are right, or none. */
static std::vector<PropulsionExample> some_examples() {
  synth::Random random(1, 0);
  std::vector<PropulsionExample> examples;
  for (std::size_t i = 0; i < 40; ++i) {
    examples.push_back(example(12, random));
    for (std::size_t k = 0; k < i % 4; ++k)
      examples.back().right.push_back(3 * k + 1);
  }
  return examples;
}

GST_START_TEST(gradient_is_that_of_the_loss) {
  const auto examples = some_examples();
  const PropulsionLoss loss(pointers(examples), 3.0, 1);
  synth::Random random(2, 0);
  Point at, gradient, ignored;
  for (double &x : at) x = 0.5 * random.normal();
  loss(at, gradient);
  for (std::size_t j = 0; j < at.size(); ++j) {
    Point above = at, below = at;
    above[j] += 1e-5, below[j] -= 1e-5;
    const double slope = (loss(above, ignored) - loss(below, ignored)) / 2e-5;
    ASSERT_NEAR_AT(j, gradient[j], slope, 1e-5);
  }
}
GST_END_TEST

GST_START_TEST(without_weights_every_pair_and_none_are_as_likely) {
  const auto examples = some_examples();
  Point gradient;
  double wanted = 0.0;
  for (const PropulsionExample &e : examples)
    wanted += std::log(13.0 / std::max(1.0, double(e.right.size())));
  ASSERT_NEAR_AT(0, PropulsionLoss(pointers(examples), 3.0, 1)({}, gradient),
                 wanted, 1e-9);
}
GST_END_TEST

static double score(const PropulsionWeights &w, const PropulsionExample &e,
                    std::size_t pair) {
  double s = 0.0;
  if (pair == e.pairs.size())
    for (std::size_t j = 0; j < kNoneFeatures; ++j) s += w.none[j] * e.none[j];
  else
    for (std::size_t j = 0; j < kCombFeatures; ++j)
      s += w.comb[j] * double(e.pairs[pair][j]);
  return s;
}

/* The answer is drawn by its probability; the last one is "none". */
static void draw(PropulsionExample &e, const PropulsionWeights &w,
                 synth::Random &random) {
  double all = 0.0;
  for (std::size_t i = 0; i <= e.pairs.size(); ++i)
    all += std::exp(score(w, e, i));
  double left = random.uniform() * all;
  std::size_t drawn = 0;
  while (drawn < e.pairs.size() && (left -= std::exp(score(w, e, drawn))) > 0)
    ++drawn;
  if (drawn < e.pairs.size()) e.right = {drawn};
}

static PropulsionWeights some_weights() {
  synth::Random random(3, 0);
  PropulsionWeights w;
  for (double &x : w.comb) x = 0.3 * random.normal();
  w.none = {2.5, 0.7, -0.4, 0.2};
  return w;
}

GST_START_TEST(weights_that_drew_the_answers_are_recovered) {
  const PropulsionWeights truth = some_weights();
  synth::Random random(4, 0);
  std::vector<PropulsionExample> examples;
  for (int i = 0; i < 6000; ++i) {
    examples.push_back(example(20, random));
    draw(examples.back(), truth, random);
  }
  const PropulsionWeights got =
      fit_propulsion(PropulsionLoss(pointers(examples), 1e-3, 2));
  // four to five standard errors of 6000 answers
  for (std::size_t j = 0; j < kCombFeatures; ++j)
    ASSERT_NEAR_AT(j, got.comb[j], truth.comb[j], 0.07);
  for (std::size_t j = 0; j < kNoneFeatures; ++j)
    ASSERT_NEAR_AT(j, got.none[j], truth.none[j], 0.15);
}
GST_END_TEST

GST_START_TEST(weights_do_not_depend_on_a_features_origin_nor_on_threads) {
  auto examples = some_examples();
  const PropulsionWeights one =
      fit_propulsion(PropulsionLoss(pointers(examples), 3.0, 1));
  const PropulsionWeights threads =
      fit_propulsion(PropulsionLoss(pointers(examples), 3.0, 3));
  fail_unless(one.comb == threads.comb && one.none == threads.none);
  for (PropulsionExample &e : examples) {
    for (auto &pair : e.pairs) pair[4] = 8 + 2 * pair[4];
    e.none[2] += 4;
  }
  const PropulsionWeights moved =
      fit_propulsion(PropulsionLoss(pointers(examples), 3.0, 1));
  for (std::size_t j = 0; j < kCombFeatures; ++j)
    ASSERT_NEAR_AT(j, moved.comb[j], one.comb[j] / (j == 4 ? 2 : 1), 1e-4);
  ASSERT_NEAR_AT(0, moved.none[0],
                 one.none[0] + 8 * moved.comb[4] - 4 * one.none[2], 1e-3);
}
GST_END_TEST

GST_START_TEST(a_fit_without_examples_is_refused) {
  try {
    PropulsionLoss({}, 3.0, 1);
    ck_abort_msg("accepted");
  } catch (const sonar::Error &e) {
    fail_unless(e.code() == sonar::Errc::kBadArgument);
  }
}
GST_END_TEST

/* Lines on every harmonic of the shaft, on those of the blades higher ones;
 * unclear: noise alone. */
static AnnotatedSpectrum ship(int number, std::size_t vessel, bool clear) {
  synth::Random random(5, std::uint64_t(number));
  AnnotatedSpectrum s;
  s.id = std::to_string(number);
  s.vessel = "vessel " + std::to_string(vessel);
  s.clear = clear;
  s.blades = clear ? 3 + number % 3 : 0;
  s.shaft_hz = clear ? random.uniform(8.0, 11.0) / s.blades : 0.0;
  s.spectrum.bin_hz = 0.1;
  for (int k = 0; k < 499; ++k) {
    double power = 0.0;
    for (int w = 0; w < 8; ++w)
      power -= std::log(1 - random.uniform()) / 8 / (1 + k / 50.0);
    for (int h = 1; clear && h <= 3 * s.blades; ++h) {
      const double off = (0.1 * k - h * s.shaft_hz) / 0.1;
      const double top = h % s.blades ? 12 : 50;
      power += top / h * std::exp(-off * off) / (1 + k / 50.0);
    }
    s.spectrum.power.push_back(float(power));
  }
  return s;
}

static std::vector<AnnotatedSpectrum> ships(int count) {
  std::vector<AnnotatedSpectrum> out;
  for (int i = 0; i < count; ++i)
    out.push_back(ship(i, std::size_t(i) % 11, i % 4 != 3));
  return out;
}

GST_START_TEST(folds_never_share_a_vessel) {
  auto spectra = ships(60);
  for (std::size_t i = 50; i < 60; ++i) spectra[i].vessel.clear();
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const auto folds = propulsion_folds(spectra, 5, seed);
    fail_unless(folds == propulsion_folds(spectra, 5, seed));
    fail_unless(std::set<std::size_t>(folds.begin(), folds.end()).size() == 5);
    std::set<std::size_t> unnamed(folds.begin() + 50, folds.end());
    fail_unless(unnamed.size() > 1);  // each alone, not one vessel
    for (std::size_t i = 0; i < 50; ++i)
      fail_unless_equals_int(folds[i], folds[i % 11]);
  }
  fail_unless(propulsion_folds(spectra, 5, 1) !=
              propulsion_folds(spectra, 5, 2));
  for (const std::size_t folds : {1, 22}) {
    try {
      propulsion_folds(spectra, folds, 0);
      ck_abort_msg("%zu folds of 21 vessels were accepted", folds);
    } catch (const sonar::Error &e) {
      fail_unless(e.code() == sonar::Errc::kBadArgument);
    }
  }
}
GST_END_TEST

GST_START_TEST(held_out_ships_are_read_by_what_the_others_taught) {
  const PropulsionFitter fitter(ships(44), 1, 2);
  fail_unless_equals_int(fitter.size(), 44);
  const auto held_out = fitter.held_out(2, 1);
  fail_unless_equals_int(held_out.size(), 3);
  for (const PropulsionResults &r : held_out) {
    std::set<std::string> names;
    for (const PropulsionResult &one : r.results) names.insert(one.name);
    fail_unless(names.size() == 44 && r.results.size() == 44);
  }
  const PropulsionScore s = score_propulsion(held_out[0].results);
  fail_unless(s.shafts == 33 && s.unclear == 11);
  fail_unless(s.within_2_percent > 0.9, "%g", s.within_2_percent);
  fail_unless(s.blades_right > 0.9, "%g", s.blades_right);
  fail_unless(s.rejection[5].answered > 0.9 &&
              s.rejection[5].unclear_taken < 0.1);
}
GST_END_TEST

/* Two vessels alike, one of them said to show no shaft: each is read as the
 * other one's annotations have it. */
GST_START_TEST(a_held_out_vessel_teaches_nothing_about_itself) {
  std::vector<AnnotatedSpectrum> spectra;
  for (int i = 0; i < 32; ++i) {
    spectra.push_back(ship(i, std::size_t(i) % 2, true));
    if (i % 2) spectra.back().clear = false, spectra.back().shaft_hz = 0;
  }
  const auto held_out = PropulsionFitter(spectra, 1, 2).held_out(2, 1);
  double seen[2] = {0, 0};  // mean confidence, of clear and unclear ones
  for (const PropulsionResult &r : held_out[0].results)
    seen[r.clear ? 0 : 1] += r.got.confidence / 16;
  fail_unless(seen[0] < 0.2, "clear, taught by unclear ones: %g", seen[0]);
  fail_unless(seen[1] > 0.8, "unclear, taught by clear ones: %g", seen[1]);
}
GST_END_TEST

GST_START_TEST(the_header_holds_every_weight_in_order) {
  const PropulsionWeights w = some_weights();
  const std::string text = propulsion_weights_header(w, 123);
  fail_unless(text.find("on 123 annotated") != std::string::npos);
  std::vector<double> wanted(w.comb.begin(), w.comb.end());
  wanted.insert(wanted.end(), w.none.begin(), w.none.end());
  std::size_t at = text.find("kPropulsionWeights");
  for (std::size_t j = 0; j < wanted.size(); ++j) {
    at = text.find("\n        ", at) + 1;
    ASSERT_NEAR_AT(j, std::strtod(text.c_str() + at, nullptr), wanted[j],
                   1e-5 * std::fabs(wanted[j]));
  }
}
GST_END_TEST

static Suite *propulsion_fit_suite(void) {
  Suite *s = suite_create("propulsion_fit");
  TCase *tc = tcase_create("fit");
  tcase_set_timeout(tc, 60);
  suite_add_tcase(s, tc);
  tcase_add_test(tc, gradient_is_that_of_the_loss);
  tcase_add_test(tc, without_weights_every_pair_and_none_are_as_likely);
  tcase_add_test(tc, weights_that_drew_the_answers_are_recovered);
  tcase_add_test(tc, weights_do_not_depend_on_a_features_origin_nor_on_threads);
  tcase_add_test(tc, a_fit_without_examples_is_refused);
  tcase_add_test(tc, folds_never_share_a_vessel);
  tcase_add_test(tc, held_out_ships_are_read_by_what_the_others_taught);
  tcase_add_test(tc, a_held_out_vessel_teaches_nothing_about_itself);
  tcase_add_test(tc, the_header_holds_every_weight_in_order);
  return s;
}
GST_CHECK_MAIN(propulsion_fit)
