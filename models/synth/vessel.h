/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "models/synth/random.h"
#include "models/synth/scene.h"

namespace sonar::models::synth {

/** Engine and gear lines follow the engine's speed, generator lines do not. */
enum class Family { kEngine, kGenerator, kGear };

struct VesselLine {
  double frequency_hz;  ///< at the nominal speed
  double snr_db;        ///< in a bin, of a typical recording
  Family family;
};

struct VesselClass {
  std::string name;
  double blade_hz;  ///< blade rate at the nominal speed
  std::vector<VesselLine> lines;
};

/** The library, sorted by name. */
const std::vector<VesselClass> &vessel_library();

/** Throws Error(kBadArgument) naming the library's classes. */
const VesselClass &find_vessel(const std::string &name);

/** A vessel outside the library: a drawn engine, at times with a generator. */
VesselClass draw_unknown_vessel(Random &rng);

/** What all the sounds of one scene share. */
struct Sea {
  const SceneOptions &options;
  std::size_t count;                     ///< samples
  const std::vector<double> &bin_power;  ///< ambient, bins 0 to fft_size / 2

  /** Amplitude of a tone @p snr_db over the ambient in its bin. */
  double amplitude(double frequency_hz, double snr_db) const;
};

/** One vessel as the hydrophone hears it. */
struct Sound {
  std::vector<double> wave;
  std::vector<SceneLine> lines;  ///< those that sound, by frequency
};

/** How a vessel passes. */
struct Passage {
  double speed_ratio = 1;  ///< to the nominal speed
  double level_db = 0;     ///< on all lines
  double shaft_ratio = 1;  ///< further factor of the second shaft's lines:
                           ///< every second engine line and gear line
  bool independent_wander = false;  ///< each line drifts and bends by itself
};

Sound hear_vessel(const VesselClass &vessel, const Passage &passage,
                  const Sea &sea, Random &rng);

/** Five lines of the platform that carries the hydrophone, at the same
 *  frequencies in every recording: neither Doppler nor fading. */
Sound hear_own_ship(const Sea &sea, Random &rng);

/** Adds one whale call, a gliding tone of one half to two and a half seconds.
 */
void add_whale_call(const Sea &sea, Random &rng, std::vector<double> &wave);

}  // namespace sonar::models::synth
