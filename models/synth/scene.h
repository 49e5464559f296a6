/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sonar/core/recipe.h"
#include "sonar/metrics/truth_score.h"

namespace sonar::models {

/** How a hydrophone scene is drawn; the defaults are the shipped model's. */
struct SceneOptions {
  Recipe recipe;  ///< rate of the audio and grid of the truth (linear)
  double seconds = 16.125;
  double speed_spread = 0.01;   ///< sd of the engine speed, relative
  double line_dropout = 0.12;   ///< probability that a line is absent
  double level_offset_db = 0;   ///< on all lines of the target
  double unknown_vessel = 0.6;  ///< probabilities of the interferers
  double second_vessel = 0.35;
  bool target_present = true;  ///< false: none of the class' lines
  /** What breaks the assumptions that a method may make of a target. */
  bool independent_wander = false;  ///< each of its lines drifts by itself
  double second_shaft = 0;  ///< largest deviation of every second engine and
                            ///< gear line from the others' speed, relative
  double own_ship = 0;      ///< probability of the platform's own lines
  std::uint64_t seed = 0;
};

/** The recipe of the synthetic scenes: 1,024 Hz, Hann 256, hop 128, bins 1 to
 *  128, pictures of 128 columns. */
Recipe synthetic_recipe();

/** Names of the library's vessel classes, sorted. */
std::vector<std::string> scene_classes();

struct SceneLine {
  double frequency_hz;  ///< at the scene's own speed, before the Doppler bend
  double snr_db;        ///< median while it sounds, over the ambient of its bin
  std::string family;   ///< "engine", "generator", "gear"
  std::string vessel;   ///< its class
  /** As received, in the middle of each column; level as snr_db. */
  std::vector<float> column_hz, column_snr_db;
};

/** A target of a scene. */
struct SceneVessel {
  std::string label;
  double speed_ratio = 1;  ///< to its nominal speed
  double shaft_ratio = 1;  ///< of its second shaft to its first
};

struct SynthScene {
  std::string label;  ///< "cargo", "cargo+ferry", "none" without a target
  std::vector<float> samples;      ///< the recording, peak below 1
  std::vector<float> target_wave;  ///< the targets alone, same scale
  metrics::Truth truth;            ///< columns = frames of the recipe's STFT
  std::vector<SceneLine> lines;
  std::vector<SceneLine> other_lines;  ///< of the interferers; whales have none
  std::vector<SceneVessel> vessels;    ///< by label; also one that is left out
};

/**
 * One scene with exact truth: engine-firing harmonics, 50 / 60 Hz generator
 * families shared between classes, gear lines with sidebands; speed jitter,
 * wander, Doppler bend, fading, lines that drop out, come and go; coloured
 * ambient with a shipping hump, cavitation with blade-rate modulation, clicks;
 * unknown vessels, single tones, whale sweeps, a fainter vessel of the
 * library. @p label names a class of scene_classes(), or several
 * ("cargo+ferry") whose vessels are all targets: the truth is that of their
 * sum, the fainter vessel of another class. Engine and gear lines follow the
 * scene's speed, generator lines do not. A line that would lie above 0.49 of
 * the rate is left out.
 *
 * The truth comes from the parts before they are summed: the power of the
 * target's lines over the ambient's expected power in the bin, known from the
 * design spectrum of noise and cavitation (no clicks, no realisation). A target
 * pixel is also within 13 dB of the largest own-line power at most 3 bins and 1
 * column away.
 *
 * The same label, options and seed give the same samples to the bit.
 * Throws Error(kBadArgument) for an unknown label, a recipe that is not linear
 * or has a rate below 1,024 Hz, and options outside their domain.
 */
SynthScene make_scene(const std::string &label, const SceneOptions &options);

}  // namespace sonar::models
