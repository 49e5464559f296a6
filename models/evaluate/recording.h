/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <string>
#include <vector>

#include "models/model.h"
#include "sonar/core/image.h"
#include "sonar/metrics/classification.h"

namespace sonar::models {

/** A part of a recording as the model sees it. */
struct AnalysedPicture {
  Image value_db, background_db;
  ColumnRange valid;
};

/** A recording as pictures side by side (advance = width). */
struct AnalysedRecording {
  std::vector<float> samples;  ///< mono at the recipe's rate, full scale 1
  std::vector<AnalysedPicture> pictures;
  std::size_t columns = 0;  ///< valid ones of all pictures together

  /** One image of `columns` columns of the valid columns of @p parts, one a
   *  picture. */
  Image join(const std::vector<Image> &parts) const;
};

/** Reads and analyses a recording with the streams' own Spectrograph. Throws as
 *  load_audio(). */
AnalysedRecording analyse_recording(const std::string &path,
                                    const Recipe &recipe);

/** What a model says of a whole recording. */
struct Verdict {
  std::vector<std::size_t> classes;  ///< best answer, even when rejected
  double confidence = 0;             ///< of that answer, 0..1
  bool rejected = false;             ///< below the model's limit: unknown
};

/**
 * The verdict on a recording from its pictures' classifications @p seen: the
 * class with the largest mean log probability (log odds where classes do not
 * exclude each other), which on the network's own logits is the largest mean
 * logit, as in training. A last picture of which less than an eighth is valid
 * does not count, unless it is the only one.
 */
Verdict judge(const Settings &settings, const AnalysedRecording &recording,
              const std::vector<Classification> &seen);

/** What the model says of each picture. */
std::vector<Classification> classify_pictures(
    const Model &model, const AnalysedRecording &recording);

/** Names of classes, sorted. */
metrics::LabelSet names_of(const Settings &settings,
                           const std::vector<std::size_t> &classes);

/**
 * Confidence that a pixel belongs to one of @p classes, 0..1, height x columns:
 * the largest over the classes. All zero without a class. @p seen: what
 * classify() said of the pictures. Throws as Model::make_mask().
 */
Image recording_confidence(const Model &model,
                           const AnalysedRecording &recording,
                           const std::vector<Classification> &seen,
                           const std::vector<std::size_t> &classes,
                           const MaskOptions &options);

}  // namespace sonar::models
