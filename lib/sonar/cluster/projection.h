/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <vector>

#include "sonar/cluster/points.h"

namespace sonar::cluster {

struct Projection {
  std::vector<float> coordinates;  ///< count x components, mean 0
  std::vector<double> variance;    ///< share of the whole, per component, 0..1
};

/**
 * The points on the axes of their largest variance (principal components;
 * Jacobi's rotations of the covariance matrix), largest first. An axis points
 * where its largest loading is positive. Fewer dimensions than @p components,
 * or no variance: coordinates of 0. Throws Error(kBadArgument) for no points
 * or no components.
 */
Projection principal_components(Points points, std::size_t components);

}  // namespace sonar::cluster
