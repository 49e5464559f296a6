/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstdint>
#include <string>

#include "models/bundle.h"

/* Spec-CNN's layers by number and name, whoever computes them: no torch. */
namespace sonar::models {

inline constexpr int kLayers = 3;  ///< convolutions
inline constexpr int kFrequencyBands = 16;
inline constexpr double kBatchNormEpsilon = 1e-5;
inline constexpr char kStatistics[] = "statistics";

struct Kernel {
  std::int64_t rows, columns;
};
/** Of the convolution @p layer, 0..kLayers - 1; stride 1, padded to keep the
 *  size. */
inline Kernel kernel(const Architecture &a, int layer) {
  if (layer < 2) return {3, 5};
  return a.head == Architecture::Head::kFlat ? Kernel{1, 3} : Kernel{3, 3};
}

inline std::string conv_name(int layer) {
  return "conv" + std::to_string(layer + 1);
}
inline std::string norm_name(int layer) {
  return "bn" + std::to_string(layer + 1);
}

}  // namespace sonar::models
