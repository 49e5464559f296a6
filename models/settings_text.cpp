/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/settings_text.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "sonar/core/error.h"

namespace sonar::models {
namespace {

using nlohmann::json;

constexpr int kMostMembers = 256;

const char *nick(Architecture::Head head) {
  return head == Architecture::Head::kFlat ? "flat" : "bands";
}

template <class Enum>
Enum from_nick(const char *field, const std::string &text,
               const std::vector<Enum> &values) {
  std::string known;
  for (const Enum value : values) {
    if (text == nick(value)) return value;
    known += std::string(known.empty() ? "" : ", ") + nick(value);
  }
  throw Error(Errc::kBadModel, std::string("setting ") + field + " is \"" +
                                   text + "\", needed one of " + known);
}

void need(bool good, const std::string &what) {
  if (!good) throw Error(Errc::kBadModel, what);
}

void check_sizes(const char *field, const std::vector<int> &sizes,
                 std::size_t count) {
  const bool good = sizes.size() == count &&
                    std::all_of(sizes.begin(), sizes.end(),
                                [](int n) { return n >= 1 && n <= 4096; });
  need(good, std::string("architecture.") + field + " needs " +
                 std::to_string(count) + " sizes of 1 to 4096");
}

void check_architecture(const Architecture &a) {
  need(a.input_channels == 1 || a.input_channels == 2,
       "has " + std::to_string(a.input_channels) +
           " input channels, needs 1 or 2");
  check_sizes("conv_channels", a.conv_channels, 3);
  check_sizes("dense", a.dense, 2);
  const bool convolves = a.network == Architecture::Network::kSpecCnn;
  need(convolves || (a.members >= 1 && a.members <= kMostMembers),
       "has " + std::to_string(a.members) + " member networks, needs 1 to " +
           std::to_string(kMostMembers));
  need(convolves || (a.input_channels == 2 && a.exclusive),
       "holds the network harmonics, which needs 2 input channels and classes "
       "that exclude each other");
}

Architecture architecture_from_json(const json &in) {
  using Network = Architecture::Network;
  Architecture a;
  const std::string network = in.at("network").get<std::string>();
  const std::vector<Network> known = {Network::kSpecCnn, Network::kHarmonics};
  const auto found = std::find_if(known.begin(), known.end(), [&](Network one) {
    return network == nick(one);
  });
  need(found != known.end(), "holds the network \"" + network +
                                 "\", this program knows speccnn and "
                                 "harmonics");
  a.network = *found;
  a.input_channels = in.at("input_channels").get<int>();
  a.dense = in.at("dense").get<std::vector<int>>();
  a.exclusive = in.at("exclusive").get<bool>();
  if (a.network == Network::kHarmonics) {
    a.members = in.at("members").get<int>();
    return a;
  }
  a.conv_channels = in.at("conv_channels").get<std::vector<int>>();
  a.head =
      from_nick("head", in.at("head").get<std::string>(),
                std::vector<Architecture::Head>{Architecture::Head::kFlat,
                                                Architecture::Head::kBands});
  // files of before there was this head have no word of it
  a.statistics = in.value("statistics", false);
  return a;
}

}  // namespace

std::string settings_to_json(const Settings &s) {
  const Architecture &a = s.architecture;
  json architecture = {
      {"network", nick(a.network)},
      {"input_channels", a.input_channels},
      {"dense", a.dense},
      {"exclusive", a.exclusive},
  };
  if (a.network == Architecture::Network::kHarmonics) {
    architecture["members"] = a.members;
  } else {
    architecture["conv_channels"] = a.conv_channels;
    architecture["head"] = nick(a.head);
    architecture["statistics"] = a.statistics;
  }
  const json out = {
      {"name", s.name},
      {"labels", s.labels},
      {"recipe", json::parse(s.recipe.to_json())},
      {"architecture", architecture},
      {"mask_recipe", nick(s.mask_recipe)},
      {"threshold", s.threshold},
      {"min_confidence", s.min_confidence},
      {"made_with", s.made_with},
      {"training",
       s.training_json.empty() ? json::object() : json::parse(s.training_json)},
  };
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

MaskRecipe mask_recipe_of(const std::string &text) {
  std::vector<MaskRecipe> recipes;
  for (const MaskRecipeInfo &info : mask_recipes())
    if (!learns_from_recording(info.recipe)) recipes.push_back(info.recipe);
  return from_nick("mask_recipe", text, recipes);
}

void check_settings(const Settings &s) {
  using Network = Architecture::Network;
  need(s.labels.size() >= 2 && s.labels.size() <= 4096,
       "has " + std::to_string(s.labels.size()) + " labels, needs 2 to 4096");
  std::set<std::string> seen;
  for (const std::string &label : s.labels) {
    need(!label.empty(), "has an empty label");
    need(seen.insert(label).second, "has the label \"" + label + "\" twice");
  }
  const Network network = s.architecture.network;
  if (network != Network::kTorchScript) check_architecture(s.architecture);
  s.recipe.validate();
  const int height = s.recipe.height(), width = s.recipe.width;
  const int least_rows = network == Network::kTorchScript ? 1 : 16;
  const int least_columns = network == Network::kSpecCnn ? 8 : 1;
  need(height >= least_rows && height <= 8192 && width >= least_columns &&
           width <= 8192,
       "has pictures of " + std::to_string(height) + " rows x " +
           std::to_string(width) + " columns, needs " +
           std::to_string(least_rows) + " to 8192 rows x " +
           std::to_string(least_columns) + " to 8192 columns");
  need(s.threshold >= 0 && s.threshold <= 1, "has a threshold outside 0 to 1");
  need(s.min_confidence >= 0 && s.min_confidence <= 1,
       "has a min_confidence outside 0 to 1");
}

Settings settings_from_json(const std::string &text) {
  const json in = json::parse(text);
  Settings s;
  s.name = in.at("name").get<std::string>();
  s.labels = in.at("labels").get<std::vector<std::string>>();
  s.recipe = Recipe::from_json(in.at("recipe").dump());
  const json &a = in.at("architecture");
  s.architecture = architecture_from_json(a);
  s.mask_recipe = mask_recipe_of(in.at("mask_recipe").get<std::string>());
  s.threshold = in.at("threshold").get<double>();
  s.min_confidence = in.at("min_confidence").get<double>();
  s.made_with = in.at("made_with").get<std::string>();
  need(in.at("training").is_object(), "has training data that is no object");
  s.training_json = in.at("training").dump();
  check_settings(s);
  return s;
}

const std::vector<MaskRecipeInfo> &mask_recipes() {
  static const std::vector<MaskRecipeInfo> all{
      {MaskRecipe::kReleased, "released",
       "Score-CAM as published, with class mask"},
      {MaskRecipe::kReverse, "reverse",
       "What no other class claims, by Score-CAM as published"},
      {MaskRecipe::kSubband, "subband",
       "The class' frequencies and line evidence"},
      {MaskRecipe::kEvidence, "evidence", "Lines and transients of any class"},
      {MaskRecipe::kLines, "lines",
       "The class' lines, followed through time and speed"},
      {MaskRecipe::kShare, "share",
       "The class' share of the picture, by a network that learnt from "
       "mixtures"},
      {MaskRecipe::kContact, "contact",
       "What sounds as in a stretch of the recording itself"},
      {MaskRecipe::kTpsw, "tpsw", "Baseline: 5 dB over background"},
      {MaskRecipe::kMedian, "median", "Baseline: median in time over 3 dB"},
      {MaskRecipe::kWiener, "wiener", "Baseline: Wiener gain over one half"},
      {MaskRecipe::kGateStationary, "gate-stationary",
       "Baseline: spectral gate on the picture's statistics"},
      {MaskRecipe::kGateNonstationary, "gate-nonstationary",
       "Baseline: spectral gate on a floor that moves"},
      {MaskRecipe::kTemplate, "template",
       "Baseline: class template as gate, no network"},
      {MaskRecipe::kGradCam, "grad-cam", "Baseline: Grad-CAM, with class mask"},
      {MaskRecipe::kAutoencoder, "autoencoder",
       "Baseline: denoising auto-encoder, trained with truth"},
      {MaskRecipe::kDncnn, "dncnn", "Baseline: DnCNN, trained with truth"},
      {MaskRecipe::kDncnnSure, "dncnn-sure",
       "Baseline: DnCNN trained by SURE, without truth"},
      {MaskRecipe::kNoise2noise, "noise2noise",
       "Baseline: DnCNN trained on pairs of noisy columns, without truth"},
  };
  return all;
}

const char *nick(Architecture::Network network) noexcept {
  switch (network) {
    case Architecture::Network::kSpecCnn:
      return "speccnn";
    case Architecture::Network::kHarmonics:
      return "harmonics";
    case Architecture::Network::kTorchScript:
      return "torchscript";
  }
  return "unknown";
}

const char *nick(MaskRecipe recipe) noexcept {
  for (const MaskRecipeInfo &info : mask_recipes())
    if (info.recipe == recipe) return info.nick;
  return "unknown";
}

bool runs_masked_forwards(MaskRecipe recipe) noexcept {
  return recipe == MaskRecipe::kReleased || recipe == MaskRecipe::kReverse;
}

bool learns_from_recording(MaskRecipe recipe) noexcept {
  return recipe == MaskRecipe::kContact;
}

}  // namespace sonar::models
