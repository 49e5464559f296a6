/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <limits>
#include <vector>

namespace sonar::cluster {

/** Row-major count x dimensions points. */
struct Points {
  const float *data;
  std::size_t count, dimensions;
  const float *operator[](std::size_t i) const { return data + i * dimensions; }
};

/** The label of a point that belongs to no cluster. */
inline constexpr std::size_t kNoise = std::numeric_limits<std::size_t>::max();

inline double squared_distance(const float *a, const float *b, std::size_t n) {
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double d = double(a[i]) - double(b[i]);
    sum += d * d;
  }
  return sum;
}

}  // namespace sonar::cluster
