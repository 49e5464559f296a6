/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sonar/cluster/points.h"

namespace sonar::cluster {

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

/**
 * k centres by the farthest-point rule (paper IV-B; Gonzalez 1985): the first
 * is drawn at random from @p seed, each further one is the point farthest from
 * the nearest of those already chosen, ties to the lowest index. The paper's
 * words, "the point farthest from the current centroid", read literally would
 * swing between two ends of the data and choose the same points again, hence
 * this reading. Throws as kmeans() does.
 */
std::vector<float> farthest_first(Points points, std::size_t k,
                                  std::uint64_t seed);

/** Lloyd's iterations from given centres until no label changes, at most
 *  @p max_iterations (paper IV-B: 300). An emptied cluster takes the point
 *  farthest from its centre. Runs on the calling thread alone, so nothing
 *  depends on the number of threads. Throws Error(kBadArgument) unless
 *  1 <= centres <= count and max_iterations >= 1. */
KMeans lloyd(Points points, std::vector<float> centres,
             int max_iterations = 300);

/** k-means++ then Lloyd, from ten drawings: the one of least inertia, for a
 *  drawing misses a cluster now and then. Throws Error(kBadArgument) unless 1
 * <= k <= count. */
KMeans kmeans(Points points, std::size_t k, std::uint64_t seed);

}  // namespace sonar::cluster
