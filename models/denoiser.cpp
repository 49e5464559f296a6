/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/denoiser.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <cmath>

#include "models/backend.h"
#include "sonar/core/error.h"

namespace sonar::models {
namespace {

constexpr float kLargestPower = 16;  // 12 dB
constexpr float kLeastDb = -60;
constexpr double kBatchNormEpsilon = 1e-5, kBatchNormMomentum = 0.1;
constexpr std::int64_t kResidualChannels = 32;
constexpr int kResidualLayers = 8;
const std::vector<std::int64_t> kAutoencoderChannels = {1,  16, 32, 32,
                                                        32, 16, 1};

std::string conv(int layer) { return "conv" + std::to_string(layer); }
std::string norm(int layer) { return "bn" + std::to_string(layer); }

void add_convolution(std::vector<WeightSpec> &specs, int layer,
                     std::vector<std::int64_t> shape, bool bias) {
  using Fill = WeightSpec::Fill;
  const std::int64_t out = shape[0];
  specs.push_back({conv(layer) + ".weight", std::move(shape), Fill::kHe});
  if (bias) specs.push_back({conv(layer) + ".bias", {out}, Fill::kZero});
}

void add_norm(std::vector<WeightSpec> &specs, int layer, std::int64_t size) {
  using Fill = WeightSpec::Fill;
  specs.push_back({norm(layer) + ".weight", {size}, Fill::kOne});
  specs.push_back({norm(layer) + ".bias", {size}, Fill::kZero});
  specs.push_back({norm(layer) + ".running_mean", {size}, Fill::kZero, false});
  specs.push_back({norm(layer) + ".running_var", {size}, Fill::kOne, false});
}

std::vector<WeightSpec> layout(MaskRecipe kind) {
  std::vector<WeightSpec> specs;
  if (kind == MaskRecipe::kAutoencoder) {
    const int layers = int(kAutoencoderChannels.size()) - 1;
    for (int i = 1; i <= layers; ++i) {
      const std::int64_t out = kAutoencoderChannels[std::size_t(i)];
      add_convolution(specs, i,
                      {out, kAutoencoderChannels[std::size_t(i) - 1], 3, 5},
                      i == layers);
      if (i < layers) add_norm(specs, i, out);
    }
    return specs;
  }
  for (int i = 1; i <= kResidualLayers; ++i) {
    const bool first = i == 1, last = i == kResidualLayers;
    add_convolution(
        specs, i,
        {last ? 1 : kResidualChannels, first ? 1 : kResidualChannels, 3, 3},
        first || last);
    if (!first && !last) add_norm(specs, i, kResidualChannels);
  }
  return specs;
}

class InferenceDenoiser : public nn::Denoiser {
 public:
  InferenceDenoiser(MaskRecipe kind,
                    const std::map<std::string, Tensor> &tensors,
                    const at::Device &device)
      : net_(kind, tensors), device_(device), exponent_(scale_exponent(kind)) {
    for (auto &[name, tensor] : net_.weights()) tensor = tensor.to(device_);
    const std::string name = operating_point_name(kind);
    const auto found = tensors.find(name);
    if (found == tensors.end() || found->second.values.size() != 1)
      throw Error(
          Errc::kBadModel,
          "the model has no tensor " + name +
              " [1]: make the denoiser again with sonar-model denoiser");
    operating_point_db_ = found->second.values[0];
  }

  Image denoise(const Image &value_db, ColumnRange valid) const override {
    if (valid.begin > valid.end || valid.end > value_db.width())
      throw Error(
          Errc::kBadArgument,
          "a denoiser's picture of " + std::to_string(value_db.width()) +
              " columns: the valid columns are " + std::to_string(valid.begin) +
              " to " + std::to_string(valid.end) +
              " (half-open), needed begin <= end <= the width");
    if (valid.count() == 0 || value_db.empty())
      return Image(value_db.height(), value_db.width());
    return translated([&] { return run(value_db, valid); });
  }
  float operating_point_db() const override { return operating_point_db_; }

 private:
  Image run(const Image &value_db, ColumnRange valid) const {
    at::InferenceMode guard;
    std::vector<float> in = to_scale(value_db, valid, exponent_);
    const at::Tensor x = at::from_blob(in.data(),
                                       {1, 1, std::int64_t(value_db.height()),
                                        std::int64_t(value_db.width())},
                                       at::kFloat)
                             .to(device_);
    const at::Tensor y = net_.forward(x, false).cpu().contiguous();
    const float *values = y.data_ptr<float>();
    Image out(value_db.height(), value_db.width());
    for (std::size_t row = 0; row < out.height(); ++row)
      for (std::size_t c = valid.begin; c < valid.end; ++c) {
        const float denoised = values[row * out.width() + c];
        if (!std::isfinite(denoised))
          throw Error(Errc::kNumeric,
                      "the denoiser's output is not finite: the model holds "
                      "values out of range");
        out.at(row, c) = from_scale(denoised, exponent_);
      }
    return out;
  }

