/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/commands/train.h"

#include <filesystem>

#include "models/commands/dataset_flags.h"
#include "models/commands/training_flags.h"
#include "models/train/gan_source.h"
#include "models/train/trainer.h"
#include "sonar/core/error.h"

namespace sonar::models::commands {
namespace {

struct TrainCommand {
  std::string dataset, output, gan;
  DatasetFlags names;
  TrainingFlags training;
  double augment_share = TrainOptions().augment_share;
};

std::string describe(const EpochReport &r) {
  char text[160];
  std::snprintf(text, sizeof text,
                "epoch %d of %d  loss %.4f  right: training %.3f, validation "
                "%.3f  %d:%02d left",
                r.epoch, r.epochs, r.loss, r.train_accuracy,
                r.validation_accuracy, int(r.seconds_left) / 60,
                int(r.seconds_left) % 60);
  return text;
}

void run_train(const TrainCommand &c) {
  TrainOptions options = training_options(c.training);
  options.augment_share = c.augment_share;
  Settings &s = options.settings;
  s.name = std::filesystem::path(c.output).stem().string();
  s.made_with = "sonar-model " SONAR_VERSION;
  options.data_name = folder_name(c.dataset);
  options.checkpoint = c.output + ".checkpoint";

  catch_interrupt();
  keep_freed_memory();
  Progress progress;
  const Dataset data = load(c.dataset, c.names, s.recipe, progress);
  if (!c.gan.empty()) options.augment = open_gan(c.gan, s.recipe, data.labels);
  const Bundle bundle = train(
      data, options,
      [&](const EpochReport &r) {
        progress.epoch(r.epoch, r.epochs, describe(r));
      },
      [&](const std::string &text) { progress.line(text); }, interrupted());
  write_bundle(c.output, bundle);
  std::error_code ignored;
  std::filesystem::remove(options.checkpoint, ignored);
  progress.line("wrote " + c.output);
}

/** What to do after an interruption. */
std::string advice(const TrainCommand &c) {
  const std::string checkpoint = c.output + ".checkpoint";
  return std::filesystem::exists(checkpoint)
             ? "; run the same command again to go on from " + checkpoint
             : "; nothing was trained yet";
}

}  // namespace

Command add_train(CLI::App &app) {
  const auto c = std::make_shared<TrainCommand>();
  CLI::App *train = app.add_subcommand("train", "Train a model on recordings");
  train
      ->add_option("dataset", c->dataset,
                   "folder of one folder per class, or with labels.csv or "
                   "manifest.csv, or a CSV file (path, class, group)")
      ->required();
  train->add_option("-o,--output", c->output, "the model file")->required();
  add_dataset_flags(train, c->names);
  add_learning_flags(train, c->training);
  add_class_model_flags(train, c->training);
  train
      ->add_option("--augment", c->gan,
                   "generator made by sonar-model augment: also train on its "
                   "tiles")
      ->check(CLI::ExistingFile);
  train->add_option("--augment-share", c->augment_share,
                    "of the pictures drawn, 0 to 1: generated ones");
  return {train, [c] { run_train(*c); }, [c] { return advice(*c); }};
}

}  // namespace sonar::models::commands
