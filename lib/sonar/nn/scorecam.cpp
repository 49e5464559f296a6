/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/nn/scorecam.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "sonar/core/error.h"
#include "sonar/mask/combine.h"
#include "sonar/nn/resize.h"

namespace sonar::nn {
namespace {

double deviation(const float *values, std::size_t n) {
  const double mean = std::accumulate(values, values + n, 0.0) / double(n);
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i)
    sum += (values[i] - mean) * (values[i] - mean);
  return std::sqrt(sum / double(n));
}

/** Indices of the channels worth a forward pass, ascending. */
std::vector<std::size_t> select_channels(const float *maps, const Shape &shape,
                                         std::size_t max_channels) {
  const std::size_t area = shape.height * shape.width;
  std::vector<std::size_t> chosen;
  for (std::size_t c = 0; c < shape.channels; ++c)
    if (range_of(maps + c * area, area).span > 0) chosen.push_back(c);
  if (max_channels == 0 || chosen.size() <= max_channels) return chosen;

  std::vector<double> spread(shape.channels);
  for (std::size_t c : chosen) spread[c] = deviation(maps + c * area, area);
  std::stable_sort(
      chosen.begin(), chosen.end(),
      [&](std::size_t a, std::size_t b) { return spread[a] > spread[b]; });
  chosen.resize(max_channels);
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

/** All class probabilities of a masked input, per channel; empty where the
 *  channel was skipped. */
using Scores = std::vector<std::vector<float>>;

Scores channel_scores(const Network &network, const float *input,
                      const float *maps, const ScoreCamOptions &options) {
  const std::vector<std::size_t> chosen =
      select_channels(maps, network.maps(), options.max_channels);
  const std::vector<float> logits =
      network.masked_logits(input, maps, chosen, options.effort);
  Scores scores(network.maps().channels);
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    const float *row = logits.data() + i * network.classes();
    if (!std::isnan(*row)) scores[chosen[i]] = network.probabilities(row);
  }
  return scores;
}

void require(const Network &network, const std::vector<std::size_t> &targets,
             std::size_t batch_size) {
  for (const std::size_t target : targets)
    if (target >= network.classes() || batch_size == 0)
      throw Error(Errc::kBadArgument,
                  "Score-CAM needs a target below the " +
                      std::to_string(network.classes()) +
                      " classes and a batch of at least 1, got target " +
                      std::to_string(target) + " and batch " +
                      std::to_string(batch_size));
}

ScoreCam weigh(const Network &network, const float *maps,
               std::vector<float> weights) {
  const Shape in = network.input(), map = network.maps();
  ScoreCam cam;
  cam.weights = std::move(weights);

  /* Resizing is linear, so the sum is taken at the maps' size and upsampled
   * once: the same picture as a sum of upsampled maps. */
  const std::size_t area = map.height * map.width;
  std::vector<double> sum(area, 0.0);
  for (std::size_t c = 0; c < map.channels; ++c) {
    if (cam.weights[c] == 0) continue;
    for (std::size_t i = 0; i < area; ++i)
      sum[i] += double(cam.weights[c]) * maps[c * area + i];
  }
  const std::vector<float> rounded(sum.begin(), sum.end());
  cam.map = resize_bilinear(rounded.data(), map.height, map.width, in.height,
                            in.width);
  float *const values = cam.map.data();
  for (std::size_t i = 0; i < cam.map.size(); ++i)
    values[i] = std::max(values[i], 0.0f);
  cam.valid = range_of(values, cam.map.size()).span > 0;
  if (!cam.valid) std::fill(values, values + cam.map.size(), 0.0f);
  return cam;
}

}  // namespace

ScoreCam score_cam(const Network &network, const float *input,
                   const float *maps, std::size_t target,
                   const ScoreCamOptions &options) {
  return std::move(score_cams(network, input, maps, {target}, options).front());
}

std::vector<ScoreCam> score_cams(const Network &network, const float *input,
                                 const float *maps,
                                 const std::vector<std::size_t> &targets,
                                 const ScoreCamOptions &options) {
  require(network, targets, options.effort.batch_size);
  std::vector<ScoreCam> out;
  if (targets.empty()) return out;
  const Scores scores = channel_scores(network, input, maps, options);
  for (const std::size_t target : targets) {
    std::vector<float> weights(scores.size(), 0.0f);
    for (std::size_t c = 0; c < scores.size(); ++c)
      if (!scores[c].empty()) weights[c] = scores[c][target];
    out.push_back(weigh(network, maps, std::move(weights)));
  }
  return out;
}

Image mean_score_cam(const Network &network,
                     const std::vector<std::vector<float>> &inputs,
                     std::size_t target) {
  Image sum(network.input().height, network.input().width);
  for (const std::vector<float> &input : inputs) {
    const Network::Output seen =
        network.forward(input.data(), 1, Network::Want::kEverything);
    Image map =
        score_cam(network, input.data(), seen.maps.data(), target, {}).map;
    mask::normalize_min_max(map);
    for (std::size_t i = 0; i < sum.size(); ++i) sum.data()[i] += map.data()[i];
  }
  mask::normalize_min_max(sum);
  return sum;
}

}  // namespace sonar::nn
