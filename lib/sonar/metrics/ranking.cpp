/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/metrics/ranking.h"

#include <algorithm>
#include <cstddef>

namespace sonar::metrics {

std::optional<double> area_under_curve(std::vector<Ranked> scores) {
  std::sort(scores.begin(), scores.end(),
            [](const Ranked &a, const Ranked &b) { return a.score < b.score; });
  double positives = 0, negatives = 0, pairs = 0;
  for (std::size_t i = 0; i < scores.size();) {
    double equal_positives = 0, equal_negatives = 0;
    const double score = scores[i].score;
    for (; i < scores.size() && scores[i].score == score; ++i)
      ++(scores[i].positive ? equal_positives : equal_negatives);
    pairs += equal_positives * (negatives + equal_negatives / 2);
    positives += equal_positives;
    negatives += equal_negatives;
  }
  if (positives == 0 || negatives == 0) return {};
  return pairs / (positives * negatives);
}

}  // namespace sonar::metrics
