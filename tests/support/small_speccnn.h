/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <map>
#include <random>
#include <string>
#include <vector>

#include "models/speccnn.h"

/* A Spec-CNN small enough to be computed in plain loops. */
namespace sonar::testing {

using models::Architecture;
using Tensors = std::map<std::string, models::Tensor>;

inline const Architecture::Head kHeads[] = {Architecture::Head::kFlat,
                                            Architecture::Head::kBands};
inline const int kHeight = 32, kWidth = 16, kClasses = 3;

inline Architecture architecture(Architecture::Head head) {
  Architecture a;
  a.head = head;
  a.input_channels = 2;
  a.conv_channels = {3, 4, 5};
  a.dense = {7, 6};
  a.exclusive = head == Architecture::Head::kFlat;
  return a;
}

inline std::vector<float> noise(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<float> out(count);
  for (float &v : out) v = float(random() >> 8) / float(1 << 24);
  return out;
}

/* Tensors as after some training: statistics and offsets away from 0 and 1. */
inline Tensors trained(Architecture::Head head) {
  models::SpecCnn net(architecture(head), kHeight, kWidth, kClasses, 1);
  auto tensors = net.to_tensors();
  unsigned seed = 0;
  for (auto &[name, tensor] : tensors) {
    const std::vector<float> r = noise(tensor.values.size(), ++seed);
    const bool variance = name.find("running_var") != name.npos;
    const bool convolution = tensor.shape.size() == 4;
    for (std::size_t i = 0; i < r.size(); ++i)
      if (!convolution) tensor.values[i] = variance ? 0.5f + r[i] : r[i] - 0.4f;
  }
  return tensors;
}

}  // namespace sonar::testing
