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

/** In what the presets differ. */
struct Numerics {
  MaskRule mask;
  bool of_logits, softmax;  ///< weights; else of probabilities, as they are
  bool relu_last;           ///< after upsampling, else before
  float epsilon;            ///< of the scaling before upsampling; 0: none
};

Numerics numerics_of(ScoreCamPreset preset) {
  switch (preset) {
    case ScoreCamPreset::kPaperV2:
      return {{}, false, true, false, 0};
    case ScoreCamPreset::kGradCam:
      return {{true, false, 1e-8f}, true, true, false, 1e-7f};
    case ScoreCamPreset::kTorchCam:
      return {{false, true, 1e-8f}, true, true, false, 1e-8f};
    case ScoreCamPreset::kReleased:
      break;
  }
  return {{}, false, false, true, 0};
}

double deviation(const float *values, std::size_t n) {
  const double mean = std::accumulate(values, values + n, 0.0) / double(n);
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i)
    sum += (values[i] - mean) * (values[i] - mean);
  return std::sqrt(sum / double(n));
}

/** Indices of the channels that count, ascending; flat ones among them where
 *  @p flat_counts. */
std::vector<std::size_t> select_channels(const float *maps, const Shape &shape,
                                         std::size_t max_channels,
                                         bool flat_counts) {
  const std::size_t area = shape.height * shape.width;
  std::vector<std::size_t> chosen;
  for (std::size_t c = 0; c < shape.channels; ++c) {
    const Range range = range_of(maps + c * area, area);
    if (range.span > 0 || (flat_counts && range.finite)) chosen.push_back(c);
  }
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

/** What is said of all classes, logits or probabilities, of a masked input, per
 *  channel; empty where the channel was skipped. */
using Scores = std::vector<std::vector<float>>;

Scores channel_scores(const Network &network, const float *input,
                      const float *maps, const ScoreCamOptions &options) {
  const Numerics how = numerics_of(options.preset);
  const Shape shape = network.maps();
  const std::size_t area = shape.height * shape.width;
  const bool flat_counts = how.mask.epsilon > 0;
  const std::vector<std::size_t> chosen =
      select_channels(maps, shape, options.max_channels, flat_counts);
  // all flat channels are the same empty input: one forward pass serves them
  std::vector<std::size_t> run, place(chosen.size());
  std::size_t flat = chosen.size();
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    const bool is_flat =
        flat_counts && !(range_of(maps + chosen[i] * area, area).span > 0);
    place[i] = is_flat ? std::min(flat, run.size()) : run.size();
    if (place[i] == run.size()) run.push_back(chosen[i]);
    if (is_flat) flat = place[i];
  }
  const std::vector<float> logits =
      network.masked_logits(input, maps, run, how.mask, options.effort);
  Scores scores(shape.channels);
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    const float *row = logits.data() + place[i] * network.classes();
    if (std::isnan(*row)) continue;
    scores[chosen[i]] = how.of_logits
                            ? std::vector<float>(row, row + network.classes())
                            : network.probabilities(row);
  }
  return scores;
}

std::vector<float> channel_weights(const Scores &scores, std::size_t target,
                                   bool softmax) {
  std::vector<float> weights(scores.size(), 0.0f);
  double most = -HUGE_VAL, sum = 0;
  for (std::size_t c = 0; c < scores.size(); ++c) {
    if (scores[c].empty()) continue;
    weights[c] = scores[c][target];
    most = std::max(most, double(weights[c]));
  }
  if (!softmax) return weights;
  for (std::size_t c = 0; c < scores.size(); ++c)
    if (!scores[c].empty()) sum += std::exp(weights[c] - most);
  for (std::size_t c = 0; c < scores.size(); ++c)
    if (!scores[c].empty())
      weights[c] = float(std::exp(weights[c] - most) / sum);
  return weights;
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

Image weighted_sum(const Shape &shape, const float *maps,
                   const std::vector<float> &weights) {
  const std::size_t area = shape.height * shape.width;
  std::vector<double> sum(area, 0.0);
  for (std::size_t c = 0; c < shape.channels; ++c) {
    if (weights[c] == 0) continue;
    for (std::size_t i = 0; i < area; ++i)
      sum[i] += double(weights[c]) * maps[c * area + i];
  }
  Image out(shape.height, shape.width);
  std::copy(sum.begin(), sum.end(), out.data());
  return out;
}

void keep_positive(Image &image) {
  for (std::size_t i = 0; i < image.size(); ++i)
    image.data()[i] = std::max(image.data()[i], 0.0f);
}

/** To 0..1, as the libraries do; zeros where flat. */
void scale(Image &image, float epsilon) {
  const Range range = range_of(image.data(), image.size());
  const float span = range.span > 0 ? range.span + epsilon : 1;
  for (std::size_t i = 0; i < image.size(); ++i)
    image.data()[i] = (image.data()[i] - range.low) / span;
}

/* Resizing is linear, so the sum is taken at the maps' size and upsampled once:
 * the same picture as a sum of upsampled maps. */
ScoreCam weigh(const Network &network, const float *maps,
               std::vector<float> weights, ScoreCamPreset preset) {
  const Shape in = network.input();
  const Numerics how = numerics_of(preset);
  ScoreCam cam;
  cam.weights = std::move(weights);
  Image sum = weighted_sum(network.maps(), maps, cam.weights);
  if (!how.relu_last) keep_positive(sum);
  if (how.epsilon > 0) scale(sum, how.epsilon);
  cam.map = resize_bilinear(sum.data(), sum.height(), sum.width(), in.height,
                            in.width);
  if (how.relu_last) keep_positive(cam.map);
  if (preset == ScoreCamPreset::kGradCam) scale(cam.map, how.epsilon);
  cam.valid = range_of(cam.map.data(), cam.map.size()).span > 0;
  if (!cam.valid) std::fill_n(cam.map.data(), cam.map.size(), 0.0f);
  cam.returned = preset == ScoreCamPreset::kTorchCam ? std::move(sum) : cam.map;
  if (how.epsilon == 0) scale(cam.returned, 0);
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
    std::vector<float> weights =
        channel_weights(scores, target, numerics_of(options.preset).softmax);
    out.push_back(weigh(network, maps, std::move(weights), options.preset));
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
