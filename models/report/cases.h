/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "models/evaluate/evaluate.h"
#include "models/evaluate/recording.h"
#include "models/train/dataset.h"

namespace sonar::models::report {

/** A recording that the page shows. */
struct Case {
  std::string kind;  ///< "Good case", "Typical case", "Bad case", "Example"
  std::string name;
  AnalysedRecording recording;  ///< its beginning, where it is long
  bool cut = false;
  std::vector<Classification> seen;  ///< of each picture
  metrics::Decision decision;        ///< truth: what it is labelled with
  std::vector<std::size_t> classes;  ///< of the answer
  /** Where its pixels are known: of the whole recording. */
  std::optional<metrics::Truth> truth;
  /** Of the whole recording, by the model's own recipe. */
  std::optional<metrics::TruthScore> score;

  Image value_db() const;
  /** The truth's target pixels of the columns shown, 0 or 1. */
  Image target() const;
  /** Confidence of the answer's masks. Throws as Model::make_mask(). */
  Image confidence(const Model &model, const MaskOptions &options) const;
  /** Scores of a mask of the columns shown; absent without truth, and where
   *  they are not the whole recording. */
  std::optional<metrics::TruthScore> score_of(const mask::Binary &mask) const;
};

/** The first pictures of a recording, at most about as many columns as a figure
 *  has room for, at least one picture. */
AnalysedRecording beginning(AnalysedRecording recording, bool &cut);

/**
 * The recordings with the largest, the middle and the smallest F1 of the mask
 * of method @p own at threshold index @p threshold; fewer where fewer have one.
 */
std::vector<Case> truth_cases(const Model &model, const std::string &folder,
                              const std::vector<TruthRecording> &recordings,
                              const Evaluation &evaluation, std::size_t own,
                              std::size_t threshold);

/** One recording of each of @p recordings, without truth. */
std::vector<Case> data_cases(const Model &model,
                             const std::vector<Recording> &recordings);

}  // namespace sonar::models::report
