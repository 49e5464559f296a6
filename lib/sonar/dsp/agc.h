/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <vector>

#include "sonar/core/recipe.h"

namespace sonar::dsp {

/**
 * Automatic gain control of columns in dB: what it takes from the values it
 * adds to their background, so that value + background stays the level.
 *
 * column: a column's median value. band: each row's running mean power with
 * the time constant agc_time_s, which at a stream's start is the mean of what
 * has come. Columns of digital silence read 0 and are not learnt from.
 */
class GainControl {
 public:
  /** @p recipe's agc is not kNone. */
  explicit GainControl(const Recipe &recipe);

  /** recipe.height() values of the next column each. */
  void apply(float *value_db, float *background_db);
  void reset();

 private:
  void take_median(const float *value_db);
  void take_means(const float *value_db);

  std::size_t rows_;
  bool by_band_;
  double weight_;       // of a new column once enough have come
  double columns_ = 0;  // that have come
  std::vector<double> mean_;
  std::vector<float> gain_, sorted_;
};

}  // namespace sonar::dsp
