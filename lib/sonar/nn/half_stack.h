/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <vector>

#include "sonar/core/aligned.h"
#include "sonar/nn/conv_stack.h"
#include "sonar/nn/kernels/half.h"
#include "sonar/nn/network.h"

namespace sonar::nn {

/**
 * ConvStack on bfloat16 with float sums: where there is a matrix unit, several
 * times as fast and right to the third digit. Immutable; each thread brings its
 * own Workspace.
 */
class HalfStack {
 public:
  /** Whether this machine can. Elsewhere the rest must not be called. */
  static bool available() { return kernels::half() != nullptr; }

  /** As ConvStack's, whose constructor has accepted them. */
  HalfStack(const Shape &input, const std::vector<ConvLayer> &layers);

  class Workspace {
   private:
    friend class HalfStack;
    std::vector<AlignedVector<kernels::Half>> planes_;  ///< before each layer
    std::vector<float> maps_;                           ///< after the last one
  };
  Workspace make_workspace() const;

  /** Runs @p input, channels x height x width. */
  void run(const float *input, Workspace &w) const;

  /** Values after the last layer: height x width x channel_step(). */
  const float *maps(const Workspace &w) const { return w.maps_.data(); }
  std::size_t channel_step() const noexcept { return layers_.back().out; }

 private:
  struct Layer {
    std::size_t height, width, channels;  ///< before it
    std::size_t rows, columns, run, out;  ///< run and out with padding
    bool pool;
    AlignedVector<kernels::Half> weight;
    std::vector<float> bias;
    std::size_t row_step() const { return (width + columns - 1) * channels; }
    std::size_t at(std::size_t row, std::size_t column) const {
      return (row + rows / 2) * row_step() + (column + columns / 2) * channels;
    }
  };

  Shape input_;
  std::vector<Layer> layers_;
};

}  // namespace sonar::nn
