/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sonar/cluster/points.h"

namespace sonar::cluster {

/** How points are parted (paper IV-B). */
enum class Method { kKMeans, kFarthest, kFuzzy, kDensity };
/** Every method once: its name in files and flags, and what it is in a line.
 */
struct MethodInfo {
  Method method;
  const char *nick, *blurb;
};
const std::vector<MethodInfo> &methods();
const char *nick(Method) noexcept;

/** Index of the point nearest each centre among the cluster's own points
 *  (paper IV-B), in the order of the clusters: no point stands for two, and a
 *  cluster without points has none. @p centres: clusters x dimensions. */
std::vector<std::size_t> nearest_to_centres(
    Points points, const std::vector<float> &centres,
    const std::vector<std::size_t> &labels);

struct RepresentativeOptions {
  Method method = Method::kKMeans;
  std::size_t clusters = 0;        ///< 0: at the elbow; kDensity finds its own
  std::size_t most_clusters = 15;  ///< the elbow looks at 1 to this many
  std::uint64_t seed = 0;
};

struct Representatives {
  /** Where the number of clusters was read from: the inertia of k = 1, 2, ...;
   *  of kDensity the distances to the 5th neighbour, descending. */
  std::vector<double> curve;
  std::vector<std::size_t> labels;           ///< per point, or kNoise
  std::vector<std::size_t> members;          ///< points per cluster
  std::vector<float> centres;                ///< clusters x dimensions
  std::vector<std::size_t> representatives;  ///< points: nearest_to_centres()
};

/**
 * Parts the points and names one point for each cluster.
 *
 * kKMeans    k-means++ and Lloyd
 * kFarthest  farthest-point seeding and Lloyd
 * kFuzzy     fuzzy c-means with the printed exponent and m = 2 from k-means++
 *            centres; inertia and labels by the largest membership
 * kDensity   DBSCAN, 5 points in a radius found by itself; the centre is the
 *            mean; points of no cluster stand for nothing
 *
 * The curve runs to clusters or, where that is more, to the lesser
 * of most_clusters and count - 1. Throws Error(kBadArgument) for no points, for
 * more clusters than points, and for kDensity with a number of clusters.
 */
Representatives choose_representatives(Points points,
                                       const RepresentativeOptions &options);

}  // namespace sonar::cluster
