/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <memory>

#include "sonar/core/recipe.h"

/* Estimates of a spectrum's background under its tonals. */
namespace sonar::dsp {

/** A column, lowest frequency first, in; the background of each row out. */
class Background {
 public:
  virtual ~Background() = default;
  /** Both recipe.height() long; never below kSilenceDb. */
  virtual void estimate(const float *power, float *background_db) = 0;
};

/**
 * Two-pass split window (Struzinski and Lowe 1984, Nielsen 1991): in dB, a
 * robust polynomial trend over log frequency (order 1 on a linear axis, 2 on
 * others) is taken off, rows standing more than normalizer_factor_db (then 2/3
 * of it) above the mean of their split window are replaced by that mean, the
 * mean over the split window is the background, and the trend is put back. The
 * window is reflected at the lowest and the highest row.
 */
std::unique_ptr<Background> make_tpsw(const Recipe &recipe);

/** The median power of the rows at most normalizer_half_width away, reflected
 *  at the ends; as long as less than half of them are tonals, those do not
 *  move it. */
std::unique_ptr<Background> make_running_median(const Recipe &recipe);

/** Order-truncated average (Struzinski and Lowe 1984): the mean of those powers
 *  around a row that lie at most normalizer_factor_db above their median. */
std::unique_ptr<Background> make_order_truncated_average(const Recipe &recipe);

}  // namespace sonar::dsp
