/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <limits>
#include <vector>

#include "sonar/lines/align.h"
#include "sonar/lines/line_model.h"

namespace sonar::lines {

/** One class while its lines are chosen. */
struct ClassProfiles {
  std::vector<Spectrum> profiles;  ///< mean profiles, dB
  std::vector<double> log_ratio;   ///< of each, by align()
  /** Of each, where it comes from (a recording, a vessel): profiles of one
   *  source say the same thing. Empty: each its own. */
  std::vector<std::size_t> source = {};
};

/** Fine bins between which lines are looked for. */
struct Band {
  double lowest = 0, highest = std::numeric_limits<double>::infinity();
};

/**
 * The lines of every class: peaks of its mean spectrum, along the absolute and
 * along the aligned axis, that stand out of the other classes' mean spectra,
 * by at least 1 dB, 35 % of their own height and two standard errors
 * (docs/method.md section 5.4). Every source of a class counts as much in the
 * mean, and the error is that of a mean over sources; with one source only,
 * over its profiles. Only frequency, height and kind are filled in,
 * and the spread of the ratio. @p classes: two or more, with a profile or more
 * each, all of one size of 20 bins or more.
 */
std::vector<ClassLines> select_lines(const std::vector<ClassProfiles> &classes,
                                     const Band &band = {});

/** Bins where every class has a line (own ship, mains): its mean profile
 *  is more than 0.5 dB over its median over 25 bins, and by more than half as
 *  many dB as in the class where it is highest. One flag a bin, element 0 is
 *  bin 1. */
std::vector<char> common_bins(const std::vector<ClassProfiles> &classes);

}  // namespace sonar::lines
