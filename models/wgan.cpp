/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/wgan.h"

#include <ATen/core/grad_mode.h>

#include <torch/csrc/autograd/autograd.h>

#include <array>
#include <cmath>

namespace sonar::models {
namespace {

using Fill = WeightSpec::Fill;

constexpr double kBatchNormEpsilon = 1e-5, kBatchNormMomentum = 0.1;
constexpr double kLeak = 0.2;
// The first tiles have the contrast of real ones; else most of a training goes
// by until they have.
constexpr double kFirstContrast = 0.15;
constexpr std::int64_t kSeedMaps = 8;
constexpr std::array<std::int64_t, 4> kDecoderMaps = {8, 8, 8, 4};
constexpr std::int64_t kDecoderScale = 16;  // 2 ^ kDecoderMaps.size()
constexpr std::array<std::int64_t, 3> kCriticMaps = {8, 16, 32};
constexpr std::int64_t kCriticColumns = 4, kFeatures = 64;
constexpr char kSingular[] = ".singular";

std::int64_t seed_columns(const DecoderShape &shape) {
  return (shape.width + kDecoderScale - 1) / kDecoderScale;
}

std::string up_name(std::size_t i) { return "up" + std::to_string(i + 1); }

void add_norm(std::vector<WeightSpec> &specs, const std::string &name,
              std::int64_t maps) {
  specs.push_back({name + ".weight", {maps}, Fill::kOne});
  specs.push_back({name + ".bias", {maps}, Fill::kZero});
  specs.push_back({name + ".running_mean", {maps}, Fill::kZero, false});
  specs.push_back({name + ".running_var", {maps}, Fill::kOne, false});
}

std::vector<WeightSpec> layout(const DecoderShape &s) {
  std::vector<WeightSpec> specs;
  const std::int64_t out = kSeedMaps * s.height * seed_columns(s);
  specs.push_back({"dense.weight", {out, s.inputs}, Fill::kHe});
  add_norm(specs, "dense.bn", kSeedMaps);
  std::int64_t in = kSeedMaps;
  for (std::size_t i = 0; i < kDecoderMaps.size(); ++i) {
    const std::int64_t maps = kDecoderMaps[i];
    specs.push_back({up_name(i) + ".weight", {maps, in, 3, 3}, Fill::kHe});
    if (s.pixel_noise)
      specs.push_back({up_name(i) + ".noise", {1, maps, 1, 1}, Fill::kOne});
    add_norm(specs, up_name(i) + ".bn", maps);
    in = maps;
  }
  specs.push_back({"out.weight", {1, in, 3, 3}, Fill::kHe});
  specs.push_back({"out.bias", {1}, Fill::kZero});
  return specs;
}

at::Tensor norm_relu(const at::Tensor &x, const Weights &w,
                     const std::string &name, bool training) {
  return at::relu(
      at::batch_norm(x, w.at(name + ".weight"), w.at(name + ".bias"),
                     w.at(name + ".running_mean"), w.at(name + ".running_var"),
                     training, kBatchNormMomentum, kBatchNormEpsilon, false));
}

std::string conv_name(std::size_t i) { return "conv" + std::to_string(i + 1); }

/** Only the first layer keeps every row: later maps are many enough to say
 *  where between two rows a line lies. */
std::int64_t row_stride(std::size_t layer) { return layer == 0 ? 1 : 2; }

std::vector<WeightSpec> layout(const CriticShape &s) {
  std::vector<WeightSpec> specs;
  const auto add = [&](const std::string &name,
                       const std::vector<std::int64_t> &shape) {
    specs.push_back({name + ".weight", shape, Fill::kHe});
    if (s.spectral_norm)
      specs.push_back({name + kSingular, {shape[0]}, Fill::kHe, false});
  };
  std::int64_t in = 1, rows = s.height;
  for (std::size_t i = 0; i < kCriticMaps.size(); ++i) {
    const std::int64_t maps = kCriticMaps[i];
    add(conv_name(i), {maps, in, 3, 5});
    specs.push_back({conv_name(i) + ".bias", {maps}, Fill::kZero});
    rows = (rows + row_stride(i) - 1) / row_stride(i);
    in = maps;
  }
  add("dense", {kFeatures, in * rows * kCriticColumns});
  specs.push_back({"dense.bias", {kFeatures}, Fill::kZero});
  add("out", {1, kFeatures});
  specs.push_back({"out.bias", {1}, Fill::kZero});
  add("class", {s.classes, kFeatures});
  return specs;
}

at::Tensor unit(const at::Tensor &v) { return v / v.norm().clamp_min(1e-12); }

}  // namespace

TileDecoder::TileDecoder(const DecoderShape &shape, at::Generator &generator)
    : shape_(shape), weights_(fresh_weights(layout(shape), generator)) {
  at::NoGradGuard no_grad;
  weights_.at("out.weight").mul_(kFirstContrast);
}

TileDecoder::TileDecoder(const DecoderShape &shape, const std::string &prefix,
                         const std::map<std::string, Tensor> &tensors)
    : shape_(shape), weights_(load_weights(layout(shape), prefix, tensors)) {}

at::Tensor TileDecoder::forward(const at::Tensor &input, bool training,
                                at::Generator &noise) const {
  at::Tensor x = at::linear(input, weights_.at("dense.weight"))
                     .reshape({input.size(0), kSeedMaps, shape_.height,
                               seed_columns(shape_)});
  x = norm_relu(x, weights_, "dense.bn", training);
  for (std::size_t i = 0; i < kDecoderMaps.size(); ++i) {
    x = at::upsample_nearest2d(x, {x.size(2), 2 * x.size(3)});
    x = at::conv2d(x, weights_.at(up_name(i) + ".weight"), {}, 1, 1);
    if (shape_.pixel_noise)
      x = x + weights_.at(up_name(i) + ".noise") *
                  at::empty({x.size(0), 1, x.size(2), x.size(3)})
                      .normal_(0, 1, noise);
    x = norm_relu(x, weights_, up_name(i) + ".bn", training);
  }
  return at::conv2d(x, weights_.at("out.weight"), weights_.at("out.bias"), 1, 1)
      .narrow(3, 0, shape_.width);
}

at::Tensor generator_input(const at::Tensor &latent,
                           const at::Tensor &classes) {
  // the root mean square length of a vector of uniform numbers in -1..1
  const double loudness = std::sqrt(double(latent.size(1)) / 3);
  return at::cat({latent, loudness * classes}, 1);
}

at::Tensor to_input_scale(const at::Tensor &decoded) {
  return decoded + (at::clamp(decoded, 0, 1) - decoded).detach();
}

Critic::Critic(const CriticShape &shape, at::Generator &generator)
    : shape_(shape), weights_(fresh_weights(layout(shape), generator)) {}

at::Tensor Critic::weight(const std::string &name, bool training) {
  const at::Tensor &w = weights_.at(name + ".weight");
  if (!shape_.spectral_norm) return w;
  const at::Tensor matrix = w.flatten(1);
  at::Tensor &left = weights_.at(name + kSingular);
  at::Tensor right;
  {
    at::NoGradGuard no_grad;
    right = unit(at::mv(matrix.t(), unit(left)));
    if (training) left.copy_(unit(at::mv(matrix, right)));
  }
  return w / at::dot(unit(left.clone()), at::mv(matrix, right));
}

at::Tensor Critic::forward(const at::Tensor &tiles, const at::Tensor &classes,
                           bool training) {
  at::Tensor x = tiles;
  for (std::size_t i = 0; i < kCriticMaps.size(); ++i)
    x = at::leaky_relu(at::conv2d(x, weight(conv_name(i), training),
                                  weights_.at(conv_name(i) + ".bias"),
                                  {row_stride(i), 2}, {1, 2}),
                       kLeak);
  x = at::adaptive_avg_pool2d(x, {x.size(2), kCriticColumns}).flatten(1);
  x = at::leaky_relu(
      at::linear(x, weight("dense", training), weights_.at("dense.bias")),
      kLeak);
  const at::Tensor any =
      at::linear(x, weight("out", training), weights_.at("out.bias"));
  const at::Tensor own = at::linear(x, weight("class", training));
  return any.squeeze(1) + (own * classes).sum(1);
}

at::Tensor gradient_penalty(Critic &critic, const at::Tensor &real,
                            const at::Tensor &generated,
                            const at::Tensor &classes, const at::Tensor &mix) {
  const at::Tensor between =
      (real.detach() * mix + generated.detach() * (1 - mix))
          .set_requires_grad(true);
  const at::Tensor scores = critic.forward(between, classes, true);
  const at::Tensor gradient = torch::autograd::grad(
      {scores.sum()}, {between}, {}, c10::nullopt, /*create_graph=*/true)[0];
  // the root's slope is infinite at 0, where a constant critic is
  const at::Tensor length = (gradient.flatten(1).pow(2).sum(1) + 1e-12).sqrt();
  return (length - 1).pow(2).mean();
}

}  // namespace sonar::models
