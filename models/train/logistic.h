/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "models/weights.h"

namespace sonar::models {

/** Logits = features x weight^T + bias. */
struct LinearHead {
  at::Tensor weight;  ///< classes x features
  at::Tensor bias;    ///< classes
};

/**
 * Logistic regression, a sigmoid a class: the least mean cross-entropy of
 * @p labels (N x classes, 0 to 1) given @p features (N x size), plus
 * @p penalty / 2 times the squared weights of the features divided by their
 * standard deviation. The means over the N examples, and the deviation, are
 * weighted by @p importance (N, positive). Convex, so there is one answer;
 * Newton's method finds it to a gradient of 1e-6. A feature that never changes
 * is not used. @p penalty > 0.
 */
LinearHead fit_logistic(const at::Tensor &features, const at::Tensor &labels,
                        const at::Tensor &importance, double penalty);

}  // namespace sonar::models
