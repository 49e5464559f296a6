/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <sndfile.h>
#include <unistd.h>

#include <algorithm>
#include <complex>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <sstream>

#include "models/synth/ambient.h"
#include "models/synth/scene.h"
#include "models/synth/vessel.h"
#include "models/synth/write.h"
#include "sonar/core/error.h"
#include "sonar/dsp/stft.h"
#include "support/testing.h"

namespace fs = std::filesystem;
using nlohmann::json;
using sonar::Recipe;
using namespace sonar::models;

static SceneOptions options_with_seed(std::uint64_t seed) {
  SceneOptions options;
  options.recipe = synthetic_recipe();
  options.seed = seed;
  return options;
}

static bool same(const SynthScene &a, const SynthScene &b) {
  return a.samples == b.samples && a.target_wave == b.target_wave &&
         a.truth.snr_db == b.truth.snr_db &&
         a.truth.interferer.values == b.truth.interferer.values;
}

static double percentile(std::vector<double> values, double part) {
  std::sort(values.begin(), values.end());
  return values[std::size_t(part * double(values.size() - 1))];
}

/* Power in dB of every pixel by the DFT's definition under a periodic Hann
 * window, row 0 = highest frequency; a tone A * cos on a bin reads A^2. */
static std::vector<double> slow_picture(const std::vector<float> &x) {
  const std::size_t n = 256, hop = 128;
  std::vector<std::complex<double>> turn(n);
  for (std::size_t i = 0; i < n; ++i)
    turn[i] = std::polar(1.0, -2 * M_PI * double(i) / double(n));
  std::vector<double> db;
  for (std::size_t k = 128; k >= 1; --k)
    for (std::size_t t = 0; t < 128; ++t) {
      std::complex<double> sum = 0;
      for (std::size_t i = 0; i < n; ++i)
        sum += (0.5 - 0.5 * turn[i].real()) * double(x[t * hop + i]) *
               turn[i * k % n];
      const double scale = k == 128 ? 2.0 / n : 4.0 / n;  // Nyquist reads A
      db.push_back(10 * std::log10(std::norm(scale * sum) + 1e-30));
    }
  return db;
}

static std::vector<float> rest_of(const SynthScene &scene) {
  std::vector<float> rest(scene.samples.size());
  for (std::size_t i = 0; i < rest.size(); ++i)
    rest[i] = scene.samples[i] - scene.target_wave[i];
  return rest;
}

/* What the truth took for the ambient of a row, at the scale of the recording:
 * the target's power less its level, which was rounded down (+ 1/2 dB). */
static double implied_ambient_db(const SynthScene &scene,
                                 const std::vector<double> &target_db,
                                 std::size_t y, double *spread) {
  double low = 1e9, high = -1e9;
  for (std::size_t i = y * 128; i < (y + 1) * 128; ++i)
    if (scene.truth.snr_db[i] > -40) {
      low = std::min(low, target_db[i] - scene.truth.snr_db[i]);
      high = std::max(high, target_db[i] - scene.truth.snr_db[i]);
    }
  *spread = high - low;
  return (low + high) / 2 - 0.5;
}

// ------------------------------------------------------------------- the noise

struct AmbientCase {
  int rate_hz, fft_size, hop_size;
  sonar::Window window;
};
static const AmbientCase kAmbientCases[] = {
    {1024, 256, 128, sonar::Window::kHann},
    {4096, 512, 256, sonar::Window::kBlackmanHarris},
};

/* The mean of n independent exponential powers has a relative sd of
 * 1 / sqrt(n). The slowest part (a pole at 1 Hz, known by the lowest bins)
 * gives about 3 independent ones a second: 5 sd of 20,000 columns are 0.4 dB.
 */
