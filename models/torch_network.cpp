/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/torch_network.h"

#include <omp.h>

#include <algorithm>
#include <cmath>

#include "models/backend.h"
#include "models/speccnn.h"
#include "models/speccnn_layers.h"
#include "models/speccnn_ops.h"
#include "sonar/core/error.h"

namespace sonar::models {
namespace {

using Head = Architecture::Head;

/** Gradient with respect to the maps, given that with respect to the vector
 *  that pool_maps() makes of them. */
at::Tensor pool_maps_backward(const Architecture &a, const at::Tensor &maps,
                              const at::Tensor &gradient) {
  const std::int64_t count = maps.size(0), channels = maps.size(1);
  if (a.head == Head::kFlat) {
    const auto [pooled, places] = at::max_pool2d_with_indices(maps, {1, 2});
    const at::Tensor spread =
        (gradient.reshape({count, channels, maps.size(2), 1}) /
         double(pooled.size(3)))
            .expand(pooled.sizes())
            .contiguous();
    return at::max_pool2d_with_indices_backward(spread, maps, {1, 2}, {1, 2}, 0,
                                                1, false, places);
  }
  const at::Tensor bands =
      at::adaptive_avg_pool2d(maps, {kFrequencyBands, maps.size(3)});
  const auto halves = gradient.chunk(2, 1);
  const auto column = [&](const at::Tensor &half) {
    return half.reshape({count, channels, kFrequencyBands, 1});
  };
  at::Tensor spread =
      (column(halves[0]) / double(bands.size(3))).expand(bands.sizes()).clone();
  spread.scatter_add_(3, bands.argmax(3, true), column(halves[1]));
  return at::_adaptive_avg_pool2d_backward(spread, maps);
}

class TorchNetwork : public nn::Network {
 public:
  TorchNetwork(const Architecture &architecture, int height, int width,
               int classes, const std::map<std::string, Tensor> &tensors,
               const at::Device &device)
      : architecture_(architecture),
        statistics_(statistics_of(architecture, height, width)),
        device_(device),
        input_{std::size_t(architecture.input_channels), std::size_t(height),
               std::size_t(width)},
        classes_(std::size_t(classes)) {
    at::InferenceMode guard;
    SpecCnn net(architecture, height, width, classes, tensors);
    for (int i = 0; i < kLayers; ++i) fold(net.weights(), i);
    for (const char *name : {"dense1", "dense2", "out"})
      dense_.push_back(dense_layer(net.weights(), name));
    if (statistics_) statistics_head_ = dense_layer(net.weights(), kStatistics);
  }

  nn::Shape input() const override { return input_; }
  std::size_t classes() const override { return classes_; }
  std::size_t embedding() const override {
    return std::size_t(architecture_.dense[1]);
  }
  nn::Shape maps() const override {
    return {std::size_t(architecture_.conv_channels[2]), input_.height,
            input_.width / 2 / 2};
  }

  /* OpenMP's setting is the calling thread's own, not the process's. */
  void enter_worker_thread() const override { omp_set_num_threads(1); }

  Output forward(const float *inputs, std::size_t count,
                 Want want) const override {
    if (count == 0) return {};
    return translated([&] { return run(inputs, count, want); });
  }

  std::vector<float> map_gradients(const float *maps, std::size_t count,
                                   std::size_t target) const override {
    if (target >= classes_)
      throw Error(Errc::kBadArgument,
                  "gradients of class " + std::to_string(target) +
                      ": the network has " + std::to_string(classes_));
    if (count == 0) return {};
    return translated([&] { return run_back(maps, count, target); });
  }

  std::vector<float> probabilities(const float *logits) const override {
    std::vector<float> p(classes_);
    if (!architecture_.exclusive) {
      for (std::size_t c = 0; c < classes_; ++c)
        p[c] = float(1 / (1 + std::exp(-double(logits[c]))));
      return p;
    }
    const double top = *std::max_element(logits, logits + classes_);
    double sum = 0;
    for (std::size_t c = 0; c < classes_; ++c)
      sum += std::exp(double(logits[c]) - top);
    for (std::size_t c = 0; c < classes_; ++c)
      p[c] = float(std::exp(double(logits[c]) - top) / sum);
    return p;
  }

