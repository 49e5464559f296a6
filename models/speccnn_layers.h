/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "models/bundle.h"
#include "sonar/core/error.h"

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

/** Softmax of @p classes logits, or the sigmoid of each where they do not
 *  exclude each other. */
inline std::vector<float> class_probabilities(const float *logits,
                                              std::size_t classes,
                                              bool exclusive) {
  std::vector<float> p(classes);
  if (!exclusive) {
    for (std::size_t c = 0; c < classes; ++c)
      p[c] = float(1 / (1 + std::exp(-double(logits[c]))));
    return p;
  }
  const double top = *std::max_element(logits, logits + classes);
  double sum = 0;
  for (std::size_t c = 0; c < classes; ++c)
    sum += std::exp(double(logits[c]) - top);
  for (std::size_t c = 0; c < classes; ++c)
    p[c] = float(std::exp(double(logits[c]) - top) / sum);
  return p;
}

inline bool all_finite(const float *values, std::size_t count) {
  return std::all_of(values, values + count,
                     [](float v) { return std::isfinite(v); });
}

/** Throws Error(kNumeric) unless all @p count values of a network are finite.
 */
inline void require_finite(const float *values, std::size_t count) {
  if (!all_finite(values, count))
    throw Error(Errc::kNumeric,
                "the network's output is not finite: the picture or the "
                "model holds values out of range");
}

/** Throws Error(kBadArgument) unless there is a class @p target. */
inline void require_class(std::size_t target, std::size_t classes) {
  if (target >= classes)
    throw Error(Errc::kBadArgument,
                "gradients of class " + std::to_string(target) +
                    ": the network has " + std::to_string(classes));
}

}  // namespace sonar::models
