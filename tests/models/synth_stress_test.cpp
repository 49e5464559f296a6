/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <algorithm>
#include <complex>
#include <cstdint>

#include "models/synth/scene.h"
#include "models/synth/vessel.h"
#include "support/testing.h"

/* Scenes that break what a method may assume of a target. */

using namespace sonar::models;

static SceneOptions options_with_seed(std::uint64_t seed) {
  SceneOptions options;
  options.recipe = synthetic_recipe();
  options.seed = seed;
  return options;
}

/* The whole of a line's drift, apart from its level: z2 / z1^2 of a line and
 * its octave turns only when they drift apart. The length of its mean is 1 when
 * they do not. */
static double octave_lock(bool independent, std::uint64_t seed) {
  SceneOptions options = options_with_seed(seed);
  options.line_dropout = 0;
  const std::vector<double> flat(129, 1.0);
  const synth::Sea sea{options, 16384, flat};
  const synth::VesselClass vessel{
      "two lines",
      0,
      {{100, 6, synth::Family::kEngine}, {200, 6, synth::Family::kEngine}}};
  synth::Passage passage;
  passage.independent_wander = independent;
  synth::Random rng(seed, 0);
  const auto wave = synth::hear_vessel(vessel, passage, sea, rng).wave;
  std::vector<std::complex<double>> locked;
  const std::size_t block = 256;  // whole cycles of both, 4 Hz wide
  for (std::size_t at = 0; at < wave.size(); at += block) {
    std::complex<double> z1 = 0, z2 = 0;
    for (std::size_t i = at; i < at + block; ++i) {
      z1 += wave[i] * std::polar(1.0, -2 * M_PI * 100 * double(i) / 1024);
      z2 += wave[i] * std::polar(1.0, -2 * M_PI * 200 * double(i) / 1024);
    }
    const double least = double(block) / 4;  // both sound
    if (std::abs(z1) > least && std::abs(z2) > least)
      locked.push_back(z2 / (z1 * z1) / std::abs(z2 / (z1 * z1)));
  }
  fail_unless(locked.size() > 10);
  std::complex<double> mean = 0;
  for (const auto &z : locked) mean += z / double(locked.size());
  return std::abs(mean);
}

/* The neighbour's leak into a block shakes a phase by a tenth of a radian; an
 * own wander of 0.08 Hz and an own Doppler turn it by radians in 16 s. */
GST_START_TEST(harmonics_keep_step_unless_each_line_wanders_by_itself) {
  double apart = 1;
  for (const std::uint64_t seed : {1, 2, 4}) {
    fail_unless(octave_lock(false, seed) > 0.98);
    apart = std::min(apart, octave_lock(true, seed));
  }
  fail_unless(apart < 0.9);
}
GST_END_TEST

GST_START_TEST(independent_wander_changes_neither_lines_nor_the_rest) {
  SceneOptions options = options_with_seed(21);
  const auto shared = make_scene("cargo", options);
  options.independent_wander = true;
  const auto apart = make_scene("cargo", options);
  fail_unless_equals_int(shared.lines.size(), apart.lines.size());
  for (std::size_t i = 0; i < shared.lines.size(); ++i) {
    fail_unless(shared.lines[i].frequency_hz == apart.lines[i].frequency_hz);
    fail_unless(shared.lines[i].snr_db == apart.lines[i].snr_db);
  }
  fail_unless(shared.truth.interferer.values == apart.truth.interferer.values);
  fail_if(shared.target_wave == apart.target_wave);
}
GST_END_TEST

GST_START_TEST(every_second_shaft_line_is_off_by_the_second_shafts_ratio) {
  SceneOptions options = options_with_seed(3);
  options.second_shaft = 0.012;
  options.line_dropout = 0;
  for (; options.seed < 6; ++options.seed) {
    const auto scene = make_scene("trawler", options);
    const SceneVessel &vessel = scene.vessels.at(0);
    fail_unless(vessel.shaft_ratio != 1);
    fail_unless(std::fabs(vessel.shaft_ratio - 1) <= 0.012);
    std::size_t on_shafts = 0;
    for (const auto &l : synth::find_vessel("trawler").lines) {
      if (l.family == synth::Family::kGenerator) continue;
      double want = l.frequency_hz * vessel.speed_ratio;
      if (on_shafts++ % 2 == 1) want *= vessel.shaft_ratio;
      double nearest = 1;
      for (const SceneLine &line : scene.lines)
        if (line.family != "generator")
          nearest = std::min(nearest, std::fabs(line.frequency_hz / want - 1));
      fail_unless(nearest < 1e-12);
    }
  }
}
GST_END_TEST

/* Whole cycles in 16 s, so the five lines are orthogonal to each other and to
 * all else: their powers are all there is. */
