/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <string>
#include <vector>

namespace sonar::models {

/** Mean power spectrum of a recording's envelope (Welch), DC first. */
struct DemonSpectrum {
  double bin_hz = 0;
  std::vector<float> power;
};

struct DemonOptions {
  int rate_hz = 16000;               ///< the recording is brought to it
  double min_frequency_hz = 50.0;    ///< band that is demodulated
  double max_frequency_hz = 5000.0;  ///< "
  int sub_bands = 1;
  bool square_law = false;
  double resolution_hz = 0.1;  ///< 1 / window; the recording's where shorter
  double highest_hz = 50.0;    ///< that the spectrum must hold undistorted
};

/** Windows are Hann's, half over each other. Throws Error(kBadArgument) below
 *  two seconds of samples, and as dsp::Demon does. */
DemonSpectrum demon_spectrum(const std::vector<float> &samples,
                             const DemonOptions &options);

}  // namespace sonar::models
