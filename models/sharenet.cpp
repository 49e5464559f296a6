/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/sharenet.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <cmath>
#include <numeric>
#include <vector>

#include "models/backend.h"
#include "models/pooling.h"
#include "sonar/core/error.h"

namespace sonar::models {
namespace {

constexpr double kBatchNormEpsilon = 1e-5, kBatchNormMomentum = 0.1;
constexpr double kDropout = 0.2;
constexpr std::int64_t kInput = std::int64_t(nn::kShareChannels);
constexpr std::int64_t kTop = 12, kUpper = 24, kLower = 32, kBottom = 48;

struct Layer {
  const char *name;
  std::int64_t in, out, columns;
};
constexpr Layer kLayers[] = {
    {"down1", kInput, kTop, 5},          {"down2a", kTop, kUpper, 3},
    {"down2b", kUpper, kUpper, 3},       {"down3a", kUpper, kLower, 3},
    {"down3b", kLower, kLower, 3},       {"down4a", kLower, kBottom, 3},
    {"down4b", kBottom, kBottom, 3},     {"up3", kBottom + kLower, kLower, 3},
    {"up2", kLower + kUpper, kUpper, 3}, {"up1", kUpper + kTop, kTop, 3},
};

std::vector<WeightSpec> layout(std::size_t classes) {
  using Fill = WeightSpec::Fill;
  std::vector<WeightSpec> specs;
  for (const Layer &layer : kLayers) {
    const std::string name = layer.name;
    specs.push_back(
        {name + ".weight", {layer.out, layer.in, 3, layer.columns}, Fill::kHe});
    specs.push_back({name + ".norm.weight", {layer.out}, Fill::kOne});
    specs.push_back({name + ".norm.bias", {layer.out}, Fill::kZero});
    specs.push_back(
        {name + ".norm.running_mean", {layer.out}, Fill::kZero, false});
    specs.push_back(
        {name + ".norm.running_var", {layer.out}, Fill::kOne, false});
  }
  const auto count = std::int64_t(classes);
  specs.push_back({"out.weight", {count, kTop, 1, 1}, Fill::kHe});
  specs.push_back({"out.bias", {count}, Fill::kZero});
  return specs;
}

at::Tensor halved(const at::Tensor &x) { return max_pool(x, 2); }

/** @p x at the size of @p level, that one's channels after its own. */
at::Tensor beside(const at::Tensor &x, const at::Tensor &level) {
  return at::cat(
      {at::upsample_nearest2d(x, {level.size(2), level.size(3)}), level}, 1);
}

/** Whole channels, as PyTorch's dropout2d. */
at::Tensor drop_channels(const at::Tensor &x, at::Generator &generator) {
  const at::Tensor kept = at::empty({x.size(0), x.size(1), 1, 1})
                              .bernoulli_(1 - kDropout, generator);
  return x * kept / (1 - kDropout);
}

class InferenceShareNet : public nn::ShareNetwork {
 public:
  InferenceShareNet(std::size_t classes,
                    const std::map<std::string, Tensor> &tensors,
                    const at::Device &device)
      : net_(classes, tensors), device_(device), classes_(classes) {
    for (auto &[name, tensor] : net_.weights()) tensor = tensor.to(device_);
  }

  std::size_t classes() const override { return classes_; }

  Image probability(const Image &value_db, const Image &background_db,
                    ColumnRange valid,
                    const std::vector<float> &weights) const override {
    const float sum = std::accumulate(weights.begin(), weights.end(), 0.0f);
    if (weights.size() != classes_ || !(sum > 0))
      throw Error(Errc::kBadArgument,
                  "the share network needs a weight for each of its " +
                      std::to_string(classes_) + " classes, got " +
                      std::to_string(weights.size()) + " of sum " +
                      std::to_string(sum));
    std::vector<float> in =
        nn::make_share_input(value_db, background_db, valid);
    return translated([&] { return run(in, value_db, valid, weights); });
  }