GST_START_TEST(ambient_has_the_power_it_announces_in_every_bin) {
  const AmbientCase &c = kAmbientCases[__i__];
  Recipe recipe = synthetic_recipe();
  recipe.rate_hz = c.rate_hz;
  recipe.fft_size = c.fft_size;
  recipe.hop_size = c.hop_size;
  recipe.window = c.window;
  synth::Random rng(7, 0);
  const auto ambient =
      synth::make_ambient(recipe, std::size_t(20000 * c.hop_size), 8.5, rng);

  sonar::dsp::Stft stft(
      {std::size_t(c.fft_size), std::size_t(c.hop_size), c.window});
  const std::vector<float> x(ambient.samples.begin(), ambient.samples.end());
  stft.push(x.data(), x.size());
  std::vector<double> mean(stft.bins(), 0.0);
  std::vector<float> column(stft.bins());
  int columns = 0;
  for (; stft.pop(column.data()); ++columns)
    for (std::size_t k = 0; k < mean.size(); ++k) mean[k] += double(column[k]);
  fail_unless_equals_int(ambient.bin_power.size(), mean.size());
  for (std::size_t k = 0; k < mean.size(); ++k)
    ASSERT_NEAR_AT(k, 10 * std::log10(mean[k] / columns),
                   10 * std::log10(ambient.bin_power[k]), 0.4);
}
GST_END_TEST

/* Slope -17 +- 2.5 sd of 2 dB a decade; far above the hump and for the mean of
 * 20 spectra, cavitation adds some dB around 150 to 320 Hz. */
GST_START_TEST(ambient_falls_by_17_db_a_decade) {
  double fall_db = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    synth::Random rng(seed, 0);
    const auto power =
        synth::make_ambient(synthetic_recipe(), 1, 8, rng).bin_power;
    fall_db += 10 * std::log10(power[2] / power[120]) / 20;
  }
  ASSERT_NEAR_AT(0, fall_db, 17 * std::log10(60.0), 2.5);
}
GST_END_TEST

// ------------------------------------------------------------------ the scenes

GST_START_TEST(same_seed_gives_the_same_bytes) {
  for (const std::string &label : scene_classes())
    fail_unless(same(make_scene(label, options_with_seed(3)),
                     make_scene(label, options_with_seed(3))));
}
GST_END_TEST

GST_START_TEST(other_seeds_and_other_classes_give_other_noise) {
  const auto a = make_scene("cargo", options_with_seed(3));
  fail_if(same(a, make_scene("cargo", options_with_seed(4))));
  fail_if(rest_of(a) == rest_of(make_scene("ferry", options_with_seed(3))));
}
GST_END_TEST

GST_START_TEST(classes_are_sorted_and_have_ten_to_seventeen_lines) {
  const auto names = scene_classes();
  fail_unless(names.size() >= 5);
  fail_unless(std::is_sorted(names.begin(), names.end()));
  for (const auto &vessel : synth::vessel_library())
    fail_unless(vessel.lines.size() >= 10 && vessel.lines.size() <= 17);
}
GST_END_TEST

GST_START_TEST(engine_and_gear_lines_follow_the_speed_and_generators_do_not) {
  for (const std::string &label : scene_classes()) {
    SceneOptions options = options_with_seed(5);
    options.speed_spread = 0.05;
    const auto scene = make_scene(label, options);
    const double speed_ratio = scene.vessels.at(0).speed_ratio;
    fail_unless(std::fabs(speed_ratio - 1) > 1e-4);
    for (const SceneLine &line : scene.lines) {
      double nearest = 1;  // relative distance to a line of the library
      const double ratio = line.family == "generator" ? 1 : speed_ratio;
      for (const auto &l : synth::find_vessel(label).lines)
        nearest = std::min(
            nearest, std::fabs(line.frequency_hz / ratio / l.frequency_hz - 1));
      // a governor holds its speed to 0.1 %, 2.5 sd at most
      fail_unless(nearest <= (line.family == "generator" ? 2.5e-3 : 1e-12));
    }
  }
}
GST_END_TEST

GST_START_TEST(no_line_lies_above_the_band_however_fast_the_vessel) {
  SceneOptions options = options_with_seed(0);
  options.speed_spread = 0.2;
  options.line_dropout = 0;
  bool left_out = false;
  for (; options.seed < 12; ++options.seed) {
    const auto scene = make_scene("outboard", options);
    left_out |=
        scene.lines.size() < synth::find_vessel("outboard").lines.size();
    for (const SceneLine &line : scene.lines)
      fail_unless(line.frequency_hz <= 0.49 * 1024);
  }
  fail_unless(left_out);
}
GST_END_TEST

