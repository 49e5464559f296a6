/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <vector>

#include "sonar/lines/line_model.h"
#include "sonar/lines/log_axis.h"

namespace sonar::lines {

/** Logarithm of the prior of a class' speed ratio, 0 at ratio 1: normal in
 *  @p log_ratio (natural), 1.3 times as wide as in the training. */
double ratio_log_prior(const ClassLines &of, double log_ratio);

/**
 * Finds the speed ratio of a class in a mean profile: the comb of its moving
 * lines is correlated with the profile along a log frequency axis, and the best
 * places are judged by the likelihood of the levels there.
 */
class RatioSearch {
 public:
  /** @p bins of the profiles to come, 20 or more; @p of and @p common must
   *  outlive this. */
  RatioSearch(const ClassLines &of, const std::vector<CommonLine> &common,
              std::size_t bins);

  /** Natural logarithm of the speed ratio, a multiple of kLogStep within
   *  +-0.13; 0 for a class without moving lines. @p profile_db as
   *  mean_profile() gives it, @p bins values. */
  double operator()(const std::vector<float> &profile_db,
                    const LevelDensity &background) const;

 private:
  std::vector<float> correlate(const std::vector<float> &profile_db) const;
  std::vector<int> best_shifts(std::vector<float> correlation) const;

  struct Tooth {
    std::size_t first = 0;     ///< place on the axis
    std::vector<float> shape;  ///< from there on; not empty
  };
  const ClassLines &of_;
  const std::vector<CommonLine> &common_;
  LogAxis axis_;
  std::vector<Tooth> comb_;
  std::vector<float> norm_;  ///< per shift
};

}  // namespace sonar::lines
