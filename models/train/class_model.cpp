/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/train/class_model.h"

#include <algorithm>
#include <cmath>

#include "models/train/augment.h"
#include "sonar/cluster/projection.h"
#include "sonar/core/error.h"
#include "sonar/mask/combine.h"
#include "sonar/nn/input.h"
#include "sonar/nn/perturb.h"
#include "sonar/nn/scorecam.h"

namespace sonar::models {
namespace {

// standard errors that a row's effect must stand above 0 to open the gate
constexpr float kSignificance = 2;
// What the profile adds to the template in the gate. Its heights are logit
// margins, spread over decades; the root keeps the weaker of them in sight.
constexpr float kProfileWeight = 0.3f;

using Want = nn::Network::Want;

struct Prepared {
  std::vector<float> input, blank;
};

class Builder {
 public:
  Builder(const nn::Network &network, const Dataset &data,
          const std::vector<std::size_t> &tiles,
          const ClassModelOptions &options,
          const std::atomic<bool> &interrupted)
      : network_(network),
        data_(data),
        options_(options),
        interrupted_(interrupted),
        tiles_of_(data.labels.size()) {
    for (const std::size_t i : tiles)
      tiles_of_[data.tiles[i].label].push_back(i);
  }

  ClassSummary cluster(std::size_t label) const;
  Image average_cam(const ClassSummary &summary, std::size_t label) const;
  std::vector<float> profile(std::size_t label) const;
  std::vector<std::vector<float>> templates() const;

 private:
  void check_interrupted() const {
    if (interrupted_)
      throw Error(Errc::kResource, "interrupted while making class masks");
  }

  Prepared prepare(std::size_t tile) const {
    check_interrupted();
    const Decoded picture = decode(data_.tiles[tile], options_.recipe);
    const ColumnRange valid = data_.tiles[tile].valid;
    const std::size_t channels = network_.input().channels;
    return {nn::make_input(picture.value_db, picture.background_db, valid,
                           channels),
            nn::make_blank(picture.value_db, picture.background_db, valid,
                           channels)};
  }

  std::vector<float> mean_spectrum(std::size_t label) const;

