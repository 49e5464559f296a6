/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "models/commands/command.h"

namespace sonar::models::commands {

/** sonar-model info: what a model file holds. */
Command add_info(CLI::App &app);

}  // namespace sonar::models::commands
