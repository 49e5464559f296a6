/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/train/optimizer.h"

#include <ATen/core/grad_mode.h>

#include <cmath>

namespace sonar::models {
namespace {

constexpr double kEpsilon = 1e-8;
constexpr double kSmoothing = 0.99;  // of RMSProp

}  // namespace

void Optimizer::add_average(const std::string &name, const Weights &weights) {
  for (const auto &[weight, w] : weights)
    if (w.requires_grad()) averages[name][weight] = at::zeros_like(w).detach();
}

AdamW::AdamW(const Weights &weights, double weight_decay, double beta1,
             double beta2)
    : weight_decay_(weight_decay), beta1_(beta1), beta2_(beta2) {
  add_average("mean", weights);
  add_average("square", weights);
}

void AdamW::step(Weights &weights, double rate) {
  at::NoGradGuard no_grad;
  ++steps;
  const double mean_bias = 1 - std::pow(beta1_, steps);
  const double square_bias = 1 - std::pow(beta2_, steps);
  for (auto &[name, mean] : averages.at("mean")) {
    at::Tensor &w = weights.at(name);
    const at::Tensor &gradient = w.grad();
    at::Tensor &square = averages.at("square").at(name);
    mean.mul_(beta1_).add_(gradient, 1 - beta1_);
    square.mul_(beta2_).addcmul_(gradient, gradient, 1 - beta2_);
    w.mul_(1 - rate * weight_decay_);
    w.addcdiv_(mean, (square.sqrt() / std::sqrt(square_bias)).add_(kEpsilon),
               -rate / mean_bias);
    w.mutable_grad() = at::Tensor();
  }
}

RmsProp::RmsProp(const Weights &weights) { add_average("square", weights); }

void RmsProp::step(Weights &weights, double rate) {
  at::NoGradGuard no_grad;
  ++steps;
  for (auto &[name, square] : averages.at("square")) {
    at::Tensor &w = weights.at(name);
    const at::Tensor &gradient = w.grad();
    square.mul_(kSmoothing).addcmul_(gradient, gradient, 1 - kSmoothing);
    w.addcdiv_(gradient, square.sqrt().add_(kEpsilon), -rate);
    w.mutable_grad() = at::Tensor();
  }
}

}  // namespace sonar::models
