/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <memory>

#include "sonar/core/recipe.h"

namespace sonar::dsp {

/**
 * Two-pass split-window background normaliser along frequency, streaming
 * over columns (Struzinski and Lowe 1984).
 *
 * Each column's background is estimated from the mean power of the
 * `tpsw_smooth` columns around it (fewer at the ends of the stream): in dB, a
 * robust polynomial trend over log frequency (order 1 on a linear axis, 2 on
 * a geometric one) is taken off, rows standing more than 3 dB (then 2 dB)
 * above the mean of their split window are replaced by that mean, the mean
 * over the split window is the background, and the trend is put back. The
 * window is reflected at the lowest and the highest row.
 *
 * A column of digital silence (every power 0) holds no signal to compare with
 * its background: its values are 0, like those of a column that does not
 * exist. A single row of power 0 in a column that has signal reads kSilenceDb.
 *
 * Column order: lowest frequency first. Looks ahead tpsw_smooth / 2 columns.
 */
class TpswNormalizer {
 public:
  explicit TpswNormalizer(const Recipe &recipe);
  ~TpswNormalizer();
  TpswNormalizer(TpswNormalizer &&) noexcept;
  TpswNormalizer &operator=(TpswNormalizer &&) noexcept;

  /** Appends recipe.height() powers. */
  void push(const float *power);
  /** Writes height() values of the next column, dB over background and the
   *  background's own dB; false when the look-ahead is not there yet. */
  bool pop(float *value_db, float *background_db);
  /** No more columns will come: the last ones pop without look-ahead. */
  void drain();
  void reset();
  int lookahead() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sonar::dsp
