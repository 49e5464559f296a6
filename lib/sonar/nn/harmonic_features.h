/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <vector>

#include "sonar/core/recipe.h"
#include "sonar/nn/network.h"

namespace sonar::nn {

/**
 * What a spectrum of envelope modulation (DEMON) says of a propeller and its
 * engine, as a vector for a small network. Of a picture as make_input() gives
 * it in two channels, averaged over its columns, with e = value in dB over the
 * background less its median over the rows, not below 0, and l = level in dB:
 *
 *   16 bands   mean of l less its mean over all rows: the modulation's broad
 *              shape, whatever its level
 *   16 bands   mean of e; largest smoothed e: lines
 *   comb       the fundamental between 0.8 and 8 Hz whose first eight multiples
 *              stand out most (the shaft rate, or the blade rate): its
 *              logarithm, its score, e at its first twelve multiples
 *   lines      logarithm of the frequency of the largest smoothed e, log(1 +
 *              count) of lines above 3 and above 5 dB
 *
 * Bands are of equal ratio over the picture's rows. Smoothed: by 1/4, 1/2, 1/4
 * along frequency. The score is the mean of the first eight multiples plus 0.3
 * times the least of the first four: a half or a third of the true fundamental,
 * whose odd multiples are silent, falls behind it, and so do its multiples as
 * long as its lines grow weaker with frequency.
 */
class HarmonicFeatures {
 public:
  static constexpr std::size_t kBands = 16, kMultiples = 12;
  static constexpr std::size_t kSize = 3 * kBands + 2 + kMultiples + 3;

  /** Throws Error(kBadModel) unless the recipe's axis is linear and reaches
   *  from 0.8 Hz or below to 16 Hz or above in rows of 0.4 Hz or less. */
  explicit HarmonicFeatures(const Recipe &recipe);

  /** 2 channels x rows x columns. */
  Shape input() const noexcept { return input_; }
  /** @p input: input().size() floats; writes kSize values. */
  void compute(const float *input, float *out) const;

  /** A map a band (the picture's value there, 0 elsewhere), then one of the
   *  rows at the fundamental's multiples and one of all others. */
  Shape maps() const noexcept;
  /** Writes maps().size() values, all of them 0 to 1. */
  void make_maps(const float *input, float *out) const;

 private:
  /** Rows low to high; lines_db: e, smooth_db: e smoothed. */
  struct Spectrum {
    std::vector<float> level_db, lines_db, smooth_db;
  };
  struct Comb {
    double fundamental_hz = 0, score = 0;
  };
  Spectrum average(const float *input) const;
  Comb find_comb(const Spectrum &spectrum) const;
  double position(double hz) const { return (hz - lowest_hz_) / bin_hz_; }

  Shape input_;
  double lowest_hz_, bin_hz_;
  std::vector<std::size_t> band_of_;  ///< of each row, low to high
  std::vector<double> fundamentals_hz_;
};

}  // namespace sonar::nn
