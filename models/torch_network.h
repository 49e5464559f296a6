/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <map>
#include <memory>
#include <string>

#include "models/bundle.h"
#include "sonar/nn/network.h"

namespace sonar::models {

/** Spec-CNN for inference in LibTorch: batch normalisation folded into the
 *  convolutions, no gradients of weights. Arguments and errors as
 *  make_inference_network() (speccnn.h). */
std::unique_ptr<nn::Network> make_torch_network(
    const Architecture &architecture, int height, int width, int classes,
    const std::map<std::string, Tensor> &tensors, const std::string &device);

}  // namespace sonar::models
