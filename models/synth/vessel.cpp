/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/synth/vessel.h"

#include <algorithm>

#include "sonar/core/error.h"

namespace sonar::models::synth {

/* Envelopes and drifts change slowly: they are drawn at this rate and
 * interpolated. */
static constexpr double kControlHz = 64;
static constexpr double kSoundSpeed = 1500;    // m/s
static constexpr double kHighestLine = 0.49;   // of the rate: never aliased
static constexpr double kComesAndGoes = 0.35;  // probability, a line
static constexpr double kRecordingSdDb = 1.5;  // of all lines together
static constexpr double kLineSdDb = 3.8;       // of each line
static constexpr double kFadingSdDb = 1.2;
static constexpr double kFadingSeconds = 2.5;

namespace {

/** A slow quantity at kControlHz, read at any time. */
struct Track {
  std::vector<double> points;

  double at(double seconds) const {
    const double x = seconds * kControlHz;
    const auto i = std::size_t(x);
    const double part = x - double(i);
    return points[i] + part * (points[i + 1] - points[i]);
  }
};

}  // namespace

static const char *nick(Family family) noexcept {
  switch (family) {
    case Family::kEngine:
      return "engine";
    case Family::kGenerator:
      return "generator";
    case Family::kGear:
      break;
  }
  return "gear";
}

// ---------------------------------------------------------------- the library

/* Orders of a firing rate with the level of each. */
static void add_orders(VesselClass &vessel, double rate_hz, Family family,
                       const std::vector<std::pair<double, double>> &orders) {
  for (const auto &[order, snr_db] : orders)
    vessel.lines.push_back({rate_hz * order, snr_db, family});
}

/* A gear's mesh line with one sideband on either side. */
static void add_gear(VesselClass &vessel, double mesh_hz, double spacing_hz,
                     double snr_db) {
  vessel.lines.push_back({mesh_hz, snr_db, Family::kGear});
  vessel.lines.push_back({mesh_hz - spacing_hz, snr_db - 3, Family::kGear});
  vessel.lines.push_back({mesh_hz + spacing_hz, snr_db - 4, Family::kGear});
}

static VesselClass make_cargo() {  // medium-speed diesel, 9 cylinders, 510/min
  VesselClass v{"cargo", 8.5, {}};
  add_orders(v, 38.25, Family::kEngine,
             {{1, 7}, {2, 8}, {3, 5.5}, {4, 6.5}, {5, 3.5}, {6, 5}, {8, 3}});
  add_orders(v, 60, Family::kGenerator, {{1, 5}, {2, 6}, {4, 3.5}, {6, 2}});
  add_gear(v, 272, 17, 5.5);
  return v;
}

static VesselClass make_ferry() {  // two fast diesels, half orders
  VesselClass v{"ferry", 11, {}};
  add_orders(v, 56, Family::kEngine,
             {{0.5, 5}, {1, 8}, {1.5, 4}, {2, 7}, {3, 5}, {4, 6}, {5, 3.5}});
  add_orders(v, 50, Family::kGenerator,
             {{1, 4}, {2, 6.5}, {3, 4}, {4, 4.5}, {6, 3}});
  add_gear(v, 352, 22, 6);
  return v;
}

static VesselClass make_outboard() {  // V6 at 1,560/min, no generator
  VesselClass v{"outboard", 26, {}};
  add_orders(v, 78, Family::kEngine,
             {{0.5, 4},
              {1, 8},
              {1.5, 4.5},
              {2, 8},
              {2.5, 3.5},
              {3, 7},
              {3.5, 3},
              {4, 6},
              {5, 5},
              {6, 4}});
  add_gear(v, 430, 13, 5.5);
  return v;
}

static VesselClass make_tanker() {  // slow two-stroke, 9 cylinders, 107/min
  VesselClass v{"tanker", 7.2, {}};
  add_orders(v, 16.1, Family::kEngine,
             {{1, 6}, {2, 7.5}, {3, 6.5}, {5, 5}, {6, 5}, {8, 4}, {12, 3}});
  add_orders(v, 60, Family::kGenerator,
             {{1, 6}, {2, 6.5}, {3, 4.5}, {4, 4.5}, {5, 2.5}});
  add_gear(v, 215, 14, 5.5);  // cargo pump
  return v;
}

static VesselClass make_trawler() {  // four-stroke, 6 cylinders, 860/min
  VesselClass v{"trawler", 9.5, {}};
  add_orders(v, 43, Family::kEngine,
             {{0.5, 5}, {1, 8}, {1.5, 4}, {2, 7}, {3, 6}, {4, 5}, {6, 4}});
  add_orders(v, 50, Family::kGenerator,
             {{1, 4.5}, {2, 5.5}, {3, 3.5}, {5, 3}, {7, 3}});
  add_gear(v, 308, 18, 6);
  return v;
}

const std::vector<VesselClass> &vessel_library() {
  static const std::vector<VesselClass> library = {
      make_cargo(), make_ferry(), make_outboard(), make_tanker(),
      make_trawler()};
  return library;
}

const VesselClass &find_vessel(const std::string &name) {
  std::string known;
  for (const VesselClass &v : vessel_library()) {
    if (v.name == name) return v;
    known += (known.empty() ? "" : ", ") + v.name;
  }
  throw Error(Errc::kBadArgument, "cannot make a scene of the class \"" + name +
                                      "\": needed one of " + known);
}

VesselClass draw_unknown_vessel(Random &rng) {
  VesselClass v{"unknown", rng.uniform(4, 14), {}};
  const double firing_hz = rng.log_uniform(9, 80), snr_db = rng.normal(5.5, 2);
  const int orders = 4 + rng.below(6);
  for (int order = 1; order <= 14 && int(v.lines.size()) < orders; ++order)
    if (firing_hz * order < 480 && rng.chance(0.7))
      v.lines.push_back({firing_hz * order, snr_db, Family::kEngine});
  if (rng.chance(0.4)) {
    const double mains_hz = rng.chance(0.5) ? 50 : 60;
    for (int order = 1; order <= 3; ++order)
      v.lines.push_back({mains_hz * order, snr_db, Family::kGenerator});
  }
  return v;
}

// ------------------------------------------------------------------- hearing

double Sea::amplitude(double frequency_hz, double snr_db) const {
  const double bin = frequency_hz / options.recipe.bin_hz();
  const auto nearest = std::min(std::size_t(bin + 0.5), bin_power.size() - 1);
  return std::sqrt(bin_power[nearest] * std::pow(10, snr_db / 10));
}

static std::size_t control_points(const Sea &sea) {
  return std::size_t(double(sea.count) / sea.options.recipe.rate_hz *
                     kControlHz) +
         2;
}

/* Ornstein-Uhlenbeck: wanders about 0 and forgets within tau_seconds. */
static Track wander(std::size_t points, double sd, double tau_seconds,
                    Random &rng) {
  const double keep = std::exp(-1 / (kControlHz * tau_seconds));
  const double drive = sd * std::sqrt(1 - keep * keep);
  Track track;
  double value = sd * rng.normal();
  for (std::size_t i = 0; i < points; ++i) {
    track.points.push_back(value);
    value = keep * value + drive * rng.normal();
  }
  return track;
}

/* 1 while the line sounds, 0 while not, raised-cosine ramps in between. */
static Track comings_and_goings(std::size_t points, Random &rng) {
  Track track;
  bool on = rng.chance(0.65);
  double next_s = rng.uniform(1, 6), ramp_s = 1, change_s = -ramp_s;
  for (std::size_t i = 0; i < points; ++i) {
    const double t = double(i) / kControlHz;
    if (t >= next_s) {
      on = !on;
      change_s = next_s;
      ramp_s = rng.uniform(0.4, 1.0);
      next_s += on ? rng.uniform(3, 9) : rng.uniform(1.5, 6);
    }
    const double part = std::min((t - change_s) / ramp_s, 1.0);
    const double risen = 0.5 - 0.5 * std::cos(M_PI * part);
    track.points.push_back(on ? risen : 1 - risen);
  }
  return track;
}

/* Received over sent frequency of a vessel on a straight course past the
 * hydrophone. */
static Track doppler(std::size_t points, Random &rng) {
  const double speed = rng.uniform(2, 6), distance = rng.uniform(100, 600);
  const double seconds = double(points) / kControlHz;
  const double closest_s = rng.uniform(-15, seconds + 15);
  Track track;
  for (std::size_t i = 0; i < points; ++i) {
    const double along = speed * (double(i) / kControlHz - closest_s);
    const double receding = speed * along / std::hypot(distance, along);
    track.points.push_back(1 - receding / kSoundSpeed);
  }
  return track;
}

/* Seconds of the sender's clock at every sample: the phase of a line is its
 * frequency times this, so all lines of a source bend together. */
static std::vector<double> clock(const Track &doppler, const Track &wander,
                                 const Sea &sea) {
  const double rate = sea.options.recipe.rate_hz;
  std::vector<double> seconds(sea.count);
  double now = 0;
  for (std::size_t i = 0; i < sea.count; ++i) {
    seconds[i] = now;
    const double t = double(i) / rate;
    now += doppler.at(t) * (1 + wander.at(t)) / rate;
  }
  return seconds;
}

namespace {

struct Envelope {
  Track amplitude;   ///< relative to the line's own level
  double median_db;  ///< while it sounds
};

}  // namespace

static Envelope draw_envelope(std::size_t points, Random &rng) {
  const Track fading = wander(points, kFadingSdDb, kFadingSeconds, rng);
  const double depth = rng.uniform(0, 0.35), phase = rng.uniform(0, 2 * M_PI);
  const double step = 2 * M_PI * rng.log_uniform(0.3, 3) / kControlHz;
  const bool goes = rng.chance(kComesAndGoes);
  const Track gate = goes ? comings_and_goings(points, rng) : Track{};

  Envelope envelope;
  std::vector<double> sounding;
  for (std::size_t i = 0; i < points; ++i) {
    const double a = std::pow(10, fading.points[i] / 20) *
                     (1 + depth * std::cos(step * double(i) + phase));
    const double open = goes ? gate.points[i] : 1;
    envelope.amplitude.points.push_back(a * open);
    if (open >= 0.5) sounding.push_back(a);
  }
  envelope.median_db = -200;  // a line that never sounds in a short scene
  if (!sounding.empty()) {
    const auto middle = sounding.begin() + std::ptrdiff_t(sounding.size() / 2);
    std::nth_element(sounding.begin(), middle, sounding.end());
    envelope.median_db = 20 * std::log10(*middle);
  }
  return envelope;
}

static void add_tone(const std::vector<double> &clock, double frequency_hz,
                     double amplitude, double phase, const Envelope &envelope,
                     double rate, std::vector<double> &wave) {
  for (std::size_t i = 0; i < wave.size(); ++i) {
    const double cycles = frequency_hz * clock[i] + phase;
    wave[i] += amplitude * envelope.amplitude.at(double(i) / rate) *
               std::cos(2 * M_PI * (cycles - std::floor(cycles)));
  }
}

/* Where a line is and how loud, column by column. */
static void trace(const std::vector<double> &clock, const Envelope &envelope,
                  const Sea &sea, double line_hz, double snr_db,
                  SceneLine &line) {
  const Recipe &recipe = sea.options.recipe;
  const auto size = std::size_t(recipe.fft_size);
  for (std::size_t begin = 0; begin + size <= sea.count;
       begin += std::size_t(recipe.hop_size)) {
    const std::size_t middle = begin + size / 2;
    const double rate = double(recipe.rate_hz);
    const double amplitude =
        std::fabs(envelope.amplitude.at(double(middle) / rate));
    line.column_hz.push_back(
        float(line_hz * (clock[middle] - clock[middle - 1]) * rate));
    line.column_snr_db.push_back(
        float(snr_db + 20 * std::log10(std::max(amplitude, 1e-10))));
  }
}

/* The sender's clock of each family of lines, or of each line. */
class Clocks {
 public:
  Clocks(bool independent, const Sea &sea, Random &rng)
      : independent_(independent), sea_(sea), points_(control_points(sea)) {
    const Track bend = doppler(points_, rng);
    engine_ = clock(bend, wander(points_, kEngineWander, 5, rng), sea);
    generator_ = clock(bend, wander(points_, kGeneratorWander, 5, rng), sea);
  }

