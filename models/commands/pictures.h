/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "models/commands/command.h"

namespace sonar::models::commands {

/** `sonar-model pictures`: what a user's own network sees, for its training. */
Command add_pictures(CLI::App &app);

}  // namespace sonar::models::commands