/* The family's stated levels (median 4.4 dB, 5th to 95th percentile -2.5 to
 * +12); 250 lines in 20 groups scatter the figures by about half of this. */
GST_START_TEST(line_levels_are_distributed_as_stated) {
  std::vector<double> levels;
  for (const std::string &label : scene_classes())
    for (std::uint64_t seed = 0; seed < 4; ++seed)
      for (const auto &line : make_scene(label, options_with_seed(seed)).lines)
        levels.push_back(line.snr_db);
  ASSERT_NEAR_AT(0, percentile(levels, 0.50), 4.4, 1.0);
  ASSERT_NEAR_AT(1, percentile(levels, 0.05), -2.5, 1.5);
  ASSERT_NEAR_AT(2, percentile(levels, 0.95), 12.0, 1.5);
}
GST_END_TEST

GST_START_TEST(recordings_stay_below_full_scale) {
  for (std::uint64_t seed = 0; seed < 20; ++seed)
    for (const float v : make_scene("ferry", options_with_seed(seed)).samples)
      fail_unless(std::fabs(v) < 1);
}
GST_END_TEST

GST_START_TEST(scene_without_target_has_the_same_rest_and_no_truth_of_it) {
  SceneOptions options = options_with_seed(11);
  const auto with = make_scene("tanker", options);
  options.target_present = false;
  const auto without = make_scene("tanker", options);
  fail_unless(without.lines.empty());
  for (const float v : without.target_wave) fail_unless(v == 0);
  for (const auto v : without.truth.weak.values) fail_unless(v == 0);
  for (const auto v : without.truth.target.values) fail_unless(v == 0);
  for (const auto v : without.truth.snr_db) fail_unless(v == -128);
  fail_unless(with.truth.interferer.values == without.truth.interferer.values);

  const std::vector<float> rest = rest_of(with);
  double product = 0, power = 0;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    product += double(rest[i]) * double(without.samples[i]);
    power += double(without.samples[i]) * double(without.samples[i]);
  }
  for (std::size_t i = 0; i < rest.size(); ++i)  // float samples: 2^-24 each
    ASSERT_NEAR_AT(i, rest[i], product / power * double(without.samples[i]),
                   2e-7);
}
GST_END_TEST

// ------------------------------------------------------------------- the truth

GST_START_TEST(truth_has_a_pixel_for_every_bin_and_whole_window) {
  SceneOptions options = options_with_seed(1);
  const auto scene = make_scene("cargo", options);
  fail_unless_equals_int(scene.samples.size(), 16512);
  fail_unless_equals_int(scene.target_wave.size(), 16512);
  fail_unless_equals_int(scene.truth.target.height, 128);
  fail_unless_equals_int(scene.truth.target.width, 128);
  options.seconds = 40;
  fail_unless_equals_int(make_scene("cargo", options).truth.weak.width,
                         1 + (40 * 1024 - 256) / 128);
}
GST_END_TEST

/* An independent DFT and the README's rules. Rounding in float decides a few
 * pixels that lie within 1e-5 dB of a limit: 4 of 16,384 are let go. */
GST_START_TEST(target_pixels_are_those_of_the_written_definition) {
  const auto scene = make_scene("trawler", options_with_seed(__i__));
  const auto db = slow_picture(scene.target_wave);
  int wrong = 0;
  for (int y = 0; y < 128; ++y)
    for (int t = 0; t < 128; ++t) {
      double peak = -1e9;
      for (int v = std::max(y - 3, 0); v <= std::min(y + 3, 127); ++v)
        for (int u = std::max(t - 1, 0); u <= std::min(t + 1, 127); ++u)
          peak = std::max(peak, db[std::size_t(v * 128 + u)]);
      const auto i = std::size_t(y * 128 + t);
      const bool near_peak = db[i] >= peak - 13;
      const int snr_db = scene.truth.snr_db[i];
      wrong += scene.truth.target.values[i] != (near_peak && snr_db >= 0);
      wrong += scene.truth.weak.values[i] != (near_peak && snr_db >= -8);
    }
  ck_assert_msg(wrong <= 4, "%d pixels differ", wrong);
}
GST_END_TEST

