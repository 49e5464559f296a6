/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "models/synth/scene.h"
#include "sonar/metrics/truth_score.h"

namespace sonar::models {

/** Which scenes write_scenes() makes. */
struct WriteOptions {
  SceneOptions
      scene;  ///< seed is the set's: scene i of a class derives its own
  int per_class = 1;
  std::vector<std::string> classes;  ///< empty = all of scene_classes()
  int vessels = 1;  ///< targets of a scene: 2 makes scenes of every pair of
                    ///< classes, per_class each, labelled "cargo+ferry"
  bool truth = true;
};

/**
 * Writes a set of scenes to a folder, which is made where it is missing:
 *
 *   audio/NAME.wav     16-bit mono, NAME = CLASS_000, whatever is left out
 *   labels.csv         path,class,group: SynthScene::label, NAME
 *   scenes.json        label, seed, vessels and lines of every scene
 *   truth.safetensors  NAME.labels u8 (1 target, 2 weak, 4 interferer) and
 *                      NAME.target_snr_db i8, [frequency low to high, time];
 *                      NAME.target_wave i16, at the scale of the recording
 *
 * A scene depends on seed, class and number alone, not on the other classes or
 * per_class. Every file appears under its name only when it is whole;
 * labels.csv comes last. @p progress(done, total) may be empty.
 * Throws Error(kBadArgument) as make_scene() does, for a per_class below 1, a
 * class named twice and pairs of fewer than two classes; Error(kResource) when
 * a file cannot be written.
 */
void write_scenes(
    const std::string &folder, const WriteOptions &options,
    const std::function<void(std::size_t, std::size_t)> &progress = {});

}  // namespace sonar::models
