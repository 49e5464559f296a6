/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <vector>

#include "sonar/core/image.h"
#include "sonar/nn/network.h"
#include "sonar/nn/scorecam_preset.h"

namespace sonar::nn {

struct ScoreCamOptions {
  Effort effort;
  std::size_t max_channels = 0;  ///< 0 = all; else those with the largest
                                 ///< spatial deviation
  ScoreCamPreset preset = ScoreCamPreset::kReleased;
};

struct ScoreCam {
  Image map;  ///< input height x width, >= 0; 0..1 with grad-cam and torch-cam
  /** What the code of the preset gives: scaled to 0..1 as it does, of the
   *  input's size, with torch-cam of the maps'. Zeros where not valid. */
  Image returned;
  std::vector<float> weights;  ///< per channel; 0 where skipped
  bool valid = false;          ///< false: the map is flat (all zero)
};

/**
 * Score-CAM (Wang et al. 2020; paper Eq. 2): each channel's map, scaled to
 * 0..1, is multiplied into the input; what the network says of the class then
 * is the channel's weight in a sum of the maps, whose ReLU is the map. Steps as
 * in the code that the preset names; equal to it within 1e-5 of the map's
 * range at Precision::kFloat32.
 *
 * - released: masks upsampled (half-pixel centres), then scaled; the weight is
 *   the class probability; the sum is upsampled before the ReLU. A constant
 *   channel is skipped with weight 0.
 * - paper-v2: masks as released; weights are the softmax over the channels of
 *   the probability less a baseline's, which cancels.
 * - grad-cam: masks upsampled with aligned corners, then scaled with 1e-8 added
 *   to the span; weights are the softmax of the logits; the sum's ReLU is
 *   scaled (1e-7), upsampled and scaled again.
 * - torch-cam: masks scaled (1e-8), then upsampled; weights as grad-cam's; the
 *   sum's ReLU is scaled (1e-8) at the maps' size, and only `map` upsampled.
 *
 * The last two give a constant channel the score of an empty input. A channel
 * with a NaN or Inf in it is skipped by all: in the libraries one makes every
 * weight NaN.
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
