/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstdint>
#include <vector>

#include "models/train/dataset.h"

namespace sonar::models {

/** Recordings to learn from and to judge by. */
struct FoldSides {
  std::vector<Recording> learnt, held_out;
};

/**
 * The two sides of fold @p fold of @p folds, by group, before any recording is
 * read: folds_by_group(). Without folds (0) all are on both sides. Throws as
 * folds_by_group(), and Error(kBadArgument) for a fold that there is not.
 */
FoldSides sides_of(const std::vector<Recording> &recordings, std::size_t folds,
                   std::size_t fold, std::uint64_t seed);

}  // namespace sonar::models
