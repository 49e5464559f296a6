/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <vector>

#include "sonar/mask/structures.h"
#include "sonar/nn/network.h"

namespace sonar::nn {

/**
 * How much each structure of a picture speaks for a class, in nats of the
 * class' margin (its logit minus the mean of the others): the mean of what it
 * adds alone to a blank picture and of what is lost when it alone is taken out
 * of the whole one. That is its Shapley value with the two extreme coalitions
 * only. Positive speaks for the class, negative against
 * (docs/method.md section 5.7).
 *
 * @p input, @p blank: network.input().size() floats; removed pixels become
 * those of @p blank. @p targets: classes. Returns [target][structure]. All
 * targets share 2 x structures + 2 forwards; without structures there is none.
 * The result does not depend on @p effort.
 *
 * Throws Error(kBadArgument) for an unknown target, fewer than 2 classes, a
 * batch size of 0 and structures of another shape than the input's.
 */
std::vector<std::vector<double>> structure_effects(
    const Network &network, const float *input, const float *blank,
    const std::vector<std::size_t> &targets, const mask::Structures &structures,
    const Effort &effort);

}  // namespace sonar::nn
