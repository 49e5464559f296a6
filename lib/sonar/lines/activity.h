/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <vector>

namespace sonar::lines {

/**
 * Probability in each column that a tracked line sounds: forward and backward
 * pass of a two-state Markov chain. The power of a column, noise included, is
 * exponential with mean 1 where the line is silent, else 1 + the line's own
 * power, which is estimated along (docs/method.md section 5.4).
 *
 * @p power: of the line over noise in a fine bin, per column, not smoothed.
 */
std::vector<float> sounding_probability(const std::vector<float> &power);

}  // namespace sonar::lines
