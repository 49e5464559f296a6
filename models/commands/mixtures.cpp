/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/commands/mixtures.h"

#include "models/commands/dataset_flags.h"
#include "models/commands/fold_flags.h"
#include "models/commands/recipe_flags.h"
#include "models/mixtures/mixture_set.h"

namespace sonar::models::commands {
namespace {

struct MixturesCommand {
  std::string dataset, folder;
  DatasetFlags names;
  RecipeFlags recipe{"broad", {}};
  FoldFlags folds;
  MixtureSetOptions options;
};

void run_mixtures(MixturesCommand &c) {
  c.options.recipe = recipe_of(c.recipe);
  const FoldSides sides =
      sides_of(list_recordings(c.dataset, c.names), c.folds);
  catch_interrupt();
  Progress progress;
  progress.line(std::to_string(sides.held_out.size()) + " recordings");
  write_mixtures(c.folder, sides.held_out, c.options,
                 [&](std::size_t done, std::size_t total) {
                   throw_if_interrupted();
                   progress.bar(double(done) / double(total),
                                "mixture " + std::to_string(done) + " of " +
                                    std::to_string(total));
                 });
  progress.line("wrote " + c.folder);
}

}  // namespace

Command add_mixtures(CLI::App &app) {
  const auto c = std::make_shared<MixturesCommand>();
  CLI::App *mixtures = app.add_subcommand(
      "mixtures", "Mix real recordings in pairs, so that their truth is known");
  mixtures->add_option("dataset", c->dataset, "as for train")->required();
  mixtures->add_option("folder", c->folder, "folder to write")->required();
  add_dataset_flags(mixtures, c->names);
  add_recipe_flags(mixtures, c->recipe);
  add_fold_flags(mixtures, c->folds);
  MixtureSetOptions &o = c->options;
  mixtures
      ->add_option("--targets", o.targets,
                   "classes to be found, a,b (default: all); the others only "
                   "interfere")
      ->delimiter(',');
  mixtures->add_option("--per-class", o.per_class, "targets of a class")
      ->capture_default_str();
  mixtures
      ->add_option("--snr", o.snr_db,
                   "of the target over the interferer in the recipe's band, "
                   "dB: each target at each")
      ->delimiter(',')
      ->capture_default_str();
  mixtures->add_option("--seed", o.seed, "same seed, same mixtures")
      ->capture_default_str();
  return {mixtures, [c] { run_mixtures(*c); }, {}};
}

}  // namespace sonar::models::commands
