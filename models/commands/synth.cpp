/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/commands/synth.h"

#include "models/synth/write.h"

namespace sonar::models::commands {
namespace {

struct SynthCommand {
  std::string folder;
  WriteOptions options;
  bool absent = false, no_truth = false;
};

void run_synth(SynthCommand c) {
  c.options.scene.target_present = !c.absent;
  c.options.truth = !c.no_truth;
  catch_interrupt();
  Progress progress;
  write_scenes(c.folder, c.options, [&](std::size_t done, std::size_t total) {
    throw_if_interrupted();
    progress.bar(
        double(done) / double(total),
        "scene " + std::to_string(done) + " of " + std::to_string(total));
  });
  progress.line("wrote " + c.folder);
}

}  // namespace

Command add_synth(CLI::App &app) {
  const auto c = std::make_shared<SynthCommand>();
  c->options.scene.recipe = synthetic_recipe();
  SceneOptions &scene = c->options.scene;
  CLI::App *synth = app.add_subcommand(
      "synth", "Make hydrophone scenes whose answer is known to the pixel");
  synth->add_option("folder", c->folder, "folder to write")->required();
  synth->add_option("--per-class", c->options.per_class, "scenes of a class")
      ->capture_default_str();
  synth->add_option("--classes", c->options.classes, "a,b (default: all)")
      ->delimiter(',');
  synth->add_option("--seconds", scene.seconds, "length of a scene, s")
      ->capture_default_str();
  synth
      ->add_option("--speed-spread", scene.speed_spread,
                   "sd of the engine speed, relative")
      ->capture_default_str();
  synth
      ->add_option("--level-offset", scene.level_offset_db,
                   "dB on all lines of the target")
      ->capture_default_str();
  synth->add_option("--seed", scene.seed, "same seed, same scenes")
      ->capture_default_str();
  synth->add_flag("--target-absent", c->absent, "leave the target out");
  synth->add_flag("--no-truth", c->no_truth, "write no truth");
  return {synth, [c] { run_synth(*c); }, {}};
}

}  // namespace sonar::models::commands
