/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/commands/info.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "models/bundle.h"
#include "models/own_settings.h"
#include "models/registry.h"
#include "sonar/core/error.h"

namespace sonar::models::commands {
namespace {

using nlohmann::json;

constexpr std::size_t kMostListed = 32;  // values of an array on a line

struct InfoCommand {
  std::string model;
  bool as_json = false;
};

json describe(const Architecture &a) {
  json out{{"network", nick(a.network)},
           {"input_channels", a.input_channels},
           {"dense", a.dense},
           {"exclusive", a.exclusive}};
  if (a.network == Architecture::Network::kHarmonics) {
    out["members"] = a.members;
    return out;
  }
  if (a.network == Architecture::Network::kTorchScript)
    return {{"network", nick(a.network)}, {"input_channels", a.input_channels},
            {"low_db", a.scaling.low_db}, {"high_db", a.scaling.high_db},
            {"mean", a.scaling.mean},     {"std", a.scaling.deviation},
            {"exclusive", a.exclusive}};
  out["conv_channels"] = a.conv_channels;
  out["head"] = a.head == Architecture::Head::kFlat ? "flat" : "bands";
  out["statistics"] = a.statistics;
  return out;
}

json describe_model(const Bundle &bundle, const std::string &path) {
  const Settings &s = bundle.settings;
  json tensors = json::object();
  for (const auto &[name, tensor] : bundle.tensors)
    tensors[name] = tensor.shape;
  return {
      {"file", path},
      {"name", s.name},
      {"made_with", s.made_with},
      {"labels", s.labels},
      {"recipe", json::parse(s.recipe.to_json())},
      {"picture", {s.recipe.height(), s.recipe.width}},
      {"architecture", describe(s.architecture)},
      {"mask_recipe", nick(s.mask_recipe)},
      {"threshold", s.threshold},
      {"min_confidence", s.min_confidence},
      {"training", json::parse(s.training_json)},
      {"tensors", tensors},
      {"backend", backend_description()},
  };
}

std::string line_of(const json &value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_array() && value.size() > kMostListed)
    return std::to_string(value.size()) + " values (--json lists them)";
  return value.dump();
}

/** One "name: value" a line; objects are indented below their name. */
void print(const json &object, const std::string &indent) {
  for (const auto &[name, value] : object.items()) {
    if (value.is_object()) {
      std::printf("%s%s:\n", indent.c_str(), name.c_str());
      print(value, indent + "  ");
    } else {
      std::printf("%s%s: %s\n", indent.c_str(), name.c_str(),
                  line_of(value).c_str());
    }
  }
}

void run_info(const InfoCommand &c) {
  const std::string path = resolve_model(c.model);
  // of a TorchScript file the settings only: none of its code runs
  const Bundle bundle =
      is_own_model(path) ? Bundle{read_settings(path), {}} : read_bundle(path);
  const json about = describe_model(bundle, path);
  if (c.as_json)
    std::printf("%s\n", about.dump(2).c_str());
  else
    print(about, "");
}

}  // namespace

Command add_info(CLI::App &app) {
  const auto c = std::make_shared<InfoCommand>();
  CLI::App *info = app.add_subcommand("info", "Describe a model file");
  info->add_option("model", c->model, "name or file")->required();
  info->add_flag("--json", c->as_json, "as JSON");
  return {info, [c] { run_info(*c); }, {}};
}

}  // namespace sonar::models::commands
