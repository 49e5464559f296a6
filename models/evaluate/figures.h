/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "sonar/metrics/classification.h"
#include "sonar/metrics/truth_table.h"

/* Figures as JSON objects and as text, the same wherever they are told: in
 * `sonar-model evaluate` and in sonar-render's summary. A figure that a
 * recording or set does not have is left out. */
namespace sonar::models {

using Json = nlohmann::ordered_json;

Json to_json(const metrics::TruthScore &score);
Json to_json(const metrics::MeanTruthScore &score);
Json to_json(const std::vector<metrics::SnrBand> &bands);
Json to_json(const metrics::ClassificationScore &score);
Json to_json(const metrics::Confusion &confusion);
Json to_json(const metrics::Calibration &calibration);
Json to_json(const std::vector<metrics::RejectionPoint> &curve);
Json to_json(const metrics::Decision &decision);

/** "12.3 %", "-" for a figure that is not there. */
std::string percent(const std::optional<double> &fraction);
/** With @p digits after the point; "-" for a figure that is not there. */
std::string fixed(const std::optional<double> &value, int digits);
/** Right-aligned in @p width columns. */
std::string padded(const std::string &text, std::size_t width);

}  // namespace sonar::models
