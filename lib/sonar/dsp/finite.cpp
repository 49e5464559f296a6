/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/dsp/finite.h"

#include <cstdio>
#include <cstring>
#include <string>

#include "sonar/core/clones.h"
#include "sonar/core/error.h"

namespace sonar::dsp {
namespace {

std::uint32_t magnitude_bits(float value) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits & 0x7fffffffu;
}

/* Bit patterns of magnitudes order like the magnitudes, with infinity and NaN
 * last, so one integer comparison, which vectorises, covers all three. */
SONAR_CLONES bool any_beyond(const float *samples, std::size_t count,
                             std::uint32_t limit) {
  std::uint32_t bad = 0;
  for (std::size_t i = 0; i < count; ++i)
    bad |= magnitude_bits(samples[i]) > limit;
  return bad != 0;
}

}  // namespace

void require_finite(const float *samples, std::size_t count,
                    std::uint64_t first_index) {
  const std::uint32_t limit = magnitude_bits(kLargestSample);
  if (!any_beyond(samples, count, limit)) return;
  std::size_t i = 0;
  while (magnitude_bits(samples[i]) <= limit) ++i;
  char value[32];
  std::snprintf(value, sizeof value, "%g", double(samples[i]));
  throw Error(Errc::kNumeric,
              "Sample " + std::to_string(first_index + i) + " is " + value +
                  ", a spectrum needs finite samples (full scale is 1); "
                  "repair or cut out that part of the recording.");
}

}  // namespace sonar::dsp
