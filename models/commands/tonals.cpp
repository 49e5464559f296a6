/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/commands/tonals.h"

#include <cstdio>
#include <map>

#include "models/commands/recipe_flags.h"
#include "models/evaluate/tonal_scores.h"
#include "models/registry.h"

namespace sonar::models::commands {
namespace {

struct TonalsCommand {
  TonalScoreOptions options;
  RecipeFlags recipe{"narrow", {}};
  std::string model;
  bool as_json = false;
};

void run_tonals(TonalsCommand &c) {
  TonalScoreOptions &o = c.options;
  std::shared_ptr<const Model> model;
  if (!c.model.empty()) {
    model = open(c.model, "cpu");
    o.mask = TonalMask::kModel;
    o.model = model.get();
    o.recipe = model->settings().recipe;
  } else {
    o.recipe = recipe_of(c.recipe);
  }
  catch_interrupt();
  TonalFigures figures;
  {
    Progress progress;
    figures = score_tonals(o, [&](std::size_t done, std::size_t total) {
      throw_if_interrupted();
      progress.bar(
          double(done) / double(total),
          "scene " + std::to_string(done) + " of " + std::to_string(total));
    });
  }
  std::fputs(c.as_json ? (to_json(figures).dump(1) + "\n").c_str()
                       : tonals_text(figures).c_str(),
             stdout);
}

}  // namespace

Command add_tonals(CLI::App &app) {
  const auto c = std::make_shared<TonalsCommand>();
  TonalScoreOptions &o = c->options;
  o.scene.recipe = synthetic_recipe();
  CLI::App *tonals = app.add_subcommand(
      "tonals", "Score tonals and harmonic families on scenes that are known");
  tonals
      ->add_option("--mask", o.mask,
                   "pixels that are searched: truth (the target's) or excess "
                   "(every line over the noise)")
      ->transform(CLI::CheckedTransformer(std::map<std::string, TonalMask>{
          {"truth", TonalMask::kTruth}, {"excess", TonalMask::kExcess}}))
      ->default_str("excess");
  tonals->add_option("--model", c->model,
                     "search the mask of this model's own recipe, in its "
                     "pictures");
  add_recipe_flags(tonals, c->recipe);
  tonals
      ->add_option("--threshold", o.threshold_db,
                   "dB over the noise from which a pixel is searched")
      ->capture_default_str();
  tonals
      ->add_option("--hysteresis", o.hysteresis_db,
                   "dB below it for pixels that touch one")
      ->capture_default_str();
  tonals
      ->add_option("--least-excess", o.least_excess_db,
                   "dB over the noise of the lines that have to be found")
      ->capture_default_str();
  tonals->add_option("--per-class", o.per_class, "scenes of a class")
      ->capture_default_str();
  tonals->add_option("--classes", o.classes, "a,b (default: all)")
      ->delimiter(',');
  tonals->add_option("--seconds", o.scene.seconds, "length of a scene, s")
      ->capture_default_str();
  tonals->add_option("--seed", o.scene.seed, "same seed, same scenes")
      ->capture_default_str();
  tonals->add_option("--threads", o.threads, "scenes side by side")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  tonals->add_flag("--json", c->as_json, "everything, as JSON");
  return {tonals, [c] { run_tonals(*c); }, {}};
}

}  // namespace sonar::models::commands
