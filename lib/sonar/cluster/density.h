/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <vector>

#include "sonar/cluster/points.h"

namespace sonar::cluster {

struct Density {
  std::vector<std::size_t> labels;  ///< per point; kNoise where in no cluster
  std::size_t clusters = 0;
  double eps = 0;  ///< radius used, in the unit of the points
};

/** Of each point, the distance to its @p neighbours-th nearest point, itself
 *  counted as the first, in descending order. Throws Error(kBadArgument)
 *  unless 1 <= neighbours <= count. */
std::vector<double> neighbour_distances(Points points, std::size_t neighbours);

/**
 * DBSCAN (Ester et al. 1996): a core point has @p min_points points within
 * @p eps, itself counted and equality included; clusters are the connected
 * core points and what lies within eps of them, numbered by their lowest core
 * point; a border point of two clusters goes to the lower one. count^2
 * distances. Throws Error(kBadArgument) unless eps > 0 and min_points >= 1.
 */
Density dbscan(Points points, double eps, std::size_t min_points);

/** DBSCAN with eps at the elbow of the curve of distances to the
 *  min_points-th neighbour, which makes one core point at least: at most count
 *  is taken of @p min_points. Throws Error(kBadArgument) for no points or
 *  min_points < 1. */
Density dbscan(Points points, std::size_t min_points);

}  // namespace sonar::cluster
