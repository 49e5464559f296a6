/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstdint>
#include <vector>

#include "models/train/dataset.h"

namespace sonar::models {

/**
 * Cross-validation by group: every group is held out in exactly one of
 * @p folds splits, and the groups of each class are spread over them as evenly
 * as groups that hold several classes allow (iterative stratification,
 * Sechidis, Tsoumakas and Vlahavas 2011, with groups for examples and classes
 * for labels). Each split's train side holds every class.
 *
 * Throws Error(kBadArgument) below 2 folds, for more folds than groups, for a
 * class of a single group, which can only be on one side, and for one whose
 * groups all hold other classes that bring them into one fold.
 */
std::vector<Split> folds_by_group(const Dataset &data, std::size_t folds,
                                  std::uint64_t seed);

}  // namespace sonar::models
