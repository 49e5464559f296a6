/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "sonar/lines/evidence.h"
#include "sonar/lines/line_model.h"
#include "sonar/lines/select.h"

namespace sonar::lines {

/** Labelled pictures to learn from; no truth is needed. */
struct Examples {
  std::vector<std::vector<float>> profiles;  ///< mean_profile() of each
  std::vector<std::size_t> labels;           ///< of each, < classes
  std::size_t classes = 0;
  /** ClassProfiles::source of each; empty: every picture is its own. */
  std::vector<std::size_t> sources = {};
  /** Where lines are looked for: not where a filter or a recorder ends. */
  Band band = {};
  /** The evidence of a picture, computed when it is asked for, four
   *  times each; as many bins as its profile. */
  std::function<Evidence(std::size_t)> evidence;
  /** Called often; may throw to end the learning. */
  std::function<void()> check = [] {};
};

/**
 * Learns the lines of every class (docs/method.md section 5.4): align(), then
 * select_lines(), then for each line how often, how strong and how exact it is
 * where it is there, what is read where no line is, and from which evidence on
 * a class counts as present. Same examples and seed, same model. Throws
 * Error(kBadArgument) unless there are 2 classes or more with a picture each,
 * one label a profile, as many sources or none and profiles of one size of 20
 * bins or more.
 */
LineModel learn(const Examples &examples, std::uint64_t seed);

}  // namespace sonar::lines
