/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/nn/scorecam.h"

#include <algorithm>
#include <cmath>
#include <future>
#include <limits>
#include <numeric>
#include <string>

#include "sonar/core/error.h"
#include "sonar/mask/combine.h"

namespace sonar::nn {
namespace {

/** Bilinear weights of one axis: between sources low and high. */
struct Tap {
  std::size_t low, high;
  float high_weight;
};

std::vector<Tap> axis_taps(std::size_t source, std::size_t size) {
  std::vector<Tap> taps(size);
  for (std::size_t i = 0; i < size; ++i) {
    const double centre =
        (double(i) + 0.5) * double(source) / double(size) - 0.5;
    const double position = std::max(centre, 0.0);
    const std::size_t low = std::min(std::size_t(position), source - 1);
    const std::size_t high = std::min(low + 1, source - 1);
    taps[i] = {low, high, high == low ? 0.0f : float(position - double(low))};
  }
  return taps;
}

/* In this form two equal values give exactly that value, so flat stays flat. */
float blend(float low, float high, float weight) {
  return low + weight * (high - low);
}

/** The tables of one pair of sizes, for many resizes. */
class Resizer {
 public:
  Resizer(std::size_t source_height, std::size_t source_width,
          std::size_t height, std::size_t width)
      : rows_(axis_taps(source_height, height)),
        columns_(axis_taps(source_width, width)),
        source_width_(source_width),
        wide_(source_height * width) {}

  void operator()(const float *source, float *out) {
    const std::size_t width = columns_.size();
    for (std::size_t y = 0; y * width < wide_.size(); ++y) {
      const float *const in = source + y * source_width_;
      for (std::size_t x = 0; x < width; ++x) {
        const Tap &t = columns_[x];
        wide_[y * width + x] = blend(in[t.low], in[t.high], t.high_weight);
      }
    }
    for (std::size_t y = 0; y < rows_.size(); ++y) {
      const float *const low = wide_.data() + rows_[y].low * width;
      const float *const high = wide_.data() + rows_[y].high * width;
      for (std::size_t x = 0; x < width; ++x)
        out[y * width + x] = blend(low[x], high[x], rows_[y].high_weight);
    }
  }

 private:
  std::vector<Tap> rows_, columns_;
  std::size_t source_width_;
  std::vector<float> wide_;  ///< source height x width
};

/** Smallest value and distance to the largest; span 0 where not finite. */
struct Range {
  float low = 0, span = 0;
};

Range range_of(const float *values, std::size_t n) {
  const bool finite =
      std::all_of(values, values + n, [](float v) { return std::isfinite(v); });
  if (!finite || n == 0) return {};
  const auto ends = std::minmax_element(values, values + n);
  const float span = *ends.second - *ends.first;
  return {*ends.first, std::isfinite(span) ? span : 0.0f};
}

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

/** Multiplies @p mask into every input channel. */
void write_masked(const float *input, const Shape &shape,
                  const std::vector<float> &mask, float *out) {
  for (std::size_t c = 0; c < shape.channels; ++c)
    for (std::size_t i = 0; i < mask.size(); ++i)
      out[c * mask.size() + i] = input[c * mask.size() + i] * mask[i];
}

/** All class probabilities of a masked input, per channel; empty where the
 *  channel was skipped. */
using Scores = std::vector<std::vector<float>>;

Scores channel_scores(const Network &network, const float *input,
                      const float *maps, const ScoreCamOptions &options) {
  const std::vector<std::size_t> chosen =
      select_channels(maps, network.maps(), options.max_channels);
  Scores scores(network.maps().channels);
  const auto score = [&](std::size_t begin, std::size_t end) {
    const std::vector<std::size_t> part(chosen.begin() + std::ptrdiff_t(begin),
                                        chosen.begin() + std::ptrdiff_t(end));
    const std::vector<float> logits =
        network.masked_logits(input, maps, part, options.batch_size);
    for (std::size_t i = 0; i < part.size(); ++i) {
      const float *row = logits.data() + i * network.classes();
      if (!std::isnan(*row)) scores[part[i]] = network.probabilities(row);
    }
  };
  const std::size_t threads = std::min(options.threads, chosen.size());
  if (threads <= 1) {
    score(0, chosen.size());
    return scores;
  }
  // disjoint channels, so the threads never write the same scores
  std::vector<std::future<void>> workers;
  for (std::size_t t = 0; t < threads; ++t)
    workers.push_back(std::async(std::launch::async, [&, t] {
      network.enter_worker_thread();
      score(t * chosen.size() / threads, (t + 1) * chosen.size() / threads);
    }));
  for (std::future<void> &worker : workers) worker.wait();
  for (std::future<void> &worker : workers) worker.get();
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

std::vector<float> Network::masked_logits(
    const float *input, const float *maps,
    const std::vector<std::size_t> &channels, std::size_t batch_size) const {
  const Shape in = this->input(), map = this->maps();
  if (batch_size == 0) batch_size = ScoreCamOptions{}.batch_size;
  Resizer resize(map.height, map.width, in.height, in.width);
  std::vector<float> up(in.height * in.width);
  std::vector<float> batch(std::min(batch_size, channels.size()) * in.size());
  std::vector<std::size_t> rows;  // of the result, one per input in the batch
  std::vector<float> out(channels.size() * classes(),
                         std::numeric_limits<float>::quiet_NaN());

  const auto flush = [&] {
    if (rows.empty()) return;
    const Output seen = forward(batch.data(), rows.size(), Want::kLogits);
    for (std::size_t i = 0; i < rows.size(); ++i)
      std::copy_n(seen.logits.data() + i * classes(), classes(),
                  out.data() + rows[i] * classes());
    rows.clear();
  };
  for (std::size_t i = 0; i < channels.size(); ++i) {
    resize(maps + channels[i] * map.height * map.width, up.data());
    const Range range = range_of(up.data(), up.size());
    if (!(range.span > 0)) continue;  // flat, or shrunk to one value
    for (float &v : up) v = (v - range.low) / range.span;
    write_masked(input, in, up, batch.data() + rows.size() * in.size());
    rows.push_back(i);
    if (rows.size() == batch_size) flush();
  }
  flush();
  return out;
}

ScoreCam score_cam(const Network &network, const float *input,
                   const float *maps, std::size_t target,
                   const ScoreCamOptions &options) {
  return std::move(score_cams(network, input, maps, {target}, options).front());
}

std::vector<ScoreCam> score_cams(const Network &network, const float *input,
                                 const float *maps,
                                 const std::vector<std::size_t> &targets,
                                 const ScoreCamOptions &options) {
  require(network, targets, options.batch_size);
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

Image resize_bilinear(const float *source, std::size_t source_height,
                      std::size_t source_width, std::size_t height,
                      std::size_t width) {
  Image out(height, width);
  if (source_height == 0 || source_width == 0) return out;
  Resizer(source_height, source_width, height, width)(source, out.data());
  return out;
}

}  // namespace sonar::nn
