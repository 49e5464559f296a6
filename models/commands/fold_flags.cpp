/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/commands/fold_flags.h"

namespace sonar::models::commands {

void add_fold_flags(CLI::App *app, FoldFlags &flags) {
  app->add_option("--folds", flags.folds,
                  "deal the groups to so many folds; 0: take all recordings")
      ->capture_default_str();
  app->add_option("--fold", flags.fold, "the fold that is held out, from 0 on")
      ->capture_default_str();
  app->add_option("--fold-seed", flags.seed, "same seed, same folds")
      ->capture_default_str();
}

FoldSides sides_of(const std::vector<Recording> &recordings,
                   const FoldFlags &flags) {
  return models::sides_of(recordings, flags.folds, flags.fold, flags.seed);
}

}  // namespace sonar::models::commands
