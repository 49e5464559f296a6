/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "sonar/core/image.h"
#include "sonar/mask/threshold.h"
#include "sonar/tonal/tonal.h"

namespace sonar::tonal {

struct TrackerOptions {
  /** A line that is silent for longer ends; at least one window either way. */
  double gap_seconds = 2;
  /** A line of which less is heard is no tonal; at least five windows, which
   *  no click fills. */
  double min_seconds = 0;
  /** What a line over ten windows must have over the noise, mean power, to be a
   *  tonal; the less time, the more: with the root, as noise averages out.
   *  Columns without a peak count as noise, the three windows in which it is
   *  loudest do not count. No line may have less. 0: the mask decides alone. */
  double least_excess_db = 0;
};

/**
 * Follows the tonals of a stream over overlapping pictures.
 *
 * A line goes on with the peak nearest to where its last peaks point, within
 * the width of a tone (growing to twice that over a gap); each peak belongs to
 * one line. Lines that cross therefore keep their own. A column is settled when
 * the pictures have moved past it; until then later pictures overwrite it, but
 * for the columns of one window at their left edge.
 *
 * A line is a tonal when
 *   - for min_seconds it is not silent for more than two windows on end, and at
 *     least half of those columns have a peak (a transient is shorter),
 *   - its half-power width is at most 3 times that of a steady tone (a wide
 *     region has no such peak, or one that wanders),
 *   - it has least_excess_db over the noise,
 *   - it drifts by at most one tone's width in one window (a faster sweep is
 *     smeared by the analysis; its frequency means nothing).
 *
 * Deterministic; memory is bounded by the picture and the open lines, each of
 * which is summed up.
 */
class Tracker {
 public:
  Tracker(Grid grid, TrackerOptions options);
  ~Tracker();
  Tracker(Tracker &&) noexcept;
  Tracker &operator=(Tracker &&) noexcept;

  const Grid &grid() const noexcept;

  /**
   * Takes a picture whose column 0 is stream column @p first_column. Shapes as
   * for find_peaks(). Pictures must not go back in time; a jump forward past
   * the last column ends what was open. Throws Error(kBadArgument).
   */
  void put(std::int64_t first_column, ColumnRange valid, const Image &value_db,
           const Image &background_db, const mask::Binary &kept);

  /** A tonal of the newest picture. */
  struct Current {
    Tonal whole;  ///< over all of it, as far as it is known
    Tonal here;   ///< over this picture's columns
    /** Frequency a column of the picture; NaN where there is no peak. */
    std::vector<float> hz;
  };
  /** Those heard in the newest picture, by frequency. */
  const std::vector<Current> &current() const noexcept;

  /** The next tonal that ended before the newest settled column, as measured
   *  over all of it, in order of column_end, then id. */
  bool pop(Tonal &ended);
  /** Settles and ends everything; the next picture may be anywhere. */
  void drain();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sonar::tonal
