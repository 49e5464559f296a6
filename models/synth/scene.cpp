/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/synth/scene.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "models/synth/ambient.h"
#include "models/synth/vessel.h"
#include "sonar/core/error.h"
#include "sonar/dsp/resynthesis.h"
#include "sonar/dsp/stft.h"
#include "sonar/metrics/classification.h"

namespace sonar::models {

using synth::Ambient;
using synth::Random;
using synth::Sea;
using synth::Sound;

static constexpr double kBlockSeconds = 16;  // extraneous sounds come per block
static constexpr double kLocalPeakDb = 13;
static constexpr long kPeakBins = 3, kPeakColumns = 1;  // reach of a local peak
static constexpr double kWeakDb = -8, kInterfererDb = 3;
static constexpr double kHighestPeak = 0.95;

namespace {

/* What each part of a scene is drawn from: changing one part's settings leaves
 * the others as they are. */
enum Stream : std::uint64_t {
  kSpeed = 1,
  kAmbient,
  kTarget,
  kUnknown,
  kSecond,
  kTones,
  kWhales,
  kClicks,
  kLevel,
  kOwnShip,
  kShaft,
  kTargets = 100,  // two for each target after the first
};

/** Power spectrum of a part, column by column, the recipe's bins only. */
struct Spectrum {
  std::size_t bins = 0, columns = 0;
  std::vector<double> power;  ///< [bin low to high, column]

