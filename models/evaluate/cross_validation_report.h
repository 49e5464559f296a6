/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "models/evaluate/figures.h"
#include "models/train/cross_validation.h"

namespace sonar::models {

/** Mean and sample standard deviation, absent of a single figure. */
struct Spread {
  double mean = 0;
  std::optional<double> deviation;
};
Spread spread(const std::vector<double> &figures);

/** What cross-validation says, over its repetitions. */
struct CrossValidationSummary {
  /** Of recordings; mean over the classes; of groups, each counted once. */
  Spread accuracy, balanced, group_accuracy;
  Spread fold_accuracy;  ///< over all folds of all repetitions
  /** metrics::calibration(), and what naming only the surest recordings brings
   *  (metrics::rejection_curve()). */
  Spread calibration_error;
  struct Coverage {
    double coverage;  ///< share of the recordings that are named
    Spread accuracy;
    Spread confidence;  ///< the least of them
  };
  std::vector<Coverage> coverages;
  std::vector<Spread> recall;  ///< per class
  /** Mean counts a repetition, [truth][answer]: of recordings, and of groups,
   *  where the recordings of one group and class share one count. */
  std::vector<std::vector<double>> recordings, groups;
};
CrossValidationSummary summarize(const Dataset &data,
                                 const std::vector<Repetition> &repetitions);

/** @p per_file: also the answer to each recording in each repetition. */
Json cross_validation_json(const Dataset &data,
                           const std::vector<Repetition> &repetitions,
                           bool per_file);
std::string cross_validation_text(const Dataset &data,
                                  const std::vector<Repetition> &repetitions);

}  // namespace sonar::models
