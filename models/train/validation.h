/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <vector>

#include "models/model.h"
#include "models/train/dataset.h"
#include "sonar/nn/network.h"

namespace sonar::models {

/** What the network says of a whole recording: mean logit over its tiles. */
struct RecordingScore {
  std::size_t recording, label, predicted;
  double confidence;  ///< probability of the predicted class
};

/** Scores every recording that has a tile in @p tiles. */
std::vector<RecordingScore> score_recordings(
    const nn::Network &network, const Dataset &data, const Recipe &recipe,
    const std::vector<std::size_t> &tiles);

/** What a whole model, its line model included, says of them. */
std::vector<RecordingScore> score_recordings(
    const Model &model, const Dataset &data,
    const std::vector<std::size_t> &tiles);

/** Share that is right; 0 for none. */
double accuracy(const std::vector<RecordingScore> &scores);

/** Rows: true class, columns: predicted class; counts of recordings. */
std::vector<std::vector<int>> confusion_matrix(
    const std::vector<RecordingScore> &scores, std::size_t classes);

/**
 * The smallest confidence from which on validation recordings are right at
 * least 90 % of the time, clamped to 0.5..0.9 (a class that is rather not there
 * is not named); 0.9 where there is none.
 */
double choose_min_confidence(std::vector<RecordingScore> scores);

/** The upper median of the confidences; 0 of none. */
double median_confidence(const std::vector<RecordingScore> &scores);

}  // namespace sonar::models
