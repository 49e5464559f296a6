/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sonar::mask {

/** The pixel of a picture that a tonal's track runs through. */
struct TrackPoint {
  std::size_t column = 0, row = 0;
  std::uint64_t id = 0;
};

/** The row whose edges @p hz lies between; @p row_edges_hz: rows + 1, highest
 *  first. Above the highest it is 0, below the lowest the last. */
std::size_t row_of(double hz, const std::vector<double> &row_edges_hz);

/**
 * Where tracks run through a picture of @p width columns.
 * @p hz: ids x width, the frequency in each column, NaN where there is none.
 * @p level_db: null, or as many; where it is @p silent_db or less a track is
 * not heard, so no point.
 */
std::vector<TrackPoint> track_points(const std::vector<std::uint64_t> &ids,
                                     std::size_t width, const float *hz,
                                     const std::vector<double> &row_edges_hz,
                                     const float *level_db = nullptr,
                                     float silent_db = 0);

}  // namespace sonar::mask
