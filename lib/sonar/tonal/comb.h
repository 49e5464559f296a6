/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <array>
#include <vector>

#include "sonar/tonal/whitened.h"

namespace sonar::tonal {

/** Shaft rates that are looked for, Hz, ascending, each kShaftRateStep above
 *  the one before. */
constexpr double kShaftRateStep = 0.007;
std::vector<double> shaft_rates();

/** What a shaft rate and a number of blades are judged by: comb.cpp names
 *  them, propulsion_weights.h weighs them. */
constexpr std::size_t kCombFeatures = 33;
using CombFeatures = std::array<double, kCombFeatures>;

/** How the comb of one shaft rate lies on a spectrum. */
class Comb {
 public:
  Comb(const Whitened &spectrum, double shaft_hz);
  /** @p blades: 2 to 7. */
  CombFeatures features(int blades) const;

 private:
  static constexpr int kTeeth = 32, kBetween = 16;

  void weigh_peaks(const std::vector<SpectralPeak> &peaks);
  double tooth(int k) const { return teeth_[std::size_t(k - 1)]; }
  double height(int k) const { return heights_[std::size_t(k - 1)]; }
  double highest(int first, int last) const;

  double shaft_hz_;
  std::array<double, kTeeth> teeth_;    // on shaft_hz * 1, 2 ...
  std::array<double, kTeeth> heights_;  // the same, to compare high ones
  std::array<double, kBetween> half_;   // half way between tooth k and the next
  std::array<double, kBetween> third_;  // mean at a third and two thirds of it
  double explained_ = 0, unexplained_ = 0, highest_unexplained_ = 0;
  double below_ = 0;  // unexplained below the shaft rate
  double last_ = 0;   // highest tooth with a peak on it
  double hit_ = 0;    // share of the first teeth with something on them
};

/** What "no shaft seen" is judged by: 1, the highest value, the mean of the
 *  five highest, the spread in dB. */
constexpr std::size_t kNoneFeatures = 4;
using NoneFeatures = std::array<double, kNoneFeatures>;
NoneFeatures none_features(const Whitened &spectrum);

/** Of the linear model that scores shaft rates with blades, and none. */
struct PropulsionWeights {
  CombFeatures comb;
  NoneFeatures none;
};

}  // namespace sonar::tonal
