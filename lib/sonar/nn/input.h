/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <vector>

#include "sonar/core/image.h"

namespace sonar::nn {

/** dB over background from which on the input is 1. */
inline constexpr float kInputRangeDb = 18;

/**
 * The network's input of one picture, channels x height x width floats:
 *   channel 0  clip(value, 0, 18) / 18, so that 0 means background;
 *   channel 1  (two channels only) clip((level - its mean) / 20, -2, 2) with
 *              level = value + background, the mean over valid columns.
 * Columns outside @p valid repeat the valid ones in turn (as in training: short
 * clips repeat). Throws Error(kBadArgument) on another channel count, an empty
 * @p valid or one past the picture, or a missing background where two channels
 * need it, and Error(kNumeric) on a NaN or Inf in a valid column.
 */
std::vector<float> make_input(const Image &value_db, const Image &background_db,
                              ColumnRange valid, std::size_t channels);

/** The same picture with every pixel at its background: what "removed" is.
 *  The mean is that of the picture's level, so both are on one scale. */
std::vector<float> make_blank(const Image &value_db, const Image &background_db,
                              ColumnRange valid, std::size_t channels);

}  // namespace sonar::nn
