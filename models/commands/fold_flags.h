/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <vector>

#include "models/train/fold_sides.h"

namespace sonar::models::commands {

/** Which of the recordings are learnt from, and which are held out. */
struct FoldFlags {
  std::size_t folds = 0;  ///< 0: all recordings are on both sides
  std::size_t fold = 0;   ///< the one that is held out
  std::uint64_t seed = 0;
};

/** --folds, --fold and --fold-seed. @p flags must outlive the parsing. */
void add_fold_flags(CLI::App *app, FoldFlags &flags);

/** Throws as sides_of() of models/train/fold_sides.h. */
FoldSides sides_of(const std::vector<Recording> &recordings,
                   const FoldFlags &flags);

}  // namespace sonar::models::commands
