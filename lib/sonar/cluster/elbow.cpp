/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/cluster/elbow.h"

namespace sonar::cluster {

std::size_t elbow(const std::vector<double> &curve) {
  if (curve.size() < 3) return 0;
  const double last = double(curve.size() - 1);
  const double slope = (curve.back() - curve.front()) / last;
  std::size_t lowest = 0;
  double most = 0;
  for (std::size_t i = 0; i < curve.size(); ++i) {
    const double below = curve.front() + slope * double(i) - curve[i];
    if (below <= most) continue;
    most = below;
    lowest = i;
  }
  return lowest;
}

}  // namespace sonar::cluster
