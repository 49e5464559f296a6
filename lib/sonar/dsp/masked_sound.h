/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "sonar/core/image.h"

namespace sonar::dsp {

/** The analysis whose pixels have gains; all sizes in samples of the audio. */
struct SoundGrid {
  int rate_hz = 16000;
  std::int64_t window_samples = 2048;
  std::int64_t column_samples = 512;  ///< from one column to the next
  std::int64_t span_samples = 2048;   ///< that a column covers
  std::vector<double> row_edges_hz;   ///< rows + 1, highest first

  bool operator==(const SoundGrid &o) const {
    return rate_hz == o.rate_hz && window_samples == o.window_samples &&
           column_samples == o.column_samples &&
           span_samples == o.span_samples && row_edges_hz == o.row_edges_hz;
  }
};

/** How gains are followed. */
struct SoundGain {
  double floor_db = -40;  ///< least gain, 0 or less; -infinity: silence
  double attack_s = 0.02, release_s = 0.1;  ///< time constants, 0 or more
};

/** Window of the synthesis: the analysis', from 64 to 262,144 samples, a
 *  multiple of four. */
std::size_t synthesis_window(const SoundGrid &grid);

/** Samples from a sample's place in the stream to where MaskedSound gives it
 *  out, counted as pictures' new columns come; at most. @p wait: as
 *  ColumnGains::put() has it, or the columns that pictures share where those
 *  are fewer. */
std::int64_t sound_latency_samples(const SoundGrid &grid, std::int64_t wait);

/**
 * The sound of a masked spectrum: samples through a short-time Fourier
 * transform of their own, its bins times the gains of the pixels that they lie
 * in, back by weighted overlap-add (Crochiere 1980) with the phase they had.
 *
 * Periodic Hann windows before and behind, a quarter of a window apart, whose
 * products sum to 3/2 everywhere: a gain of 1 gives the samples back, the
 * first and the last too (zeros lie around them), within float rounding. Sample
 * n that comes out is sample n that went in. Gains are taken at the middle of
 * each window, linear in time between the centres of columns.
 *
 * Results are bit-identical however samples are cut. Memory is bounded by what
 * waits for its columns to settle. One instance per thread.
 */
class MaskedSound {
 public:
  /** @p first_sample: number of the first one, as columns count them: column 0
   *  begins at sample 0. @p complement: what is removed comes out instead:
   *  input less sound, so that both sum to the input to the rounding of a
   *  float. Throws Error(kBadArgument) on sizes below 1 or edges that do not
   *  fall. */
  MaskedSound(const SoundGrid &grid, std::int64_t first_sample,
              bool complement);
  ~MaskedSound();
  MaskedSound(MaskedSound &&) noexcept;
  MaskedSound &operator=(MaskedSound &&) noexcept;

  /** Of what has not come out yet. Throws Error(kBadArgument) on a positive
   *  floor and negative times. */
  void set(const SoundGain &gain);
  /** Throws Error(kNumeric) as Stft::push(). */
  void push(const float *samples, std::size_t count);
  /** As ColumnGains::put(). Throws Error(kBadArgument) when the gains have not
   *  as many rows as the grid. */
  void put(std::int64_t first_column, ColumnRange valid, const Image &gain,
           std::int64_t advance, std::int64_t wait);
  /** No more samples and pictures: the rest comes out. */
  void drain();
  /** Appends the samples that are ready to @p out. */
  void pop(std::vector<float> &out);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sonar::dsp
