/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <string>
#include <vector>

#include "models/verdict.h"
#include "sonar/core/image.h"
#include "sonar/metrics/classification.h"

namespace sonar::models {

/** A recording as pictures side by side (advance = width). */
struct AnalysedRecording {
  std::vector<float> samples;  ///< mono at the recipe's rate, full scale 1
  std::vector<PictureData> pictures;
  std::size_t columns = 0;  ///< valid ones of all pictures together

  /** One image of `columns` columns of the valid columns of @p parts, one a
   *  picture. */
  Image join(const std::vector<Image> &parts) const;
};

/** Reads and analyses a recording with the streams' own Spectrograph. Throws as
 *  load_audio(). */
AnalysedRecording analyse_recording(const std::string &path,
                                    const Recipe &recipe);

/** The verdict on a recording from its pictures' classifications @p seen. A
 *  last picture of which less than an eighth is valid does not count, unless it
 *  is the only one: as in training. */
Verdict judge_recording(const Model &model, const AnalysedRecording &recording,
                        std::vector<Classification> seen);

/** What the model says of each picture. */
std::vector<Classification> classify_pictures(
    const Model &model, const AnalysedRecording &recording);

/** Throws Error(kBadArgument) when the model lacks one of the classes that the
 *  recording @p path is labelled with, and says what can be done. */
void require_known(const Model &model, const metrics::LabelSet &labels,
                   const std::string &path);

/** Names of classes, sorted. */
metrics::LabelSet names_of(const Settings &settings,
                           const std::vector<std::size_t> &classes);

/**
 * Confidence that a pixel belongs to one of @p classes, 0..1, height x columns:
 * the largest over the classes. All zero without a class. @p seen: what
 * classify() said of the pictures. @p guessed: it is also where the classes are
 * from (MaskOptions::class_weights). Throws as Model::make_mask().
 */
Image recording_confidence(const Model &model,
                           const AnalysedRecording &recording,
                           const std::vector<Classification> &seen,
                           const std::vector<std::size_t> &classes,
                           const MaskOptions &options, bool guessed);

}  // namespace sonar::models
