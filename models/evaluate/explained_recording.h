/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "models/evaluate/figures.h"
#include "models/evaluate/recording.h"
#include "models/model.h"
#include "sonar/nn/scorecam.h"

namespace sonar::models {

/** One picture of a recording and the Score-CAM of a class in it. */
struct ExplainedPicture {
  std::int64_t first_column = 0;  ///< side by side
  ColumnRange valid;
  std::size_t target = 0;
  float probability = 0;           ///< of the target
  std::vector<float> input, maps;  ///< what the network saw and made of it
  nn::ScoreCam cam;                ///< in float32 throughout
};

struct ExplainedRecording {
  nn::ScoreCamPreset preset = nn::ScoreCamPreset::kReleased;
  std::vector<ExplainedPicture> pictures;
};

/**
 * Score-CAM of every picture of a recording, for the class @p target, by its
 * label, or where that is empty for the class that the model says of each
 * picture. Without @p keep_arrays only what to_json() and explained_text() tell
 * is kept: `input`, `maps` and the images of `cam` are empty. @p progress is
 * told pictures done of how many; may throw. Throws as analyse_recording(), and
 * Error(kBadArgument) for an unknown label or a network without feature maps.
 */
ExplainedRecording explain_recording(
    const Model &model, const std::string &path, const std::string &target,
    nn::ScoreCamPreset preset, bool keep_arrays,
    const std::function<void(std::size_t, std::size_t)> &progress);

/**
 * Writes the arrays into the folder @p folder, which is made where it is not
 * there, as NumPy files of float32, pictures first and rows from the highest
 * frequency: map.npy (what the preset's code returns), weights.npy [pictures,
 * maps], input.npy [pictures, channels, rows, columns], feature_maps.npy
 * [pictures, maps, rows, columns] and, last, about.json. Throws
 * Error(kResource).
 */
void write_explained(const std::string &folder, const Model &model,
                     const ExplainedRecording &explained);

Json to_json(const Model &model, const ExplainedRecording &explained);
/** A line a picture. */
std::string explained_text(const Model &model,
                           const ExplainedRecording &explained);

}  // namespace sonar::models
