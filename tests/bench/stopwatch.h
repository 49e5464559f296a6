/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <algorithm>
#include <chrono>
#include <limits>
#include <vector>

namespace sonar::bench {

template <class Body>
double seconds_of(const Body &body) {
  const auto begin = std::chrono::steady_clock::now();
  body();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin)
      .count();
}

/** The quickest run of those that fit into about @p patience seconds, three at
 *  least, after one that is not counted: what the machine can do when nothing
 *  else interferes. */
template <class Body>
double best_seconds(const Body &body, double patience) {
  body();
  double best = std::numeric_limits<double>::infinity(), spent = 0;
  for (int i = 0; i < 3 || spent < patience; ++i) {
    const double took = seconds_of(body);
    best = std::min(best, took);
    spent += took;
  }
  return best;
}

inline double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + long(values.size() / 2),
                   values.end());
  return values[values.size() / 2];
}

}  // namespace sonar::bench
