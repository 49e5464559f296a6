/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "models/commands/command.h"

namespace sonar::models::commands {

/** sonar-model share: adds a share network to a model. */
Command add_share(CLI::App &app);

}  // namespace sonar::models::commands
