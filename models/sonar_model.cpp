/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <CLI/CLI.hpp>
#include <cstdio>

#include "models/commands/augment.h"
#include "models/commands/cross_validate.h"
#include "models/commands/denoiser.h"
#include "models/commands/evaluate.h"
#include "models/commands/explain.h"
#include "models/commands/info.h"
#include "models/commands/mixtures.h"
#include "models/commands/pictures.h"
#include "models/commands/propulsion.h"
#include "models/commands/report.h"
#include "models/commands/share.h"
#include "models/commands/synth.h"
#include "models/commands/tonals.h"
#include "models/commands/train.h"

namespace {

using namespace sonar::models::commands;

constexpr int kExitError = 1, kExitInterrupted = 130;

int complain(const std::string &what) {
  std::fprintf(stderr, "sonar-model: %s\n", what.c_str());
  return interrupted() ? kExitInterrupted : kExitError;
}

/** What the command that was cut short advises. */
std::string advice(const Command &command) {
  return interrupted() && command.advice ? command.advice() : "";
}

}  // namespace

int main(int argc, char **argv) {
  CLI::App app("Makes and describes the models of gst-sonar", "sonar-model");
  app.require_subcommand(1);
  app.set_version_flag("--version", "sonar-model " SONAR_VERSION);
  const std::vector<Command> commands = {
      add_train(app),      add_cross_validate(app), add_augment(app),
      add_denoiser(app),   add_evaluate(app),       add_explain(app),
      add_info(app),       add_mixtures(app),       add_pictures(app),
      add_propulsion(app), add_report(app),         add_share(app),
      add_tonals(app),     add_synth(app)};
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError &e) {
    return e.get_exit_code() == 0 ? app.exit(e) : complain(e.what());
  }
  for (const Command &command : commands) {
    if (!*command.flags) continue;
    try {
      command.run();
    } catch (const std::exception &e) {
      return complain(e.what() + advice(command));
    }
  }
  return 0;
}
