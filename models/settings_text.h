/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <string>

#include "models/bundle.h"

/* The settings of a model file as JSON. */
namespace sonar::models {

std::string settings_to_json(const Settings &settings);

/** Throws Error(kBadModel) naming what is missing, unknown or outside its
 *  domain, and nlohmann::json::exception on malformed text. */
Settings settings_from_json(const std::string &text);

/** Throws Error(kBadModel) for the first setting outside its domain, in words
 *  that go on after the file's name: "has the label ... twice". */
void check_settings(const Settings &settings);

/** The recipe of a nick, of those that a model can make. Throws
 *  Error(kBadModel) naming them. */
MaskRecipe mask_recipe_of(const std::string &nick);

}  // namespace sonar::models