  double at(std::size_t k, std::size_t t) const {
    return power[k * columns + t];
  }
};

}  // namespace

Recipe synthetic_recipe() {
  Recipe recipe;
  recipe.rate_hz = 1024;
  recipe.fft_size = 256;
  recipe.hop_size = 128;
  recipe.window = Window::kHann;
  recipe.axis = FrequencyAxis::kLinear;
  recipe.min_frequency_hz = 4;
  recipe.max_frequency_hz = 512;
  recipe.width = 128;
  return recipe;
}

std::vector<std::string> scene_classes() {
  std::vector<std::string> names;
  for (const synth::VesselClass &v : synth::vessel_library())
    names.push_back(v.name);
  return names;
}

static void require(bool holds, const std::string &what) {
  if (!holds) throw Error(Errc::kBadArgument, "cannot make a scene: " + what);
}

static void check(const SceneOptions &o) {
  o.recipe.validate();
  require(
      o.recipe.axis == FrequencyAxis::kLinear,
      "the truth's grid is one row a bin; needed a recipe with axis linear");
  require(o.recipe.average == 1 && o.recipe.window_size == 0,
          "the truth's grid is one whole transform a column; needed a recipe "
          "with average 1 and window-size 0");
  dsp::sound_config(o.recipe);
  require(o.recipe.rate_hz >= 1024, "rate is " +
                                        std::to_string(o.recipe.rate_hz) +
                                        " Hz, needed at least 1024");
  const double window_s = double(o.recipe.fft_size) / o.recipe.rate_hz;
  require(o.seconds >= window_s && o.seconds <= 3600,
          "seconds is " + std::to_string(o.seconds) + ", needed " +
              std::to_string(window_s) + " (one window) to 3600");
  for (const double p :
       {o.line_dropout, o.unknown_vessel, o.second_vessel, o.own_ship})
    require(p >= 0 && p <= 1,
            "a probability is " + std::to_string(p) + ", needed 0 to 1");
  require(o.speed_spread >= 0 && o.speed_spread <= 0.2,
          "speed spread is " + std::to_string(o.speed_spread) +
              ", needed 0 to 0.2 of the speed");
  require(o.second_shaft >= 0 && o.second_shaft <= 0.1,
          "second shaft is " + std::to_string(o.second_shaft) +
              ", needed 0 to 0.1 of the speed");
  require(std::isfinite(o.level_offset_db), "level offset is not finite");
}

// ------------------------------------------------------------ other sounds

static void add(const std::vector<double> &part, std::vector<double> &sum) {
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += part[i];
}

static int blocks(const SceneOptions &options) {
  return std::max(1, int(std::lround(options.seconds / kBlockSeconds)));
}

static void add(Sound part, Sound &sum) {
  add(part.wave, sum.wave);
  std::move(part.lines.begin(), part.lines.end(),
            std::back_inserter(sum.lines));
}

/* A fainter vessel of the library, of another class than the targets. */
static Sound hear_second_vessel(const std::vector<SceneVessel> &targets,
                                const Sea &sea, Random &rng) {
  std::vector<const synth::VesselClass *> others;
  for (const synth::VesselClass &v : synth::vessel_library())
    if (std::none_of(targets.begin(), targets.end(),
                     [&](const SceneVessel &t) { return t.label == v.name; }))
      others.push_back(&v);
  if (others.empty()) return {std::vector<double>(sea.count, 0.0), {}};
  const auto &vessel = *others[std::size_t(rng.below(int(others.size())))];
  synth::Passage passage;
  passage.speed_ratio = rng.normal(1, sea.options.speed_spread);
  passage.level_db = rng.uniform(-6, -2);
  return synth::hear_vessel(vessel, passage, sea, rng);
}

static Sound make_interference(const std::vector<SceneVessel> &targets,
                               const Sea &sea, std::uint64_t seed) {
  const SceneOptions &o = sea.options;
  Sound sound{std::vector<double>(sea.count, 0.0), {}};
  Random unknown(seed, kUnknown), second(seed, kSecond), tones(seed, kTones),
      whales(seed, kWhales), own_ship(seed, kOwnShip);
  if (unknown.chance(o.unknown_vessel)) {
    const synth::VesselClass vessel = synth::draw_unknown_vessel(unknown);
    add(synth::hear_vessel(vessel, {}, sea, unknown), sound);
  }
  if (second.chance(o.second_vessel))
    add(hear_second_vessel(targets, sea, second), sound);
  for (int left = tones.below(3); left > 0; --left) {
    const double hz = tones.log_uniform(20, 0.45 * o.recipe.rate_hz);
    const synth::VesselClass tone{
        "tone", 0, {{hz, tones.uniform(4, 13), synth::Family::kGenerator}}};
    add(synth::hear_vessel(tone, {}, sea, tones), sound);
  }
  for (int block = 0; block < blocks(o); ++block)
    for (int left = whales.below(4); left > 0; --left)
      synth::add_whale_call(sea, whales, sound.wave);
  if (own_ship.chance(o.own_ship))
    add(synth::hear_own_ship(sea, own_ship), sound);
  return sound;
}

/* Clicks: decaying bursts of white noise, 3 to 14 dB over the ambient around
 * 200 Hz in the column that holds them. No tones, so the truth ignores them. */
static void add_clicks(const Sea &sea, Random &rng, std::vector<double> &wave) {
  const Recipe &recipe = sea.options.recipe;
  const double half_window = recipe.fft_size / 4.0;  // coherent gain / 2
  for (int block = 0; block < blocks(sea.options); ++block)
    for (int left = rng.below(3); left > 0; --left) {
      const double decay = rng.log_uniform(0.002, 0.01) * recipe.rate_hz;
      const double bin_amplitude = sea.amplitude(200, rng.uniform(3, 14));
      const double peak = bin_amplitude * half_window / std::sqrt(decay / 2);
      const auto begin = std::size_t(rng.uniform() * double(sea.count));
      const auto length = std::size_t(8 * decay);
      for (std::size_t i = 0; i < length && begin + i < sea.count; ++i)
        wave[begin + i] += peak * std::exp(-double(i) / decay) * rng.normal();
    }
}

// ------------------------------------------------------------------ the truth

static Spectrum analyse(const std::vector<double> &wave, const Recipe &recipe) {
  dsp::Stft stft(dsp::stft_config(recipe));
  const std::vector<float> samples(wave.begin(), wave.end());
  stft.push(samples.data(), samples.size());

  Spectrum s;
  s.bins = std::size_t(recipe.height());
  s.columns = 1 + (samples.size() - std::size_t(recipe.fft_size)) /
                      std::size_t(recipe.hop_size);
  s.power.resize(s.bins * s.columns);
  std::vector<float> column(stft.bins());
  const auto first = std::size_t(recipe.first_bin());
  for (std::size_t t = 0; stft.pop(column.data()); ++t)
    for (std::size_t k = 0; k < s.bins; ++k)
      s.power[k * s.columns + t] = double(column[first + k]);
  return s;
}

static double local_peak(const Spectrum &s, std::size_t k, std::size_t t) {
  const long bins = long(s.bins), columns = long(s.columns);
  const long k0 = std::max(long(k) - kPeakBins, 0L);
  const long k1 = std::min(long(k) + kPeakBins, bins - 1);
  const long t0 = std::max(long(t) - kPeakColumns, 0L);
  const long t1 = std::min(long(t) + kPeakColumns, columns - 1);
  double peak = 0;
  for (long i = k0; i <= k1; ++i)
    for (long j = t0; j <= t1; ++j)
      peak = std::max(peak, s.at(std::size_t(i), std::size_t(j)));
  return peak;
}

static std::int8_t round_down(double db) {
  return std::int8_t(std::floor(std::clamp(db, -128.0, 127.0)));
}

static metrics::Truth make_truth(const Spectrum &target, const Spectrum &other,
                                 const std::vector<double> &ambient) {
  const std::size_t h = target.bins, w = target.columns;
  const mask::Binary none{h, w, std::vector<std::uint8_t>(h * w, 0)};
  metrics::Truth truth{none, none, none, std::vector<std::int8_t>(h * w)};
  const double near_peak = std::pow(10, -kLocalPeakDb / 10);
  for (std::size_t k = 0; k < h; ++k)
    for (std::size_t t = 0; t < w; ++t) {
      const std::size_t pixel = (h - 1 - k) * w + t;
      const double power = target.at(k, t);
      const double snr_db = 10 * std::log10(power / ambient[k]);  // -inf at 0
      const bool peak = power >= near_peak * local_peak(target, k, t);
      truth.snr_db[pixel] = round_down(snr_db);
      truth.target.values[pixel] = peak && snr_db >= 0;
      truth.weak.values[pixel] = peak && snr_db >= kWeakDb;
      truth.interferer.values[pixel] =
          10 * std::log10(other.at(k, t) / ambient[k]) >= kInterfererDb;
    }
  return truth;
}

// -------------------------------------------------------------------- the sum

static double root_mean_square(const std::vector<double> &x) {
  double sum = 0;
  for (const double v : x) sum += v * v;
  return std::sqrt(sum / double(x.size()));
}

/* Recordings come at any level: -32 to -22 dBFS, below full scale for sure. */
static double recording_gain(const std::vector<double> &x, Random &rng) {
  double peak = 0;
  for (const double v : x) peak = std::max(peak, std::fabs(v));
  const double wanted = std::pow(10, rng.uniform(-32, -22) / 20);
  return std::min(wanted / root_mean_square(x), kHighestPeak / peak);
}

static std::vector<float> scaled(const std::vector<double> &x, double gain) {
  std::vector<float> y(x.size());
  std::transform(x.begin(), x.end(), y.begin(),
                 [gain](double v) { return float(gain * v); });
  return y;
}

static std::uint64_t seed_of(const std::string &label, std::uint64_t seed) {
  std::uint64_t h = synth::mix(seed);
  for (const char c : label) h = synth::mix(h ^ std::uint64_t(c));
  return h;
}

/* The vessels of a label, each at a speed of its own. */
static std::vector<SceneVessel> draw_targets(const metrics::LabelSet &labels,
                                             const SceneOptions &options,
                                             std::uint64_t seed) {
  std::vector<SceneVessel> targets;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    synth::find_vessel(labels[i]);
    Random speed(seed, i ? kTargets + 2 * i : kSpeed), shaft(seed, kShaft + i);
    SceneVessel target{labels[i], speed.normal(1, options.speed_spread), 1};
    target.shaft_ratio +=
        shaft.uniform(-options.second_shaft, options.second_shaft);
    targets.push_back(target);
  }
  return targets;
}

