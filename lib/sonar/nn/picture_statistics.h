/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "sonar/nn/network.h"

namespace sonar::nn {

/** Modulation frequencies of a picture of W columns, in cycles a picture:
 *  (W/4, W/2], (W/8, W/4], ... and the rest, five at most. */
std::vector<std::pair<std::size_t, std::size_t>> modulation_octaves(
    std::size_t width);

/**
 * What a picture is like as a whole, whatever happens when: a vector of
 * statistics that a linear head classifies (docs/method.md section 2.3).
 *
 *   per row         mean over time of the value, dB over background
 *   per row         its standard deviation, dB
 *   16 bands        logarithm of the matrix of correlations over time between
 *                   the bands' levels, its upper triangle with the off-diagonal
 *                   times sqrt(2) (log-Euclidean: Arsigny et al. 2006)
 *   16 bands        modulation spectrum of the level: log of the mean magnitude
 *                   in up to five octaves of modulation frequency
 *
 * A band's level is 10 log10 of the mean power of its rows, from the network's
 * second input channel (the first where there is one only). Correlations are
 * damped for bands that hardly change: 0.5 dB beside each standard deviation,
 * 0.1 of the mean variance on the diagonal. models/statistics.h has the same
 * on tensors.
 */
class PictureStatistics {
 public:
  /** Of make_input()'s pictures of @p input: 16 and more rows, 8 and more
   *  columns, 1 or 2 channels. */
  explicit PictureStatistics(const Shape &input);

  std::size_t size() const noexcept;
  /** @p x: channels x height x width, finite. @p out: size() floats. */
  void operator()(const float *x, float *out) const;

 private:
  std::vector<float> band_levels(const float *x) const;
  void modulation(const std::vector<float> &levels, float *out) const;

  Shape input_;
  /** Modulation frequencies in cycles a picture less 1, [from, to). */
  std::vector<std::pair<std::size_t, std::size_t>> octaves_;
  std::vector<float> waves_;  ///< (cosines, then sines) x width, windowed
};

}  // namespace sonar::nn
