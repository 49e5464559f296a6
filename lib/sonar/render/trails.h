/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "sonar/core/image.h"

namespace sonar::render {

/** Colour of a tonal of no harmonic family. */
constexpr std::uint32_t kLoneTonal = 0xFFB9C2CC;

/** A tonal over successive columns. */
struct Trail {
  std::ptrdiff_t first = 0;  ///< column of the picture; may be negative
  std::vector<float> hz;     ///< one a column; NaN where it is silent
  std::uint32_t colour = 0;  ///< 0: that of tracks
};

/** A tonal of one picture. */
struct PictureTrail {
  std::uint64_t id = 0;      ///< the same in all pictures that it crosses
  std::vector<float> hz;     ///< one a column; NaN where it is silent
  std::uint32_t colour = 0;  ///< the newest picture's is drawn
};

/**
 * The tonals of the last columns, gathered from overlapping pictures by their
 * ids: later pictures decide the columns that they share with earlier ones, so
 * each tonal has one frequency a column and goes on where pictures meet.
 */
class Trails {
 public:
  /** Keeps @p columns, at least the pictures' width. */
  explicit Trails(std::size_t columns) : columns_(columns) {}

  /** As Waterfall::put(); frequencies outside @p valid are not taken. Throws
   *  Error(kBadArgument) for a trail that is shorter than @p valid says. */
  void put(std::int64_t first_column, ColumnRange valid,
           const std::vector<PictureTrail> &tracks);
  void clear() noexcept { trails_.clear(); }

  /** Those that sound, on a picture whose column 0 is @p first_column. */
  std::vector<Trail> on(std::int64_t first_column) const;

 private:
  struct Columns {
    std::int64_t first;
    std::vector<float> hz;
    std::uint32_t colour = 0;
  };
  void cut(std::int64_t begin, std::int64_t end);

  std::size_t columns_;
  std::int64_t picture_ = 0, newest_ = 0;  // first and last column taken
  std::map<std::uint64_t, Columns> trails_;
};

}  // namespace sonar::render
