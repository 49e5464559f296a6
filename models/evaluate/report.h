/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <string>

#include "models/evaluate/evaluate.h"
#include "models/evaluate/figures.h"

namespace sonar::models {

/** The figures of one method at one threshold over a set. */
struct MaskSummary {
  metrics::MeanTruthScore best, reported;
  std::optional<metrics::MeanTruthScore> class_given;
  std::vector<metrics::SnrBand> bands;
  /** Means, of the best answer's masks and of the true classes'. */
  std::optional<double> si_sdr_gain_db, class_given_gain_db;
};
MaskSummary summarize(const Evaluation &evaluation, std::size_t method,
                      std::size_t threshold);

/** Means over a set of what a method gains as a soft gain. */
SoftOutcome summarize_soft(const Evaluation &evaluation, std::size_t method);

/** Mean share of the pixels kept of recordings without a target; absent where
 *  there are none. */
struct KeptOfNothing {
  double best = 0, reported = 0;
};
std::optional<KeptOfNothing> kept_of_nothing(const Evaluation &evaluation,
                                             std::size_t method,
                                             std::size_t threshold);

/** Median time of a picture's mask by a method, its class known. */
double median_mask_ms(const Evaluation &evaluation, std::size_t method);

/** Everything. @p per_file: also each recording's own figures. */
Json report_json(const Model &model, const Evaluation &evaluation,
                 bool per_file);
/** Tables for a person, at most 110 columns wide. */
std::string report_text(const Model &model, const Evaluation &evaluation);

/** The part about classes: accuracy, confusion, calibration, rejection. */
Json classification_json(const std::vector<metrics::Decision> &decisions,
                         const std::vector<std::string> &labels);
std::string classification_text(const std::vector<metrics::Decision> &decisions,
                                const std::vector<std::string> &labels);

}  // namespace sonar::models
