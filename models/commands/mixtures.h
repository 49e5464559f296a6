/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "models/commands/command.h"

namespace sonar::models::commands {

/** sonar-model mixtures: real recordings mixed, so that their truth is known.
 */
Command add_mixtures(CLI::App &app);

}  // namespace sonar::models::commands