 private:
  struct Layer {
    at::Tensor weight, bias;
  };

  Layer dense_layer(const Weights &weights, const std::string &name) const {
    return {weights.at(name + ".weight").to(device_),
            weights.at(name + ".bias").to(device_)};
  }

  void fold(Weights &weights, int layer) {
    const std::string norm = norm_name(layer);
    const at::Tensor gain =
        weights.at(norm + ".weight") *
        at::rsqrt(weights.at(norm + ".running_var") + kBatchNormEpsilon);
    conv_.push_back({(weights.at(conv_name(layer) + ".weight") *
                      gain.reshape({-1, 1, 1, 1}))
                         .contiguous()
                         .to(device_),
                     (weights.at(norm + ".bias") -
                      weights.at(norm + ".running_mean") * gain)
                         .to(device_)});
  }

  at::Tensor take(const float *values, std::size_t count,
                  const nn::Shape &shape) const {
    return at::from_blob(
               const_cast<float *>(values),
               {std::int64_t(count), std::int64_t(shape.channels),
                std::int64_t(shape.height), std::int64_t(shape.width)},
               at::kFloat)
        .to(device_);
  }

  /* Two dense layers, a ReLU each, and the output: the chain rule by hand. */
  std::vector<float> run_back(const float *values_of_maps, std::size_t count,
                              std::size_t target) const {
    at::InferenceMode guard;
    const at::Tensor x = take(values_of_maps, count, maps());
    const at::Tensor first = at::linear(pool_maps(architecture_, x),
                                        dense_[0].weight, dense_[0].bias);
    const at::Tensor second =
        at::linear(at::relu(first), dense_[1].weight, dense_[1].bias);
    at::Tensor gradient =
        dense_[2].weight[std::int64_t(target)].unsqueeze(0) * second.gt(0);
    gradient = gradient.matmul(dense_[1].weight) * first.gt(0);
    gradient = gradient.matmul(dense_[0].weight);
    return values(pool_maps_backward(architecture_, x, gradient));
  }

  Output run(const float *inputs, std::size_t count, Want want) const {
    at::InferenceMode guard;
    const at::Tensor picture = take(inputs, count, input_);
    at::Tensor x = picture;
    for (int i = 0; i < kLayers; ++i) {
      if (i > 0) x = pool_time(x);
      x = same_conv(x, conv_[std::size_t(i)].weight, conv_[std::size_t(i)].bias)
              .relu_();
    }
    at::Tensor embedding = pool_maps(architecture_, x);
    for (std::size_t i = 0; i < 2; ++i)
      embedding =
          at::linear(embedding, dense_[i].weight, dense_[i].bias).relu_();
    at::Tensor logits = at::linear(embedding, dense_[2].weight, dense_[2].bias);
    require_finite(logits);  // no eigenvalues of what is not
    if (statistics_) {
      logits =
          logits + at::linear((*statistics_)(picture), statistics_head_.weight,
                              statistics_head_.bias);
      require_finite(logits);
    }

    Output out;
    out.logits = values(logits);
    if (want == Want::kEverything) {
      out.maps = values(x);
      out.embedding = values(embedding);
    }
    return out;
  }

  static void require_finite(const at::Tensor &logits) {
    if (!at::isfinite(logits).all().item<bool>())
      throw Error(Errc::kNumeric,
                  "the network's output is not finite: the picture or the "
                  "model holds values out of range");
  }

  static std::vector<float> values(const at::Tensor &t) {
    return to_tensor(t.cpu()).values;
  }

  Architecture architecture_;
  std::optional<PictureStatistics> statistics_;
  at::Device device_;
  nn::Shape input_;
  std::size_t classes_;
  std::vector<Layer> conv_, dense_;
  Layer statistics_head_;
};

}  // namespace

std::unique_ptr<nn::Network> make_torch_network(
    const Architecture &architecture, int height, int width, int classes,
    const std::map<std::string, Tensor> &tensors, const std::string &device) {
  const at::Device where = parse_device(device);
  return translated([&]() -> std::unique_ptr<nn::Network> {
    return std::make_unique<TorchNetwork>(architecture, height, width, classes,
                                          tensors, where);
  });
}

}  // namespace sonar::models
