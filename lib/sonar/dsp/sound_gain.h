/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "sonar/core/image.h"

/* From gains of pictures' pixels to those of a transform's bins. */
namespace sonar::dsp {

/**
 * Gains of a stream's columns from overlapping pictures.
 *
 * A column is settled, and keeps its gains, once it lies far enough behind the
 * newest or no further picture can hold it; until then the newest picture that
 * holds it decides. A column that no picture held has the gain 0. Memory is
 * bounded by the picture and what forget_before() has not let go.
 */
class ColumnGains {
 public:
  /**
   * @p gain: rows x columns, 0..1, its column 0 stream column @p first_column;
   * @p advance: of its columns no earlier picture had so many; @p wait: columns
   * behind the newest one that settle only later, 0: none.
   */
  void put(std::int64_t first_column, ColumnRange valid, const Image &gain,
           std::int64_t advance, std::int64_t wait);
  /** No more pictures: what is there is settled. */
  void settle() { settled_end_ = end(); }

  bool empty() const { return columns_.empty(); }
  /** Whether later pictures cannot change at(). */
  bool is_settled(std::int64_t numerator, std::int64_t denominator) const {
    return settled_end_ > begin_ &&
           numerator <= (settled_end_ - 1) * denominator;
  }
  /** Gains between columns, linear in time; before the first column and behind
   *  the last those of that one. @p numerator / @p denominator: column. */
  void at(std::int64_t numerator, std::int64_t denominator,
          std::vector<float> &gain) const;
  /** Columns before @p column are not asked for again. */
  void forget_before(std::int64_t column);

 private:
  std::int64_t end() const { return begin_ + std::int64_t(columns_.size()); }
  const std::vector<float> &column(std::int64_t number) const;

  std::deque<std::vector<float>> columns_;  // rows each, highest first
  std::int64_t begin_ = 0, settled_end_ = 0;
};

/**
 * Follows gains with a time constant each for rising and falling: from g0 a
 * constant target G is G + (g0 - G) exp(-n step / constant) after n steps. The
 * first targets are taken as they are; a constant of 0 follows at once.
 */
class GainFollower {
 public:
  explicit GainFollower(double step_s) : step_s_(step_s) {}
  void set(double attack_s, double release_s);
  /** @p gain: targets in, gains out. */
  void follow(std::vector<float> &gain);

 private:
  double step_s_;
  float rise_ = 1, fall_ = 1;  // shares of the way that a step goes
  std::vector<float> state_;
};

/**
 * Gains of rows to those of a transform's bins: a bin's is the mean over the
 * rows in the band that it stands for (half-way to its neighbours), by their
 * share of it in Hz. What no row shows has the least gain of all rows: it is
 * let through only where everything else is.
 */
class RowsToBins {
 public:
  /** @p row_edges_hz: one more than rows, highest first. */
  RowsToBins(const std::vector<double> &row_edges_hz, double rate_hz,
             std::size_t fft_size);
  /** @p rows: highest first; @p bins: fft_size / 2 + 1, DC first. */
  void map(const std::vector<float> &rows, std::vector<float> &bins) const;

 private:
  struct Share {
    std::size_t row;
    float share;
  };
  std::vector<Share> shares_;         // of the bins one after the other
  std::vector<std::size_t> end_;      // of each bin's shares
  std::vector<float> outside_share_;  // of each bin
};

}  // namespace sonar::dsp
