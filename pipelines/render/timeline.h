/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstdint>
#include <vector>

#include "sonar/core/image.h"
#include "sonar/mask/threshold.h"

namespace sonar::pipelines {

/**
 * A whole recording's picture, gathered from overlapping frames. The newest
 * frame that holds a column decides it. Past a number of columns the picture
 * is halved in time, pairs of columns merging to their maximum, so that lines
 * survive and memory stays flat however long the recording.
 */
class Timeline {
 public:
  /** @p max_columns: even, at least twice the frames' width. */
  Timeline(std::size_t rows, std::size_t max_columns);

  /** Planes of one frame, all of the same shape. Columns before the first
   *  frame's valid ones, and repeated starts (a discontinuity), append. */
  void put(std::int64_t first_column, ColumnRange valid, const Image &value,
           const Image &confidence, const mask::Binary &kept);
  /** Takes in what is not settled yet; then the planes are whole. */
  void finish();

  std::size_t columns() const { return kept_.size() / rows_; }
  /** Recording columns that one column of the picture stands for. */
  std::size_t merged() const { return merged_; }
  Image value() const { return plane(value_); }
  Image confidence() const { return plane(confidence_); }
  mask::Binary kept() const;

 private:
  void settle(std::size_t columns);
  void append(std::size_t column);
  void halve();
  Image plane(const std::vector<float> &columns) const;

  std::size_t rows_, max_columns_;
  // settled columns, column-major; the last may be incomplete
  std::vector<float> value_, confidence_;
  std::vector<std::uint8_t> kept_;
  std::size_t merged_ = 1, in_last_ = 0;
  // the newest frame's columns, not settled yet
  Image open_value_, open_confidence_;
  mask::Binary open_kept_;
  ColumnRange open_;
  std::int64_t open_first_ = 0;
};

}  // namespace sonar::pipelines
