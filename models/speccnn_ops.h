/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <ATen/ATen.h>

#include <optional>

#include "models/bundle.h"
#include "models/statistics.h"

/* Spec-CNN's operations in LibTorch, which training and inference share. */
namespace sonar::models {

/** What feeds the statistics head; none where @p a has no such head. */
std::optional<PictureStatistics> statistics_of(const Architecture &a,
                                               int height, int width);

/** Halves the width, the last axis. */
at::Tensor pool_time(const at::Tensor &x);

/** Maps of the last convolution, N x channels x height x width, to one vector
 *  per picture, N x what the first dense layer takes. */
at::Tensor pool_maps(const Architecture &a, const at::Tensor &maps);

/** Convolution of stride 1, padded to keep the size; @p bias may be undefined:
 *  none. */
at::Tensor same_conv(const at::Tensor &x, const at::Tensor &weight,
                     const at::Tensor &bias);

}  // namespace sonar::models
