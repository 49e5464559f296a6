/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/plain_scorecam.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <optional>

#include "bench/figures.h"
#include "models/speccnn.h"
#include "models/speccnn_layers.h"
#include "models/statistics.h"

namespace sonar::bench {

namespace {

using models::Architecture;

/** Spec-CNN as somebody would write it in PyTorch, in evaluation mode. */
struct Network {
  Architecture architecture;
  models::Weights weights;
  std::optional<models::PictureStatistics> statistics;

  const at::Tensor &at(const std::string &name) const {
    return weights.at(name);
  }

  at::Tensor maps(at::Tensor x) const {
    for (int i = 0; i < models::kLayers; ++i) {
      const std::string norm = models::norm_name(i);
      const at::Tensor &weight = at(models::conv_name(i) + ".weight");
      if (i > 0) x = at::max_pool2d(x, {1, 2});
      x = at::conv2d(x, weight, {}, 1,
                     {weight.size(2) / 2, weight.size(3) / 2});
      x = at::batch_norm(x, at(norm + ".weight"), at(norm + ".bias"),
                         at(norm + ".running_mean"), at(norm + ".running_var"),
                         false, 0.1, models::kBatchNormEpsilon, false);
      x = at::relu(x);
    }
    return x;
  }

  at::Tensor logits(const at::Tensor &input) const {
    at::Tensor x = maps(input);
    if (architecture.head == Architecture::Head::kFlat) {
      x = at::max_pool2d(x, {1, 2}).mean(3).flatten(1);
    } else {
      x = at::adaptive_avg_pool2d(x, {models::kFrequencyBands, x.size(3)});
      x = at::cat({x.mean(3).flatten(1), x.amax(3).flatten(1)}, 1);
    }
    for (const std::string name : {"dense1", "dense2"})
      x = at::relu(at::linear(x, at(name + ".weight"), at(name + ".bias")));
    x = at::linear(x, at("out.weight"), at("out.bias"));
    if (!statistics) return x;
    const std::string head = models::kStatistics;
    return x + at::linear((*statistics)(input), at(head + ".weight"),
                          at(head + ".bias"));
  }
};

}  // namespace

struct PlainScoreCam::Impl {
  Network net;
  int height, width;
};

PlainScoreCam::PlainScoreCam(
    const models::Architecture &architecture, int height, int width,
    int classes, const std::map<std::string, models::Tensor> &tensors)
    : impl_(new Impl{{architecture, {}, {}}, height, width}) {
  // the constructor checks the tensors and makes them LibTorch's
  models::SpecCnn net(architecture, height, width, classes, tensors);
  impl_->net.weights = net.weights();
  if (architecture.statistics)
    impl_->net.statistics.emplace(height, width, architecture.input_channels);
}

PlainScoreCam::~PlainScoreCam() { delete impl_; }

std::vector<float> PlainScoreCam::weights(const std::vector<float> &values,
                                          std::size_t target,
                                          std::size_t batch) const {
  at::InferenceMode guard;
  const auto channels = std::int64_t(impl_->net.architecture.input_channels);
  const at::Tensor input =
      at::from_blob(const_cast<float *>(values.data()),
                    {1, channels, impl_->height, impl_->width}, at::kFloat);
  const at::Tensor maps = impl_->net.maps(input);
  at::Tensor up = at::upsample_bilinear2d(
      maps, {std::int64_t(impl_->height), std::int64_t(impl_->width)}, false);
  const at::Tensor low = up.flatten(2).amin(2).reshape({1, -1, 1, 1}),
                   high = up.flatten(2).amax(2).reshape({1, -1, 1, 1});
  up = (up - low) / (high - low).clamp_min(1e-7);
  const at::Tensor masked = up.squeeze(0).unsqueeze(1) * input;
  std::vector<float> out;
  for (std::int64_t i = 0; i < masked.size(0); i += std::int64_t(batch)) {
    const std::int64_t n = std::min(std::int64_t(batch), masked.size(0) - i);
    const at::Tensor logits = impl_->net.logits(masked.narrow(0, i, n));
    const at::Tensor p = impl_->net.architecture.exclusive
                             ? at::softmax(logits, 1)
                             : at::sigmoid(logits);
    const at::Tensor column = p.select(1, std::int64_t(target)).contiguous();
    out.insert(out.end(), column.data_ptr<float>(),
               column.data_ptr<float>() + n);
  }
  return out;
}

double gemm_rate(std::size_t size, std::size_t threads) {
  set_torch_threads(threads);
  at::InferenceMode guard;
  const auto n = std::int64_t(size);
  const at::Tensor a = at::rand({n, n}), b = at::rand({n, n});
  double seconds = best_seconds([&] { at::mm(a, b); }, 0.5);
  if (at::hasMKLDNN()) {
    const at::Tensor blocked = a.to_mkldnn(), weight = b.to_mkldnn();
    seconds = std::min(
        seconds,
        best_seconds([&] { at::mkldnn_linear(blocked, weight); }, 0.5));
  }
  return 2.0 * double(size) * double(size) * double(size) / seconds;
}

void set_torch_threads(std::size_t threads) {
  at::set_num_threads(int(threads));
}

}  // namespace sonar::bench