 private:
  Image run(std::vector<float> &in, const Image &picture, ColumnRange valid,
            const std::vector<float> &weights) const {
    at::InferenceMode guard;
    const at::Tensor belief = at::tensor(weights).to(device_);
    const at::Tensor x =
        at::from_blob(in.data(),
                      {1, kInput, std::int64_t(picture.height()),
                       std::int64_t(picture.width())},
                      at::kFloat)
            .to(device_);
    const at::Tensor given = net_.forward(x)[0].sigmoid();
    const at::Tensor y = at::tensordot(belief / belief.sum(), given, {0}, {0})
                             .cpu()
                             .contiguous();
    const float *values = y.data_ptr<float>();
    Image out(picture.height(), picture.width());
    for (std::size_t row = 0; row < out.height(); ++row)
      for (std::size_t c = valid.begin; c < valid.end; ++c) {
        const float p = values[row * out.width() + c];
        if (!std::isfinite(p))
          throw Error(Errc::kNumeric,
                      "the share network's output is not finite: the model "
                      "holds values out of range");
        out.at(row, c) = p;
      }
    return out;
  }

  ShareNet net_;
  at::Device device_;
  std::size_t classes_;
};

}  // namespace

ShareNet::ShareNet(std::size_t classes, std::uint64_t seed) {
  at::Generator generator = at::detail::createCPUGenerator(seed);
  weights_ = fresh_weights(layout(classes), generator);
}

ShareNet::ShareNet(std::size_t classes,
                   const std::map<std::string, Tensor> &tensors)
    : weights_(load_weights(layout(classes), kSharePrefix, tensors)) {}

at::Tensor ShareNet::block(const at::Tensor &x, const std::string &name,
                           bool training) const {
  const at::Tensor &weight = weights_.at(name + ".weight");
  const at::Tensor y =
      at::conv2d(x, weight, {}, 1, {weight.size(2) / 2, weight.size(3) / 2});
  return at::relu(at::batch_norm(
      y, weights_.at(name + ".norm.weight"), weights_.at(name + ".norm.bias"),
      weights_.at(name + ".norm.running_mean"),
      weights_.at(name + ".norm.running_var"), training, kBatchNormMomentum,
      kBatchNormEpsilon, false));
}

at::Tensor ShareNet::run(const at::Tensor &x, at::Generator *generator) const {
  const bool training = generator != nullptr;
  const auto two = [&](const at::Tensor &in, const std::string &name) {
    return block(block(halved(in), name + "a", training), name + "b", training);
  };
  const at::Tensor level1 = block(x, "down1", training);
  const at::Tensor level2 = two(level1, "down2");
  const at::Tensor level3 = two(level2, "down3");
  at::Tensor y = two(level3, "down4");
  if (generator) y = drop_channels(y, *generator);
  y = block(beside(y, level3), "up3", training);
  y = block(beside(y, level2), "up2", training);
  y = block(beside(y, level1), "up1", training);
  return at::conv2d(y, weights_.at("out.weight"), weights_.at("out.bias"));
}

at::Tensor ShareNet::forward(const at::Tensor &x) const {
  return run(x, nullptr);
}

at::Tensor ShareNet::forward(const at::Tensor &x,
                             at::Generator &generator) const {
  return run(x, &generator);
}

std::map<std::string, Tensor> ShareNet::to_tensors() const {
  return models::to_tensors(kSharePrefix, weights_);
}

std::unique_ptr<nn::ShareNetwork> make_share_network(
    std::size_t classes, const std::map<std::string, Tensor> &tensors,
    const std::string &device) {
  const std::string prefix = kSharePrefix;
  const auto first = tensors.lower_bound(prefix);
  if (first == tensors.end() || first->first.rfind(prefix, 0) != 0)
    return nullptr;
  const at::Device where = parse_device(device);
  return translated([&]() -> std::unique_ptr<nn::ShareNetwork> {
    at::InferenceMode guard;
    return std::make_unique<InferenceShareNet>(classes, tensors, where);
  });
}

}  // namespace sonar::models
