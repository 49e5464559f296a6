/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "models/commands/command.h"

namespace sonar::models::commands {

/** sonar-model explain: Score-CAM of a recording as arrays. */
Command add_explain(CLI::App &app);

}  // namespace sonar::models::commands
