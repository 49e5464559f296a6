/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/evaluate/figures.h"

#include <algorithm>
#include <cstdio>

namespace sonar::models {
namespace {

void put(Json &out, const char *name, const std::optional<double> &value) {
  if (value) out[name] = *value;
}

template <class Score>
Json truth_figures(const Score &s) {
  Json out;
  put(out, "removed", s.removed);
  put(out, "kept", s.kept);
  put(out, "overwritten_0db", s.overwritten_0db);
  put(out, "overwritten_3db", s.overwritten_3db);
  put(out, "overwritten_6db", s.overwritten_6db);
  put(out, "f1", s.f1);
  put(out, "iou", s.iou);
  put(out, "intersecting", s.intersecting);
  put(out, "intersecting_present", s.intersecting_present);
  return out;
}

}  // namespace

Json to_json(const metrics::TruthScore &score) { return truth_figures(score); }

Json to_json(const metrics::MeanTruthScore &score) {
  Json out = truth_figures(score);
  out["recordings"] = score.recordings;
  return out;
}

Json to_json(const std::vector<metrics::SnrBand> &bands) {
  Json out = Json::array();
  for (const metrics::SnrBand &band : bands) {
    Json entry{{"from_db", band.from_db}};
    if (band.to_db) entry["to_db"] = *band.to_db;
    entry["pixels"] = band.pixels;
    if (band.pixels)
      entry["overwritten"] = double(band.overwritten) / double(band.pixels);
    out.push_back(entry);
  }
  return out;
}

Json to_json(const metrics::ClassificationScore &s) {
  Json out{{"known", s.known}, {"without_target", s.without_target}};
  put(out, "accuracy", s.accuracy);
  put(out, "balanced_accuracy", s.balanced_accuracy);
  put(out, "rejected", s.rejected);
  put(out, "accuracy_accepted", s.accuracy_accepted);
  put(out, "reported_unknown", s.reported_unknown);
  put(out, "reported_right", s.reported_right);
  return out;
}

Json to_json(const metrics::Confusion &c) {
  return {{"rows_true", c.truths},
          {"columns_predicted", c.predictions},
          {"counts", c.counts},
          {"rejected", c.rejected}};
}

Json to_json(const metrics::Calibration &c) {
  Json bins = Json::array();
  for (const metrics::ReliabilityBin &bin : c.bins)
    if (bin.recordings)
      bins.push_back({{"from", bin.from},
                      {"to", bin.to},
                      {"recordings", bin.recordings},
                      {"confidence", bin.confidence},
                      {"accuracy", bin.accuracy}});
  Json out{{"bins", bins}};
  put(out, "expected_error", c.expected_error);
  return out;
}

Json to_json(const std::vector<metrics::RejectionPoint> &curve) {
  Json out = Json::array();
  for (const metrics::RejectionPoint &p : curve)
    out.push_back({{"confidence", p.confidence},
                   {"coverage", p.coverage},
                   {"accuracy", p.accuracy}});
  return out;
}

Json to_json(const metrics::Decision &d) {
  return {{"truth", metrics::text(d.truth)},
          {"predicted", metrics::text(d.predicted)},
          {"confidence", d.confidence},
          {"rejected", d.rejected}};
}

std::string percent(const std::optional<double> &fraction) {
  if (!fraction) return "-";
  return fixed(100 * *fraction, 1) + " %";
}

std::string fixed(const std::optional<double> &value, int digits) {
  if (!value) return "-";
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", digits, *value);
  return text;
}

std::string padded(const std::string &text, std::size_t width) {
  return std::string(width - std::min(width, text.size()), ' ') + text;
}

}  // namespace sonar::models
