/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/commands/cross_validate.h"

#include <cstdio>

#include "models/commands/dataset_flags.h"
#include "models/commands/training_flags.h"
#include "models/evaluate/cross_validation_report.h"
#include "models/train/cross_validation.h"
#include "models/train/modulation_noise.h"
#include "sonar/core/error.h"

namespace sonar::models::commands {
namespace {

struct CrossValidateCommand {
  std::string dataset;
  DatasetFlags names;
  TrainingFlags training;
  std::size_t folds = 5, repetitions = 3;
  bool as_json = false, per_file = false, streamed = false;
};

/** What is judged where a user asks for what streams show. */
Dataset streamed(const Dataset &data, const TrainOptions &options) {
  const Recipe &recipe = options.settings.recipe;
  if (options.settings.architecture.network !=
      Architecture::Network::kHarmonics)
    throw Error(Errc::kBadArgument,
                "--as-streamed simulates averages of the preset ship-type: "
                "choose that one, or leave it out");
  return as_streamed(data, recipe, options.seed);
}

void run(const CrossValidateCommand &c) {
  const TrainOptions options = training_options(c.training);
  catch_interrupt();
  keep_freed_memory();
  Dataset data;
  std::vector<Repetition> repetitions;
  {
    Progress progress;
    data = load(c.dataset, c.names, options.settings.recipe, progress);
    repetitions = cross_validate(
        data, c.streamed ? streamed(data, options) : data, options, c.folds,
        c.repetitions,
        [&](std::size_t done, std::size_t models) {
          progress.bar(double(done) / double(models),
                       "model " + std::to_string(done) + " of " +
                           std::to_string(models));
        },
        interrupted());
  }
  const std::string out =
      c.as_json
          ? cross_validation_json(data, repetitions, c.per_file).dump(1) + "\n"
          : cross_validation_text(data, repetitions);
  std::fputs(out.c_str(), stdout);
}

}  // namespace

Command add_cross_validate(CLI::App &app) {
  const auto c = std::make_shared<CrossValidateCommand>();
  CLI::App *flags = app.add_subcommand(
      "cross-validate",
      "What training reaches on groups of recordings that it has not heard");
  flags
      ->add_option("dataset", c->dataset,
                   "folder of one folder per class, or with labels.csv or "
                   "manifest.csv, or a CSV file (path, class, group)")
      ->required();
  add_dataset_flags(flags, c->names);
  add_learning_flags(flags, c->training);
  flags->add_option("--folds", c->folds, "parts that the groups are dealt to")
      ->capture_default_str();
  flags
      ->add_option("--repetitions", c->repetitions,
                   "times, each with folds and a seed of its own")
      ->capture_default_str();
  flags->add_flag("--as-streamed", c->streamed,
                  "judge each spectrum with the roughness that an average over "
                  "one picture's time has");
  flags->add_flag("--json", c->as_json, "for programs");
  flags->add_flag("--per-file", c->per_file,
                  "with --json: also the answer to each recording");
  return {flags, [c] { run(*c); }, {}};
}

}  // namespace sonar::models::commands
