/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "models/bundle.h"

namespace sonar::models {

/** A network's tensors by name; those that require gradients are trained. */
using Weights = std::map<std::string, at::Tensor>;

/** What a network says of one of its tensors. */
struct WeightSpec {
  std::string name;
  std::vector<std::int64_t> shape;
  enum class Fill { kHe, kZero, kOne } fill;  ///< kHe: He et al. 2015
  bool trained = true;
};

/** Fresh weights; @p generator is drawn from in the order of @p specs. */
Weights fresh_weights(const std::vector<WeightSpec> &specs,
                      at::Generator &generator);

/** Weights out of a model file, where their names begin with @p prefix. Throws
 *  Error(kBadModel) on a missing tensor or a wrong shape, naming it. */
Weights load_weights(const std::vector<WeightSpec> &specs,
                     const std::string &prefix,
                     const std::map<std::string, Tensor> &tensors);

Tensor to_tensor(const at::Tensor &tensor);
std::map<std::string, Tensor> to_tensors(const std::string &prefix,
                                         const Weights &weights);
/** Copies values back into tensors of the same shapes: what to_tensors() gave
 *  is there again, to the bit. */
void restore(Weights &weights, const std::string &prefix,
             const std::map<std::string, Tensor> &tensors);

/** The weights that training changes, in the order of their names. */
std::vector<at::Tensor> trained(const Weights &weights);

}  // namespace sonar::models
