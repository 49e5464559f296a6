/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/commands/training_flags.h"

#include "models/bundle.h"

namespace sonar::models::commands {
namespace {

void choose_ship_type(TrainOptions &o) {
  Architecture &a = o.settings.architecture;
  a.network = Architecture::Network::kHarmonics;
  a.input_channels = 2;
  a.dense = {16, 16};
  o.settings.mask_recipe = MaskRecipe::kSubband;
  o.epochs = 18;
  o.batch_size = 128;
  o.weight_decay = 0.2;
}

/** docs/method.md section 3; docs/training.md for ship types. */
TrainOptions preset(const RecipeFlags &flags) {
  TrainOptions o;
  o.settings.recipe = recipe_of(flags);
  o.settings.mask_recipe = MaskRecipe::kLines;
  if (flags.preset == "narrow") return o;
  if (flags.preset == kShipType) {
    choose_ship_type(o);
    return o;
  }
  Architecture &a = o.settings.architecture;
  a.input_channels = 2;
  a.head = Architecture::Head::kBands;
  a.dense = {96, 48};
  a.exclusive = false;
  a.statistics = true;
  o.settings.mask_recipe = MaskRecipe::kEvidence;
  o.epochs = 7;
  o.batch_size = 24;
  o.weight_decay = 1e-3;
  o.equalizer = true;
  return o;
}

template <class T, class Get>
void add_number(CLI::App *app, TrainingFlags &flags, const std::string &flag,
                const std::string &text, Get get) {
  app->add_option_function<T>(
      flag,
      [&flags, get](const T &value) {
        flags.changes.push_back(
            [get, value](TrainOptions &o) { get(o) = value; });
      },
      text);
}

template <class Enum, class Get>
void add_choice(CLI::App *app, TrainingFlags &flags, const std::string &flag,
                const std::string &text, const std::vector<Enum> &values,
                Get get) {
  std::vector<std::string> nicks;
  for (const Enum value : values) nicks.push_back(nick(value));
  app->add_option_function<std::string>(
         flag,
         [&flags, values, get](const std::string &chosen) {
           for (const Enum value : values)
             if (chosen == nick(value))
               flags.changes.push_back(
                   [get, value](TrainOptions &o) { get(o) = value; });
         },
         text)
      ->check(CLI::IsMember(nicks));
}

/** The member itself, where add_number() wants a way to it. */
template <class T>
auto of(T TrainOptions::*member) {
  return [member](TrainOptions &o) -> T & { return o.*member; };
}

}  // namespace

void add_learning_flags(CLI::App *app, TrainingFlags &f) {
  add_recipe_flags(app, f.recipe);
  add_number<int>(app, f, "--epochs", "passes over the data",
                  of(&TrainOptions::epochs));
  add_number<int>(app, f, "--batch-size", "pictures in a step",
                  of(&TrainOptions::batch_size));
  add_number<double>(app, f, "--learning-rate", "the one-cycle's maximum",
                     of(&TrainOptions::learning_rate));
  add_number<double>(app, f, "--weight-decay", "of AdamW",
                     of(&TrainOptions::weight_decay));
  add_number<bool>(app, f, "--mix", "mix pictures (true, false)",
                   of(&TrainOptions::mix));
  add_number<bool>(app, f, "--distort",
                   "shift pictures and remove parts (true, false)",
                   of(&TrainOptions::distort));
  add_number<bool>(app, f, "--equalizer", "random colouring (true, false)",
                   of(&TrainOptions::equalizer));
  add_number<std::uint64_t>(app, f, "--seed", "same seed, same model",
                            of(&TrainOptions::seed));
}

void add_class_model_flags(CLI::App *app, TrainingFlags &f) {
  std::vector<MaskRecipe> recipes;
  for (const MaskRecipeInfo &info : mask_recipes())
    if (!learns_from_recording(info.recipe)) recipes.push_back(info.recipe);
  add_choice<MaskRecipe>(
      app, f, "--recipe", "mask recipe the model names", recipes,
      [](TrainOptions & o) -> auto & { return o.settings.mask_recipe; });
  add_number<double>(
      app, f, "--threshold", "operating point of the mask, 0 to 1",
      [](TrainOptions & o) -> auto & { return o.settings.threshold; });
  add_number<double>(app, f, "--validation", "share of the groups kept back",
                     of(&TrainOptions::validation_fraction));
  add_number<int>(app, f, "--subband-masks", "per picture, even",
                  of(&TrainOptions::subband_masks));
  std::vector<cluster::Method> methods;
  for (const cluster::MethodInfo &info : cluster::methods())
    methods.push_back(info.method);
  add_choice<cluster::Method>(app, f, "--cluster",
                              "how representatives are chosen", methods,
                              of(&TrainOptions::cluster));
  add_number<int>(app, f, "--clusters",
                  "representatives per class; 0: at the elbow",
                  of(&TrainOptions::clusters));
  app->add_flag_callback(
      "--centroids",
      [&f] {
        f.changes.push_back([](TrainOptions &o) { o.centroids = true; });
      },
      "also make class masks of auto-encoder centroids (slow)");
  add_number<int>(app, f, "--decoder-epochs", "of that auto-encoder",
                  of(&TrainOptions::decoder_epochs));
}

TrainOptions training_options(const TrainingFlags &flags) {
  TrainOptions options = preset(flags.recipe);
  for (const auto &change : flags.changes) change(options);
  return options;
}

}  // namespace sonar::models::commands
