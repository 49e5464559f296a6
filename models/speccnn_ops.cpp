/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/speccnn_ops.h"

#include "models/pooling.h"
#include "models/speccnn_layers.h"

namespace sonar::models {

using Head = Architecture::Head;

std::optional<PictureStatistics> statistics_of(const Architecture &a,
                                               int height, int width) {
  if (!a.statistics) return std::nullopt;
  return PictureStatistics(height, width, a.input_channels);
}

at::Tensor pool_time(const at::Tensor &x) { return max_pool(x, 1); }

at::Tensor pool_maps(const Architecture &a, const at::Tensor &maps) {
  if (a.head == Head::kFlat) return pool_time(maps).mean(3).flatten(1);
  const at::Tensor bands = band_means(maps, kFrequencyBands);
  return at::cat({bands.mean(3).flatten(1), bands.amax(3).flatten(1)}, 1);
}

at::Tensor same_conv(const at::Tensor &x, const at::Tensor &weight,
                     const at::Tensor &bias) {
  return at::conv2d(x, weight, bias, 1,
                    {weight.size(2) / 2, weight.size(3) / 2});
}

}  // namespace sonar::models
