/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <complex>
#include <cstddef>
#include <vector>

#include "sonar/dsp/stft.h"

namespace sonar::dsp {

/** The complex short-time spectrum of a whole signal. */
struct ComplexSpectrum {
  StftConfig config;
  std::size_t samples = 0;  ///< of the signal
  std::size_t columns = 0;
  /** [column][bin], DC first, fft_size / 2 + 1 bins, not scaled. */
  std::vector<std::complex<float>> values;

  std::size_t bins() const noexcept { return config.fft_size / 2 + 1; }
};

/** The transform of a recipe whose spectrum can be made sound again. Throws
 *  Error(kBadArgument) where the recipe demodulates or decimates. */
StftConfig sound_config(const Recipe &recipe);

/**
 * Column t covers samples [t * hop_size, t * hop_size + window_samples()) as
 * Stft's does, whose detrend is left out; there is none where they are not all
 * there. Throws Error(kBadArgument) as Stft().
 */
ComplexSpectrum analyse(const std::vector<float> &samples,
                        const StftConfig &config);

/**
 * The signal whose spectrum is nearest to a changed one: overlap-add under the
 * analysis window once more, divided by the sum of the squared windows (Griffin
 * and Lim 1984, Eq. 6). An unchanged spectrum gives the signal back.
 *
 * Where the windows sum to less than a thousandth of their most, at the edges,
 * nothing can be said and the sample is 0: compare interior samples only, a
 * window away from both ends.
 */
std::vector<float> resynthesise(const ComplexSpectrum &spectrum);

}  // namespace sonar::dsp
