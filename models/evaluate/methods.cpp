/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/evaluate/methods.h"

#include "sonar/core/error.h"

namespace sonar::models {
namespace {

/** How the class mask and the recording's own map become one. The mean is left
 *  out: scaled to 0..1 it is the sum, `released` itself. */
void add_released(std::vector<Method> &list) {
  using mask::Combine;
  for (const mask::CombineInfo &info : mask::combinations()) {
    if (info.how == Combine::kAdd || info.how == Combine::kMean) continue;
    MaskOptions options;
    options.recipe = MaskRecipe::kReleased;
    options.combine = info.how;
    list.push_back(
        {std::string("released-") + info.nick, info.blurb, false, options});
  }
  for (const nn::ScoreCamPresetInfo &info : nn::score_cam_presets()) {
    if (info.preset == nn::ScoreCamPreset::kReleased) continue;
    MaskOptions options;
    options.recipe = MaskRecipe::kReleased;
    options.score_cam = info.preset;
    list.push_back({std::string("released-") + info.nick,
                    std::string("released with Score-CAM ") + info.blurb, false,
                    options});
  }
  MaskOptions centroids;
  centroids.recipe = MaskRecipe::kReleased;
  centroids.class_mask = ClassMask::kCentroids;
  list.push_back({std::string("released-") + nick(centroids.class_mask),
                  "released with the class mask of decoded cluster centres",
                  false, centroids});
}

/** Whether its network learnt from clean pictures, docs/training.md. */
bool used_truth(MaskRecipe recipe) {
  return recipe == MaskRecipe::kAutoencoder || recipe == MaskRecipe::kDncnn;
}

std::vector<Method> make_list() {
  std::vector<Method> list;
  for (const MaskRecipeInfo &info : mask_recipes()) {
    // single pictures have no stretch to learn from
    if (learns_from_recording(info.recipe)) continue;
    MaskOptions options;
    options.recipe = info.recipe;
    list.push_back({info.nick, info.blurb, used_truth(info.recipe), options});
    if (info.recipe == MaskRecipe::kReleased) add_released(list);
  }
  return list;
}

}  // namespace

const std::vector<Method> &methods() {
  static const std::vector<Method> list = make_list();
  return list;
}

const Method &find_method(const std::string &name) {
  std::string known;
  for (const Method &m : methods()) {
    if (m.name == name) return m;
    known += (known.empty() ? "" : ", ") + m.name;
  }
  throw Error(Errc::kBadArgument,
              "there is no method \"" + name + "\", there are " + known);
}

}  // namespace sonar::models
