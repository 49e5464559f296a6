/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace sonar::dsp {

/** The pass band of a Decimator as a fraction of its output's Nyquist
 *  frequency; between the two the response falls to the stop band. */
constexpr double kPassBand = 0.8;
/** Largest factor of a Decimator. */
constexpr std::size_t kLargestDecimation = 4096;

/**
 * Low-pass filter and decimation of a stream by an integer factor.
 *
 * Pass band: 0 to kPassBand of the output's Nyquist frequency, flat within
 * 0.001 dB. Stop band: from the output's Nyquist frequency on, at least 100 dB
 * down, so that nothing aliases. Linear phase with the delay taken off: output
 * k is centred on input k * factor, with zeros before the first sample and,
 * after drain(), behind the last. Factor 1 passes the samples through.
 *
 * Large factors go through several stages, of which all but the last need only
 * keep the final band clean (Crochiere and Rabiner 1975); the filters are
 * Kaiser windows (Kaiser 1974). Results are bit-identical for any cut.
 *
 * Throws:  Error(kBadArgument) for a factor outside 1..kLargestDecimation;
 *          Error(kNumeric) from push() as Stft does, nothing of that push is
 *          taken.
 */
class Decimator {
 public:
  explicit Decimator(std::size_t factor);
  ~Decimator();
  Decimator(Decimator &&) noexcept;
  Decimator &operator=(Decimator &&) noexcept;

  std::size_t factor() const noexcept;
  /** How far output k looks ahead: it is there once input sample
   *  k * factor() + delay_samples() is. */
  std::size_t delay_samples() const noexcept;

  /** Appends the outputs that are complete now to @p out. */
  void push(const float *samples, std::size_t count, std::vector<float> &out);
  /** The same for samples that are known to be finite, of any size that float
   *  sums bear. */
  void push_finite(const float *samples, std::size_t count,
                   std::vector<float> &out);
  /** No more samples will come: appends the rest, ceil(n / factor()) outputs
   *  in all for n samples. Then the decimator is as new. */
  void drain(std::vector<float> &out);
  /** Forgets every sample; the next one is sample 0. */
  void reset();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sonar::dsp
