/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <vector>

#include "sonar/lines/line_model.h"
#include "sonar/lines/log_axis.h"

namespace sonar::lines {

/**
 * Finds the speed ratio of a class in a mean profile: the comb of its moving
 * lines is correlated with the profile along a log frequency axis, and the best
 * places are judged by the likelihood of the levels there.
 */
class RatioSearch {
 public:
  /** @p bins of the profiles to come; @p of and @p common must outlive this. */
  RatioSearch(const ClassLines &of, const std::vector<CommonLine> &common,
              std::size_t bins);

  /** Natural logarithm of the speed ratio, within +-13 %. @p profile_db as
   *  mean_profile() gives it. */
  double operator()(const std::vector<float> &profile_db,
                    const LevelDensity &background) const;

 private:
  std::vector<float> correlate(const std::vector<float> &profile_db) const;
  std::vector<int> best_shifts(std::vector<float> correlation) const;

  struct Tooth {
    std::size_t first;         ///< place on the axis
    std::vector<float> shape;  ///< from there on
  };
  const ClassLines &of_;
  const std::vector<CommonLine> &common_;
  LogAxis axis_;
  std::vector<Tooth> comb_;
  std::vector<float> norm_;  ///< per shift
};

}  // namespace sonar::lines
