/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/cpu_network.h"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <optional>
#include <utility>

#include "models/mask_agreement.h"
#include "models/speccnn_head.h"
#include "models/speccnn_layers.h"
#include "sonar/core/worker_pool.h"
#include "sonar/nn/conv_stack.h"
#include "sonar/nn/half_stack.h"
#include "sonar/nn/kernels/kernels.h"
#include "sonar/nn/picture_statistics.h"
#include "sonar/nn/resize.h"

namespace sonar::models {
namespace {

using Tensors = std::map<std::string, Tensor>;

/** A convolution with its batch normalisation folded in. */
nn::ConvLayer folded(const Architecture &a, const Tensors &tensors, int i) {
  const auto values = [&](const std::string &name) -> const auto & {
    return tensors.at("net." + name).values;
  };
  const std::string norm = norm_name(i);
  const auto &gain = values(norm + ".weight"), &shift = values(norm + ".bias"),
             &mean = values(norm + ".running_mean"),
             &variance = values(norm + ".running_var");
  const Tensor &weight = tensors.at("net." + conv_name(i) + ".weight");
  const auto [rows, columns] = kernel(a, i);
  nn::ConvLayer layer{std::size_t(weight.shape[1]),
                      std::size_t(weight.shape[0]),
                      std::size_t(rows),
                      std::size_t(columns),
                      weight.values,
                      {},
                      i + 1 < kLayers};
  const std::size_t window = layer.in * layer.rows * layer.columns;
  for (std::size_t o = 0; o < layer.out; ++o) {
    const float scale =
        gain[o] / std::sqrt(variance[o] + float(kBatchNormEpsilon));
    for (std::size_t k = 0; k < window; ++k)
      layer.weight[o * window + k] *= scale;
    layer.bias.push_back(shift[o] - mean[o] * scale);
  }
  return layer;
}

std::vector<nn::ConvLayer> folded(const Architecture &a,
                                  const Tensors &tensors) {
  std::vector<nn::ConvLayer> layers;
  for (int i = 0; i < kLayers; ++i) layers.push_back(folded(a, tensors, i));
  return layers;
}

/** Where one thread works. */
template <class Stack>
struct Desk {
  typename Stack::Workspace layers;
  std::vector<float> input;
  bool fresh = false;  ///< the layers are those of a base
};

/** Desks that nobody uses: memory of the network's, not of a call. */
template <class Stack>
class Desks {
 public:
  using Own = std::unique_ptr<Desk<Stack>>;

  Own take(const Stack &stack) {
    {
      std::lock_guard<std::mutex> hold(lock_);
      if (!free_.empty()) {
        Own desk = std::move(free_.back());
        free_.pop_back();
        return desk;
      }
    }
    return Own(new Desk<Stack>{stack.make_workspace(), {}, false});
  }
  void give(Own desk) {
    std::lock_guard<std::mutex> hold(lock_);
    free_.push_back(std::move(desk));
  }

 private:
  std::mutex lock_;
  std::vector<Own> free_;
};

class CpuNetwork : public nn::Network {
 public:
  CpuNetwork(const Architecture &architecture, int height, int width,
             int classes, const Tensors &tensors)
      : exclusive_(architecture.exclusive),
        stack_({std::size_t(architecture.input_channels), std::size_t(height),
                std::size_t(width)},
               folded(architecture, tensors)),
        head_(architecture, stack_.output(), std::size_t(classes), tensors) {
    if (nn::HalfStack::available())
      half_.emplace(stack_.input(), folded(architecture, tensors));
    if (!architecture.statistics) return;
    statistics_.emplace(stack_.input());
    const std::string name = std::string("net.") + kStatistics;
    statistics_weight_ = tensors.at(name + ".weight").values;
    statistics_bias_ = tensors.at(name + ".bias").values;
  }

  nn::Shape input() const override { return stack_.input(); }
  nn::Shape maps() const override { return stack_.output(); }
  std::size_t classes() const override { return head_.classes(); }
  std::size_t embedding() const override { return head_.embedding(); }

