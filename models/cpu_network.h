/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <map>
#include <memory>
#include <string>

#include "models/bundle.h"
#include "sonar/nn/network.h"

namespace sonar::models {

/** Spec-CNN for inference on this processor, without LibTorch
 *  (docs/decisions/0012). @p tensors: those of a model file, checked by
 *  SpecCnn's constructor. */
std::unique_ptr<nn::Network> make_cpu_network(
    const Architecture &architecture, int height, int width, int classes,
    const std::map<std::string, Tensor> &tensors);

}  // namespace sonar::models
