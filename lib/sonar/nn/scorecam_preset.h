/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <string>
#include <vector>

namespace sonar::nn {

/** Whose Score-CAM: they share the idea and differ in its arithmetic
 *  (docs/method.md section 5.1). */
enum class ScoreCamPreset {
  kReleased,  ///< haofanwang/Score-CAM d312f14, the authors' own code
  kPaperV2,   ///< Wang et al., arXiv 1910.01279v2: increase of confidence
  kGradCam,   ///< jacobgil/pytorch-grad-cam 084273b
  kTorchCam,  ///< frgfm/torch-cam f44afef
};

/** Every preset once: its name in properties and flags, and what it is in a
 *  line. */
struct ScoreCamPresetInfo {
  ScoreCamPreset preset;
  const char *nick, *blurb;
};
const std::vector<ScoreCamPresetInfo> &score_cam_presets();
const char *nick(ScoreCamPreset preset) noexcept;
/** Throws Error(kBadArgument) naming those there are. */
ScoreCamPreset parse_score_cam_preset(const std::string &nick);

}  // namespace sonar::nn