  Output forward(const float *inputs, std::size_t count,
                 Want want) const override {
    Batch batch(*this, count);
    Output out;
    if (want == Want::kEverything) out.maps.resize(count * maps().size());
    const auto one = [&](std::size_t i) {
      const float *const input = inputs + i * this->input().size();
      auto desk = desks_.take(stack_);
      stack_.run(input, desk->layers);
      batch.put(i, input, view(desk->layers));
      if (want == Want::kEverything)
        copy_maps(desk->layers, out.maps.data() + i * maps().size());
      desks_.give(std::move(desk));
    };
    // one picture is quicker than to wake a thread and wait for it
    if (count == 1)
      one(0);
    else
      WorkerPool::shared().run(count, one);
    auto seen = batch.finish();
    out.logits = std::move(seen.logits);
    if (want == Want::kEverything) out.embedding = std::move(seen.embedding);
    return out;
  }

  std::vector<float> logits_near(const float *base, std::size_t count,
                                 const Change &change,
                                 const nn::Effort &effort) const override {
    std::once_flag once;
    nn::ConvStack::Workspace seen;  // of the base, where that is of use
    Batch batch(*this, count);
    Desks<nn::ConvStack> near;  // theirs hold the base, wherever nobody works
    const auto one = [&](std::size_t i) {
      auto desk = near.take(stack_);
      if (desk->input.empty()) desk->input.assign(base, base + input().size());
      const nn::Block where = change(i, desk->input.data());
      const bool whole = covers_input(where);
      if (!whole && !desk->fresh) {
        std::call_once(once, [&] {
          seen = stack_.make_workspace();
          stack_.run(base, seen);
        });
        desk->layers = seen;
      }
      stack_.run_near(desk->input.data(), where, desk->layers);
      batch.put(i, desk->input.data(), view(desk->layers));
      if (!whole) stack_.restore(seen, where, desk->layers);
      desk->fresh = !whole;
      put_back(base, where, desk->input.data());
      near.give(std::move(desk));
    };
    WorkerPool::shared().run(count, one, effort.threads);
    return batch.finish().logits;
  }

  std::vector<float> masked_logits(const float *input, const float *maps,
                                   const std::vector<std::size_t> &channels,
                                   const nn::MaskRule &rule,
                                   const nn::Effort &effort) const override {
    if (!half_ || !lower_will_do(effort.precision))
      return Network::masked_logits(input, maps, channels, rule, effort);
    const std::size_t area = this->maps().height * this->maps().width;
    const nn::Masker masker(this->input(), this->maps(), rule);
    Batch batch(*this, channels.size());
    std::vector<char> flat(channels.size());
    WorkerPool::shared().run(
        channels.size(),
        [&](std::size_t i) {
          auto desk = half_desks_.take(*half_);
          desk->input.resize(this->input().size());
          float *const masked = desk->input.data();
          flat[i] = !masker.mask(input, maps + channels[i] * area, masked);
          if (!flat[i]) {
            half_->run(masked, desk->layers);
            batch.put(i, masked, view(desk->layers));
          }
          half_desks_.give(std::move(desk));
        },
        effort.threads);
    std::vector<float> out = batch.finish().logits;
    for (std::size_t i = 0; i < channels.size(); ++i)
      if (flat[i])
        std::fill_n(out.data() + i * classes(), classes(), std::nanf(""));
    return out;
  }

  std::vector<float> probabilities(const float *logits) const override {
    return class_probabilities(logits, classes(), exclusive_);
  }

  std::vector<float> map_gradients(const float *maps, std::size_t count,
                                   std::size_t target) const override {
    require_class(target, classes());
    return head_.gradients(maps, count, target);
  }

 private:
  /** What the head needs of some pictures, gathered from any thread. */
  class Batch {
   public:
    Batch(const CpuNetwork &network, std::size_t count)
        : network_(network),
          count_(count),
          features_((count + nn::kernels::kOverrun) * network.head_.features()),
          statistics_(count * network.classes()) {}

