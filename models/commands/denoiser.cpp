/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/commands/denoiser.h"

#include <filesystem>

#include "models/bundle.h"
#include "models/denoiser.h"
#include "models/train/clean_pictures.h"
#include "models/train/dataset.h"
#include "models/train/denoiser_trainer.h"

namespace sonar::models::commands {
namespace {

struct DenoiserCommand {
  std::string model, dataset, output, kind, label_column = "class";
  DenoiserOptions options;
};

MaskRecipe kind_of(const std::string &name) {
  for (const MaskRecipe kind : denoiser_recipes())
    if (name == nick(kind)) return kind;
  return denoiser_recipes().front();  // CLI11 lets no other name pass
}

void run_denoiser(DenoiserCommand &c) {
  DenoiserOptions &o = c.options;
  o.kind = kind_of(c.kind);
  o.data_name =
      std::filesystem::weakly_canonical(c.dataset).filename().string();
  Bundle bundle = read_bundle(resolve_model(c.model));
  Recipe recipe = bundle.settings.recipe;
  recipe.evidence_fft_size = 0;  // a denoiser sees the picture alone

  catch_interrupt();
  keep_freed_memory();
  Progress progress;
  const auto bar = [&](const std::string &what) {
    return [&progress, what](std::size_t done, std::size_t total) {
      throw_if_interrupted();
      progress.bar(
          double(done) / double(total),
          what + " " + std::to_string(done) + " of " + std::to_string(total));
    };
  };
  const Dataset data = load_dataset(list_dataset(c.dataset, c.label_column),
                                    recipe, bar("recording"));
  std::vector<CleanPicture> clean;
  if (is_supervised(o.kind))
    clean = load_clean_pictures(c.dataset, data, recipe, bar("clean picture"));
  progress.line(
      std::to_string(data.tiles.size()) + " pictures, " +
      (is_supervised(o.kind) ? "with their truth" : "no truth is looked at"));
  const TrainedDenoiser denoiser = train_denoiser(
      data, recipe, clean, o,
      [&](const LossReport &r) {
        progress.epoch(r.epoch, r.epochs, describe(r));
      },
      interrupted());
  models::add_denoiser(bundle, o.kind, denoiser);
  write_bundle(c.output, bundle);
  char point[80];
  std::snprintf(point, sizeof point, "a tone from %.1f dB on, ",
                denoiser.operating_point_db);
  progress.line(point + ("wrote " + c.output));
}

}  // namespace

Command add_denoiser(CLI::App &app) {
  const auto c = std::make_shared<DenoiserCommand>();
  CLI::App *denoiser = app.add_subcommand(
      "denoiser", "Add a denoising network to a model, for comparison");
  denoiser->add_option("model", c->model, "name or file")->required();
  denoiser
      ->add_option("dataset", c->dataset,
                   "as for train; with truth.safetensors for autoencoder and "
                   "dncnn")
      ->required();
  denoiser
      ->add_option("-o,--output", c->output, "the model file with the denoiser")
      ->required();
  std::vector<std::string> kinds;
  for (const MaskRecipe kind : denoiser_recipes()) kinds.push_back(nick(kind));
  denoiser
      ->add_option("--kind", c->kind,
                   "autoencoder, dncnn: learn from truth; dncnn-sure, "
                   "noise2noise: from the noisy pictures alone")
      ->required()
      ->check(CLI::IsMember(kinds));
  denoiser
      ->add_option("--label-column", c->label_column,
                   "column of the CSV file that names the class")
      ->capture_default_str();
  DenoiserOptions &o = c->options;
  denoiser->add_option("--epochs", o.epochs, "passes over the data")
      ->capture_default_str();
  denoiser->add_option("--batch-size", o.batch_size, "patches in a step")
      ->capture_default_str();
  denoiser
      ->add_option("--learning-rate", o.learning_rate,
                   "the one-cycle's maximum")
      ->capture_default_str();
  denoiser->add_option("--seed", o.seed, "same seed, same denoiser")
      ->capture_default_str();
  return {denoiser, [c] { run_denoiser(*c); },
          [c] { return std::string("; nothing was written"); }};
}

}  // namespace sonar::models::commands
