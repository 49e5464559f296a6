/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/evaluate/recording.h"

#include <algorithm>
#include <cmath>

#include "models/train/dataset.h"
#include "sonar/dsp/spectrograph.h"

namespace sonar::models {
namespace {

// a float probability of 1 is at least 1 - 2^-25; this keeps its log finite
constexpr double kLeastProbability = 1e-9;

std::vector<double> mean_scores(const std::vector<Classification> &seen,
                                std::size_t count, bool exclusive) {
  std::vector<double> mean(seen.front().probabilities.size());
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t c = 0; c < mean.size(); ++c) {
      const double p = double(seen[i].probabilities[c]);
      double score = std::log(std::max(p, kLeastProbability));
      if (!exclusive) score -= std::log(std::max(1 - p, kLeastProbability));
      mean[c] += score / double(count);
    }
  return mean;
}

double probability(const std::vector<double> &scores, std::size_t best,
                   bool exclusive) {
  if (!exclusive) return 1 / (1 + std::exp(-scores[best]));
  double sum = 0;
  for (const double s : scores) sum += std::exp(s - scores[best]);
  return 1 / sum;
}

}  // namespace

Image AnalysedRecording::join(const std::vector<Image> &parts) const {
  if (parts.empty() || parts.front().empty()) return {};
  Image out(parts.front().height(), columns);
  std::size_t at = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const ColumnRange valid = pictures[i].valid;
    for (std::size_t y = 0; y < out.height(); ++y)
      std::copy(parts[i].row(y) + valid.begin, parts[i].row(y) + valid.end,
                out.row(y) + at);
    at += valid.count();
  }
  return out;
}

AnalysedRecording analyse_recording(const std::string &path,
                                    const Recipe &recipe) {
  AnalysedRecording out;
  out.samples = load_audio(path, recipe.rate_hz);
  Recipe side_by_side = recipe;
  side_by_side.advance = recipe.width;
  dsp::Spectrograph spectrograph(side_by_side);
  spectrograph.push(out.samples.data(), out.samples.size());
  spectrograph.drain();
  dsp::Picture picture;
  while (spectrograph.pop(picture)) {
    out.pictures.push_back({dsp::decode(picture, recipe),
                            std::move(picture.background_db), picture.valid});
    out.columns += picture.valid.count();
  }
  return out;
}

Verdict judge(const Settings &settings, const AnalysedRecording &recording,
              const std::vector<Classification> &seen) {
  const bool exclusive = settings.architecture.exclusive;
  std::size_t count = seen.size();
  const std::size_t least = (std::size_t(settings.recipe.width) + 7) / 8;
  if (count > 1 && recording.pictures.back().valid.count() < least) --count;
  const std::vector<double> scores = mean_scores(seen, count, exclusive);
  const auto best = std::size_t(std::max_element(scores.begin(), scores.end()) -
                                scores.begin());
  Verdict v;
  v.classes = {best};
  v.confidence = probability(scores, best, exclusive);
  v.rejected = v.confidence < settings.min_confidence;
  return v;
}

std::vector<Classification> classify_pictures(
    const Model &model, const AnalysedRecording &recording) {
  std::vector<Classification> seen;
  for (const AnalysedPicture &p : recording.pictures)
    seen.push_back(model.classify(p.value_db, p.background_db, p.valid));
  return seen;
}

metrics::LabelSet names_of(const Settings &settings,
                           const std::vector<std::size_t> &classes) {
  metrics::LabelSet names;
  for (const std::size_t c : classes) names.push_back(settings.labels[c]);
  std::sort(names.begin(), names.end());
  return names;
}

Image recording_confidence(const Model &model,
                           const AnalysedRecording &recording,
                           const std::vector<Classification> &seen,
                           const std::vector<std::size_t> &classes,
                           const MaskOptions &options) {
  const auto height = std::size_t(model.settings().recipe.height());
  Image largest(height, recording.columns);
  for (const std::size_t target : classes) {
    std::vector<Image> parts;
    for (std::size_t i = 0; i < recording.pictures.size(); ++i) {
      const AnalysedPicture &p = recording.pictures[i];
      parts.push_back(model
                          .make_mask(p.value_db, p.background_db, p.valid,
                                     target, &seen[i], options)
                          .confidence);
    }
    const Image own = recording.join(parts);
    for (std::size_t i = 0; i < largest.size(); ++i)
      largest.data()[i] = std::max(largest.data()[i], own.data()[i]);
  }
  return largest;
}

}  // namespace sonar::models
