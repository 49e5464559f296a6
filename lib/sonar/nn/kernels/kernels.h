/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>

/* The inner loops of the networks, in plain C++ with the compiler's vectors.
 * kernels.cpp is compiled once per instruction set (lib/meson.build); the
 * processor decides at run time which one answers. No header of the standard
 * library is included there: an inline function compiled for a newer processor
 * could otherwise be the one that the linker keeps for all. */
namespace sonar::nn::kernels {

/**
 * A row of outputs, `pixels` x `channels`, each channel a sum over a window of
 * the input that moves by `step` floats from pixel to pixel: a convolution's
 * row with interleaved channels, where windows overlap, or a batch of vectors
 * through a dense layer. The window is `window_rows` runs of `window_run`
 * floats, `row_stride` apart.
 *
 *   out[p][c] = bias[c] + sum over r, k of in[p step + r row_stride + k]
 *                                        weights[r window_run + k][c]
 *
 * Each sum runs in this order, whatever the neighbours, so an output does not
 * depend on how many are asked for. NaN stays NaN. Up to kOverrun - 1 pixels
 * more than `pixels` are read (not written), so that many must be readable.
 */
struct Rows {
  const float *in;
  std::size_t step, row_stride, window_rows, window_run;
  const float *weights;  ///< packed as pack_order() says
  const float *bias;     ///< null: zeros
  std::size_t channels;  ///< a multiple of kChannels
  std::size_t pixels;
  bool relu;  ///< negative outputs become 0
  bool pool;  ///< the larger one of two pixels; `pixels` is even
  float *out;
  std::size_t out_step;  ///< floats from pixel to (pooled) pixel
};

constexpr std::size_t kChannels = 8, kOverrun = 16;

/* Winograd's minimal filtering F(4, 3) down the rows (Winograd 1980; Lavin and
 * Gray 2016): four rows of a convolution with three rows of weights are six
 * products instead of twelve. All three maps are sums of whole rows. */
constexpr std::size_t kWinogradOut = 4, kWinogradIn = 6;

/** Six rows of `count` floats to six others. */
struct WinogradInput {
  const float *in;
  std::size_t row_stride, count;
  float *out;
  std::size_t out_stride;
};

/** Six rows of `pixels` x `channels` products to four rows of a layer: bias,
 *  ReLU and, where asked for, the larger one of two pixels. */
struct WinogradOutput {
  const float *in;
  const float *bias;
  std::size_t channels, pixels, rows;  ///< rows: of the four, to write
  bool pool;
  float *out;
  std::size_t row_stride;
};

struct Moments {
  float low, high, mean, variance;
  bool finite;  ///< else the others mean nothing
};

struct Kernels {
  const char *name;  ///< of the instruction set
  void (*rows)(const Rows &);
  /** Channels in the next block of packed weights when @p left are left: the
   *  weights are block after block, each [window][channels in it]. */
  std::size_t (*block)(std::size_t left);
  void (*winograd_input)(const WinogradInput &);
  void (*winograd_output)(const WinogradOutput &);
  /** out = exp(scale in), scale in held within -87..88, to a relative 3e-7;
   *  NaN stays NaN. */
  void (*exponential)(const float *in, std::size_t count, float scale,
                      float *out);
  /** Of @p count >= 1 values. */
  Moments (*moments)(const float *in, std::size_t count);
};

/** Those for the processor at hand. */
const Kernels &best();

}  // namespace sonar::nn::kernels