  DenoiserNet net_;
  at::Device device_;
  double exponent_;
  float operating_point_db_ = 0;
};

}  // namespace

const std::vector<MaskRecipe> &denoiser_recipes() {
  static const std::vector<MaskRecipe> all{
      MaskRecipe::kAutoencoder, MaskRecipe::kDncnn, MaskRecipe::kDncnnSure,
      MaskRecipe::kNoise2noise};
  return all;
}

bool is_supervised(MaskRecipe kind) {
  return kind == MaskRecipe::kAutoencoder || kind == MaskRecipe::kDncnn;
}

std::string denoiser_prefix(MaskRecipe kind) {
  return std::string("denoise.") + nick(kind) + ".";
}

std::string operating_point_name(MaskRecipe kind) {
  return denoiser_prefix(kind) + "operating_point";
}

DenoiserNet::DenoiserNet(MaskRecipe kind, std::uint64_t seed) : kind_(kind) {
  at::Generator generator = at::detail::createCPUGenerator(seed);
  weights_ = fresh_weights(layout(kind), generator);
}

DenoiserNet::DenoiserNet(MaskRecipe kind,
                         const std::map<std::string, Tensor> &tensors)
    : kind_(kind),
      weights_(load_weights(layout(kind), denoiser_prefix(kind), tensors)) {}

at::Tensor DenoiserNet::convolve(const at::Tensor &x, int layer) const {
  const at::Tensor &weight = weights_.at(conv(layer) + ".weight");
  const auto bias = weights_.find(conv(layer) + ".bias");
  const bool halves = kind_ == MaskRecipe::kAutoencoder && layer <= 3;
  return at::conv2d(
      x, weight,
      bias == weights_.end() ? c10::optional<at::Tensor>() : bias->second,
      {1, halves ? 2 : 1}, {weight.size(2) / 2, weight.size(3) / 2});
}

at::Tensor DenoiserNet::normalize(const at::Tensor &x, int layer,
                                  bool training) const {
  const std::string name = norm(layer);
  return at::batch_norm(
      x, weights_.at(name + ".weight"), weights_.at(name + ".bias"),
      weights_.at(name + ".running_mean"), weights_.at(name + ".running_var"),
      training, kBatchNormMomentum, kBatchNormEpsilon, false);
}

at::Tensor DenoiserNet::autoencode(const at::Tensor &x, bool training) const {
  const int layers = int(kAutoencoderChannels.size()) - 1;
  std::vector<std::int64_t> widths;  // to come back to
  at::Tensor y = x;
  for (int i = 1; i <= layers; ++i) {
    if (i <= layers / 2) {
      widths.push_back(y.size(3));
    } else {
      y = at::upsample_nearest2d(y, {y.size(2), widths.back()});
      widths.pop_back();
    }
    y = convolve(y, i);
    if (i < layers) y = at::relu(normalize(y, i, training));
  }
  return y;
}

at::Tensor DenoiserNet::residual(const at::Tensor &x, bool training) const {
  at::Tensor y = x;
  for (int i = 1; i <= kResidualLayers; ++i) {
    y = convolve(y, i);
    if (i > 1 && i < kResidualLayers) y = normalize(y, i, training);
    if (i < kResidualLayers) y = at::relu(y);
  }
  return y;
}

at::Tensor DenoiserNet::forward(const at::Tensor &x, bool training) const {
  if (kind_ == MaskRecipe::kAutoencoder) return autoencode(x, training);
  return x - residual(x, training);
}

std::map<std::string, Tensor> DenoiserNet::to_tensors() const {
  return models::to_tensors(denoiser_prefix(kind_), weights_);
}

double scale_exponent(MaskRecipe kind) {
  return kind == MaskRecipe::kDncnnSure ? 0.28 : 0.5;
}

float to_scale(float value_db, double exponent) {
  const float power = std::min(std::pow(10.0f, 0.1f * value_db), kLargestPower);
  return std::pow(power, float(exponent));
}

std::vector<float> to_scale(const Image &value_db, ColumnRange valid,
                            double exponent) {
  std::vector<float> out;
  out.reserve(value_db.size());
  for (std::size_t y = 0; y < value_db.height(); ++y)
    for (std::size_t x = 0; x < value_db.width(); ++x) {
      const float value = value_db.at(y, repeated_column(x, valid));
      if (!std::isfinite(value))
        throw Error(Errc::kNumeric,
                    "the picture has a value that is not finite at row " +
                        std::to_string(y) +
                        "; needed dB values, so check the audio for NaN or "
                        "Inf");
      out.push_back(to_scale(value, exponent));
    }
  return out;
}

float from_scale(float x, double exponent) {
  if (!(x > 0)) return kLeastDb;
  return std::max(float(10 / exponent * std::log10(x)), kLeastDb);
}

std::unique_ptr<nn::Denoiser> make_denoiser(
    MaskRecipe kind, const std::map<std::string, Tensor> &tensors,
    const std::string &device) {
  const at::Device where = parse_device(device);
  return translated([&]() -> std::unique_ptr<nn::Denoiser> {
    at::InferenceMode guard;
    return std::make_unique<InferenceDenoiser>(kind, tensors, where);
  });
}

std::map<MaskRecipe, std::unique_ptr<nn::Denoiser>> make_denoisers(
    const std::map<std::string, Tensor> &tensors, const std::string &device) {
  std::map<MaskRecipe, std::unique_ptr<nn::Denoiser>> out;
  for (const MaskRecipe kind : denoiser_recipes()) {
    const std::string prefix = denoiser_prefix(kind);
    const auto first = tensors.lower_bound(prefix);
    if (first != tensors.end() && first->first.rfind(prefix, 0) == 0)
      out[kind] = make_denoiser(kind, tensors, device);
  }
  return out;
}

}  // namespace sonar::models
