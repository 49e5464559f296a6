/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstdint>
#include <vector>

#include "sonar/core/image.h"

namespace sonar::mask {

/** A height x width mask of 0 and 1, same orientation as Image. */
struct Binary {
  std::size_t height = 0, width = 0;
  std::vector<std::uint8_t> values;
  bool at(std::size_t y, std::size_t x) const { return values[y * width + x]; }
};

/**
 * Binary mask of a confidence (paper IV-E): 1 where it is at or above
 * @p threshold, and where it is at or above threshold - hysteresis and
 * 8-connected to such a pixel. NaN counts as 0. Equality keeps.
 */
Binary threshold(const Image &confidence, float threshold,
                 float hysteresis = 0.0f);

/**
 * A gain of the amplitude for those who would rather hear the rest faintly than
 * not at all: sigmoid(log odds of the confidence - ln 9), that is 1/4 at the
 * operating point of 0.75, 1/2 at 0.9, 0 at 0 and 1 at 1. In a recipe whose
 * confidence is a probability shifted to 0.75 (`evidence`, `share`), about that
 * probability.
 */
Image soft_gain(const Image &confidence);

}  // namespace sonar::mask
