/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/synth/write.h"

#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "models/synth/random.h"
#include "models/synth/set_writer.h"
#include "sonar/core/error.h"
#include "sonar/core/new_file.h"
#include "sonar/metrics/classification.h"

namespace sonar::models {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

/** A scene of a set that is yet to be made. */
struct Planned {
  std::string name, classes;
  std::uint64_t seed;
};

}  // namespace

// -------------------------------------------------------------------- writing

/* What the scenes hold: the classes, or every pair of them. */
static std::vector<std::string> label_sets(
    const std::vector<std::string> &classes, int vessels) {
  if (vessels != 1 && vessels != 2)
    throw Error(Errc::kBadArgument, "cannot write scenes of " +
                                        std::to_string(vessels) +
                                        " vessels, needed 1 or 2");
  if (vessels == 1) return classes;
  if (classes.size() < 2)
    throw Error(Errc::kBadArgument,
                "scenes of two vessels need two classes, got one");
  std::vector<std::string> pairs;
  for (std::size_t i = 0; i < classes.size(); ++i)
    for (std::size_t j = i + 1; j < classes.size(); ++j)
      pairs.push_back(metrics::text(
          metrics::parse_label_set(classes[i] + "+" + classes[j])));
  return pairs;
}

static std::vector<Planned> plan(const WriteOptions &options) {
  if (options.per_class < 1)
    throw Error(Errc::kBadArgument, "cannot write " +
                                        std::to_string(options.per_class) +
                                        " scenes a class, needed at least 1");
  const std::vector<std::string> classes =
      options.classes.empty() ? scene_classes() : options.classes;
  if (std::set<std::string>(classes.begin(), classes.end()).size() !=
      classes.size())
    throw Error(Errc::kBadArgument,
                "a class is named twice, its scenes would overwrite each "
                "other; name every class once");
  std::vector<Planned> scenes;
  for (const std::string &label : label_sets(classes, options.vessels))
    for (int i = 0; i < options.per_class; ++i) {
      char number[16];
      std::snprintf(number, sizeof number, "_%03d", i);
      scenes.push_back(
          {label + number, label,
           synth::mix(synth::mix(options.scene.seed) + std::uint64_t(i))});
    }
  return scenes;
}

static json describe(const Planned &planned, const SynthScene &scene) {
  json vessels = json::array();
  for (const SceneVessel &vessel : scene.vessels)
    vessels.push_back({{"label", vessel.label},
                       {"speed_ratio", vessel.speed_ratio},
                       {"shaft_ratio", vessel.shaft_ratio}});
  json lines = json::array();
  for (const SceneLine &line : scene.lines)
    lines.push_back({{"frequency_hz", line.frequency_hz},
                     {"snr_db", line.snr_db},
                     {"family", line.family},
                     {"vessel", line.vessel}});
  return {{"name", planned.name},
          {"label", scene.label},
          {"seed", planned.seed},
          {"vessels", vessels},
          {"lines", lines}};
}

static json describe(const SceneOptions &o) {
  return {{"recipe", json::parse(o.recipe.to_json())},
          {"seconds", o.seconds},
          {"speed_spread", o.speed_spread},
          {"line_dropout", o.line_dropout},
          {"level_offset_db", o.level_offset_db},
          {"unknown_vessel", o.unknown_vessel},
          {"second_vessel", o.second_vessel},
          {"target_present", o.target_present},
          {"independent_wander", o.independent_wander},
          {"second_shaft", o.second_shaft},
          {"own_ship", o.own_ship},
          {"seed", o.seed}};
}

void write_scenes(
    const std::string &folder, const WriteOptions &options,
    const std::function<void(std::size_t, std::size_t)> &progress) {
  const std::vector<Planned> scenes = plan(options);
  std::vector<std::string> names;
  for (const Planned &planned : scenes) names.push_back(planned.name);
  SetWriter writer(folder, names,
                   {options.scene.recipe.rate_hz, options.truth, {}});
  json described = json::array();
  for (std::size_t i = 0; i < scenes.size(); ++i) {
    const Planned &planned = scenes[i];
    SceneOptions own = options.scene;
    own.seed = planned.seed;
    SynthScene scene = make_scene(planned.classes, own);
    described.push_back(describe(planned, scene));
    writer.add({std::move(scene.samples), std::move(scene.truth),
                std::move(scene.target_wave)},
               {scene.label, planned.name});
    if (progress) progress(i + 1, scenes.size());
  }
  write_file(
      (fs::path(folder) / "scenes.json").string(), "the scenes' description",
      json{{"options", describe(options.scene)}, {"scenes", described}}.dump(
          1) +
          "\n");
  writer.finish();
}

}  // namespace sonar::models
