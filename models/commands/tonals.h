/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "models/commands/command.h"

namespace sonar::models::commands {

/** `sonar-model tonals`: tonals and families against scenes that are known. */
Command add_tonals(CLI::App &app);

}  // namespace sonar::models::commands
