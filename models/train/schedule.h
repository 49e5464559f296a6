/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cmath>

namespace sonar::models {

/** One-cycle schedule with cosine flanks (Smith 2018; PyTorch's defaults):
 *  the rate @p at 0..1 of the training. */
inline double one_cycle(double at, double maximum) {
  constexpr double kRise = 0.3, kStart = 1.0 / 25, kEnd = kStart / 1e4;
  const auto cosine = [](double from, double to, double x) {
    return to + (from - to) * 0.5 * (1 + std::cos(M_PI * x));
  };
  return maximum * (at < kRise ? cosine(kStart, 1, at / kRise)
                               : cosine(1, kEnd, (at - kRise) / (1 - kRise)));
}

}  // namespace sonar::models
