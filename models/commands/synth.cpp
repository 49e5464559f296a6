/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/commands/synth.h"

#include "models/synth/write.h"

namespace sonar::models::commands {
namespace {

// As the study that the method rests on made its scenes (docs/method.md).
constexpr double kOwnShip = 0.85, kSecondShaft = 0.012;

struct SynthCommand {
  std::string folder;
  WriteOptions options;
  bool absent = false, no_truth = false, own_ship = false, second_shaft = false;
};

void run_synth(SynthCommand c) {
  SceneOptions &scene = c.options.scene;
  scene.target_present = !c.absent;
  if (c.absent) scene.second_vessel = 0;  // it is one of the library
  if (c.own_ship) scene.own_ship = kOwnShip;
  if (c.second_shaft) scene.second_shaft = kSecondShaft;
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
  synth
      ->add_option("--line-dropout", scene.line_dropout,
                   "probability that a line is absent")
      ->capture_default_str();
  synth
      ->add_option("--vessels", c->options.vessels,
                   "targets of a scene; 2: every pair of classes, labelled a+b")
      ->check(CLI::Range(1, 2))
      ->capture_default_str();
  synth->add_flag("--independent-wander", scene.independent_wander,
                  "each line of a target drifts by itself");
  synth->add_flag("--second-shaft", c->second_shaft,
                  "every second engine and gear line is off by up to 1.2 %");
  synth->add_flag("--own-ship", c->own_ship,
                  "five fixed lines in 85 % of the scenes of every class");
  synth->add_flag("--target-absent", c->absent,
                  "no vessel of the library; labelled none");
  synth->add_flag("--no-truth", c->no_truth, "write no truth");
  return {synth, [c] { run_synth(*c); }, {}};
}

}  // namespace sonar::models::commands
