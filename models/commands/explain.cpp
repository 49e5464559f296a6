/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/commands/explain.h"

#include <cstdio>

#include "models/evaluate/explained_recording.h"
#include "models/registry.h"

namespace sonar::models::commands {
namespace {

struct ExplainCommand {
  std::string model, recording, target, folder;
  std::string preset = nick(nn::ScoreCamPreset::kReleased);
  bool as_json = false;
};

void run_explain(const ExplainCommand &c) {
  const nn::ScoreCamPreset preset = nn::parse_score_cam_preset(c.preset);
  const std::shared_ptr<const Model> model = open(c.model, "cpu");
  catch_interrupt();
  ExplainedRecording explained;
  {
    Progress progress;
    explained = explain_recording(
        *model, c.recording, c.target, preset, !c.folder.empty(),
        [&](std::size_t done, std::size_t total) {
          throw_if_interrupted();
          progress.bar(double(done) / double(total),
                       "picture " + std::to_string(done) + " of " +
                           std::to_string(total));
        });
  }
  if (!c.folder.empty()) write_explained(c.folder, *model, explained);
  std::fputs(c.as_json ? (to_json(*model, explained).dump(1) + "\n").c_str()
                       : explained_text(*model, explained).c_str(),
             stdout);
}

}  // namespace

Command add_explain(CLI::App &app) {
  const auto c = std::make_shared<ExplainCommand>();
  CLI::App *explain = app.add_subcommand(
      "explain", "Write a recording's Score-CAM, as the public codes make it");
  explain->add_option("model", c->model, "name or file")->required();
  explain->add_option("recording", c->recording, "a sound file")->required();
  std::string presets;
  for (const nn::ScoreCamPresetInfo &info : nn::score_cam_presets())
    presets += (presets.empty() ? "" : ", ") + std::string(info.nick);
  explain->add_option("--score-cam", c->preset, "whose: " + presets)
      ->capture_default_str();
  explain->add_option("--class", c->target,
                      "to explain (default: what the model says)");
  explain->add_option("--out", c->folder,
                      "folder for map.npy, weights.npy, input.npy, "
                      "feature_maps.npy and about.json");
  explain->add_flag("--json", c->as_json, "as about.json");
  return {explain, [c] { run_explain(*c); }, {}};
}

}  // namespace sonar::models::commands
