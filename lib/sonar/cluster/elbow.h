/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <vector>

namespace sonar::cluster {

/**
 * The elbow of a decreasing curve: index of the point farthest below the line
 * from its first to its last point (Kneedle; Satopaa et al. 2011). 0 for
 * fewer than three points, or where no point lies below the line.
 */
std::size_t elbow(const std::vector<double> &curve);

}  // namespace sonar::cluster
