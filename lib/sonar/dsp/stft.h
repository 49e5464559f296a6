/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "sonar/core/recipe.h"
#include "sonar/dsp/finite.h"

namespace sonar::dsp {

struct StftConfig {
  std::size_t fft_size = 2048;  ///< samples; even, at least 16
  std::size_t hop_size = 512;   ///< samples; 1 to the window's
  Window window = Window::kHann;
  std::size_t window_size = 0;  ///< samples, zeros follow; 0: fft_size
  double kaiser_beta = 8.6;     ///< of Window::kKaiser
  Detrend detrend = Detrend::kNone;

  std::size_t window_samples() const noexcept {
    return window_size ? window_size : fft_size;
  }
};

/** The transform of a recipe's analysis samples. */
StftConfig stft_config(const Recipe &recipe);

/**
 * Streaming power spectrum of a real signal (the DFT is the paper's Eq. 1).
 *
 * Column t covers samples [t * hop_size, t * hop_size + window_samples()).
 * What detrend names is taken from each window. Powers are
 * divided by the window's coherent gain so that a bin-centred tone
 * A * cos reads A^2 (A = 1, a full-scale sine, is 0 dBFS).
 *
 * Results are bit-identical however the samples are cut into push() calls.
 * Throws:  Error(kBadArgument) from the constructor when config is invalid;
 *          Error(kNumeric) from push() at the first NaN, infinity or sample
 *          beyond kLargestSample, naming its index; nothing of that push is
 *          taken.
 * Threads: one instance per thread; FFTW's planner is serialised internally.
 */
class Stft {
 public:
  explicit Stft(const StftConfig &config);
  ~Stft();
  Stft(Stft &&) noexcept;
  Stft &operator=(Stft &&) noexcept;

  std::size_t bins() const noexcept;  ///< fft_size / 2 + 1

  void push(const float *samples, std::size_t count);
  /** Writes bins() powers to @p power, DC first; false when a window is not
   *  full yet. */
  bool pop(float *power);
  /** Forgets every sample; the next one is sample 0. */
  void reset();
  /** Samples pushed and not yet passed over by a whole hop. */
  std::size_t pending() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sonar::dsp
