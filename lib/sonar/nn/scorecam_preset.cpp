/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/nn/scorecam_preset.h"

#include "sonar/core/error.h"

namespace sonar::nn {

const std::vector<ScoreCamPresetInfo> &score_cam_presets() {
  using P = ScoreCamPreset;
  static const std::vector<ScoreCamPresetInfo> all = {
      {P::kReleased, "released",
       "as its authors' code: weights are class probabilities"},
      {P::kPaperV2, "paper-v2",
       "as the paper's second version: softmax of class probabilities"},
      {P::kGradCam, "grad-cam",
       "as pytorch-grad-cam: softmax of logits, aligned corners"},
      {P::kTorchCam, "torch-cam",
       "as torch-cam: softmax of logits, maps scaled before upsampling"},
  };
  return all;
}

const char *nick(ScoreCamPreset preset) noexcept {
  for (const ScoreCamPresetInfo &info : score_cam_presets())
    if (info.preset == preset) return info.nick;
  return "";
}

ScoreCamPreset parse_score_cam_preset(const std::string &nick) {
  std::string known;
  for (const ScoreCamPresetInfo &info : score_cam_presets()) {
    if (nick == info.nick) return info.preset;
    known += (known.empty() ? "" : ", ") + std::string(info.nick);
  }
  throw Error(Errc::kBadArgument,
              "there is no Score-CAM preset '" + nick + "'; choose " + known);
}

}  // namespace sonar::nn