    void put(std::size_t i, const float *input, const MapView &maps) {
      network_.head_.pool(maps,
                          features_.data() + i * network_.head_.features());
      if (network_.statistics_)
        network_.add_statistics(input,
                                statistics_.data() + i * network_.classes());
    }

    SpecCnnHead::Output finish() const {
      SpecCnnHead::Output out =
          network_.head_.classify(features_.data(), count_);
      for (std::size_t i = 0; i < out.logits.size(); ++i)
        out.logits[i] += statistics_[i];
      require_finite(out.logits.data(), out.logits.size());
      return out;
    }

   private:
    const CpuNetwork &network_;
    std::size_t count_;
    std::vector<float> features_, statistics_;
  };

  /* The first who asks waits for some forward passes, so it must not be a body
   * of the pool's; a comparison of its own asks for kFloat32 and kLower. */
  bool lower_will_do(nn::Precision precision) const {
    if (precision != nn::Precision::kAuto)
      return precision == nn::Precision::kLower;
    std::call_once(compared_, [&] {
      half_will_do_ = mask_agreement(*this, nn::Precision::kFloat32, *this,
                                     nn::Precision::kLower) >= kLeastAgreement;
    });
    return half_will_do_;
  }

  bool covers_input(const nn::Block &b) const {
    return b.row_begin == 0 && b.column_begin == 0 &&
           b.row_end == input().height && b.column_end == input().width;
  }

  MapView view(const nn::ConvStack::Workspace &layers) const {
    const float *const first = stack_.output_row(layers, 0);
    // one row has no next one to measure by
    const std::size_t row =
        maps().height > 1 ? std::size_t(stack_.output_row(layers, 1) - first)
                          : 0;
    return {first, 1, row, stack_.channel_step()};
  }

  MapView view(const nn::HalfStack::Workspace &layers) const {
    return {half_->maps(layers), 1, maps().width * half_->channel_step(),
            half_->channel_step()};
  }

  void copy_maps(const nn::ConvStack::Workspace &layers, float *out) const {
    const MapView from = view(layers);
    const nn::Shape shape = maps();
    for (std::size_t y = 0; y < shape.height; ++y)  // a row stays in the cache
      for (std::size_t c = 0; c < shape.channels; ++c)
        for (std::size_t x = 0; x < shape.width; ++x)
          out[(c * shape.height + y) * shape.width + x] = from.at(y, x)[c];
  }

  void put_back(const float *base, const nn::Block &where, float *input) const {
    const nn::Shape in = this->input();
    for (std::size_t c = 0; c < in.channels; ++c)
      for (std::size_t y = where.row_begin; y < where.row_end; ++y) {
        const std::size_t row = (c * in.height + y) * in.width;
        std::copy(base + row + where.column_begin,
                  base + row + where.column_end,
                  input + row + where.column_begin);
      }
  }

  void add_statistics(const float *input, float *logits) const {
    std::vector<float> x(statistics_->size());
    (*statistics_)(input, x.data());
    for (std::size_t c = 0; c < classes(); ++c) {
      const float *const weight = statistics_weight_.data() + c * x.size();
      float sum = statistics_bias_[c];
      for (std::size_t i = 0; i < x.size(); ++i) sum += weight[i] * x[i];
      logits[c] = sum;
    }
  }

  bool exclusive_;
  nn::ConvStack stack_;
  SpecCnnHead head_;
  std::optional<nn::PictureStatistics> statistics_;
  std::vector<float> statistics_weight_, statistics_bias_;
  mutable Desks<nn::ConvStack> desks_;
  std::optional<nn::HalfStack>
      half_;  ///< where the processor has a matrix unit
  mutable Desks<nn::HalfStack> half_desks_;
  mutable std::once_flag compared_;
  mutable bool half_will_do_ = false;
};

}  // namespace

std::unique_ptr<nn::Network> make_cpu_network(const Architecture &architecture,
                                              int height, int width,
                                              int classes,
                                              const Tensors &tensors) {
  return std::make_unique<CpuNetwork>(architecture, height, width, classes,
                                      tensors);
}

}  // namespace sonar::models