/* The level of a pixel is the target's own power over one number per row,
 * rounded down: over a row the two differ by less than 1 dB (float rounding at
 * -40 dB aside). */
GST_START_TEST(levels_are_target_power_over_a_steady_ambient_rounded_down) {
  const auto scene = make_scene("tanker", options_with_seed(__i__));
  const auto db = slow_picture(scene.target_wave);
  for (std::size_t y = 0; y < 128; ++y) {
    double spread;
    implied_ambient_db(scene, db, y, &spread);
    ck_assert_msg(spread < 1.02, "row %zu spreads over %g dB", y, spread);
  }
}
GST_END_TEST

/* What is heard besides the target, in dB over the ambient the truth divides
 * by, of the pixels that are (@p on) or are not interferers. */
static std::vector<double> heard_besides(const char *label, bool on) {
  std::vector<double> excess;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const auto scene = make_scene(label, options_with_seed(seed));
    const auto target = slow_picture(scene.target_wave);
    const auto rest = slow_picture(rest_of(scene));
    for (std::size_t y = 0; y < 128; ++y) {
      double spread;
      const double ambient = implied_ambient_db(scene, target, y, &spread);
      if (spread < 0.7) continue;  // too few levels to imply it
      for (std::size_t i = y * 128; i < (y + 1) * 128; ++i)
        if (bool(scene.truth.interferer.values[i]) == on)
          excess.push_back(rest[i] - ambient);
    }
  }
  return excess;
}

/* The ambient the truth divides by is the one that is heard: the median power
 * of exponentially distributed noise is ln 2 of its mean. Clicks and tones
 * below +3 dB raise it by some tenths. */
GST_START_TEST(truth_divides_by_the_ambient_that_is_heard) {
  const auto excess = heard_besides("ferry", false);
  fail_unless(excess.size() > 50000);
  ASSERT_NEAR_AT(0, percentile(excess, 0.5), 10 * std::log10(std::log(2.0)),
                 0.4);
}
GST_END_TEST

/* A tone of +3 dB in noise of 0 dB has a median of +4.4 dB, louder ones more;
 * the 10 % of the pixels that hold least are still above bare noise's median.
 */
GST_START_TEST(interferers_are_heard_where_the_truth_has_them) {
  const auto on = heard_besides("ferry", true);
  fail_unless(on.size() > 2000);
  fail_unless(percentile(on, 0.5) > 4.4);
  fail_unless(percentile(on, 0.1) > -1.6);
  // bare noise exceeds +10 dB in 5 pixels of 100,000, clicks in more
  fail_unless(percentile(heard_besides("ferry", false), 0.99) < 10);
}
GST_END_TEST

/* Adding 6 dB to every line adds 6 dB to every level; rounding down may turn
 * that into 5 or 7 where float rounding crosses a whole dB. */
GST_START_TEST(lines_6_db_louder_have_levels_6_db_higher) {
  SceneOptions options = options_with_seed(2);
  const auto faint = make_scene("cargo", options);
  options.level_offset_db = 6;
  const auto loud = make_scene("cargo", options);
  int crossed = 0;
  for (std::size_t i = 0; i < faint.truth.snr_db.size(); ++i) {
    if (faint.truth.snr_db[i] < -60) continue;
    const int rise = loud.truth.snr_db[i] - faint.truth.snr_db[i];
    fail_unless(rise >= 5 && rise <= 7);
    crossed += rise != 6;
    fail_unless(loud.truth.target.values[i] >= faint.truth.target.values[i]);
  }
  fail_unless(crossed <= 16);  // 0.1 % of the pixels
}
GST_END_TEST

