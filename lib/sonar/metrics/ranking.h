/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <optional>
#include <vector>

namespace sonar::metrics {

/** A score and whether it is one of those that should rank high. */
struct Ranked {
  double score = 0;
  bool positive = false;
};

/**
 * Area under the receiver's curve: the probability that a positive has a larger
 * score than a negative, equal scores counting half (Mann and Whitney 1947).
 * 0.5 is a coin. Absent without one of each kind. Scores are not NaN.
 */
std::optional<double> area_under_curve(std::vector<Ranked> scores);

}  // namespace sonar::metrics
