/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/train/about.h"

#include <cmath>
#include <filesystem>
#include <numeric>
#include <set>

namespace sonar::models {
namespace {

using nlohmann::json;

json class_counts(const Dataset &data) {
  json out;
  for (std::size_t c = 0; c < data.labels.size(); ++c) {
    std::set<std::size_t> recordings, groups;
    std::size_t pictures = 0;
    for (const Tile &tile : data.tiles) {
      if (tile.label != c) continue;
      recordings.insert(tile.recording);
      groups.insert(tile.group);
      ++pictures;
    }
    out[data.labels[c]] = {{"recordings", recordings.size()},
                           {"groups", groups.size()},
                           {"pictures", pictures}};
  }
  return out;
}

std::string stem_of(const Dataset &data, std::size_t recording) {
  return std::filesystem::path(data.recordings[recording].path).stem().string();
}

/** A thousandth is finer than any plot, and keeps the header short. */
double rounded(double v) { return std::round(v * 1000) / 1000; }

json projection_figures(const ClassSummary &summary, const Dataset &data) {
  json out{{"variance", summary.variance},
           {"recordings", json::array()},
           {"points", json::array()},
           {"cluster", json::array()}};
  for (const ClassSummary::Place &p : summary.places) {
    out["recordings"].push_back(stem_of(data, p.recording));
    out["points"].push_back({rounded(p.x), rounded(p.y)});
    out["cluster"].push_back(p.cluster);
  }
  return out;
}

}  // namespace

nlohmann::json validation_figures(const std::vector<RecordingScore> &scores,
                                  const std::vector<std::string> &labels) {
  const auto matrix = confusion_matrix(scores, labels.size());
  json per_class, answers = json::array();
  for (const RecordingScore &s : scores)
    answers.push_back(
        {s.label, s.predicted, std::round(s.confidence * 1e4) / 1e4});
  double balanced = 0;
  int present = 0;
  for (std::size_t c = 0; c < labels.size(); ++c) {
    const int count = std::accumulate(matrix[c].begin(), matrix[c].end(), 0);
    if (count == 0) continue;
    const double share = double(matrix[c][c]) / count;
    per_class[labels[c]] = share;
    balanced += share;
    ++present;
  }
  return {{"recordings", scores.size()},
          {"accuracy", accuracy(scores)},
          {"balanced_accuracy", present ? balanced / present : 0.0},
          {"per_class", per_class},
          {"confusion", matrix},
          {"answers", answers}};
}

nlohmann::json class_model_figures(const ClassModel &model, const Dataset &data,
                                   cluster::Method method) {
  const char *curve =
      method == cluster::Method::kDensity ? "neighbour_distances" : "inertia";
  json out;
  for (std::size_t c = 0; c < model.classes.size(); ++c) {
    const ClassSummary &summary = model.classes[c];
    std::vector<std::string> names;
    for (const std::size_t tile : summary.representatives)
      names.push_back(stem_of(data, data.tiles[tile].recording));
    out[data.labels[c]] = {{"clusters", summary.members.size()},
                           {curve, summary.curve},
                           {"members", summary.members},
                           {"representatives", names},
                           {"projection", projection_figures(summary, data)}};
  }
  return out;
}

nlohmann::json about_training(const Dataset &data, const TrainOptions &o) {
  return {{"data", o.data_name},
          {"classes", class_counts(data)},
          {"epochs", o.epochs},
          {"batch_size", o.batch_size},
          {"learning_rate", o.learning_rate},
          {"weight_decay", o.weight_decay},
          {"mix", o.mix},
          {"distort", o.distort},
          {"equalizer", o.equalizer},
          {"subband_masks", o.subband_masks},
          {"cluster", cluster::nick(o.cluster)},
          {"clusters", o.clusters},
          {"validation_fraction", o.validation_fraction},
          {"seed", o.seed}};
}

nlohmann::json describe_lines(const lines::LineModel &model, double bin_hz,
                              const std::vector<std::string> &labels) {
  json out;
  for (std::size_t c = 0; c < labels.size(); ++c) {
    json found = json::array();
    for (const lines::Line &line : model.classes[c].lines)
      found.push_back({{"hz", line.frequency * bin_hz},
                       {"moving", line.moving},
                       {"presence", line.presence}});
    out[labels[c]] = {{"lines", found},
                      {"log_speed_ratio_sd", model.classes[c].ratio_sd},
                      {"evidence_threshold", model.classes[c].threshold}};
  }
  return out;
}

}  // namespace sonar::models
