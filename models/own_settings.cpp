/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/own_settings.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "models/archive.h"
#include "models/settings_text.h"
#include "sonar/core/error.h"

namespace sonar::models {
namespace {

using nlohmann::json;

constexpr std::uint64_t kLargestText = 16 << 20;
constexpr int kGray = 1, kColours = 3;

void need(bool good, const std::string &what) {
  if (!good)
    throw Error(Errc::kBadModel,
                "has an extra file " + std::string(kOwnSettings) + " " + what);
}

std::string names_of(const json &object) {
  std::string out;
  for (const auto &[name, value] : object.items())
    out += (out.empty() ? "" : ", ") + name;
  return out;
}

/** @p given put over @p defaults, whose fields are all there are. */
json filled_in(const json &given, json defaults, const std::string &what) {
  need(given.is_object(), "whose " + what + " is no object");
  for (const auto &[name, value] : given.items()) {
    need(defaults.contains(name), "with the unknown field \"" + name +
                                      "\" in its " + what + ", known are " +
                                      names_of(defaults));
    defaults[name] = value;
  }
  return defaults;
}

json defaults() {
  return {
      {"labels", nullptr},        {"name", ""},
      {"recipe", json::object()}, {"input", json::object()},
      {"exclusive", true},        {"mask_recipe", nick(MaskRecipe::kEvidence)},
      {"threshold", 0.75},        {"min_confidence", 0.5},
      {"made_with", ""},          {"training", json::object()}};
}

GrayScaling scaling_of(const json &in, const Recipe &recipe, int channels) {
  GrayScaling out;
  out.low_db =
      in["low_db"].is_null() ? recipe.floor_db : in["low_db"].get<double>();
  out.high_db = in["high_db"].is_null() ? recipe.floor_db + recipe.range_db
                                        : in["high_db"].get<double>();
  need(std::isfinite(out.low_db) && std::isfinite(out.high_db) &&
           out.low_db < out.high_db,
       "whose input has low_db " + in["low_db"].dump() + " and high_db " +
           in["high_db"].dump() + ", needed low_db below high_db");
  const auto per_channel = [&](const char *name, double otherwise) {
    if (in[name].is_null())
      return std::vector<double>(std::size_t(channels), otherwise);
    auto values = in[name].get<std::vector<double>>();
    need(values.size() == std::size_t(channels),
         "whose input has " + std::to_string(values.size()) + " values of " +
             name + ", needed one a channel (" + std::to_string(channels) +
             ")");
    return values;
  };
  out.mean = per_channel("mean", 0);
  out.deviation = per_channel("std", 1);
  need(std::all_of(out.deviation.begin(), out.deviation.end(),
                   [](double d) { return std::isfinite(d) && d > 0; }),
       "whose input has std " + in["std"].dump() + ", needed above 0");
  for (std::size_t c = 0; c < out.mean.size(); ++c)
    for (const double gray : {0.0, 1.0})
      need(std::isfinite(float((gray - out.mean[c]) / out.deviation[c])),
           "whose input has mean " + in["mean"].dump() + " and std " +
               in["std"].dump() + ", which a picture is not finite by");
  return out;
}

Architecture architecture_of(const json &given, const Recipe &recipe) {
  const json in = filled_in(given,
                            {{"channels", kGray},
                             {"low_db", nullptr},
                             {"high_db", nullptr},
                             {"mean", nullptr},
                             {"std", nullptr}},
                            "input");
  Architecture out;
  out.network = Architecture::Network::kTorchScript;
  const bool whole = in["channels"].is_number_integer();
  out.input_channels = whole ? in["channels"].get<int>() : 0;
  need(out.input_channels == kGray || out.input_channels == kColours,
       "whose input has " + in["channels"].dump() +
           " channels, needed 1, or 3 (the gray picture three times)");
  out.scaling = scaling_of(in, recipe, out.input_channels);
  return out;
}

Recipe recipe_of(const json &given) {
  const json whole =
      filled_in(given, json::parse(Recipe().to_json()), "recipe");
  try {
    return Recipe::from_json(whole.dump());
  } catch (const Error &e) {
    need(false, std::string("with a recipe that cannot be: ") + e.what());
    throw;
  }
}

Settings parse(const json &given) {
  const json in = filled_in(given, defaults(), "settings");
  need(in["labels"].is_array(),
       "without labels: needed the class names, in the order of the logits");
  Settings s;
  s.name = in["name"].get<std::string>();
  s.labels = in["labels"].get<std::vector<std::string>>();
  s.recipe = recipe_of(in["recipe"]);
  s.architecture = architecture_of(in["input"], s.recipe);
  s.architecture.exclusive = in["exclusive"].get<bool>();
  s.mask_recipe = mask_recipe_of(in["mask_recipe"].get<std::string>());
  s.threshold = in["threshold"].get<double>();
  s.min_confidence = in["min_confidence"].get<double>();
  s.made_with = in["made_with"].get<std::string>();
  need(in["training"].is_object(), "whose training is no object");
  s.training_json = in["training"].dump();
  check_settings(s);
  return s;
}

}  // namespace

bool is_own_model(const std::string &path) {
  const std::string suffix = std::filesystem::path(path).extension().string();
  std::error_code failed;
  return (suffix == ".pt" || suffix == ".pth") &&
         std::filesystem::is_regular_file(path, failed);
}

Settings own_settings_from_json(const std::string &text) {
  try {
    return parse(json::parse(text));
  } catch (const json::exception &e) {
    throw Error(Errc::kBadModel, "has an extra file " +
                                     std::string(kOwnSettings) +
                                     " that cannot be read: " + e.what());
  } catch (const Error &e) {
    throw Error(Errc::kBadModel, e.what());  // of the recipe, too
  }
}

Settings read_own_settings(const std::string &path) {
  Archive archive(path);
  const std::string file = "model file " + path + " ";
  if (!archive.find("constants.pkl"))
    throw Error(Errc::kBadModel,
                file +
                    "is an archive, but no TorchScript: save the module with "
                    "torch.jit.save (torch.save keeps the weights only)");
  const Archive::Entry *extra =
      archive.find("extra/" + std::string(kOwnSettings));
  if (!extra)
    throw Error(Errc::kBadModel,
                file + "has no extra file " + kOwnSettings +
                    " (labels, recipe): save it with torch.jit.save(module, "
                    "path, _extra_files={\"" +
                    kOwnSettings + "\": text}); docs/own-models.md");
  try {
    Settings s = own_settings_from_json(archive.read(*extra, kLargestText));
    if (s.name.empty()) s.name = std::filesystem::path(path).stem().string();
    return s;
  } catch (const Error &e) {
    const std::string what = e.what();
    throw Error(e.code(), what.rfind(file, 0) == 0 ? what : file + what);
  }
}

void verify_own_model(const std::string &path) { Archive(path).verify(); }

std::string own_settings_to_json(const Settings &s) {
  const GrayScaling &scaling = s.architecture.scaling;
  const json out = {
      {"labels", s.labels},
      {"name", s.name},
      {"recipe", json::parse(s.recipe.to_json())},
      {"input",
       {{"channels", s.architecture.input_channels},
        {"low_db", scaling.low_db},
        {"high_db", scaling.high_db},
        {"mean", scaling.mean},
        {"std", scaling.deviation}}},
      {"exclusive", s.architecture.exclusive},
      {"mask_recipe", nick(s.mask_recipe)},
      {"threshold", s.threshold},
      {"min_confidence", s.min_confidence},
      {"made_with", s.made_with},
      {"training", s.training_json.empty() ? json::object()
                                           : json::parse(s.training_json)}};
  return out.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace sonar::models
