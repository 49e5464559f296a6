/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/commands/train.h"

#include <unistd.h>

#include <filesystem>

#include "models/bundle.h"
#include "models/commands/dataset_flags.h"
#include "models/commands/recipe_flags.h"
#include "models/train/gan_source.h"
#include "models/train/trainer.h"
#include "sonar/core/error.h"

namespace sonar::models::commands {
namespace {

struct TrainCommand {
  std::string dataset, output, gan;
  DatasetFlags names;
  RecipeFlags recipe;
  /** What the user changes in the preset, in the order of the flags. */
  std::vector<std::function<void(TrainOptions &)>> changes;
};

/** docs/method.md section 3. */
TrainOptions preset(const RecipeFlags &flags) {
  TrainOptions o;
  o.settings.recipe = recipe_of(flags);
  o.settings.mask_recipe = MaskRecipe::kLines;
  if (flags.preset == "narrow") return o;
  Architecture &a = o.settings.architecture;
  a.input_channels = 2;
  a.head = Architecture::Head::kBands;
  a.dense = {96, 48};
  a.exclusive = false;
  o.settings.mask_recipe = MaskRecipe::kEvidence;
  o.epochs = 7;
  o.batch_size = 24;
  o.weight_decay = 1e-3;
  o.equalizer = true;
  return o;
}

template <class T, class Get>
void add_number(CLI::App *app, TrainCommand &command, const std::string &flag,
                const std::string &text, Get get) {
  app->add_option_function<T>(
      flag,
      [&command, get](const T &value) {
        command.changes.push_back(
            [get, value](TrainOptions &o) { get(o) = value; });
      },
      text);
}

template <class Enum, class Get>
void add_choice(CLI::App *app, TrainCommand &command, const std::string &flag,
                const std::string &text, const std::vector<Enum> &values,
                Get get) {
  std::vector<std::string> nicks;
  for (const Enum value : values) nicks.push_back(nick(value));
  app->add_option_function<std::string>(
         flag,
         [&command, values, get](const std::string &chosen) {
           for (const Enum value : values)
             if (chosen == nick(value))
               command.changes.push_back(
                   [get, value](TrainOptions &o) { get(o) = value; });
         },
         text)
      ->check(CLI::IsMember(nicks));
}

void add_training_flags(CLI::App *app, TrainCommand &c) {
  const auto of = [](auto member) {
    return [member](TrainOptions & o) -> auto & { return o.*member; };
  };
  std::vector<MaskRecipe> recipes;
  for (const MaskRecipeInfo &info : mask_recipes())
    if (!learns_from_recording(info.recipe)) recipes.push_back(info.recipe);
  add_choice<MaskRecipe>(
      app, c, "--recipe", "mask recipe the model names", recipes,
      [](TrainOptions & o) -> auto & { return o.settings.mask_recipe; });
  add_number<double>(
      app, c, "--threshold", "operating point of the mask, 0 to 1",
      [](TrainOptions & o) -> auto & { return o.settings.threshold; });
  add_number<int>(app, c, "--epochs", "passes over the data",
                  of(&TrainOptions::epochs));
  add_number<int>(app, c, "--batch-size", "pictures in a step",
                  of(&TrainOptions::batch_size));
  add_number<double>(app, c, "--learning-rate", "the one-cycle's maximum",
                     of(&TrainOptions::learning_rate));
  add_number<double>(app, c, "--weight-decay", "of AdamW",
                     of(&TrainOptions::weight_decay));
  add_number<double>(app, c, "--validation", "share of the groups kept back",
                     of(&TrainOptions::validation_fraction));
  add_number<bool>(app, c, "--mix", "mix pictures (true, false)",
                   of(&TrainOptions::mix));
  add_number<bool>(app, c, "--distort",
                   "shift pictures and remove parts (true, false)",
                   of(&TrainOptions::distort));
  add_number<double>(app, c, "--augment-share",
                     "of the pictures drawn, 0 to 1: generated ones",
                     of(&TrainOptions::augment_share));
  add_number<bool>(app, c, "--equalizer", "random colouring (true, false)",
                   of(&TrainOptions::equalizer));
  add_number<int>(app, c, "--subband-masks", "per picture, even",
                  of(&TrainOptions::subband_masks));
  std::vector<cluster::Method> methods;
  for (const cluster::MethodInfo &info : cluster::methods())
    methods.push_back(info.method);
  add_choice<cluster::Method>(app, c, "--cluster",
                              "how representatives are chosen", methods,
                              of(&TrainOptions::cluster));
  add_number<int>(app, c, "--clusters",
                  "representatives per class; 0: at the elbow",
                  of(&TrainOptions::clusters));
  app->add_flag_callback(
      "--centroids",
      [&c] {
        c.changes.push_back([](TrainOptions &o) { o.centroids = true; });
      },
      "also make class masks of auto-encoder centroids (slow)");
  add_number<int>(app, c, "--decoder-epochs", "of that auto-encoder",
                  of(&TrainOptions::decoder_epochs));
  add_number<std::uint64_t>(app, c, "--seed", "same seed, same model",
                            of(&TrainOptions::seed));
}

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
  TrainOptions options = preset(c.recipe);
  for (const auto &change : c.changes) change(options);
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
  const bool terminal = isatty(STDERR_FILENO) == 1;
  const Bundle bundle = train(
      data, options,
      [&](const EpochReport &r) {
        if (!terminal || r.epoch == r.epochs) progress.line(describe(r));
        progress.bar(double(r.epoch) / r.epochs, describe(r));
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
  add_recipe_flags(train, c->recipe);
  add_training_flags(train, *c);
  train
      ->add_option("--augment", c->gan,
                   "generator made by sonar-model augment: also train on its "
                   "tiles")
      ->check(CLI::ExistingFile);
  return {train, [c] { run_train(*c); }, [c] { return advice(*c); }};
}

}  // namespace sonar::models::commands
