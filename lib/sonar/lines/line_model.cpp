/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/lines/line_model.h"

#include <algorithm>
#include <cmath>

#include "sonar/core/error.h"

namespace sonar::lines {
namespace {

std::size_t step_of(double level_db) {
  const double i = (level_db - LevelDensity::kLowDb) / LevelDensity::kStepDb;
  return std::size_t(std::clamp(i, 0.0, double(LevelDensity::kSteps - 1)));
}

}  // namespace

LevelDensity::LevelDensity()
    : density_(kSteps, float(1 / (kHighDb - kLowDb))) {}

LevelDensity::LevelDensity(std::vector<float> density)
    : density_(std::move(density)) {
  if (density_.size() != kSteps ||
      std::any_of(density_.begin(), density_.end(),
                  [](float d) { return !(d > 0); }))
    throw Error(Errc::kBadModel, "the density of background levels needs " +
                                     std::to_string(kSteps) +
                                     " values above 0 per dB, got " +
                                     std::to_string(density_.size()) +
                                     "; train the model again");
}

LevelDensity LevelDensity::of_levels(const std::vector<float> &levels) {
  constexpr double kPrior = 2;
  std::vector<double> counts(kSteps, kPrior);
  for (const float level : levels) counts[step_of(double(level))] += 1;
  const double total = double(levels.size()) + kPrior * double(kSteps);
  std::vector<float> density;
  for (const double n : counts) density.push_back(float(n / total / kStepDb));
  return LevelDensity(std::move(density));
}

bool is_covered(const std::vector<CommonLine> &common,
                double frequency) noexcept {
  constexpr double kReachBins = 1.6;  // of a Hann window's main lobe
  return std::any_of(common.begin(), common.end(), [&](const CommonLine &c) {
    return std::abs(c.frequency - frequency) < kReachBins;
  });
}

float LevelDensity::at(double level_db) const noexcept {
  return density_[step_of(level_db)];
}

}  // namespace sonar::lines
