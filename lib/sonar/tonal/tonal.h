/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sonar/tonal/grid.h"
#include "sonar/tonal/peaks.h"

namespace sonar::tonal {

/** A narrow line of a spectrogram over time. Columns are those of the stream.
 */
struct Tonal {
  std::uint64_t id = 0;                           ///< the same through a stream
  std::int64_t column_begin = 0, column_end = 0;  ///< half-open
  double frequency_hz = 0;    ///< of the line fit, in the middle of its columns
  double uncertainty_hz = 0;  ///< standard uncertainty of frequency_hz
  double drift_hz_per_s = 0;  ///< slope of the line fit
  double stability_hz = 0;    ///< standard deviation of the frequency about it
  double bandwidth_hz = 0;    ///< half-power width less that of the window
  double level_db = 0;        ///< mean power, in the unit of value + background
  double excess_db = 0;       ///< mean power over the background
  /** The same without the three windows in which it is loudest: what is left of
   *  a click is noise. */
  double steady_excess_db = 0;
  double heard = 0;  ///< share of its columns with a peak, 0..1
};

/** One peak of a line. */
struct Point {
  std::int64_t column = 0;
  double hz = 0;
  double power = 0;  ///< over the noise, that of the noise taken off
  double count = 1;  ///< peaks that it is the mean of
};

/** frequency = hz + slope (column - middle), fitted so that points far off
 *  weigh nothing. */
struct LineFit {
  double middle = 0;  ///< column, may be fractional
  double hz = 0;
  double slope = 0;   ///< Hz a column
  double spread = 0;  ///< standard deviation of what is left, Hz
};

/**
 * Straight line through @p points by least squares, reweighted with Tukey's
 * biweight on 1.4826 times the median deviation. The slope is 0 for fewer than
 * 3 points. Points weigh as their peaks and power, up to 10 times the noise.
 */
LineFit fit_line(const std::vector<Point> &points);

/**
 * The points and surroundings of one line, summed up so that memory stays
 * bounded: from 512 points on, neighbours are joined two by two.
 */
class Evidence {
 public:
  void add(const Grid &grid, std::int64_t column, const Peak &peak);
  std::size_t hits() const noexcept { return hits_; }

  /** What can be said of the line; hits() > 0. */
  Tonal measure(const Grid &grid) const;

 private:
  void thin();
  std::vector<ProfilePoint> profile(double reach_rows) const;
  double steady_power(std::int64_t loudest_columns) const;

  static constexpr std::size_t kMostPoints = 512;
  static constexpr std::size_t kCells = 33;  // of the profile, by distance

  std::vector<Point> points_;
  std::size_t per_point_ = 1, hits_ = 0;
  std::int64_t first_ = 0, last_ = 0;
  double level_sum_ = 0, excess_sum_ = 0, row_sum_ = 0;
  double around_step_ = 1;
  double cell_power_[kCells] = {}, cell_distance_[kCells] = {};
  std::uint32_t cell_count_[kCells] = {};
};

}  // namespace sonar::tonal
