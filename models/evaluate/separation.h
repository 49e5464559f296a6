/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <optional>
#include <vector>

#include "models/evaluate/recording.h"
#include "sonar/dsp/resynthesis.h"
#include "sonar/mask/threshold.h"

namespace sonar::models {

/**
 * How much nearer to the target alone a mask brings a recording: the gain in
 * SI-SDR from the recording to its masked spectrum, made a signal again.
 *
 * Both sides are whitened by the recording's own background (the recipe's
 * normaliser), or the loud low frequencies would decide alone; of the band only
 * what the picture shows counts, and of the samples those a window away from
 * both ends.
 */
class Separation {
 public:
  /** @p target: the target alone at the scale of the recording, as long as it.
   *  Throws Error(kBadArgument) when it is not. */
  Separation(const AnalysedRecording &recording,
             const std::vector<float> &target, const Recipe &recipe);

  /** dB; absent for a blank mask, a silent target and a recording of fewer than
   *  three windows. @p mask: height x columns. */
  std::optional<double> gain_db(const mask::Binary &mask) const;
  /** The same of a gain of the amplitude in each pixel, 0 to 1. */
  std::optional<double> gain_db(const Image &gain) const;

 private:
  dsp::ComplexSpectrum whitened(const std::vector<float> &samples,
                                const Image &background_db) const;
  std::optional<double> ratio_db(const std::vector<float> &estimate) const;

  dsp::StftConfig config_;
  std::vector<std::size_t> row_of_bin_;  ///< height where no row shows it
  std::size_t height_;
  dsp::ComplexSpectrum mixture_;
  std::vector<float> target_;
  std::optional<double> input_db_;
};

}  // namespace sonar::models
