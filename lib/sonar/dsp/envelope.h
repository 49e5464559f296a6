/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace sonar::dsp {

struct EnvelopeConfig {
  double rate_hz = 16000.0;
  double min_frequency_hz = 50.0;    ///< lower edge of the band, above 0
  double max_frequency_hz = 5000.0;  ///< upper edge; clipped below Nyquist
  std::size_t sub_bands = 1;  ///< of equal ratio, each with its own envelope
  std::size_t factor = 1;     ///< decimation to the analysis rate
  /** The root of the low-passed square instead of the magnitude. */
  bool square_law = false;
};

/** sub_bands + 1 edges in Hz, lowest first, as the filters have them. */
std::vector<double> envelope_edges_hz(const EnvelopeConfig &config);

/**
 * Envelope of a band of noise, and of its sub-bands: what a propeller
 * modulates (Lourens and du Preez 1998).
 *
 * A linear-phase filter (80 dB, 6 dB down at the band's edges) makes the band's
 * analytic signal in blocks (overlap-save); its magnitude, the Hilbert
 * envelope, is low-passed and decimated. Square law decimates the squared
 * magnitude, which is twice the low-passed square of the band, and takes the
 * root. Either way a carrier A (1 + m cos) reads A (1 + m cos), and envelope
 * sample k is centred on input sample k * factor. Zeros lie before and behind
 * the stream.
 *
 * Results are bit-identical for any cut of the samples.
 * Throws:  Error(kBadArgument) from the constructor when config is invalid;
 *          Error(kNumeric) from push() as Stft does, nothing of that push is
 *          taken.
 */
class EnvelopeDetector {
 public:
  explicit EnvelopeDetector(const EnvelopeConfig &config);
  ~EnvelopeDetector();
  EnvelopeDetector(EnvelopeDetector &&) noexcept;
  EnvelopeDetector &operator=(EnvelopeDetector &&) noexcept;

  /** One envelope a sub-band, lowest band first. */
  using Envelopes = std::vector<std::vector<float>>;

  std::size_t sub_bands() const noexcept;
  /** Envelope sample k is there once input sample
   *  k * factor + delay_samples() is, if not before. */
  std::size_t delay_samples() const noexcept;

  /** Appends what is complete now to each of the sub_bands() of @p out. */
  void push(const float *samples, std::size_t count, Envelopes &out);
  /** No more samples will come: appends the rest, ceil(n / factor) envelope
   *  samples in all for n samples. Then the detector is as new. */
  void drain(Envelopes &out);
  /** Forgets every sample; the next one is sample 0. */
  void reset();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sonar::dsp
