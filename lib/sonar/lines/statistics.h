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

/** Standard deviation by the median distance to the median. */
inline double robust_sd(const std::vector<float> &values) {
  return double(kMadToSd * median_distance(values, median_of(values)));
}

/** 0 of nothing. */
inline double mean_value(const std::vector<float> &values) {
  double sum = 0;
  for (const float v : values) sum += double(v);
  return values.empty() ? 0 : sum / double(values.size());
}

/** Of a normal distribution around 0. */
inline double normal_density(double x, double sd) {
  constexpr double kRootTwoPi = 2.5066282746310002;
  return std::exp(-0.5 * x * x / (sd * sd)) / (sd * kRootTwoPi);
}

}  // namespace sonar::lines
