/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/cluster/density.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "sonar/cluster/elbow.h"
#include "sonar/core/error.h"

namespace sonar::cluster {
namespace {

/** Of each point, the points within eps, itself among them, ascending. */
std::vector<std::vector<std::size_t>> neighbourhoods(Points points,
                                                     double eps) {
  std::vector<std::vector<std::size_t>> out(points.count);
  for (std::size_t i = 0; i < points.count; ++i)
    for (std::size_t j = 0; j < points.count; ++j)
      if (std::sqrt(
              squared_distance(points[i], points[j], points.dimensions)) <= eps)
        out[i].push_back(j);
  return out;
}

}  // namespace

std::vector<double> neighbour_distances(Points points, std::size_t neighbours) {
  if (neighbours < 1 || neighbours > points.count)
    throw Error(Errc::kBadArgument,
                "distances to neighbours need 1 <= neighbour <= points, got "
                "neighbour " +
                    std::to_string(neighbours) + " of " +
                    std::to_string(points.count) + " points");
  std::vector<double> out, squared(points.count);
  for (std::size_t i = 0; i < points.count; ++i) {
    for (std::size_t j = 0; j < points.count; ++j)
      squared[j] = squared_distance(points[i], points[j], points.dimensions);
    const auto wanted =
        squared.begin() + std::ptrdiff_t(neighbours) - std::ptrdiff_t(1);
    std::nth_element(squared.begin(), wanted, squared.end());
    out.push_back(std::sqrt(*wanted));
  }
  std::sort(out.rbegin(), out.rend());
  return out;
}

Density dbscan(Points points, double eps, std::size_t min_points) {
  if (!(eps > 0) || min_points < 1)
    throw Error(Errc::kBadArgument,
                "DBSCAN needs a radius above 0 and at least 1 point in it, "
                "got " +
                    std::to_string(eps) + " and " + std::to_string(min_points));
  const auto near = neighbourhoods(points, eps);
  Density out{std::vector<std::size_t>(points.count, kNoise), 0, eps};
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < points.count; ++i) {
    if (out.labels[i] != kNoise || near[i].size() < min_points) continue;
    out.labels[i] = out.clusters;
    for (open = {i}; !open.empty();) {
      const std::size_t core = open.back();
      open.pop_back();
      for (const std::size_t j : near[core]) {
        if (out.labels[j] != kNoise) continue;
        out.labels[j] = out.clusters;
        if (near[j].size() >= min_points) open.push_back(j);
      }
    }
    ++out.clusters;
  }
  return out;
}

Density dbscan(Points points, std::size_t min_points) {
  const std::size_t neighbours = std::min(min_points, points.count);
  const std::vector<double> distances = neighbour_distances(points, neighbours);
  /* Copies of one point have a distance of 0, and a radius is above 0. */
  const double eps = std::max(distances[elbow(distances)],
                              double(std::numeric_limits<float>::min()));
  return dbscan(points, eps, neighbours);
}

}  // namespace sonar::cluster
