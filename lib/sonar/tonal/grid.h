/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "sonar/core/recipe.h"
#include "sonar/tonal/peak_shape.h"

namespace sonar::tonal {

/** Columns of @p recipe that an event of no length reaches, at least 1. */
std::size_t window_columns(const Recipe &recipe) noexcept;

/**
 * The rows and columns that tonals are measured on. Rows are counted from the
 * highest frequency and may be fractional; row 3 is the middle of the fourth.
 */
class Grid {
 public:
  /**
   * @p row_edges_hz height + 1 edges, highest first; @p recipe: window,
   * transform and step of the picture's columns. Rows of equal width are bins;
   * others are bands, within which frequency is logarithmic.
   * Throws Error(kBadArgument) for fewer than 3 rows.
   */
  Grid(std::vector<double> row_edges_hz, const Recipe &recipe);

  std::size_t height() const noexcept { return edges_.size() - 1; }
  const std::vector<double> &row_edges_hz() const noexcept { return edges_; }
  double column_seconds() const noexcept { return column_seconds_; }
  /** That a column covers. */
  double window_seconds() const noexcept { return window_seconds_; }
  std::size_t window_columns() const noexcept { return window_columns_; }

  double hz(double row) const noexcept;
  double row(double hz) const noexcept;
  /** Width of a row in Hz. */
  double row_hz(double row) const noexcept;
  /** Half-power width of a steady tone there, in rows. */
  double tone_rows(double row) const noexcept;
  /** Where a tone is whose levels in rows @p row - 1 to @p row + 1 are these,
   *  and its level. */
  struct Tone {
    double row = 0, level = 0;
  };
  Tone interpolate(std::size_t row, double above, double middle,
                   double below) const noexcept;

 private:
  double centre(std::size_t row) const noexcept;
  std::size_t nearest(double row) const noexcept;

  std::vector<double> edges_;
  bool linear_ = false;
  double bin_hz_, column_seconds_, window_seconds_;
  std::size_t window_columns_;
  PeakShape shape_;
  std::vector<double> tone_rows_;  ///< of each row
};

}  // namespace sonar::tonal
