/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "models/commands/command.h"

namespace sonar::models::commands {

/** sonar-model synth: scenes whose answer is known to the pixel. */
Command add_synth(CLI::App &app);

}  // namespace sonar::models::commands
