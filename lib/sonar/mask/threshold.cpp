/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/mask/threshold.h"

#include "sonar/mask/flood.h"

namespace sonar::mask {
namespace {

/* NaN compares false, so it is not kept. */
Binary at_or_above(const Image &confidence, float least) {
  Binary out{confidence.height(), confidence.width(), {}};
  out.values.reserve(confidence.size());
  for (std::size_t i = 0; i < confidence.size(); ++i)
    out.values.push_back(confidence.data()[i] >= least);
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
