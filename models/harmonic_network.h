/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "models/bundle.h"
#include "sonar/nn/network.h"

namespace sonar::models {

/** Name and shape of every tensor of the network harmonics, without `net.`:
 *
 *    mean, scale    of the features (nn::HarmonicFeatures), subtracted and
 *                   divided by; then clipped at +-4
 *    dense1, dense2, out   .weight members x out x in, .bias members x 1 x out;
 *                   ReLU after the first two
 */
std::map<std::string, std::vector<std::int64_t>> harmonic_layout(
    const Architecture &architecture, std::size_t classes);

/**
 * Several small networks on nn::HarmonicFeatures, whose logits are averaged.
 * Embedding: the second layer's values of each member, one after the other.
 * Feature maps: those of HarmonicFeatures, so Score-CAM asks what the answer
 * owes to the lines of each band, to the shaft's or the blades' multiples and
 * to everything else. There are no gradients of them.
 *
 * On the processor only: a picture takes microseconds. Throws Error(kBadModel)
 * for a recipe as HarmonicFeatures does and on a tensor that is missing or of
 * another shape, naming it.
 */
std::unique_ptr<nn::Network> make_harmonic_network(
    const Settings &settings, std::size_t classes,
    const std::map<std::string, Tensor> &tensors);

}  // namespace sonar::models
