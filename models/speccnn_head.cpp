/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/speccnn_head.h"

#include <algorithm>
#include <limits>

#include "models/speccnn_layers.h"
#include "sonar/nn/conv_stack.h"
#include "sonar/nn/kernels/kernels.h"

namespace sonar::models {
namespace {

/** Rows of a band: shares of the height, rounded outwards. */
struct Band {
  std::size_t begin, end;
};
Band band_rows(std::size_t band, std::size_t height) {
  return {band * height / kFrequencyBands,
          ((band + 1) * height + kFrequencyBands - 1) / kFrequencyBands};
}

}  // namespace

SpecCnnHead::SpecCnnHead(const Architecture &architecture,
                         const nn::Shape &maps, std::size_t classes,
                         const std::map<std::string, Tensor> &tensors)
    : head_(architecture.head), maps_(maps) {
  std::size_t in =
      maps.channels *
      (head_ == Architecture::Head::kFlat ? maps.height : 2 * kFrequencyBands);
  const std::size_t outs[] = {std::size_t(architecture.dense.at(0)),
                              std::size_t(architecture.dense.at(1)), classes};
  const char *const names[] = {"dense1", "dense2", "out"};
  for (int i = 0; i < 3; ++i) {
    const std::string name = std::string("net.") + names[i];
    Dense dense{in, outs[i],
                0,  tensors.at(name + ".weight").values,
                {}, tensors.at(name + ".bias").values};
    dense.packed = nn::pack_weights(dense.weight.data(), dense.out, in);
    dense.step = dense.packed.size() / in;
    dense.bias.resize(dense.step);
    in = dense.out;
    dense_.push_back(std::move(dense));
  }
}

double SpecCnnHead::flops() const noexcept {
  double sum = 0;
  for (const Dense &dense : dense_) sum += 2.0 * double(dense.in * dense.out);
  return sum;
}

/** count x step of a layer, and rows to read past the end. */
std::vector<float> SpecCnnHead::run(const Dense &dense, const float *in,
                                    std::size_t in_step, std::size_t count,
                                    bool relu) const {
  std::vector<float> out((count + nn::kernels::kOverrun) * dense.step);
  nn::kernels::Rows rows{};
  rows.in = in;
  rows.step = in_step;
  rows.window_rows = 1;
  rows.window_run = dense.in;
  rows.weights = dense.packed.data();
  rows.bias = dense.bias.data();
  rows.channels = dense.step;
  rows.pixels = count;
  rows.relu = relu;
  rows.out = out.data();
  rows.out_step = dense.step;
  nn::kernels::best().rows(rows);
  return out;
}

/** The larger of two columns, mean over time; every row and channel kept. */
void SpecCnnHead::pool_flat(const MapView &maps, float *features) const {
  const std::size_t pairs = maps_.width / 2;
  std::vector<float> sum(maps_.channels);
  for (std::size_t y = 0; y < maps_.height; ++y) {
    std::fill(sum.begin(), sum.end(), 0.0f);
    for (std::size_t i = 0; i < pairs; ++i) {
      const float *const a = maps.at(y, 2 * i), *const b =
                                                    maps.at(y, 2 * i + 1);
      for (std::size_t c = 0; c < maps_.channels; ++c) {
        const float x = a[c * maps.channel_step], z = b[c * maps.channel_step];
        sum[c] += x < z || z != z ? z : x;  // NaN stays NaN
      }
    }
    for (std::size_t c = 0; c < maps_.channels; ++c)
      features[c * maps_.height + y] = sum[c] / float(pairs);
  }
}

/** Means over bands of rows; their mean and their largest over time. */
void SpecCnnHead::pool_bands(const MapView &maps, float *features) const {
  std::vector<float> sum(maps_.channels), mean(maps_.channels),
      most(maps_.channels);
  float *const largest = features + maps_.channels * kFrequencyBands;
  for (std::size_t b = 0; b < kFrequencyBands; ++b) {
    const Band band = band_rows(b, maps_.height);
    std::fill(mean.begin(), mean.end(), 0.0f);
    std::fill(most.begin(), most.end(),
              -std::numeric_limits<float>::infinity());
    for (std::size_t x = 0; x < maps_.width; ++x) {
      std::fill(sum.begin(), sum.end(), 0.0f);
      for (std::size_t y = band.begin; y < band.end; ++y) {
        const float *const v = maps.at(y, x);
        for (std::size_t c = 0; c < maps_.channels; ++c)
          sum[c] += v[c * maps.channel_step];
      }
      for (std::size_t c = 0; c < maps_.channels; ++c) {
        const float value = sum[c] / float(band.end - band.begin);
        mean[c] += value;
        most[c] = value <= most[c] ? most[c] : value;
      }
    }
    for (std::size_t c = 0; c < maps_.channels; ++c) {
      features[c * kFrequencyBands + b] = mean[c] / float(maps_.width);
      largest[c * kFrequencyBands + b] = most[c];
    }
  }
}

void SpecCnnHead::pool(const MapView &maps, float *features) const {
  head_ == Architecture::Head::kFlat ? pool_flat(maps, features)
                                     : pool_bands(maps, features);
}

SpecCnnHead::Output SpecCnnHead::classify(const float *features,
                                          std::size_t count) const {
  const auto first = run(dense_[0], features, this->features(), count, true);
  const auto second = run(dense_[1], first.data(), dense_[0].step, count, true);
  const auto third =
      run(dense_[2], second.data(), dense_[1].step, count, false);
  Output out;
  for (std::size_t i = 0; i < count; ++i) {
    const float *const e = second.data() + i * dense_[1].step;
    const float *const l = third.data() + i * dense_[2].step;
    out.embedding.insert(out.embedding.end(), e, e + dense_[1].out);
    out.logits.insert(out.logits.end(), l, l + dense_[2].out);
  }
  return out;
}

/** The gradient of the pooled vector, given to the maps' values that made it.
 */
void SpecCnnHead::spread(const MapView &maps,
                         const std::vector<float> &gradient, float *out) const {
  const std::size_t area = maps_.height * maps_.width;
  for (std::size_t c = 0; c < maps_.channels; ++c) {
    const float *const value = maps.values + c * area;
    float *const to = out + c * area;
    if (head_ == Architecture::Head::kFlat) {
      const std::size_t pairs = maps_.width / 2;
      for (std::size_t y = 0; y < maps_.height; ++y)
        for (std::size_t i = 0; i < pairs; ++i) {
          const std::size_t at = y * maps_.width + 2 * i;
          to[at + (value[at] < value[at + 1])] +=
              gradient[c * maps_.height + y] / float(pairs);
        }
      continue;
    }
    for (std::size_t b = 0; b < kFrequencyBands; ++b) {
      const Band band = band_rows(b, maps_.height);
      const float rows = float(band.end - band.begin);
      const std::size_t i = c * kFrequencyBands + b;
      std::size_t most = 0;
      float largest = -std::numeric_limits<float>::infinity();
      for (std::size_t x = 0; x < maps_.width; ++x) {
        float sum = 0;
        for (std::size_t y = band.begin; y < band.end; ++y)
          sum += value[y * maps_.width + x];
        if (sum > largest) largest = sum, most = x;
      }
      for (std::size_t y = band.begin; y < band.end; ++y) {
        for (std::size_t x = 0; x < maps_.width; ++x)
          to[y * maps_.width + x] += gradient[i] / float(maps_.width) / rows;
        to[y * maps_.width + most] +=
            gradient[maps_.channels * kFrequencyBands + i] / rows;
      }
    }
  }
}

std::vector<float> SpecCnnHead::gradients(const float *maps, std::size_t count,
                                          std::size_t target) const {
  // W^T g where the layer's ReLU let something through
  const auto back = [](const Dense &dense, const std::vector<float> &gradient) {
    std::vector<float> out(dense.in);
    for (std::size_t o = 0; o < dense.out; ++o)
      for (std::size_t i = 0; i < dense.in; ++i)
        out[i] += gradient[o] * dense.weight[o * dense.in + i];
    return out;
  };
  const auto gate = [](std::vector<float> &gradient, const float *value) {
    for (std::size_t i = 0; i < gradient.size(); ++i)
      if (!(value[i] > 0)) gradient[i] = 0;
  };
  std::vector<float> out(count * maps_.size());
  std::vector<float> features((1 + nn::kernels::kOverrun) * this->features());
  for (std::size_t n = 0; n < count; ++n) {
    const MapView view{maps + n * maps_.size(), maps_.height * maps_.width,
                       maps_.width, 1};
    pool(view, features.data());
    const auto first =
        run(dense_[0], features.data(), this->features(), 1, true);
    const auto second = run(dense_[1], first.data(), dense_[0].step, 1, true);
    const float *const row = dense_[2].weight.data() + target * dense_[2].in;
    std::vector<float> gradient(row, row + dense_[2].in);
    gate(gradient, second.data());
    gradient = back(dense_[1], gradient);
    gate(gradient, first.data());
    spread(view, back(dense_[0], gradient), out.data() + n * maps_.size());
  }
  return out;
}

}  // namespace sonar::models
