/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "models/commands/command.h"

namespace sonar::models::commands {

/** sonar-model train: a model from recordings. */
Command add_cross_validate(CLI::App &app);

}  // namespace sonar::models::commands
