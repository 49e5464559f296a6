/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sonar::cluster {

/** Row-major count x dimensions points. */
struct Points {
  const float *data;
  std::size_t count, dimensions;
  const float *operator[](std::size_t i) const { return data + i * dimensions; }
};

struct KMeans {
  std::vector<float> centres;       ///< k x dimensions
  std::vector<std::size_t> labels;  ///< per point
  double inertia = 0;  ///< sum of squared distances to the own centre
  int iterations = 0;
};

/** k centres by k-means++ (D^2 sampling; Arthur and Vassilvitskii 2007), the
 *  same on every machine for one seed. Throws as kmeans() does. */
std::vector<float> kmeans_plus_plus(Points points, std::size_t k,
                                    std::uint64_t seed);

/** Lloyd's iterations from given centres until no label changes, at most
 *  @p max_iterations (paper IV-B: 300). An emptied cluster takes the point
 *  farthest from its centre. Throws Error(kBadArgument) unless
 *  1 <= centres <= count and max_iterations >= 1. */
KMeans lloyd(Points points, std::vector<float> centres,
             int max_iterations = 300);

/** k-means++ then Lloyd. Throws Error(kBadArgument) unless 1 <= k <= count. */
KMeans kmeans(Points points, std::size_t k, std::uint64_t seed);

/**
 * The elbow of a decreasing curve: index of the point farthest below the line
 * from its first to its last point (Kneedle; Satopaa et al. 2011). 0 for
 * fewer than three points, or where no point lies below the line.
 */
std::size_t elbow(const std::vector<double> &inertia);

/** Index of the point nearest each centre among the cluster's own points
 *  (paper IV-B), one per cluster, so no point stands for two. */
std::vector<std::size_t> nearest_to_centres(Points points,
                                            const KMeans &clustering);

}  // namespace sonar::cluster
