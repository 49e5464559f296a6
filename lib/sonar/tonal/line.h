/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <vector>

#include "sonar/tonal/tonal.h"

/* For the .cpp files of this folder only. */
namespace sonar::tonal {

/** Stream columns of a picture. */
struct Span {
  std::int64_t first = 0;
  std::size_t width = 0;
};

/** A line while it is followed. */
class Line {
 public:
  /** A line of no peak yet, which counts those of the picture, too. */
  Line(const Grid &grid, const Span &picture);

  std::uint64_t id = 0;     ///< 0 until it is named
  std::size_t settled = 0;  ///< 1 + the number of the line it is a copy of

  std::int64_t last() const noexcept { return recent_.back().column; }
  /** Of the peaks that predict(). */
  std::int64_t recent_first() const noexcept { return recent_.front().column; }
  std::size_t hits() const noexcept { return all_.hits(); }
  double last_row() const noexcept { return recent_.back().row; }
  /** Row where the line is expected: the straight line through its last peaks,
   *  drawn towards no drift where they are few. */
  double predict(std::int64_t column) const noexcept;
  void add(const Grid &grid, std::int64_t column, const Peak &peak);

  /** Columns of its longest stretch without a silence of more than two
   *  windows, half of which have a peak at least. */
  std::int64_t longest_stretch() const noexcept { return longest_; }
  /** Over all of it. */
  Tonal measure(const Grid &grid) const;

  /** From here on, peaks count as those of another picture, too. */
  void begin_picture(const Span &picture);
  bool in_picture() const noexcept { return in_picture_.hits() > 0; }
  Tonal measure_in_picture(const Grid &grid) const;
  /** Frequency a column of the picture; NaN where there is no peak. */
  const std::vector<float> &picture_hz() const noexcept { return picture_hz_; }

 private:
  void count_stretch(const Grid &grid, std::int64_t column);

  struct Hit {
    std::int64_t column;
    double row;
  };
  void sum_up(const Hit &hit, double sign);

  std::int64_t first_ = 0, stretch_first_ = 0, stretch_hits_ = 0, longest_ = 0;
  std::size_t memory_;  ///< peaks that predict()
  std::deque<Hit> recent_;
  double sum_t_ = 0, sum_r_ = 0, sum_tt_ = 0, sum_tr_ = 0;  ///< over recent_
  Evidence all_, in_picture_;
  Span picture_;
  std::vector<float> picture_hz_;
};

/** Whether what was measured is narrow and steady enough for a tonal, by the
 *  rules of Tracker. */
bool is_narrow(const Grid &grid, const Tonal &tonal);

/** One column: each peak to at most one line, each line that has not been
 *  silent for more than @p gap columns at most one peak, the
 *  nearest pairs first, but lines of five windows before younger ones; peaks
 *  that are left begin lines of their own, behind
 *  the others. */
void extend(const Grid &grid, std::int64_t column,
            const std::vector<Peak> &peaks, const Span &picture,
            std::int64_t gap, std::vector<Line> &lines);

/** Takes out each line that runs beside one with more peaks, by less than
 *  three quarters of a tone's width, for as long as both are remembered: the
 *  ripple of one line, not two. Lines that cross part again and stay. A line
 *  that goes leaves its id, if the other has none. */
void drop_ripples(const Grid &grid, std::vector<Line> &lines);

}  // namespace sonar::tonal
