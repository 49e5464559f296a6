/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <memory>

#include "sonar/nn/network.h"

namespace sonar::models {

/**
 * How alike the Score-CAM masks are that two networks of the same input and
 * classes, or one in two precisions, make of one generated picture (noise with
 * lines), whose maps are @p exact's: the smallest intersection over union,
 * 0..1, of any class' masks at 0.75 of the map scaled to 0..1. 0 where the
 * logits of @p other are not finite, 1 where both masks are empty.
 */
double mask_agreement(const nn::Network &exact, nn::Precision of_exact,
                      const nn::Network &other, nn::Precision of_other);

/** The agreement from which on a network of a lower precision will do. */
constexpr double kLeastAgreement = 0.99;

/** @p lower if its masks agree with those of @p exact, else @p exact. */
std::unique_ptr<nn::Network> keep_lower(std::unique_ptr<nn::Network> exact,
                                        std::unique_ptr<nn::Network> lower);

}  // namespace sonar::models
