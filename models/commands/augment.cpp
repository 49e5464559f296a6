/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/commands/augment.h"

#include <filesystem>

#include "models/bundle.h"
#include "models/commands/dataset_flags.h"
#include "models/commands/recipe_flags.h"
#include "models/gnuplot.h"
#include "models/train/gan_figures.h"
#include "models/train/gan_source.h"
#include "models/train/wgan_trainer.h"
#include "sonar/core/error.h"

namespace sonar::models::commands {
namespace {

const std::vector<GanVariant> kVariants = {GanVariant::kClip, GanVariant::kGp,
                                           GanVariant::kBce};

struct AugmentCommand {
  std::string dataset, output, figures, variant = nick(GanVariant::kGp);
  DatasetFlags names;
  RecipeFlags recipe;
  /** What the user changes in the variant's values. */
  std::vector<std::function<void(GanOptions &)>> changes;
};

template <class T>
void add_number(CLI::App *app, AugmentCommand &command, const std::string &flag,
                const std::string &text, T GanOptions::*member) {
  app->add_option_function<T>(
      flag,
      [&command, member](const T &value) {
        command.changes.push_back(
            [member, value](GanOptions &o) { o.*member = value; });
      },
      text);
}

void add_gan_flags(CLI::App *app, AugmentCommand &c) {
  std::vector<std::string> nicks;
  for (const GanVariant variant : kVariants) nicks.push_back(nick(variant));
  app->add_option("--variant", c.variant,
                  "clip: Wasserstein loss, weights clipped; gp: with gradient "
                  "penalty; bce: binary cross-entropy")
      ->check(CLI::IsMember(nicks))
      ->capture_default_str();
  using O = GanOptions;
  add_number(app, c, "--epochs", "passes over the data, at most", &O::epochs);
  add_number(app, c, "--batch-size", "pictures in a step", &O::batch_size);
  add_number(app, c, "--latent", "random numbers a picture is made from",
             &O::latent);
  add_number(app, c, "--critic-steps", "to one of the generator",
             &O::critic_steps);
  add_number(app, c, "--learning-rate", "of both networks", &O::learning_rate);
  add_number(app, c, "--clip", "largest weight of the critic (clip)", &O::clip);
  add_number(app, c, "--penalty", "weight of the gradient penalty (gp)",
             &O::penalty);
  add_number(app, c, "--pixel-noise", "noise at every scale (true, false)",
             &O::pixel_noise);
  add_number(app, c, "--spectral-norm",
             "spectral normalisation of the critic (true, false)",
             &O::spectral_norm);
  add_number(app, c, "--stop", "end where it has converged (true, false)",
             &O::stop);
  add_number(app, c, "--validation", "share of the groups kept back, as train",
             &O::validation_fraction);
  add_number(app, c, "--seed", "same seed, same generator", &O::seed);
}

GanOptions options_of(const AugmentCommand &c) {
  GanOptions options;
  for (const GanVariant variant : kVariants)
    if (c.variant == nick(variant)) options = gan_defaults(variant);
  for (const auto &change : c.changes) change(options);
  options.settings.recipe = recipe_of(c.recipe);
  options.settings.recipe.evidence_fft_size = 0;  // not of a tile
  options.settings.name = std::filesystem::path(c.output).stem().string();
  options.settings.made_with = "sonar-model " SONAR_VERSION;
  options.data_name = folder_name(c.dataset);
  options.checkpoint = c.output + ".checkpoint";
  return options;
}

std::string describe(const GanReport &r) {
  char text[200];
  std::snprintf(text, sizeof text,
                "epoch %d of %d  distance %.3f  recognised: real %.2f, "
                "generated %.2f  %d:%02d left",
                r.epoch, r.epochs, double(r.figures.distance),
                double(r.figures.accuracy_real),
                double(r.figures.accuracy_generated), int(r.seconds_left) / 60,
                int(r.seconds_left) % 60);
  return text;
}

void run_augment(const AugmentCommand &c) {
  const GanOptions options = options_of(c);
  if (!c.figures.empty()) require_gnuplot();
  catch_interrupt();
  keep_freed_memory();
  Progress progress;
  const Dataset data =
      load(c.dataset, c.names, options.settings.recipe, progress);
  const Bundle gan = train_gan(
      data, options,
      [&](const GanReport &r) {
        progress.epoch(r.epoch, r.epochs, describe(r));
      },
      [&](const std::string &text) { progress.line(text); }, interrupted());
  write_bundle(c.output, gan);
  std::error_code ignored;
  std::filesystem::remove(options.checkpoint, ignored);
  progress.line("wrote " + c.output);
  if (c.figures.empty()) return;
  write_gan_figures(c.figures, gan,
                    *open_gan(c.output, options.settings.recipe, data.labels),
                    data);
  progress.line("wrote the figures to " + c.figures);
}

/** What to do after an interruption. */
std::string advice(const AugmentCommand &c) {
  const std::string checkpoint = c.output + ".checkpoint";
  return std::filesystem::exists(checkpoint)
             ? "; run the same command again to go on from " + checkpoint
             : "; nothing was trained yet";
}

}  // namespace

Command add_augment(CLI::App &app) {
  const auto c = std::make_shared<AugmentCommand>();
  CLI::App *augment = app.add_subcommand(
      "augment", "Train a generator of further pictures of each class");
  augment
      ->add_option("dataset", c->dataset, "as of train: give both the same one")
      ->required();
  augment->add_option("-o,--output", c->output, "the generator's file")
      ->required();
  augment->add_option("--figures", c->figures,
                      "folder for curves.csv, curves.png and grid.png");
  add_dataset_flags(augment, c->names);
  add_recipe_flags(augment, c->recipe);
  add_gan_flags(augment, *c);
  return {augment, [c] { run_augment(*c); }, [c] { return advice(*c); }};
}

}  // namespace sonar::models::commands
