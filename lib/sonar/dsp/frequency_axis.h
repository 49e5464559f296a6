/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <vector>

#include "sonar/core/recipe.h"

namespace sonar::dsp {

/**
 * Gathers FFT bins into the rows of a recipe's frequency axis.
 *
 * Linear: one row per bin. Geometric: the mean power of the bins weighted by
 * their overlap with the band (bin k spans k -+ 1/2 bin); a band narrower than
 * a bin interpolates linearly at its centre.
 *
 * Columns run from the lowest frequency to the highest (pictures the other
 * way round: Spectrograph turns them over, and nothing else does).
 */
class AxisMap {
 public:
  explicit AxisMap(const Recipe &recipe);
  /** @p power: fft_size / 2 + 1 bins; @p column: recipe.height() powers. */
  void apply(const float *power, float *column) const;

 private:
  struct Row {
    int first_bin;
    int first_weight, count;
  };
  void add_row(double low, double high, double centre, int last_bin);

  int first_bin_, height_;
  std::vector<Row> rows_;  // empty on a linear axis: rows are bins
  std::vector<float> weights_;
};

/** The row of the picture that shows each of the fft_size / 2 + 1 bins, row 0
 *  the highest frequency; recipe.height() where none does. */
std::vector<std::size_t> rows_of_bins(const Recipe &recipe);

}  // namespace sonar::dsp
