/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <vector>

#include "sonar/core/image.h"
#include "sonar/nn/network.h"

namespace sonar::nn {

struct GradCam {
  Image map;                   ///< input height x width, >= 0, not normalised
  std::vector<float> weights;  ///< per channel: its mean gradient
  bool valid = false;          ///< false: the map is flat (all zero)
};

/**
 * Grad-CAM (Selvaraju et al. 2017, Eqs. 1 and 2): the weight of a channel is
 * the mean over its pixels of the gradient of the class' logit; the map is the
 * ReLU of the weighted sum, upsampled (bilinear, half-pixel centres). One
 * backward pass of the part behind the maps, no forward pass.
 *
 * @p maps: network.maps().size() floats of the forward pass that classified the
 * picture. Throws Error(kBadArgument) when target >= classes(), and as
 * Network::map_gradients() does.
 */
GradCam grad_cam(const Network &network, const float *maps, std::size_t target);

}  // namespace sonar::nn