static Sound hear_targets(const std::vector<SceneVessel> &targets,
                          const Sea &sea, std::uint64_t seed) {
  Sound all{std::vector<double>(sea.count, 0.0), {}};
  for (std::size_t i = 0; i < targets.size(); ++i) {
    Random own(seed, i ? kTargets + 2 * i + 1 : kTarget);
    add(synth::hear_vessel(
            synth::find_vessel(targets[i].label),
            {targets[i].speed_ratio, sea.options.level_offset_db,
             targets[i].shaft_ratio, sea.options.independent_wander},
            sea, own),
        all);
  }
  return all;
}

SynthScene make_scene(const std::string &label, const SceneOptions &options) {
  const metrics::LabelSet labels = metrics::parse_label_set(label);
  if (labels.empty()) synth::find_vessel(label);  // says what is needed
  check(options);
  const Recipe &recipe = options.recipe;
  const std::uint64_t seed = seed_of(metrics::text(labels), options.seed);
  const auto count = std::size_t(std::lround(options.seconds * recipe.rate_hz));

  Random noise(seed, kAmbient), clicks(seed, kClicks), level(seed, kLevel);
  SynthScene scene;
  scene.label =
      metrics::text(options.target_present ? labels : metrics::LabelSet{});
  scene.vessels = draw_targets(labels, options, seed);

  const SceneVessel &nearest = scene.vessels.front();
  Ambient ambient = synth::make_ambient(
      recipe, count,
      synth::find_vessel(nearest.label).blade_hz * nearest.speed_ratio, noise);
  const Sea sea{options, count, ambient.bin_power};
  Sound target{std::vector<double>(count, 0.0), {}};
  if (options.target_present) target = hear_targets(scene.vessels, sea, seed);
  Sound other = make_interference(scene.vessels, sea, seed);

  const std::vector<double> in_band(
      ambient.bin_power.begin() + recipe.first_bin(), ambient.bin_power.end());
  scene.truth = make_truth(analyse(target.wave, recipe),
                           analyse(other.wave, recipe), in_band);
  scene.lines = std::move(target.lines);
  scene.other_lines = std::move(other.lines);

  std::vector<double> sum = std::move(ambient.samples);
  add_clicks(sea, clicks, sum);
  add(other.wave, sum);
  add(target.wave, sum);
  const double gain = recording_gain(sum, level);
  scene.samples = scaled(sum, gain);
  scene.target_wave = scaled(target.wave, gain);
  return scene;
}

}  // namespace sonar::models
