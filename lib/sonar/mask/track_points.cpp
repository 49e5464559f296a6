/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/mask/track_points.h"

#include <algorithm>
#include <cmath>
#include <functional>

namespace sonar::mask {

std::size_t row_of(double hz, const std::vector<double> &row_edges_hz) {
  const auto first = row_edges_hz.begin() + 1, last = row_edges_hz.end() - 1;
  // a frequency on an edge is of the row above it
  return std::size_t(std::lower_bound(first, last, hz, std::greater<double>()) -
                     first);
}

std::vector<TrackPoint> track_points(const std::vector<std::uint64_t> &ids,
                                     std::size_t width, const float *hz,
                                     const std::vector<double> &row_edges_hz,
                                     const float *level_db, float silent_db) {
  std::vector<TrackPoint> points;
  for (std::size_t t = 0; t < ids.size(); ++t)
    for (std::size_t x = 0; x < width; ++x) {
      const std::size_t i = t * width + x;
      if (std::isfinite(hz[i]) && !(level_db && level_db[i] <= silent_db))
        points.push_back({x, row_of(double(hz[i]), row_edges_hz), ids[t]});
    }
  return points;
}

}  // namespace sonar::mask
