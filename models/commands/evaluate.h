/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "models/commands/command.h"

namespace sonar::models::commands {

/** sonar-model evaluate: how good a model's answers and masks are. */
Command add_evaluate(CLI::App &app);

}  // namespace sonar::models::commands
