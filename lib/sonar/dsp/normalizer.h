/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <memory>

#include "sonar/core/recipe.h"

namespace sonar::dsp {

/**
 * Background normaliser along frequency, streaming over columns: recipe's
 * `normalizer` says how (dsp/background.h).
 *
 * Each column's background is estimated from the mean power of the
 * `normalizer_smooth` columns around it (fewer at the ends of the stream).
 *
 * A column of digital silence (every power 0) holds no signal to compare with
 * its background: its values are 0, like those of a column that does not
 * exist. A single row of power 0 in a column that has signal reads kSilenceDb.
 *
 * Column order: lowest frequency first. Looks ahead normalizer_smooth / 2
 * columns.
 */
class BackgroundNormalizer {
 public:
  /** Throws Error(kBadArgument) where the recipe has no normaliser. */
  explicit BackgroundNormalizer(const Recipe &recipe);
  ~BackgroundNormalizer();
  BackgroundNormalizer(BackgroundNormalizer &&) noexcept;
  BackgroundNormalizer &operator=(BackgroundNormalizer &&) noexcept;

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
