/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <cstdint>

/* Convolutions on bfloat16 with float sums, for processors with a matrix unit.
 * Their results differ from float32's in the third digit. */
namespace sonar::nn::kernels {

using Half = std::uint16_t;  ///< the upper half of a float's bits, rounded

/** Columns of a product that a block of weights serves; floats of a window's
 *  run that are multiplied together; pixels that may be read past the last. */
constexpr std::size_t kHalfChannels = 16, kHalfRun = 32, kHalfOverrun = 64;

/**
 * A plane of a convolution as Rows has them, bias and ReLU included: `rows` x
 * `pixels` outputs of `channels`. Weights, padded with zeros to whole blocks:
 * [channels / 16][window_rows][run / 32][16 pairs of inputs][16 channels][2].
 * One of the two outputs is null.
 */
struct HalfPlane {
  const Half *in;
  std::size_t step, row_stride, window_rows, run;  ///< run: padded
  const Half *weights;
  const float *bias;
  std::size_t channels, rows, pixels;
  bool pool;
  Half *out;
  float *out_float;
  std::size_t out_step, out_row_stride;
};

struct HalfKernels {
  const char *name;
  void (*plane)(const HalfPlane &);
  /** Rounds to nearest even: in[i] to out[i * out_step]. */
  void (*round)(const float *in, std::size_t count, Half *out,
                std::size_t out_step);
};

/** Null where the processor has no matrix unit or the system withholds it. Its
 *  use is asked of the system with the first call, once per process. */
const HalfKernels *half();

}  // namespace sonar::nn::kernels
