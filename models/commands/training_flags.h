/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <vector>

#include "models/commands/recipe_flags.h"
#include "models/train/trainer.h"

namespace sonar::models::commands {

/** How a model is trained: a preset and what the user changes in it. */
struct TrainingFlags {
  RecipeFlags recipe;
  /** In the order of the flags. */
  std::vector<std::function<void(TrainOptions &)>> changes;
};

/** Those of the recipe and of learning to classify. @p flags must outlive the
 *  parsing. */
void add_learning_flags(CLI::App *app, TrainingFlags &flags);
/** Those of what is made once the classifier is trained: validation, mask
 *  recipe, class masks. */
void add_class_model_flags(CLI::App *app, TrainingFlags &flags);

/** The preset (docs/method.md section 3), changed as asked for. Throws as
 *  recipe_of(). */
TrainOptions training_options(const TrainingFlags &flags);

}  // namespace sonar::models::commands
