/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <vector>

#include "models/model.h"

namespace sonar::models {

/** What a model says of a whole recording. */
struct Verdict {
  /** Best answer first, even when it is rejected; then the classes that are
   *  there as well (kNamedBeside). */
  std::vector<std::size_t> classes;
  double confidence = 0;  ///< of the best answer, 0..1
  bool rejected = false;  ///< below the model's limit: unknown
};

/** The classes that are in a picture beside its best one, as far as the model
 *  can tell (kNamedBeside). */
std::vector<std::size_t> classes_beside(const Model &model,
                                        const Classification &seen);

/**
 * The verdict on a recording from the classifications of its pictures, at least
 * one: the class with the largest mean log probability (log odds where classes
 * do not exclude each other), which on the network's own logits is the largest
 * mean logit.
 */
Verdict judge(const Model &model, const std::vector<Classification> &seen);

}  // namespace sonar::models
