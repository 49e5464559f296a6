/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <ATen/ATen.h>

/* The networks' pooling: LibTorch's values and gradients to the bit, several
 * times faster on the processor, where its own loops do not vectorise.
 * Differentiable. Tensors are N x channels x height x width. */
namespace sonar::models {

/** Maxima of blocks of @p rows (1 or 2) rows x 2 columns; a row or column left
 *  over is dropped. As at::max_pool2d(x, {rows, 2}). */
at::Tensor max_pool(const at::Tensor &x, std::int64_t rows);

/** Means of @p bands bands of rows. As at::adaptive_avg_pool2d(x, {bands,
 *  width}). */
at::Tensor band_means(const at::Tensor &x, std::int64_t bands);

}  // namespace sonar::models
