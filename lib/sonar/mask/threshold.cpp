/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/mask/threshold.h"

#include "sonar/core/clones.h"
#include "sonar/mask/flood.h"

namespace sonar::mask {
namespace {

/* NaN compares false, so it is not kept. */
SONAR_CLONES void compare(const float *__restrict confidence, float least,
                          std::size_t count, std::uint8_t *__restrict kept) {
  for (std::size_t i = 0; i < count; ++i) kept[i] = confidence[i] >= least;
}

Binary at_or_above(const Image &confidence, float least) {
  Binary out{confidence.height(), confidence.width(),
             std::vector<std::uint8_t>(confidence.size())};
  compare(confidence.data(), least, confidence.size(), out.values.data());
  return out;
}

}  // namespace

Binary threshold(const Image &confidence, float threshold, float hysteresis) {
  Binary kept = at_or_above(confidence, threshold);
  if (!(hysteresis > 0)) return kept;
  Binary candidates = at_or_above(confidence, threshold - hysteresis);
  std::vector<std::size_t> region;
  for (std::size_t i = 0; i < confidence.size(); ++i) {
    if (!(confidence.data()[i] >= threshold) || !candidates.values[i]) continue;
    take_region(candidates, i, region);
    for (std::size_t pixel : region) kept.values[pixel] = 1;
  }
  return kept;
}

/* With odds o = c / (1 - c): o / 9 / (1 + o / 9). */
Image soft_gain(const Image &confidence) {
  Image out = confidence;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const float c = out.data()[i];
    out.data()[i] = c / (9 - 8 * c);
  }
  return out;
}

}  // namespace sonar::mask
