/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "models/commands/command.h"

namespace sonar::models::commands {

/** sonar-model augment: a generator of tiles from recordings. */
Command add_augment(CLI::App &app);

}  // namespace sonar::models::commands
