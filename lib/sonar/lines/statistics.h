/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace sonar::lines {

/** Upper median; 0 of nothing. */
inline float median_of(std::vector<float> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + std::ptrdiff_t(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/** Median of the distances to @p centre. Times 1.48 it is a normal
 *  distribution's standard deviation. */
inline float median_distance(std::vector<float> values, float centre) {
  for (float &v : values) v = std::abs(v - centre);
  return median_of(std::move(values));
}

constexpr float kMadToSd = 1.48f;

}  // namespace sonar::lines
