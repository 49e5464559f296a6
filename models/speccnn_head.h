/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "models/bundle.h"
#include "sonar/core/aligned.h"
#include "sonar/nn/network.h"

namespace sonar::models {

/** Where the value of (channel, row, column) of feature maps lies. */
struct MapView {
  const float *values;
  std::size_t channel_step, row_step, column_step;
  const float *at(std::size_t row, std::size_t column) const {
    return values + row * row_step + column * column_step;
  }
};

/**
 * Spec-CNN behind its feature maps, on this processor: pooling, two dense
 * layers, the classes, and the chain rule back to the maps.
 */
class SpecCnnHead {
 public:
  /** @p tensors: those of a model file, checked by SpecCnn's constructor. */
  SpecCnnHead(const Architecture &architecture, const nn::Shape &maps,
              std::size_t classes,
              const std::map<std::string, Tensor> &tensors);

  std::size_t classes() const noexcept { return dense_[2].out; }
  std::size_t embedding() const noexcept { return dense_[1].out; }
  /** What pool() makes of the maps of one picture. */
  std::size_t features() const noexcept { return dense_[0].in; }
  /** Multiplications and additions of one picture. */
  double flops() const noexcept;

  void pool(const MapView &maps, float *features) const;

  struct Output {
    std::vector<float> logits, embedding;  ///< count x classes() / embedding()
  };
  /** @p features: count x features() floats, and kernels::kOverrun rows that
   *  may be read. A picture's result does not depend on the others. */
  Output classify(const float *features, std::size_t count) const;

  /** Gradients of the logit @p target with respect to @p maps, count x maps,
   *  planar. */
  std::vector<float> gradients(const float *maps, std::size_t count,
                               std::size_t target) const;

 private:
  struct Dense {
    std::size_t in, out, step;  ///< step: out with padding
    std::vector<float> weight;  ///< out x in, as in the file
    AlignedVector<float> packed;
    std::vector<float> bias;
  };

  std::vector<float> run(const Dense &dense, const float *in,
                         std::size_t in_step, std::size_t count,
                         bool relu) const;
  void pool_flat(const MapView &maps, float *features) const;
  void pool_bands(const MapView &maps, float *features) const;
  void spread(const MapView &maps, const std::vector<float> &gradient,
              float *out) const;

  Architecture::Head head_;
  nn::Shape maps_;
  std::vector<Dense> dense_;
};

}  // namespace sonar::models
