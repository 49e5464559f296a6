/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <ATen/ATen.h>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace sonar::models {

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
 * 0.1 of the mean variance on the diagonal.
 */
class PictureStatistics {
 public:
  /** Of pictures of @p height (16 and more) rows x @p width (8 and more)
   *  columns in nn::make_input()'s @p channels. */
  PictureStatistics(std::int64_t height, std::int64_t width,
                    std::int64_t channels);

  std::int64_t size() const noexcept;
  /** From now on for pictures on @p device. */
  void to(const at::Device &device);
  /** @p x: N x channels x height x width. Gives N x size(). */
  at::Tensor operator()(const at::Tensor &x) const;

 private:
  at::Tensor band_levels(const at::Tensor &x) const;
  at::Tensor modulation(const at::Tensor &levels) const;

  std::int64_t height_, channels_;
  /** Modulation frequencies in cycles a picture, (from, to]. */
  std::vector<std::pair<std::size_t, std::size_t>> octaves_;
  at::Tensor cosines_, sines_;  ///< width x width / 2, windowed
};

}  // namespace sonar::models
