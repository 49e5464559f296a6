/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/speccnn.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>

#include "models/cpu_network.h"
#include "models/speccnn_layers.h"
#include "models/speccnn_ops.h"
#include "models/torch_network.h"

namespace sonar::models {
namespace {

constexpr double kDropped = 0.3;
constexpr double kBatchNormMomentum = 0.1;
constexpr char kPrefix[] = "net.";

using Head = Architecture::Head;

/** @p statistics: how many there are for the statistics head; 0: none. */
std::vector<WeightSpec> layout(const Architecture &a, int height, int classes,
                               std::int64_t statistics) {
  using Fill = WeightSpec::Fill;
  std::vector<WeightSpec> specs;
  std::int64_t in = a.input_channels;
  for (int i = 0; i < kLayers; ++i) {
    const std::int64_t out = a.conv_channels.at(std::size_t(i));
    const auto [rows, columns] = kernel(a, i);
    const std::string norm = norm_name(i);
    specs.push_back(
        {conv_name(i) + ".weight", {out, in, rows, columns}, Fill::kHe});
    specs.push_back({norm + ".weight", {out}, Fill::kOne});
    specs.push_back({norm + ".bias", {out}, Fill::kZero});
    specs.push_back({norm + ".running_mean", {out}, Fill::kZero, false});
    specs.push_back({norm + ".running_var", {out}, Fill::kOne, false});
    in = out;
  }
  in *= a.head == Head::kFlat ? height : 2 * kFrequencyBands;
  const auto dense = [&](const std::string &name, std::int64_t out) {
    specs.push_back({name + ".weight", {out, in}, Fill::kHe});
    specs.push_back({name + ".bias", {out}, Fill::kZero});
    in = out;
  };
  dense("dense1", a.dense.at(0));
  dense("dense2", a.dense.at(1));
  dense("out", classes);
  if (statistics > 0) {
    specs.push_back({std::string(kStatistics) + ".weight",
                     {classes, statistics},
                     Fill::kZero,
                     false});
    specs.push_back(
        {std::string(kStatistics) + ".bias", {classes}, Fill::kZero, false});
  }
  return specs;
}

}  // namespace

SpecCnn::SpecCnn(const Architecture &architecture, int height, int width,
                 int classes, std::uint64_t seed)
    : architecture_(architecture),
      statistics_(statistics_of(architecture, height, width)),
      generator_(at::detail::createCPUGenerator(seed)) {
  weights_ = fresh_weights(layout(architecture, height, classes,
                                  statistics_ ? statistics_->size() : 0),
                           generator_);
}

SpecCnn::SpecCnn(const Architecture &architecture, int height, int width,
                 int classes, const std::map<std::string, Tensor> &tensors)
    : architecture_(architecture),
      statistics_(statistics_of(architecture, height, width)),
      generator_(at::detail::createCPUGenerator(0)) {
  weights_ = load_weights(layout(architecture, height, classes,
                                 statistics_ ? statistics_->size() : 0),
                          kPrefix, tensors);
}

void SpecCnn::seed_dropout(std::uint64_t seed) {
  generator_ = at::detail::createCPUGenerator(seed);
}

at::Tensor SpecCnn::dropout(const at::Tensor &x) {
  const at::Tensor kept =
      at::empty(x.sizes()).bernoulli_(1 - kDropped, generator_);
  return x * (kept / (1 - kDropped));
}

SpecCnn::Result SpecCnn::forward(const at::Tensor &input, bool training) {
  at::Tensor x = input;
  for (int i = 0; i < kLayers; ++i) {
    const std::string norm = norm_name(i);
    if (i > 0) x = pool_time(x);
    x = same_conv(x, weights_.at(conv_name(i) + ".weight"), {});
    x = at::batch_norm(
        x, weights_.at(norm + ".weight"), weights_.at(norm + ".bias"),
        weights_.at(norm + ".running_mean"), weights_.at(norm + ".running_var"),
        training, kBatchNormMomentum, kBatchNormEpsilon, false);
    x = at::relu_(x);  // batch_norm() makes do without its result
  }
  Result result;
  result.maps = x;
  x = pool_maps(architecture_, x);
  for (const char *name : {"dense1", "dense2"}) {
    if (training) x = dropout(x);
    x = at::relu(at::linear(x, weights_.at(std::string(name) + ".weight"),
                            weights_.at(std::string(name) + ".bias")));
  }
  result.embedding = x;
  result.logits =
      at::linear(x, weights_.at("out.weight"), weights_.at("out.bias"));
  if (statistics_ && !training)
    result.logits =
        result.logits +
        at::linear((*statistics_)(input),
                   weights_.at(std::string(kStatistics) + ".weight"),
                   weights_.at(std::string(kStatistics) + ".bias"));
  return result;
}

void SpecCnn::set_statistics_head(const at::Tensor &weight,
                                  const at::Tensor &bias, double share) {
  at::NoGradGuard guard;
  weights_.at("out.weight").mul_(share);
  weights_.at("out.bias").mul_(share);
  weights_.at(std::string(kStatistics) + ".weight").copy_(weight);
  weights_.at(std::string(kStatistics) + ".bias").copy_(bias);
}

std::vector<at::Tensor> SpecCnn::parameters() { return trained(weights_); }

std::map<std::string, Tensor> SpecCnn::to_tensors() const {
  return models::to_tensors(kPrefix, weights_);
}

std::unique_ptr<nn::Network> make_inference_network(
    const Architecture &architecture, int height, int width, int classes,
    const std::map<std::string, Tensor> &tensors, const std::string &device) {
  if (device == "cpu") {
    SpecCnn check(architecture, height, width, classes, tensors);
    return make_cpu_network(architecture, height, width, classes, tensors);
  }
  return make_torch_network(architecture, height, width, classes, tensors,
                            device);
}

}  // namespace sonar::models
