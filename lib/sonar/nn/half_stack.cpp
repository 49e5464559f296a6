/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/nn/half_stack.h"

#include <algorithm>

namespace sonar::nn {
namespace {

std::size_t whole(std::size_t n, std::size_t unit) {
  return (n + unit - 1) / unit * unit;
}

/** As kernels::HalfPlane takes them; @p in: channels with padding. */
AlignedVector<kernels::Half> pack(const ConvLayer &layer, std::size_t in,
                                  std::size_t run, std::size_t out) {
  std::vector<float> packed(out * layer.rows * run);
  const std::size_t unit = kernels::kHalfChannels;
  for (std::size_t o = 0; o < layer.out; ++o)
    for (std::size_t i = 0; i < layer.in; ++i)
      for (std::size_t r = 0; r < layer.rows; ++r)
        for (std::size_t t = 0; t < layer.columns; ++t) {
          const std::size_t k = t * in + i;  // place in the run
          const std::size_t row = (o / unit * layer.rows + r) * run;
          packed[(row + k / 2 * 2) * unit + o % unit * 2 + k % 2] =
              layer.weight[((o * layer.in + i) * layer.rows + r) *
                               layer.columns +
                           t];
        }
  AlignedVector<kernels::Half> halves(packed.size());
  kernels::half()->round(packed.data(), packed.size(), halves.data(), 1);
  return halves;
}

}  // namespace

HalfStack::HalfStack(const Shape &input, const std::vector<ConvLayer> &layers)
    : input_(input) {
  std::size_t width = input.width, channels = input.channels;
  for (const ConvLayer &l : layers) {
    Layer layer{input.height, width, channels, l.rows, l.columns, 0, 0,
                l.pool,       {},    l.bias};
    layer.run = whole(l.columns * channels, kernels::kHalfRun);
    layer.out = whole(l.out, kernels::kHalfChannels);
    layer.weight = pack(l, channels, layer.run, layer.out);
    layer.bias.resize(layer.out);
    channels = layer.out;
    if (l.pool) width /= 2;
    layers_.push_back(std::move(layer));
  }
}

HalfStack::Workspace HalfStack::make_workspace() const {
  Workspace w;
  for (const Layer &layer : layers_)
    w.planes_.emplace_back((layer.height + layer.rows - 1) * layer.row_step() +
                           kernels::kHalfOverrun * layer.channels + layer.run);
  const Layer &last = layers_.back();
  w.maps_.resize(last.height * (last.pool ? last.width / 2 : last.width) *
                 last.out);
  return w;
}

void HalfStack::run(const float *input, Workspace &w) const {
  const kernels::HalfKernels &half = *kernels::half();
  const Layer &first = layers_.front();
  for (std::size_t c = 0; c < input_.channels; ++c)
    for (std::size_t y = 0; y < input_.height; ++y)
      half.round(input + (c * input_.height + y) * input_.width, input_.width,
                 w.planes_.front().data() + first.at(y, 0) + c, first.channels);
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const Layer &layer = layers_[i];
    kernels::HalfPlane plane{};
    plane.in = w.planes_[i].data();
    plane.step = layer.channels;
    plane.row_stride = layer.row_step();
    plane.window_rows = layer.rows;
    plane.run = layer.run;
    plane.weights = layer.weight.data();
    plane.bias = layer.bias.data();
    plane.channels = layer.out;
    plane.rows = layer.height;
    plane.pixels = layer.pool ? layer.width / 2 * 2 : layer.width;
    plane.pool = layer.pool;
    plane.out_step = layer.out;
    if (i + 1 < layers_.size()) {
      const Layer &next = layers_[i + 1];
      plane.out = w.planes_[i + 1].data() + next.at(0, 0);
      plane.out_row_stride = next.row_step();
    } else {
      plane.out_float = w.maps_.data();
      plane.out_row_stride =
          (layer.pool ? layer.width / 2 : layer.width) * layer.out;
    }
    half.plane(plane);
  }
}

}  // namespace sonar::nn
