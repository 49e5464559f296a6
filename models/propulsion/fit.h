/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "models/propulsion/recording.h"
#include "sonar/tonal/comb.h"

namespace sonar::models {

/** What tonal::estimate_propulsion() chooses from in a spectrum, and which of
 *  it is right. */
struct PropulsionExample {
  /** Of every shaft rate (tonal::shaft_rates()) with every number of blades. */
  std::vector<std::array<float, tonal::kCombFeatures>> pairs;
  tonal::NoneFeatures none;        ///< of "no shaft seen"
  std::vector<std::size_t> right;  ///< of `pairs`; empty: "no shaft seen" is
};

/** Right are shaft rates within 3 % of @p shaft_hz (0: none) with @p blades
 *  (0: with any number). */
PropulsionExample propulsion_example(const DemonSpectrum &spectrum,
                                     double shaft_hz, int blades);

/**
 * Conditional logit (McFadden 1974): minus the logarithm of the probability of
 * what is right, summed over the examples, plus @p penalty / 2 times the
 * squared weights of the features scaled to mean 0 and standard deviation 1.
 * A function of those scaled weights. Throws Error(kBadArgument) without
 * examples.
 */
class PropulsionLoss {
 public:
  using Point = std::array<double, tonal::kCombFeatures + tonal::kNoneFeatures>;

  /** @p examples must outlive it; the sum does not depend on @p threads. */
  PropulsionLoss(std::vector<const PropulsionExample *> examples,
                 double penalty, std::size_t threads);
  double operator()(const Point &scaled, Point &gradient) const;
  tonal::PropulsionWeights weights(const Point &scaled) const;
  std::size_t size() const noexcept { return examples_.size(); }

 private:
  void measure_features();

  std::vector<const PropulsionExample *> examples_;
  double penalty_;
  std::size_t threads_;
  Point mean_{}, deviation_{};
};

/** Least PropulsionLoss from 0 on, by L-BFGS (Nocedal 1980) to a mean gradient
 *  of 1e-6. Same examples, same weights. */
tonal::PropulsionWeights fit_propulsion(const PropulsionLoss &loss);

}  // namespace sonar::models
