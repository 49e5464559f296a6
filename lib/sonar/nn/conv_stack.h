/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <vector>

#include "sonar/core/aligned.h"
#include "sonar/nn/network.h"

namespace sonar::nn {

/** A convolution of stride 1, zero-padded to keep the size (odd kernel), then
 *  ReLU, then where asked for the larger one of each two columns. */
struct ConvLayer {
  std::size_t in = 0, out = 0, rows = 1, columns = 1;
  std::vector<float> weight;  ///< out x in x rows x columns
  std::vector<float> bias;    ///< out
  bool pool = false;
};

/**
 * Convolutions one after the other on this processor, one input at a time. What
 * lies between the layers stays in its cache: channels interleaved, so that a
 * window's row is one run of floats and a convolution a product of matrices
 * whose rows overlap, with ReLU and pooling in the same pass. Immutable and
 * shared by threads; each brings its own Workspace.
 *
 * Kernels of three rows over eight channels and more go by Winograd's F(4, 3)
 * down the rows, half the multiplications for a few roundings more.
 */
class ConvStack {
 public:
  /** For inputs of @p input; layers[0].in == input.channels and so on. Throws
   *  Error(kBadArgument) where sizes do not fit. */
  ConvStack(const Shape &input, const std::vector<ConvLayer> &layers);

  const Shape &input() const noexcept { return input_; }
  const Shape &output() const noexcept { return output_; }
  /** Multiplications and additions of one input, as the formula has them. */
  double flops() const noexcept;

  /** The layers' values, each with the zeros around that the next one reads. */
  class Workspace {
   private:
    friend class ConvStack;
    std::vector<AlignedVector<float>>
        planes_;                            ///< input, then after each layer
    AlignedVector<float> rows_, products_;  ///< Winograd's, of one layer
  };

  Workspace make_workspace() const;

  /** Values after the last layer at (row, column 0): output().width x
   *  channel_step() floats, channels interleaved. */
  const float *output_row(const Workspace &w, std::size_t row) const;
  std::size_t channel_step() const noexcept { return planes_.back().channels; }

  /** Runs @p input, channels x height x width. */
  void run(const float *input, Workspace &w) const;
  /** As run(), where @p input is that of @p base's last run but for @p where:
   *  computes what that reaches, the rest is base's. The result is run()'s, bit
   *  for bit. @p w: a copy of @p base, as it is again after restore(). */
  void run_near(const float *input, const Block &where, Workspace &w) const;
  void restore(const Workspace &base, const Block &where, Workspace &w) const;

 private:
  struct Plane {
    std::size_t height, width, channels;  ///< channels with padding
    std::size_t pad_rows, pad_columns;    ///< zeros on each side
    std::size_t row_step() const {
      return (width + 2 * pad_columns) * channels;
    }
    std::size_t at(std::size_t row, std::size_t column) const {
      return (row + pad_rows) * row_step() + (column + pad_columns) * channels;
    }
    std::size_t size() const;
  };
  struct Layer {
    std::size_t rows, columns, out;
    bool pool, winograd;
    /** Packed for the kernels; Winograd's six rows one after the other. */
    AlignedVector<float> weight;
    std::vector<float> bias;
  };

  void take(const float *input, const Block &where, Workspace &w) const;
  void layer(std::size_t i, const Block &where, Workspace &w) const;
  void direct(std::size_t i, const Block &where, Workspace &w) const;
  void winograd(std::size_t i, const Block &where, Workspace &w) const;
  Block reached(std::size_t i, const Block &where) const;

  Shape input_, output_;
  std::vector<Plane> planes_;
  std::vector<Layer> layers_;
  double flops_ = 0;
};

/** Weights of a linear map, @p out rows of @p window floats each, as
 *  kernels::Rows takes them; the outputs padded with zeros to a multiple of
 *  kernels::kChannels. */
AlignedVector<float> pack_weights(const float *weight, std::size_t out,
                                  std::size_t window);

}  // namespace sonar::nn
