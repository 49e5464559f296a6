/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "models/commands/command.h"

namespace sonar::models::commands {

/** sonar-model denoiser: adds a denoising network to a model. */
Command add_denoiser(CLI::App &app);

}  // namespace sonar::models::commands
