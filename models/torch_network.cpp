/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/torch_network.h"

#include <omp.h>

#include <algorithm>
#include <cmath>

#include "models/backend.h"
#include "models/batches.h"
#include "models/mask_agreement.h"
#include "models/speccnn.h"
#include "models/speccnn_head.h"
#include "models/speccnn_layers.h"
#include "models/speccnn_ops.h"
#include "sonar/core/error.h"

namespace sonar::models {
namespace {

/* Masked inputs run together: what their layers hold at a time stays below
 * this, which every device that runs networks has to spare. */
constexpr std::size_t kBatchBytes = std::size_t(512) << 20;

class TorchNetwork : public nn::Network {
 public:
  TorchNetwork(const Architecture &architecture, int height, int width,
               int classes, const std::map<std::string, Tensor> &tensors,
               const at::Device &device, at::ScalarType masked_type)
      : architecture_(architecture),
        statistics_(statistics_of(architecture, height, width)),
        device_(device),
        masked_type_(masked_type),
        input_{std::size_t(architecture.input_channels), std::size_t(height),
               std::size_t(width)},
        classes_(std::size_t(classes)),
        head_(architecture, maps(), classes_, tensors) {
    at::InferenceMode guard;
    SpecCnn net(architecture, height, width, classes, tensors);
    for (int i = 0; i < kLayers; ++i) fold(net.weights(), i);
    for (const Layer &l : conv_)
      masked_conv_.push_back(
          {l.weight.to(masked_type_), l.bias.to(masked_type_)});
    if (statistics_) statistics_->to(device_);
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

  std::vector<float> masked_logits(const float *input, const float *maps,
                                   const std::vector<std::size_t> &channels,
                                   const nn::MaskRule &rule,
                                   const nn::Effort &effort) const override {
    if (channels.empty()) return {};
    return translated(
        [&] { return run_masked(input, maps, channels, rule, effort); });
  }

  std::vector<float> map_gradients(const float *maps, std::size_t count,
                                   std::size_t target) const override {
    require_class(target, classes_);
    return head_.gradients(maps, count, target);
  }

  std::vector<float> probabilities(const float *logits) const override {
    return class_probabilities(logits, classes_, architecture_.exclusive);
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

  at::Tensor convolve(at::Tensor x, const std::vector<Layer> &layers) const {
    for (std::size_t i = 0; i < layers.size(); ++i) {
      if (i > 0) x = pool_time(x);
      x = same_conv(x, layers[i].weight, layers[i].bias).relu_();
    }
    return x;
  }

  at::Tensor embed(const at::Tensor &maps) const {
    at::Tensor x = pool_maps(architecture_, maps).to(at::kFloat);
    for (std::size_t i = 0; i < 2; ++i)
      x = at::linear(x, dense_[i].weight, dense_[i].bias).relu_();
    return x;
  }

  at::Tensor classify(const at::Tensor &embedding) const {
    return at::linear(embedding, dense_[2].weight, dense_[2].bias);
  }

  at::Tensor statistics_logits(const at::Tensor &picture) const {
    return at::linear((*statistics_)(picture), statistics_head_.weight,
                      statistics_head_.bias);
  }

  Output run(const float *inputs, std::size_t count, Want want) const {
    at::InferenceMode guard;
    const at::Tensor picture = take(inputs, count, input_);
    const at::Tensor x = convolve(picture, conv_);
    const at::Tensor embedding = embed(x);
    at::Tensor logits = classify(embedding);
    require_finite(values(logits));  // no eigenvalues of what is not
    if (statistics_) {
      logits = logits + statistics_logits(picture);
      require_finite(values(logits));
    }

    Output out;
    out.logits = values(logits);
    if (want == Want::kEverything) {
      out.maps = values(x);
      out.embedding = values(embedding);
    }
    return out;
  }

  /** The input, then the maps of @p channels, for one transfer. */
  at::Tensor packed(const float *input, const float *maps,
                    const std::vector<std::size_t> &channels) const {
    const std::size_t area = this->maps().height * this->maps().width;
    const at::Tensor out = at::empty(
        {std::int64_t(input_.size() + channels.size() * area)},
        at::TensorOptions(at::kFloat).pinned_memory(device_.is_cuda()));
    float *to = std::copy_n(input, input_.size(), out.data_ptr<float>());
    models::require_finite(input, input_.size());
    for (const std::size_t c : channels) {
      const float *map = maps + c * area;
      if (all_finite(map, area))
        std::copy_n(map, area, to);
      else
        std::fill_n(to, area, 0.0f);  // its row is dropped in the end
      to += area;
    }
    return out;
  }

  static at::Tensor range(const at::Tensor &x) {
    return x.amax({2, 3}, true) - x.amin({2, 3}, true);
  }

  /** The masked inputs of @p maps, count x 1 x height x width, and the logits
   *  of each, with one column more: 1 where the map has no mask. */
  at::Tensor masked_rows(const at::Tensor &picture, const at::Tensor &maps,
                         const nn::MaskRule &rule,
                         nn::Precision precision) const {
    const auto upsampled = [&](const at::Tensor &x) {
      return at::upsample_bilinear2d(x, {picture.size(2), picture.size(3)},
                                     rule.align_corners);
    };
    const at::Tensor values = rule.scale_first ? maps : upsampled(maps);
    const at::Tensor span = range(values);
    /* Rounding may give a flat map a range, so the map itself is asked too. */
    const at::Tensor live = range(maps)
                                .gt(0)
                                .logical_and(span.gt(0))
                                .logical_and(at::isfinite(span));
    const at::Tensor scaled = at::where(
        live, (values - values.amin({2, 3}, true)) / (span + rule.epsilon),
        at::zeros({}, values.options()));
    const at::Tensor masked =
        picture * (rule.scale_first ? upsampled(scaled) : scaled);
    const at::Tensor none = rule.epsilon > 0 ? at::isfinite(span).logical_not()
                                             : live.logical_not();
    const bool full = precision == nn::Precision::kFloat32;
    at::Tensor logits =
        classify(embed(full ? convolve(masked, conv_)
                            : convolve(masked.to(masked_type_), masked_conv_)));
    if (statistics_) logits = logits + statistics_logits(masked);
    return at::cat({logits, none.flatten(1).to(at::kFloat)}, 1);
  }

  std::vector<float> run_masked(const float *input, const float *maps,
                                const std::vector<std::size_t> &channels,
                                const nn::MaskRule &rule,
                                const nn::Effort &effort) const {
    at::InferenceMode guard;
    const auto count = std::int64_t(channels.size());
    const at::Tensor there =
        packed(input, maps, channels).to(device_, /*non_blocking=*/true);
    const auto split = std::int64_t(input_.size());
    const at::Tensor picture =
        there.slice(0, 0, split)
            .reshape({1, std::int64_t(input_.channels),
                      std::int64_t(input_.height), std::int64_t(input_.width)});
    const at::Tensor chosen =
        there.slice(0, split).reshape({count, 1, std::int64_t(input_.height),
                                       std::int64_t(this->maps().width)});
    std::vector<at::Tensor> rows;
    in_batches(
        count,
        std::int64_t(effort.batch_size ? effort.batch_size : own_batch()),
        [&](std::int64_t first, std::int64_t end) {
          rows.push_back(masked_rows(picture, chosen.slice(0, first, end), rule,
                                     effort.precision));
        });
    std::vector<float> out = unpacked(values(at::cat(rows)));
    const std::size_t area = this->maps().height * this->maps().width;
    for (std::size_t i = 0; i < channels.size(); ++i)
      if (!all_finite(maps + channels[i] * area, area))
        std::fill_n(out.data() + i * classes_, classes_, std::nanf(""));
    return out;
  }

  /** Without the last column, rows that it marks being NaN. */
  std::vector<float> unpacked(const std::vector<float> &rows) const {
    std::vector<float> out;
    for (auto row = rows.begin(); row != rows.end();
         row += std::ptrdiff_t(classes_) + 1) {
      const auto end = row + std::ptrdiff_t(classes_);
      if (*end != 0) {
        out.insert(out.end(), classes_, std::nanf(""));
      } else {
        models::require_finite(&*row, classes_);
        out.insert(out.end(), row, end);
      }
    }
    return out;
  }

  std::size_t own_batch() const {
    const auto &out = architecture_.conv_channels;
    const std::size_t columns = 3 * input_.channels + 2 * std::size_t(out[0]) +
                                std::size_t(out[1]) + std::size_t(out[2]);
    const std::size_t bytes =
        sizeof(float) * columns * input_.height * input_.width;
    return std::max<std::size_t>(1, kBatchBytes / bytes);
  }

  static void require_finite(const std::vector<float> &all) {
    models::require_finite(all.data(), all.size());
  }

  static std::vector<float> values(const at::Tensor &t) {
    return to_tensor(t.cpu()).values;
  }

  Architecture architecture_;
  std::optional<PictureStatistics> statistics_;
  at::Device device_;
  at::ScalarType masked_type_;
  nn::Shape input_;
  std::size_t classes_;
  std::vector<Layer> conv_, masked_conv_, dense_;
  Layer statistics_head_;
  SpecCnnHead head_;
};

}  // namespace

std::unique_ptr<nn::Network> make_torch_network(
    const Architecture &architecture, int height, int width, int classes,
    const std::map<std::string, Tensor> &tensors, const std::string &device,
    Precision precision) {
  const at::Device where = parse_device(device);
  if (precision == Precision::kFloat16 && where.is_cpu())
    throw Error(Errc::kBadArgument,
                "float16 is for CUDA devices, got device cpu; choose bfloat16 "
                "or float32");
  const auto make = [&](at::ScalarType type) -> std::unique_ptr<nn::Network> {
    return std::make_unique<TorchNetwork>(architecture, height, width, classes,
                                          tensors, where, type);
  };
  return translated([&] {
    if (precision == Precision::kAuto && where.is_cuda())
      return keep_lower(make(at::kFloat), make(at::kHalf));
    if (precision == Precision::kFloat16) return make(at::kHalf);
    if (precision == Precision::kBFloat16) return make(at::kBFloat16);
    return make(at::kFloat);
  });
}

}  // namespace sonar::models
