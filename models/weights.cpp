/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/weights.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>

#include "sonar/core/error.h"

namespace sonar::models {
namespace {

using Fill = WeightSpec::Fill;

at::Tensor fresh(const WeightSpec &spec, at::Generator &generator) {
  if (spec.fill == Fill::kZero) return at::zeros(spec.shape);
  if (spec.fill == Fill::kOne) return at::ones(spec.shape);
  std::int64_t fan_in = 1;
  for (std::size_t i = 1; i < spec.shape.size(); ++i) fan_in *= spec.shape[i];
  return at::empty(spec.shape)
      .normal_(0, std::sqrt(2.0 / double(fan_in)), generator);
}

std::string text(const std::vector<std::int64_t> &shape) {
  std::string out = "[";
  for (std::size_t i = 0; i < shape.size(); ++i)
    out += (i ? " x " : "") + std::to_string(shape[i]);
  return out + "]";
}

const Tensor &find(const std::string &name,
                   const std::vector<std::int64_t> &shape,
                   const std::map<std::string, Tensor> &tensors) {
  const auto found = tensors.find(name);
  if (found == tensors.end())
    throw Error(Errc::kBadModel, "the model has no tensor " + name + " " +
                                     text(shape) +
                                     ", which its architecture needs");
  if (found->second.shape != shape)
    throw Error(Errc::kBadModel, "tensor " + name + " is " +
                                     text(found->second.shape) +
                                     ", its architecture needs " + text(shape));
  return found->second;
}

}  // namespace

Weights fresh_weights(const std::vector<WeightSpec> &specs,
                      at::Generator &generator) {
  Weights out;
  for (const WeightSpec &spec : specs)
    out[spec.name] = fresh(spec, generator).set_requires_grad(spec.trained);
  return out;
}

Weights load_weights(const std::vector<WeightSpec> &specs,
                     const std::string &prefix,
                     const std::map<std::string, Tensor> &tensors) {
  Weights out;
  for (const WeightSpec &spec : specs) {
    const Tensor &from = find(prefix + spec.name, spec.shape, tensors);
    out[spec.name] = at::from_blob(const_cast<float *>(from.values.data()),
                                   spec.shape, at::kFloat)
                         .clone();
    if (!at::InferenceMode::is_enabled())
      out[spec.name].set_requires_grad(spec.trained);
  }
  return out;
}

Tensor to_tensor(const at::Tensor &tensor) {
  const at::Tensor flat = tensor.detach().contiguous();
  return {flat.sizes().vec(),
          std::vector<float>(flat.data_ptr<float>(),
                             flat.data_ptr<float>() + flat.numel())};
}

std::map<std::string, Tensor> to_tensors(const std::string &prefix,
                                         const Weights &weights) {
  std::map<std::string, Tensor> out;
  for (const auto &[name, tensor] : weights)
    out[prefix + name] = to_tensor(tensor);
  return out;
}

void restore(Weights &weights, const std::string &prefix,
             const std::map<std::string, Tensor> &tensors) {
  at::NoGradGuard no_grad;
  for (auto &[name, tensor] : weights) {
    const std::vector<float> &values =
        find(prefix + name, tensor.sizes().vec(), tensors).values;
    std::copy(values.begin(), values.end(), tensor.data_ptr<float>());
  }
}

std::vector<at::Tensor> trained(const Weights &weights) {
  std::vector<at::Tensor> out;
  for (const auto &[name, tensor] : weights)
    if (tensor.requires_grad()) out.push_back(tensor);
  return out;
}

}  // namespace sonar::models
