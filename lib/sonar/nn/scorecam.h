/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <vector>

#include "sonar/core/image.h"
#include "sonar/nn/network.h"

namespace sonar::nn {

struct ScoreCamOptions {
  Effort effort;
  std::size_t max_channels = 0;  ///< 0 = all; else those with the largest
                                 ///< spatial deviation
};

struct ScoreCam {
  Image map;                   ///< input height x width, >= 0, not normalised
  std::vector<float> weights;  ///< per channel; 0 where skipped
  bool valid = false;          ///< false: the map is flat (all zero)
};

/**
 * Score-CAM as its authors released it (Wang et al. 2020, haofanwang/Score-CAM;
 * paper Eq. 2): each channel's map is upsampled (bilinear, half-pixel centres),
 * scaled to 0..1, multiplied into the input; the class probability of that
 * input is the weight; the map is the ReLU of the weighted sum of upsampled,
 * un-normalised maps. A constant channel is skipped with weight 0, and so is
 * one with a NaN or Inf in it.
 *
 * @p input: network.input().size() floats. @p maps: network.maps().size()
 * floats of the forward pass that classified it (nothing is computed twice).
 * Throws Error(kBadArgument) when target >= classes() or batch_size is 0.
 */
ScoreCam score_cam(const Network &network, const float *input,
                   const float *maps, std::size_t target,
                   const ScoreCamOptions &options);

/** Score-CAM of several classes from the same masked inputs, so at the price
 *  of one class. In the order of @p targets. Throws as score_cam(). */
std::vector<ScoreCam> score_cams(const Network &network, const float *input,
                                 const float *maps,
                                 const std::vector<std::size_t> &targets,
                                 const ScoreCamOptions &options);

/** Mean of the Score-CAMs of some pictures, each scaled by min-max so that none
 *  rules, scaled by min-max (paper IV-D): the mask of the class @p target. */
Image mean_score_cam(const Network &network,
                     const std::vector<std::vector<float>> &inputs,
                     std::size_t target);

}  // namespace sonar::nn
