/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <map>
#include <string>
#include <vector>

#include "models/evaluate/figures.h"
#include "sonar/tonal/propulsion.h"

namespace sonar::models {

/** What was read off a recording, beside the truth as far as it is known. */
struct PropulsionResult {
  std::string name;
  double shaft_hz = 0;  ///< truth; 0: unknown
  int blades = 0;       ///< truth; 0: unknown
  bool clear = true;    ///< the annotator's word
  tonal::Propulsion got;
};

/** Of those with confidence at least `threshold`. */
struct PropulsionRejection {
  double threshold = 0;
  double answered = 0;       ///< share of the clear ones
  double right = 0;          ///< share of these within 2 %
  double unclear_taken = 0;  ///< share of the unclear ones
};

/** Shares of clear recordings whose truth is known. */
struct PropulsionScore {
  std::size_t shafts = 0, blade_counts = 0, unclear = 0;
  double within_2_percent = 0;
  double within_5_percent = 0;  ///< the right harmonic, the rate roughly
  double blades_right = 0;      ///< whatever the shaft rate
  double both_right = 0;        ///< shaft rate within 2 %
  /** metrics::Calibration's expected error of the confidence, right being
   *  within 5 %; 0 without a shaft rate. */
  double calibration_error = 0;
  /** Of those beyond 5 %: how many are a multiple or part of the truth, by
   *  its name ("1/2", "other"). */
  std::map<std::string, std::size_t> errors;
  /** [truth][answer], both from kMinBlades on. */
  std::vector<std::vector<std::size_t>> confusion;
  std::vector<PropulsionRejection> rejection;
};

PropulsionScore score_propulsion(const std::vector<PropulsionResult> &results);

Json propulsion_json(const std::vector<PropulsionResult> &results);
/** @p each: a line a recording before the figures. */
std::string propulsion_text(const std::vector<PropulsionResult> &results,
                            bool each);

}  // namespace sonar::models
