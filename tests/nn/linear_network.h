/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "sonar/nn/network.h"

/** logits = weights x input + bias: a network whose every answer can be worked
 *  out by hand. Keeps every input it was asked about. */
class LinearNetwork : public sonar::nn::Network {
 public:
  LinearNetwork(sonar::nn::Shape input, std::size_t classes,
                sonar::nn::Shape maps = {})
      : weights(classes * input.size(), 0.0f),
        bias(classes, 0.0f),
        input_(input),
        maps_(maps) {}

  sonar::nn::Shape input() const override { return input_; }
  std::size_t classes() const override { return bias.size(); }
  sonar::nn::Shape maps() const override { return maps_; }
  std::size_t embedding() const override { return 0; }

  Output forward(const float *inputs, std::size_t count, Want) const override {
    largest_batch = std::max(largest_batch, count);
    Output out;
    for (std::size_t i = 0; i < count; ++i) {
      const float *const x = inputs + i * input_.size();
      seen.emplace_back(x, x + input_.size());
      for (std::size_t c = 0; c < classes(); ++c) {
        double z = bias[c];
        for (std::size_t j = 0; j < input_.size(); ++j)
          z += double(weights[c * input_.size() + j]) * x[j];
        out.logits.push_back(float(z));
      }
    }
    return out;
  }

  /** Softmax. */
  std::vector<float> probabilities(const float *logits) const override {
    double sum = 0;
    for (std::size_t c = 0; c < classes(); ++c) sum += std::exp(logits[c]);
    std::vector<float> out;
    for (std::size_t c = 0; c < classes(); ++c)
      out.push_back(float(std::exp(logits[c]) / sum));
    return out;
  }

  std::vector<float> weights;  ///< classes x input size
  std::vector<float> bias;
  mutable std::vector<std::vector<float>> seen;
  mutable std::size_t largest_batch = 0;

 private:
  sonar::nn::Shape input_, maps_;
};
