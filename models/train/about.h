/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "models/train/class_model.h"
#include "models/train/dataset.h"
#include "models/train/trainer.h"
#include "models/train/validation.h"
#include "sonar/cluster/representatives.h"
#include "sonar/lines/line_model.h"

/* What a model file says of its training (Settings::training_json), as
 * `sonar-model info` and `report` read it. */
namespace sonar::models {

/** Data, counts per class, options. */
nlohmann::json about_training(const Dataset &data, const TrainOptions &options);

/** Accuracy, confusion matrix and every answer. */
nlohmann::json validation_figures(const std::vector<RecordingScore> &scores,
                                  const std::vector<std::string> &labels);

/** Per class: clusters, their curve over k, representatives, projection. */
nlohmann::json class_model_figures(const ClassModel &model, const Dataset &data,
                                   cluster::Method method);

/** Per class: its lines in Hz, the spread of its speed, its threshold. */
nlohmann::json describe_lines(const lines::LineModel &model, double bin_hz,
                              const std::vector<std::string> &labels);

}  // namespace sonar::models
