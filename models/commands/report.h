/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "models/commands/command.h"

namespace sonar::models::commands {

/** sonar-model report: a page on what a model does and how far to trust it. */
Command add_report(CLI::App &app);

}  // namespace sonar::models::commands
