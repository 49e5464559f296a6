/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/harmonic_network.h"

#include <algorithm>

#include "models/speccnn_layers.h"
#include "sonar/core/error.h"
#include "sonar/nn/harmonic_features.h"

namespace sonar::models {
namespace {

constexpr float kLargest = 4;  // standard deviations of a feature

std::string text(const std::vector<std::int64_t> &shape) {
  std::string out;
  for (const std::int64_t n : shape)
    out += (out.empty() ? "" : " x ") + std::to_string(n);
  return out;
}

const Tensor &find(const std::map<std::string, Tensor> &tensors,
                   const std::string &name,
                   const std::vector<std::int64_t> &shape) {
  const auto found = tensors.find("net." + name);
  if (found == tensors.end())
    throw Error(Errc::kBadModel,
                "has no tensor net." + name + ", which its architecture needs");
  if (found->second.shape != shape)
    throw Error(Errc::kBadModel, "tensor net." + name + " is " +
                                     text(found->second.shape) +
                                     ", its architecture needs " + text(shape));
  return found->second;
}

class HarmonicNetwork : public nn::Network {
 public:
  HarmonicNetwork(const Settings &settings, std::size_t classes,
                  const std::map<std::string, Tensor> &tensors)
      : features_(settings.recipe),
        members_(std::size_t(settings.architecture.members)) {
    const auto layout = harmonic_layout(settings.architecture, classes);
    const auto values = [&](const std::string &name) {
      return find(tensors, name, layout.at(name)).values;
    };
    mean_ = values("mean");
    scale_ = values("scale");
    for (const float s : scale_)
      if (!(s > 0))
        throw Error(Errc::kBadModel,
                    "tensor net.scale holds a value that is not above 0");
    for (const char *name : {"dense1", "dense2", "out"}) {
      const auto &shape = layout.at(std::string(name) + ".weight");
      layers_.push_back({std::size_t(shape[2]), std::size_t(shape[1]),
                         values(std::string(name) + ".weight"),
                         values(std::string(name) + ".bias")});
    }
  }

  nn::Shape input() const override { return features_.input(); }
  std::size_t classes() const override { return layers_[2].out; }
  nn::Shape maps() const override { return features_.maps(); }
  std::size_t embedding() const override { return members_ * layers_[1].out; }

  Output forward(const float *inputs, std::size_t count,
                 Want want) const override {
    const bool everything = want == Want::kEverything;
    Output out;
    out.logits.resize(count * classes());
    if (everything) {
      out.maps.resize(count * maps().size());
      out.embedding.resize(count * embedding());
    }
    for (std::size_t i = 0; i < count; ++i) {
      const float *const input = inputs + i * this->input().size();
      run(input, out.logits.data() + i * classes(),
          everything ? out.embedding.data() + i * embedding() : nullptr);
      if (everything)
        features_.make_maps(input, out.maps.data() + i * maps().size());
    }
    require_finite(out.logits.data(), out.logits.size());
    return out;
  }

  std::vector<float> probabilities(const float *logits) const override {
    return class_probabilities(logits, classes(), true);
  }

 private:
  struct Layer {
    std::size_t in, out;
    std::vector<float> weight, bias;  ///< members x out x in, members x out
  };

  static std::vector<float> apply(const Layer &layer, std::size_t member,
                                  const std::vector<float> &in, bool relu) {
    std::vector<float> out(layer.out);
    for (std::size_t o = 0; o < layer.out; ++o) {
      const std::size_t unit = member * layer.out + o;
      const float *const weight = layer.weight.data() + unit * layer.in;
      float sum = layer.bias[unit];
      for (std::size_t i = 0; i < layer.in; ++i) sum += weight[i] * in[i];
      out[o] = relu ? std::max(sum, 0.0f) : sum;
    }
    return out;
  }

  /** @p embedding may be null. */
  void run(const float *input, float *logits, float *embedding) const {
    std::vector<float> x(nn::HarmonicFeatures::kSize);
    features_.compute(input, x.data());
    for (std::size_t i = 0; i < x.size(); ++i)
      x[i] = std::clamp((x[i] - mean_[i]) / scale_[i], -kLargest, kLargest);
    for (std::size_t m = 0; m < members_; ++m) {
      const auto hidden =
          apply(layers_[1], m, apply(layers_[0], m, x, true), true);
      if (embedding)
        embedding = std::copy(hidden.begin(), hidden.end(), embedding);
      const auto own = apply(layers_[2], m, hidden, false);
      for (std::size_t c = 0; c < own.size(); ++c)
        logits[c] += own[c] / float(members_);
    }
  }

  nn::HarmonicFeatures features_;
  std::size_t members_;
  std::vector<float> mean_, scale_;
  std::vector<Layer> layers_;
};

}  // namespace

std::map<std::string, std::vector<std::int64_t>> harmonic_layout(
    const Architecture &a, std::size_t classes) {
  const std::int64_t size = std::int64_t(nn::HarmonicFeatures::kSize);
  const std::int64_t members = a.members, first = a.dense.at(0),
                     second = a.dense.at(1), out = std::int64_t(classes);
  return {{"mean", {size}},
          {"scale", {size}},
          {"dense1.weight", {members, first, size}},
          {"dense1.bias", {members, 1, first}},
          {"dense2.weight", {members, second, first}},
          {"dense2.bias", {members, 1, second}},
          {"out.weight", {members, out, second}},
          {"out.bias", {members, 1, out}}};
}

std::unique_ptr<nn::Network> make_harmonic_network(
    const Settings &settings, std::size_t classes,
    const std::map<std::string, Tensor> &tensors) {
  return std::make_unique<HarmonicNetwork>(settings, classes, tensors);
}

}  // namespace sonar::models
