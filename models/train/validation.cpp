/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/train/validation.h"

#include <algorithm>
#include <map>

#include "models/train/augment.h"
#include "models/verdict.h"
#include "sonar/nn/input.h"

namespace sonar::models {
namespace {

constexpr std::size_t kBatch = 32;
// half: a class that is rather not there is not named
constexpr double kWantedRight = 0.9, kLowest = 0.5, kHighest = 0.9;

}  // namespace

std::vector<RecordingScore> score_recordings(
    const nn::Network &network, const Dataset &data, const Recipe &recipe,
    const std::vector<std::size_t> &tiles) {
  const std::size_t classes = network.classes();
  std::map<std::size_t, std::vector<float>> sums;
  std::map<std::size_t, std::size_t> counts;
  for (std::size_t at = 0; at < tiles.size(); at += kBatch) {
    const std::size_t count = std::min(kBatch, tiles.size() - at);
    std::vector<float> inputs;
    for (std::size_t i = at; i < at + count; ++i) {
      const Tile &tile = data.tiles[tiles[i]];
      const Decoded picture = decode(tile, recipe);
      const std::vector<float> input =
          nn::make_input(picture.value_db, picture.background_db, tile.valid,
                         network.input().channels);
      inputs.insert(inputs.end(), input.begin(), input.end());
    }
    const std::vector<float> logits =
        network.forward(inputs.data(), count, nn::Network::Want::kLogits)
            .logits;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t recording = data.tiles[tiles[at + i]].recording;
      std::vector<float> &sum = sums[recording];
      sum.resize(classes);
      for (std::size_t c = 0; c < classes; ++c)
        sum[c] += logits[i * classes + c];
      ++counts[recording];
    }
  }
  std::vector<RecordingScore> out;
  for (auto &[recording, sum] : sums) {
    for (float &v : sum) v /= float(counts[recording]);
    const std::vector<float> p = network.probabilities(sum.data());
    const auto best = std::max_element(p.begin(), p.end());
    const std::string &label = data.recordings[recording].label;
    out.push_back(
        {recording,
         std::size_t(std::find(data.labels.begin(), data.labels.end(), label) -
                     data.labels.begin()),
         std::size_t(best - p.begin()), double(*best)});
  }
  return out;
}

std::vector<RecordingScore> score_recordings(
    const Model &model, const Dataset &data,
    const std::vector<std::size_t> &tiles) {
  const Recipe &recipe = model.settings().recipe;
  std::map<std::size_t, std::vector<Classification>> seen;
  for (const std::size_t i : tiles) {
    const Tile &tile = data.tiles[i];
    Decoded picture = decode(tile, recipe);
    seen[tile.recording].push_back(model.classify(
        {std::move(picture.value_db), std::move(picture.background_db),
         tile.valid, decode_fine(tile, recipe)}));
  }
  std::vector<RecordingScore> out;
  for (const auto &[recording, pictures] : seen) {
    const Verdict verdict = judge(model, pictures);
    out.push_back({recording,
                   model.label_index(data.recordings[recording].label),
                   verdict.classes.front(), verdict.confidence});
  }
  return out;
}

double accuracy(const std::vector<RecordingScore> &scores) {
  if (scores.empty()) return 0;
  const auto right = std::count_if(
      scores.begin(), scores.end(),
      [](const RecordingScore &s) { return s.label == s.predicted; });
  return double(right) / double(scores.size());
}

std::vector<std::vector<int>> confusion_matrix(
    const std::vector<RecordingScore> &scores, std::size_t classes) {
  std::vector<std::vector<int>> out(classes, std::vector<int>(classes));
  for (const RecordingScore &s : scores) ++out[s.label][s.predicted];
  return out;
}

double choose_min_confidence(std::vector<RecordingScore> scores) {
  std::sort(scores.begin(), scores.end(),
            [](const RecordingScore &a, const RecordingScore &b) {
              return a.confidence > b.confidence;
            });
  double chosen = kHighest;
  std::size_t right = 0;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    right += scores[i].label == scores[i].predicted;
    const bool last_of_its_confidence =
        i + 1 == scores.size() ||
        scores[i + 1].confidence < scores[i].confidence;
    if (last_of_its_confidence && double(right) >= kWantedRight * double(i + 1))
      chosen = scores[i].confidence;
  }
  return std::clamp(chosen, kLowest, kHighest);
}

double median_confidence(const std::vector<RecordingScore> &scores) {
  std::vector<double> sorted;
  for (const RecordingScore &s : scores) sorted.push_back(s.confidence);
  std::sort(sorted.begin(), sorted.end());
  return sorted.empty() ? 0 : sorted[sorted.size() / 2];
}

}  // namespace sonar::models
