/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <string>
#include <vector>

#include "models/model.h"

namespace sonar::models {

/** A way to make masks, as `sonar-model evaluate --method` names it. */
struct Method {
  std::string name, description;
  bool used_truth = false;  ///< something in it was fitted to known masks
  MaskOptions options;
};

/** Every method there is: each mask recipe under its own name, and the variants
 *  of a recipe that has several. A model may lack what one needs. */
const std::vector<Method> &methods();

/** Throws Error(kBadArgument) naming those there are. */
const Method &find_method(const std::string &name);

}  // namespace sonar::models
