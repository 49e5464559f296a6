/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

#include "sonar/core/recipe.h"

namespace sonar::models::commands {

/** The preset of the network harmonics. */
inline constexpr char kShipType[] = "ship-type";

/** What the user changes in a preset's recipe, in the order of the flags. */
struct RecipeFlags {
  std::string preset = "narrow";
  std::vector<std::function<void(Recipe &)>> changes;
};

/** --preset, and the recipe's settings named as the properties of
 *  sonarspectrogram. @p flags must outlive the parsing. */
void add_recipe_flags(CLI::App *app, RecipeFlags &flags);

/** docs/method.md section 3: the preset's recipe with what the user changed.
 *  Throws as Recipe::validate(). */
Recipe recipe_of(const RecipeFlags &flags);

}  // namespace sonar::models::commands
