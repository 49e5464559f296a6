/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/lines/activity.h"

#include <algorithm>
#include <cmath>

namespace sonar::lines {
namespace {

constexpr float kSwitches = 0.02f;  // probability, from column to column
constexpr float kSounds = 0.8f;     // prior of the first column
/* Neighbouring windows overlap: a column is half an observation. */
constexpr float kIndependence = 0.5f;
constexpr float kLargestLogRatio = 6;
constexpr float kLeastPower = 1;      // a line is no weaker than the noise
constexpr float kMostPower = 60;      // that one column may add to the estimate
constexpr float kLeastTotal = 0.05f;  // of line and noise: no column is empty
constexpr int kEstimates = 2;         // of the line's own power

/* Likelihood of each column with the line over without it. */
std::vector<float> ratios(const std::vector<float> &power, float own) {
  std::vector<float> out;
  for (const float p : power) {
    const float total = std::max(1 + p, kLeastTotal);
    const float log_ratio =
        kIndependence * (total - total / (1 + own) - std::log(1 + own));
    out.push_back(
        std::exp(std::clamp(log_ratio, -kLargestLogRatio, kLargestLogRatio)));
  }
  return out;
}

std::vector<float> forward_backward(const std::vector<float> &ratio) {
  std::vector<float> out(ratio.size());
  float before = kSounds;
  for (std::size_t t = 0; t < ratio.size(); ++t) {
    if (t > 0) before = before * (1 - kSwitches) + (1 - before) * kSwitches;
    const float on = before * ratio[t];
    out[t] = before = on / (on + 1 - before);
  }
  float on_after = 0.5f;  // likelihood of what follows, over both states
  for (std::size_t t = ratio.size(); t-- > 0;) {
    const float off_after = 1 - on_after;
    const float on = out[t] * on_after, off = (1 - out[t]) * off_after;
    out[t] = on / (on + off);
    const float stays =
        ratio[t] * on_after * (1 - kSwitches) + off_after * kSwitches;
    const float starts =
        ratio[t] * on_after * kSwitches + off_after * (1 - kSwitches);
    on_after = stays / (stays + starts);
  }
  return out;
}

}  // namespace

std::vector<float> sounding_probability(const std::vector<float> &power) {
  std::vector<float> sounds(power.size(), 1.0f);
  for (int i = 0; i < kEstimates; ++i) {
    float sum = 0, weight = 0;
    for (std::size_t t = 0; t < power.size(); ++t) {
      sum += sounds[t] * std::min(power[t], kMostPower);
      weight += sounds[t];
    }
    const float own = std::max(sum / std::max(weight, 1.0f), kLeastPower);
    sounds = forward_backward(ratios(power, own));
  }
  return sounds;
}

}  // namespace sonar::lines
