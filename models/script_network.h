/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <memory>
#include <string>

#include "models/bundle.h"
#include "sonar/nn/network.h"

namespace sonar::models {

/**
 * The network of a user's own TorchScript file (docs/own-models.md), whose
 * forward takes pictures, [count, channels, rows, columns] float32, and gives
 * logits, [count, labels], or (logits, features, ...) with features [count,
 * channels, height, width] for Score-CAM. Where it gives none, they are the
 * last convolution's with a height and width above 1, after the activation that
 * follows it; where there is no such convolution, maps() is empty. The
 * embedding is the features' mean over their area, or else the logits.
 *
 * Runs the file's code. Results of several pictures at a time are those of one
 * at a time as far as LibTorch's kernels say so: to about 1e-6 of the largest
 * logit. A network that takes one picture at a time only is given them so.
 *
 * Throws Error(kBadModel) for a file that LibTorch cannot load, a forward that
 * fails, gives something else, another number of logits than labels or NaN on
 * a test picture; Error(kBadArgument) and kResource for the device as
 * parse_device(). In use: Error(kResource) where forward fails.
 */
std::unique_ptr<nn::Network> make_script_network(const std::string &path,
                                                 const Settings &settings,
                                                 const std::string &device);

}  // namespace sonar::models
