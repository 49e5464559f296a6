/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <cstdint>

namespace sonar::dsp {

/** A sample beyond this (full scale is 1) is refused like an infinity: its
 * power would overflow. */
constexpr float kLargestSample = 1e12f;

/**
 * Throws Error(kNumeric) at the first NaN, infinity or sample beyond
 * kLargestSample, naming its index in the stream.
 * @param first_index  index of samples[0] in the stream
 */
void require_finite(const float *samples, std::size_t count,
                    std::uint64_t first_index);

}  // namespace sonar::dsp
