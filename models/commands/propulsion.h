/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "models/commands/command.h"

namespace sonar::models::commands {

/** sonar-model propulsion: shaft rates and blades of recordings or of
 *  annotated DEMON spectra, and how often they are right. */
Command add_propulsion(CLI::App &app);

}  // namespace sonar::models::commands
