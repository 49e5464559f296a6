/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <vector>

#include "models/train/dataset.h"
#include "models/train/trainer.h"
#include "models/train/validation.h"

namespace sonar::models {

/** One pass of cross-validation: every recording once, answered by a model
 *  that has learnt from no recording of its group. */
struct Repetition {
  std::uint64_t seed;  ///< of the folds and of the training
  std::vector<std::vector<RecordingScore>> folds;
};

/**
 * Cross-validation by group, @p repetitions times in @p folds folds
 * (folds_by_group()): what train() with these options reaches on groups that
 * it has not heard. Repetition r has the seed options.seed + r.
 * Learnt from are the tiles of @p data; those of @p judged, the same ones in
 * the same order or another view of each, are scored.
 * @p progress(trained, models) may be empty. Throws as folds_by_group() and
 * train(), and Error(kBadArgument) below one repetition.
 */
std::vector<Repetition> cross_validate(
    const Dataset &data, const Dataset &judged, const TrainOptions &options,
    std::size_t folds, std::size_t repetitions,
    const std::function<void(std::size_t, std::size_t)> &progress,
    const std::atomic<bool> &interrupted);

}  // namespace sonar::models