  const nn::Network &network_;
  const Dataset &data_;
  const ClassModelOptions &options_;
  const std::atomic<bool> &interrupted_;
  std::vector<std::vector<std::size_t>> tiles_of_;
};

/** Negative values become 0, the largest 1. */
void rectify_and_scale(std::vector<float> &values) {
  float top = 0;
  for (float &v : values) {
    v = std::max(v, 0.0f);
    top = std::max(top, v);
  }
  if (top > 0)
    for (float &v : values) v /= top;
}

/** The cluster of most tiles; ties to the lowest, -1 where most are in none. */
int cluster_of_most(const std::vector<std::size_t> &labels) {
  std::map<int, std::size_t> counts;
  for (const std::size_t label : labels)
    ++counts[label == cluster::kNoise ? -1 : int(label)];
  return std::max_element(
             counts.begin(), counts.end(),
             [](const auto &a, const auto &b) { return a.second < b.second; })
      ->first;
}

/** Fills places and variance from the tiles' embeddings and labels. */
void place(const Dataset &data, const std::vector<std::size_t> &tiles,
           cluster::Points points, const std::vector<std::size_t> &labels,
           ClassSummary &out) {
  const cluster::Projection flat = cluster::principal_components(points, 2);
  out.variance = flat.variance;
  std::map<std::size_t, std::vector<std::size_t>> of_recording;
  for (std::size_t i = 0; i < tiles.size(); ++i)
    of_recording[data.tiles[tiles[i]].recording].push_back(i);
  for (const auto &[recording, own] : of_recording) {
    double x = 0, y = 0;
    std::vector<std::size_t> own_labels;
    for (const std::size_t i : own) {
      x += flat.coordinates[2 * i];
      y += flat.coordinates[2 * i + 1];
      own_labels.push_back(labels[i]);
    }
    out.places.push_back({recording, float(x / double(own.size())),
                          float(y / double(own.size())),
                          cluster_of_most(own_labels)});
  }
}

ClassSummary Builder::cluster(std::size_t label) const {
  const std::vector<std::size_t> &tiles = tiles_of_[label];
  std::vector<float> embeddings;
  for (const std::size_t tile : tiles) {
    const std::vector<float> one =
        network_.forward(prepare(tile).input.data(), 1, Want::kEverything)
            .embedding;
    embeddings.insert(embeddings.end(), one.begin(), one.end());
  }
  const cluster::Points points{embeddings.data(), tiles.size(),
                               network_.embedding()};
  cluster::RepresentativeOptions wanted;
  wanted.method = options_.cluster;
  wanted.clusters = options_.clusters;
  wanted.seed = options_.seed;
  const cluster::Representatives found =
      cluster::choose_representatives(points, wanted);
  ClassSummary out{found.curve, found.members, found.centres, {}, {}, {}};
  for (const std::size_t i : found.representatives)
    out.representatives.push_back(tiles[i]);
  place(data_, tiles, points, found.labels, out);
  return out;
}

Image Builder::average_cam(const ClassSummary &summary,
                           std::size_t label) const {
  std::vector<std::vector<float>> inputs;
  for (const std::size_t tile : summary.representatives)
    inputs.push_back(prepare(tile).input);
  return nn::mean_score_cam(network_, inputs, label);
}

std::vector<float> Builder::profile(std::size_t label) const {
  nn::SubbandOptions subband;
  subband.masks = std::size_t(options_.subband_masks);
  subband.seed = synth::mix(options_.seed) ^ label;
  nn::SubbandProfile effects(network_, label, subband);
  for (const std::size_t tile : tiles_of_[label]) {
    const Prepared p = prepare(tile);
    effects.add(p.input.data(), p.blank.data());
  }
  std::vector<float> out;
  for (const nn::RowEffect &row : effects.solve())
    out.push_back(row.value - kSignificance * row.error);
  rectify_and_scale(out);
  return out;
}

std::vector<float> Builder::mean_spectrum(std::size_t label) const {
  std::vector<double> sum(network_.input().height);
  for (const std::size_t tile : tiles_of_[label]) {
    const Image value = decode(data_.tiles[tile], options_.recipe).value_db;
    const ColumnRange valid = data_.tiles[tile].valid;
    for (std::size_t y = 0; y < sum.size(); ++y)
      for (std::size_t x = valid.begin; x < valid.end; ++x)
        sum[y] += double(value.at(y, x));
  }
  std::vector<float> out(sum.begin(), sum.end());
  const float top = *std::max_element(out.begin(), out.end());
  for (float &v : out) v = top > 0 ? v / top : 0.0f;
  return out;
}

std::vector<std::vector<float>> Builder::templates() const {
  std::vector<std::vector<float>> spectra;
  for (std::size_t c = 0; c < tiles_of_.size(); ++c)
    spectra.push_back(mean_spectrum(c));
  std::vector<std::vector<float>> out = spectra;
  const float others = float(spectra.size() - 1);
  for (std::size_t c = 0; c < out.size(); ++c) {
    for (std::size_t k = 0; k < spectra.size(); ++k)
      for (std::size_t y = 0; k != c && y < out[c].size(); ++y)
        out[c][y] -= spectra[k][y] / others;
    rectify_and_scale(out[c]);
  }
  return out;
}

Tensor empty_tensor(std::vector<std::int64_t> shape) {
  return {std::move(shape), {}};
}

void append(Tensor &tensor, const std::vector<float> &values) {
  tensor.values.insert(tensor.values.end(), values.begin(), values.end());
}

}  // namespace

ClassModel build_class_model(
    const nn::Network &network, const Dataset &data,
    const std::vector<std::size_t> &tiles, const ClassModelOptions &options,
    const std::function<void(const std::string &)> &stage,
    const std::atomic<bool> &interrupted) {
  const Builder builder(network, data, tiles, options, interrupted);
  const auto classes = std::int64_t(data.labels.size());
  const auto height = std::int64_t(network.input().height);
  const auto width = std::int64_t(network.input().width);
  Tensor masks = empty_tensor({classes, height, width});
  Tensor profiles = empty_tensor({classes, height});
  Tensor templates = profiles, gates = profiles;
  const std::vector<std::vector<float>> all_templates = builder.templates();

  ClassModel out;
  for (std::size_t c = 0; c < data.labels.size(); ++c) {
    if (stage) stage("class masks of " + data.labels[c]);
    out.classes.push_back(builder.cluster(c));
    const Image cam = builder.average_cam(out.classes.back(), c);
    append(masks, {cam.data(), cam.data() + cam.size()});
    const std::vector<float> profile = builder.profile(c);
    std::vector<float> gate = all_templates[c];
    for (std::size_t y = 0; y < gate.size(); ++y)
      gate[y] =
          std::min(1.0f, gate[y] + kProfileWeight * std::sqrt(profile[y]));
    append(profiles, profile);
    append(templates, all_templates[c]);
    append(gates, gate);
  }
  out.tensors = {{"class.mask", std::move(masks)},
                 {"class.profile", std::move(profiles)},
                 {"class.template", std::move(templates)},
                 {"class.gate", std::move(gates)}};
  return out;
}

}  // namespace sonar::models
