/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <optional>
#include <vector>

#include "sonar/lines/line_model.h"

namespace sonar::lines {

/** What is read of one line in one picture. */
struct Reading {
  float level_db = 0;  ///< 1 + power over noise in a fine bin, mean over time
  /** From where the class' speed puts it, fine bins; a mean profile has none.
   */
  std::optional<float> offset;
  /** A line of all classes is in the way: this reading says nothing. */
  bool hidden = false;
};

/** Offsets are read from -kLargestOffset to it. */
constexpr double kLargestOffset = 1.5;

/** How well readings agree with a class. */
struct Likelihood {
  /** log p(readings | class) - log p(readings | background), natural. */
  double evidence = 0;
  /** How much stronger than in the training the recording is, dB: the
   *  expectation over the level shifts, given the class. */
  double level_shift_db = 0;
  /** Per line, the probability that it is there, given the class. */
  std::vector<float> presence;
};

/**
 * Each line is there with its own probability; then its level and its offset
 * are those of the class, else those of the background. What a recording
 * shares in all its lines is integrated over: all levels up or down (a vessel
 * nearer or farther than those of the training) and lines that are missing
 * today. A hidden reading changes nothing. @p readings: one a line of @p of.
 */
Likelihood likelihood(const ClassLines &of,
                      const std::vector<Reading> &readings,
                      const LevelDensity &background);

}  // namespace sonar::lines
