/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <vector>

#include "sonar/lines/evidence.h"
#include "sonar/lines/likelihood.h"
#include "sonar/lines/line_model.h"

namespace sonar::lines {

/**
 * The natural logarithm of the speed ratio in each column: all moving lines
 * vote in proportion to their height, a Viterbi path lets it wander by 0.1 % a
 * column within +-1.4 % of
 * @p log_ratio, a mean over 9 columns smooths it.
 */
std::vector<float> follow_ratio(const LineMap &map, const ClassLines &of,
                                double log_ratio);

/** Level and offset of a line along the path of the ratio (@p log_ratio,
 *  natural, map.columns() values): the strongest of the mean powers at offsets
 *  of -1.5 to 1.5 bins, at least -3 dB. Hidden where it mostly runs under a
 *  line of all classes. */
Reading read_line(const LineMap &map, const Line &line,
                  const std::vector<CommonLine> &common,
                  const std::vector<float> &log_ratio);

/** Where one line is in each column, and how strong. */
struct Track {
  std::size_t line = 0;          ///< index into ClassLines::lines
  std::vector<float> frequency;  ///< fine bins
  /** Over noise in a fine bin, linear: mean over those of 11 columns in which
   *  it sounds; 0 in columns where it rather is silent. */
  std::vector<float> power;
};

/** Follows one line near the path of the ratio: a Viterbi path of its own
 *  within +-max(0.75 bins, 0.4 %) (fixed lines: one bin). */
Track follow_line(const LineMap &map, const Line &line, std::size_t index,
                  const std::vector<float> &log_ratio);

}  // namespace sonar::lines
