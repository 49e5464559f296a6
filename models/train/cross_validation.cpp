/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/train/cross_validation.h"

#include "models/train/folds.h"
#include "sonar/core/error.h"

namespace sonar::models {

std::vector<Repetition> cross_validate(
    const Dataset &data, const Dataset &judged, const TrainOptions &options,
    std::size_t folds, std::size_t repetitions,
    const std::function<void(std::size_t, std::size_t)> &progress,
    const std::atomic<bool> &interrupted) {
  if (repetitions < 1)
    throw Error(Errc::kBadArgument,
                "cannot cross-validate 0 times: needed at least 1");
  std::vector<Repetition> out;
  std::size_t trained = 0;
  for (std::size_t r = 0; r < repetitions; ++r) {
    TrainOptions own = options;
    own.seed = options.seed + r;
    out.push_back({own.seed, {}});
    for (const Split &split : folds_by_group(data, folds, own.seed)) {
      const Model model = train_classifier(data, split.train, own, interrupted);
      out.back().folds.push_back(
          score_recordings(model, judged, split.validation));
      if (progress) progress(++trained, repetitions * folds);
    }
  }
  return out;
}

}  // namespace sonar::models
