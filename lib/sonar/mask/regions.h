/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "sonar/core/image.h"
#include "sonar/mask/threshold.h"
#include "sonar/mask/track_points.h"

namespace sonar::mask {

/** An 8-connected set of kept pixels: one tonal region of a signature. */
struct Region {
  std::int64_t column_begin = 0, column_end = 0;  ///< half-open
  std::size_t row_begin = 0, row_end = 0;         ///< half-open, top down
  std::size_t pixels = 0;
  std::int64_t peak_column = 0;
  std::size_t peak_row = 0;
  float peak_value = 0;       ///< largest value of the picture inside
  float peak_background = 0;  ///< background there; 0 where none was given
  float mean_value = 0;       ///< mean value of its pixels
  float mean_confidence = 0;  ///< mean mask value of its pixels, 0..1
};

/** Clears every 8-connected region of fewer than @p min_pixels pixels. */
void remove_small(Binary &mask, std::size_t min_pixels);

/** Every 8-connected region, in order of first pixel (column, then row).
 *  @p value and @p confidence: same shape as the mask; so is @p background,
 *  or it is empty. */
std::vector<Region> find_regions(const Binary &mask, const Image &value,
                                 const Image &confidence,
                                 const Image &background = {});

/**
 * Regions of an endless recording from overlapping pictures.
 *
 * A column is settled when the pictures have moved past it; until then later
 * pictures overwrite it. Regions are followed over settled columns, so one
 * line is one region however many pictures it crosses, whatever the pictures'
 * advance. Memory is bounded by the picture and the open regions.
 */
class RegionTracker {
 public:
  /** @p min_pixels: smaller regions are dropped. */
  explicit RegionTracker(std::size_t height, std::size_t min_pixels = 1);
  ~RegionTracker();
  RegionTracker(RegionTracker &&) noexcept;
  RegionTracker &operator=(RegionTracker &&) noexcept;

  struct Closed : Region {
    int label = -1;   ///< class of most of its columns; -1 unknown
    float score = 0;  ///< mean probability of that class over those columns
    std::uint64_t track = 0;  ///< id of that which most of its columns are of
  };

  /**
   * Takes a picture whose column 0 is stream column @p first_column.
   * Pictures must not go back in time; a jump forward past the last column
   * closes what was open. @p label and @p score: the class of this picture.
   * @p tracks: where tracks run through it; a region that has a track's pixel,
   * or one above or below it, is of that track there.
   * Throws Error(kBadArgument) on a step back, on shapes that differ from each
   * other or from @p height, and on a valid range past the picture.
   */
  void put(std::int64_t first_column, ColumnRange valid, const Binary &mask,
           const Image &value, const Image &confidence, int label, float score,
           const Image &background = {},
           const std::vector<TrackPoint> &tracks = {});
  /** The next region that ended before the newest settled column: in order of
   *  column_end, then column_begin, whatever the pictures' advance. */
  bool pop(Closed &region);
  /** Settles and closes everything (end of stream, discontinuity); the next
   *  picture may be anywhere. */
  void drain();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sonar::mask
