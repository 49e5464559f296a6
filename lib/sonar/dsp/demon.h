/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <memory>

#include "sonar/dsp/envelope.h"
#include "sonar/dsp/stft.h"

namespace sonar::dsp {

struct DemonConfig {
  EnvelopeConfig envelope;
  StftConfig stft;  ///< sizes in envelope samples (after decimation)
};

/**
 * Streaming DEMON spectrum (detection of envelope modulation on noise, Nielsen
 * 1991): the power spectrum of the envelope of a band of noise.
 *
 * Column t covers input samples from t * hop_size * factor on, as many as the
 * window has times the factor. With one band a carrier of amplitude A that is
 * modulated to the depth m by a bin-centred tone reads (m A)^2 there, as Stft
 * reads A^2 for a tone of amplitude A.
 *
 * Several sub-bands: what a propeller modulates differs from band to band
 * (Clark, Kirsteins and Atlas 2010; Pollara, Sutin and Salloum 2016), and the
 * envelope of all of them together is that of the loudest. Each band's
 * spectrum is divided by its own background (running median over frequency of
 * its mean over the last columns), bands are averaged by how much of their
 * spectrum's variance lines make up, and the mean is put back on the average
 * of the backgrounds, weighted alike.
 *
 * Results are bit-identical for any cut of the samples.
 * Throws:  as Stft and EnvelopeDetector do; Error(kBadArgument) from push()
 *          after drain().
 */
class Demon {
 public:
  explicit Demon(const DemonConfig &config);
  ~Demon();
  Demon(Demon &&) noexcept;
  Demon &operator=(Demon &&) noexcept;

  std::size_t bins() const noexcept;  ///< fft_size / 2 + 1
  /** Input samples behind a column's last one that it needs at most. */
  std::size_t delay_samples() const noexcept;

  void push(const float *samples, std::size_t count);
  /** Writes bins() powers to @p power, DC first; false when a window is not
   *  full yet. */
  bool pop(float *power);
  /** No more samples: the filters' delay is filled with zeros, so that every
   *  window that the samples fill pops. */
  void drain();
  /** Forgets every sample; the next one is sample 0. */
  void reset();
  /** Envelope samples not yet passed over by a whole hop. */
  std::size_t pending() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sonar::dsp