GST_START_TEST(own_ship_is_five_steady_lines_and_nothing_else) {
  const SceneOptions options = options_with_seed(0);
  const std::vector<double> flat(129, 1.0);
  const synth::Sea sea{options, 16384, flat};
  synth::Random rng(1, 0);
  const auto wave = synth::hear_own_ship(sea, rng).wave;
  double power = 0, in_lines = 0;
  for (const double v : wave) power += v * v / double(wave.size());
  for (const double hz : {84, 176, 236, 300, 444}) {
    std::complex<double> sum = 0;
    for (std::size_t i = 0; i < wave.size(); ++i)
      sum += wave[i] * std::polar(1.0, -2 * M_PI * hz * double(i) / 1024);
    const double amplitude = 2 * std::abs(sum) / double(wave.size());
    fail_unless(amplitude > 1);  // over the ambient, 6 -+ 5 dB
    in_lines += amplitude * amplitude / 2;
  }
  ASSERT_NEAR_AT(0, in_lines / power, 1, 1e-9);
}
GST_END_TEST

GST_START_TEST(own_ship_lines_are_interferers_in_scenes_of_every_class) {
  for (const std::string &label : scene_classes()) {
    SceneOptions options = options_with_seed(2);
    options.unknown_vessel = options.second_vessel = 0;
    const auto without = make_scene(label, options);
    options.own_ship = 1;
    const auto with = make_scene(label, options);
    fail_unless(with.truth.target.values == without.truth.target.values);
    int steady = 0;
    for (const double hz : {84, 176, 236, 300, 444}) {
      const auto row = std::size_t(128 - std::lround(hz / 4));
      std::size_t before = 0, after = 0;
      for (std::size_t t = 0; t < 128; ++t) {
        before += without.truth.interferer.at(row, t);
        after += with.truth.interferer.at(row, t);
      }
      fail_unless(after >= before);
      steady += after == 128;
    }
    fail_unless(steady >= 3);  // a line is below 3 dB in one scene of fifteen
  }
}
GST_END_TEST

GST_START_TEST(two_vessels_are_targets_together_at_speeds_of_their_own) {
  SceneOptions options = options_with_seed(9);
  options.line_dropout = 0;
  const auto scene = make_scene("tanker+cargo", options);
  fail_unless(scene.label == "cargo+tanker");
  fail_unless(scene.samples == make_scene("cargo+tanker", options).samples);
  fail_unless_equals_int(scene.vessels.size(), 2);
  fail_if(scene.vessels[0].speed_ratio == scene.vessels[1].speed_ratio);
  for (const SceneVessel &vessel : scene.vessels) {
    std::size_t lines = 0, seen = 0, strong = 0;
    for (const SceneLine &line : scene.lines) {
      if (line.vessel != vessel.label) continue;
      ++lines;
      if (line.snr_db < 3) continue;
      ++strong;
      const auto row = std::size_t(128 - std::lround(line.frequency_hz / 4));
      for (std::size_t t = 0; t < 128; ++t)
        if (scene.truth.target.at(row, t)) {
          ++seen;
          break;
        }
    }
    const auto &all = synth::find_vessel(vessel.label).lines;
    // one that never sounds in 16 s is not listed
    fail_unless(lines + 1 >= all.size() && lines <= all.size());
    fail_unless(strong > 3 && seen == strong);
  }
}
GST_END_TEST

GST_START_TEST(a_vessel_without_its_lines_is_no_target) {
  SceneOptions options = options_with_seed(4);
  options.line_dropout = 1;
  const auto scene = make_scene("ferry", options);
  fail_unless(scene.lines.empty());
  for (const auto v : scene.truth.weak.values) fail_unless(v == 0);
  options.line_dropout = 0;
  options.target_present = false;
  fail_unless(make_scene("cargo+ferry", options).label == "none");
}
GST_END_TEST

static Suite *synth_stress_suite(void) {
  Suite *s = suite_create("synth_stress");
  TCase *c = tcase_create("stress");
  suite_add_tcase(s, c);
  tcase_add_test(c, harmonics_keep_step_unless_each_line_wanders_by_itself);
  tcase_add_test(c, independent_wander_changes_neither_lines_nor_the_rest);
  tcase_add_test(c, every_second_shaft_line_is_off_by_the_second_shafts_ratio);
  tcase_add_test(c, own_ship_is_five_steady_lines_and_nothing_else);
  tcase_add_test(c, own_ship_lines_are_interferers_in_scenes_of_every_class);
  tcase_add_test(c, two_vessels_are_targets_together_at_speeds_of_their_own);
  tcase_add_test(c, a_vessel_without_its_lines_is_no_target);
  return s;
}

GST_CHECK_MAIN(synth_stress);