GST_START_TEST(weak_is_a_superset_of_target) {
  for (const std::string &label : scene_classes()) {
    const sonar::metrics::Truth truth =
        make_scene(label, options_with_seed(9)).truth;
    int target = 0, weak = 0;
    for (std::size_t i = 0; i < truth.weak.values.size(); ++i) {
      fail_unless(truth.weak.values[i] >= truth.target.values[i]);
      target += truth.target.values[i];
      weak += truth.weak.values[i];
    }
    fail_unless(weak > target && target > 0);
  }
}
GST_END_TEST

struct RateCase {
  int rate_hz, fft_size, hop_size;
};
static const RateCase kRates[] = {{1024, 256, 128}, {4096, 1024, 512}};

/* A Hann line covers the bins within 1 of its nearest one down to -13 dB; the
 * Doppler bend (0.4 % of 500 Hz at most) moves it by up to half a bin. */
GST_START_TEST(target_pixels_lie_within_a_bin_of_a_listed_line) {
  SceneOptions options = options_with_seed(21);
  options.recipe.rate_hz = kRates[__i__].rate_hz;
  options.recipe.fft_size = kRates[__i__].fft_size;
  options.recipe.hop_size = kRates[__i__].hop_size;
  int target = 0, away = 0;
  for (const std::string &label : scene_classes()) {
    const auto scene = make_scene(label, options);
    for (std::size_t y = 0; y < scene.truth.target.height; ++y) {
      const long bin = long(scene.truth.target.height - y);
      bool listed = false;
      for (const SceneLine &line : scene.lines)
        listed |= std::labs(std::lround(line.frequency_hz / 4) - bin) <= 1;
      for (std::size_t t = 0; t < scene.truth.target.width; ++t) {
        target += scene.truth.target.at(y, t);
        away += scene.truth.target.at(y, t) && !listed;
      }
    }
  }
  fail_unless(target > 5000);
  ck_assert_msg(away * 100 <= target, "%d of %d are not", away, target);
}
GST_END_TEST

// ------------------------------------------------------------------- the files

static Suite *synth_suite(void) {
  Suite *s = suite_create("synth");
  TCase *scenes = tcase_create("scenes");
  suite_add_tcase(s, scenes);
  tcase_add_loop_test(scenes, ambient_has_the_power_it_announces_in_every_bin,
                      0, G_N_ELEMENTS(kAmbientCases));
  tcase_add_test(scenes, ambient_falls_by_17_db_a_decade);
  tcase_add_test(scenes, same_seed_gives_the_same_bytes);
  tcase_add_test(scenes, other_seeds_and_other_classes_give_other_noise);
  tcase_add_test(scenes, classes_are_sorted_and_have_ten_to_seventeen_lines);
  tcase_add_test(scenes,
                 engine_and_gear_lines_follow_the_speed_and_generators_do_not);
  tcase_add_test(scenes, no_line_lies_above_the_band_however_fast_the_vessel);
  tcase_add_test(scenes, line_levels_are_distributed_as_stated);
  tcase_add_test(scenes, recordings_stay_below_full_scale);
  tcase_add_test(scenes,
                 scene_without_target_has_the_same_rest_and_no_truth_of_it);

  TCase *truth = tcase_create("truth");
  suite_add_tcase(s, truth);
  tcase_add_test(truth, truth_has_a_pixel_for_every_bin_and_whole_window);
  tcase_add_loop_test(truth, target_pixels_are_those_of_the_written_definition,
                      0, 2);
  tcase_add_loop_test(
      truth, levels_are_target_power_over_a_steady_ambient_rounded_down, 0, 2);
  tcase_add_test(truth, truth_divides_by_the_ambient_that_is_heard);
  tcase_add_test(truth, interferers_are_heard_where_the_truth_has_them);
  tcase_add_test(truth, lines_6_db_louder_have_levels_6_db_higher);
  tcase_add_test(truth, weak_is_a_superset_of_target);
  tcase_add_loop_test(truth, target_pixels_lie_within_a_bin_of_a_listed_line, 0,
                      G_N_ELEMENTS(kRates));

  return s;
}
GST_CHECK_MAIN(synth)
