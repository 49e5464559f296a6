/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/mask/expected_f1.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "sonar/mask/confidence.h"

namespace sonar::mask {
namespace {

constexpr float kLeastThreshold = 0.1f, kLargestThreshold = 0.5f;
constexpr float kLeastProbability = 1e-6f;  // so that odds are finite

float log_odds(float p) {
  const float inside = std::clamp(p, kLeastProbability, 1 - kLeastProbability);
  return std::log(inside / (1 - inside));
}

}  // namespace

float best_f1_threshold(const Image &probability, ColumnRange valid) {
  require_valid("the best threshold", probability, valid);
  std::vector<float> sorted;
  for (std::size_t y = 0; y < probability.height(); ++y)
    sorted.insert(sorted.end(), probability.row(y) + valid.begin,
                  probability.row(y) + valid.end);
  std::sort(sorted.begin(), sorted.end(), std::greater<float>());
  double all = 0, kept = 0, best = 0;
  for (const float p : sorted) all += double(p);
  float threshold = kLargestThreshold;
  for (std::size_t k = 0; k < sorted.size(); ++k) {
    kept += double(sorted[k]);
    const double f1 = 2 * kept / (double(k + 1) + all);
    if (f1 > best) {
      best = f1;
      threshold = sorted[k];
    }
  }
  return std::clamp(threshold, kLeastThreshold, kLargestThreshold);
}

Image f1_confidence(const Image &probability, ColumnRange valid) {
  const float point = log_odds(best_f1_threshold(probability, valid));
  Image out(probability.height(), probability.width());
  for (std::size_t y = 0; y < out.height(); ++y)
    for (std::size_t x = valid.begin; x < valid.end; ++x)
      out.at(y, x) =
          operating_confidence(log_odds(probability.at(y, x)) - point);
  return out;
}

}  // namespace sonar::mask