  /* A copy of the scene's randomness: what is drawn after stays the same. */
  std::vector<double> of(bool fixed, Random rng) const {
    if (!independent_) return fixed ? generator_ : engine_;
    const Track bend = doppler(points_, rng);
    const double sd = fixed ? kGeneratorWander : kEngineWander;
    return clock(bend, wander(points_, sd, 5, rng), sea_);
  }

 private:
  static constexpr double kEngineWander = 8e-4, kGeneratorWander = 2e-4;

  bool independent_;
  const Sea &sea_;
  std::size_t points_;
  std::vector<double> engine_, generator_;
};

Sound hear_vessel(const VesselClass &vessel, const Passage &passage,
                  const Sea &sea, Random &rng) {
  const double rate = sea.options.recipe.rate_hz;
  const std::size_t points = control_points(sea);
  const Clocks clocks(passage.independent_wander, sea, rng);
  const double governor = rng.normal(1, 1e-3);
  const double level_db = passage.level_db + rng.normal(0, kRecordingSdDb);

  Sound sound;
  sound.wave.assign(sea.count, 0.0);
  std::size_t on_shafts = 0;
  for (const VesselLine &line : vessel.lines) {
    const bool fixed = line.family == Family::kGenerator;
    double hz = line.frequency_hz * (fixed ? governor : passage.speed_ratio);
    if (!fixed && on_shafts++ % 2 == 1) hz *= passage.shaft_ratio;
    const double snr_db = line.snr_db + level_db + rng.normal(0, kLineSdDb);
    const double phase = rng.uniform();
    const bool absent = rng.chance(sea.options.line_dropout);
    const Envelope envelope = draw_envelope(points, rng);
    if (absent || hz > kHighestLine * rate) continue;
    const std::vector<double> own_clock = clocks.of(fixed, rng);
    add_tone(own_clock, hz, sea.amplitude(hz, snr_db), phase, envelope, rate,
             sound.wave);
    if (envelope.median_db <= -200) continue;
    sound.lines.push_back({hz,
                           snr_db + envelope.median_db,
                           nick(line.family),
                           vessel.name,
                           {},
                           {}});
    trace(own_clock, envelope, sea, hz, snr_db, sound.lines.back());
  }
  std::sort(sound.lines.begin(), sound.lines.end(),
            [](const SceneLine &a, const SceneLine &b) {
              return a.frequency_hz < b.frequency_hz;
            });
  return sound;
}

Sound hear_own_ship(const Sea &sea, Random &rng) {
  const double rate = sea.options.recipe.rate_hz;
  const std::size_t columns =
      1 + (sea.count - std::size_t(sea.options.recipe.fft_size)) /
              std::size_t(sea.options.recipe.hop_size);
  Sound sound{std::vector<double>(sea.count, 0.0), {}};
  for (const double hz : {84.0, 176.0, 236.0, 300.0, 444.0}) {
    const double snr_db = rng.normal(6, 2);
    const double amplitude = sea.amplitude(hz, snr_db);
    const double phase = 2 * M_PI * rng.uniform();
    for (std::size_t i = 0; i < sea.count; ++i)
      sound.wave[i] +=
          amplitude * std::cos(2 * M_PI * hz * double(i) / rate + phase);
    sound.lines.push_back({hz, snr_db, "own ship", "own ship",
                           std::vector<float>(columns, float(hz)),
                           std::vector<float>(columns, float(snr_db))});
  }
  return sound;
}

void add_whale_call(const Sea &sea, Random &rng, std::vector<double> &wave) {
  const double rate = sea.options.recipe.rate_hz;
  const double seconds = rng.uniform(0.5, 2.5);
  const double from_hz = rng.log_uniform(70, 360);
  const double to_hz = from_hz * std::pow(2, rng.uniform(-0.6, 0.45));
  const double amplitude =
      sea.amplitude((from_hz + to_hz) / 2, rng.uniform(6, 13));
  const auto length = std::size_t(seconds * rate);
  const auto begin = std::size_t(rng.uniform() * double(sea.count));
  for (std::size_t i = 0; i < length && begin + i < sea.count; ++i) {
    const double t = double(i) / rate, part = t / seconds;
    const double cycles = t * (from_hz + (to_hz - from_hz) * part / 2);
    wave[begin + i] +=
        amplitude * std::sin(M_PI * part) * std::cos(2 * M_PI * cycles);
  }
}

}  // namespace sonar::models::synth
