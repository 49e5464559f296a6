/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <vector>

#include "models/synth/random.h"
#include "sonar/core/recipe.h"

namespace sonar::models::synth {

/** Sea noise whose mean power in every bin is known without measuring it. */
struct Ambient {
  std::vector<double> samples;
  /** Expected power of dsp::Stft, bins 0 to fft_size / 2: the design spectrum
   *  of noise and cavitation seen through the recipe's window. */
  std::vector<double> bin_power;
};

/**
 * Noise of -17 +- 2 dB a decade with a shipping hump, and cavitation noise
 * modulated at @p blade_hz. White noise is filtered; the modulation comes
 * before the filter, so that the time's mean spectrum is the filter's exactly.
 */
Ambient make_ambient(const Recipe &recipe, std::size_t count, double blade_hz,
                     Random &rng);

}  // namespace sonar::models::synth
