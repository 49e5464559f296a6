/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <map>
#include <memory>
#include <string>

#include "models/bundle.h"
#include "sonar/nn/network.h"

namespace sonar::models {

/** In what masked_logits() convolves; everything else is float32. */
enum class Precision {
  kAuto,  ///< on CUDA kFloat16 where keep_lower() says so, else kFloat32
  kFloat32,
  kFloat16,  ///< on CUDA only
  kBFloat16,
};

/**
 * Spec-CNN for inference in LibTorch: batch normalisation folded into the
 * convolutions, no gradients of weights. For masked_logits() the input and the
 * maps go to @p device together, are upsampled, scaled, masked and run there,
 * and the logits come back together. Arguments and errors as
 * make_inference_network() (speccnn.h); Error(kBadArgument) for kFloat16 on
 * the cpu.
 */
std::unique_ptr<nn::Network> make_torch_network(
    const Architecture &architecture, int height, int width, int classes,
    const std::map<std::string, Tensor> &tensors, const std::string &device,
    Precision precision = Precision::kAuto);

}  // namespace sonar::models
