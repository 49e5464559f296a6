/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <vector>

#include "sonar/cluster/points.h"

namespace sonar::cluster {

/** The power of the ratio of squared distances in a membership, for a
 *  fuzzifier m. */
enum class FuzzyExponent {
  kPrinted,  ///< 2 / (m - 1), as the paper's Algorithm 2 prints it
  kBezdek,   ///< 1 / (m - 1): fuzzy c-means (Bezdek 1981)
};

struct FuzzyOptions {
  double fuzzifier = 2;  ///< m > 1; the paper gives none
  FuzzyExponent exponent = FuzzyExponent::kPrinted;
  int max_iterations = 300;
  double tolerance = 1e-6;  ///< ends when no centre moved farther, in the unit
                            ///< of the points
};

struct FuzzyCMeans {
  std::vector<float> centres;       ///< k x dimensions
  std::vector<double> memberships;  ///< count x k, each row sums to 1
  std::vector<std::size_t> labels;  ///< largest membership; ties to the lowest
  double inertia = 0;    ///< sum of squared distances to the label's centre
  double objective = 0;  ///< sum of u^m d^2, which Bezdek's form never raises
  int iterations = 0;
};

/**
 * Fuzzy c-means from given centres: memberships
 * u_ki = 1 / sum_j (d^2_ki / d^2_ji)^exponent, then centres = means weighted
 * by u^m, until they rest. A point on centres belongs to these alone, in equal
 * parts. The printed exponent on squared distances is twice Bezdek's: the
 * memberships are those of the fuzzifier (m + 1) / 2, harder than m says,
 * while the centres still weigh by u^m, so no objective is known to fall.
 * Runs on the calling thread alone, so nothing depends on the number of
 * threads. Throws Error(kBadArgument) unless 1 <= centres <= count,
 * fuzzifier > 1, max_iterations >= 1 and tolerance >= 0.
 */
FuzzyCMeans fuzzy_c_means(Points points, std::vector<float> centres,
                          const FuzzyOptions &options = {});

}  // namespace sonar::cluster
