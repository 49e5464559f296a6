/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/nn/network.h"

#include <algorithm>
#include <limits>

#include "sonar/nn/resize.h"

namespace sonar::nn {

std::vector<float> Network::logits_near(const float *base, std::size_t count,
                                        const Change &change,
                                        const Effort &effort) const {
  const std::size_t size = input().size();
  const std::size_t step = std::max<std::size_t>(1, effort.batch_size);
  std::vector<float> batch(std::min(step, count) * size), out;
  out.reserve(count * classes());
  for (std::size_t first = 0; first < count; first += step) {
    const std::size_t n = std::min(step, count - first);
    for (std::size_t i = 0; i < n; ++i) {
      float *const to = batch.data() + i * size;
      std::copy_n(base, size, to);
      change(first + i, to);
    }
    const Output seen = forward(batch.data(), n, Want::kLogits);
    out.insert(out.end(), seen.logits.begin(), seen.logits.end());
  }
  return out;
}

std::vector<float> Network::masked_logits(
    const float *input, const float *maps,
    const std::vector<std::size_t> &channels, const MaskRule &rule,
    const Effort &effort) const {
  const Shape in = this->input(), map = this->maps();
  const Masker masker(in, map, rule);
  std::vector<char> flat(channels.size());
  std::vector<float> out = logits_near(
      input, channels.size(),
      [&](std::size_t i, float *to) {
        flat[i] = !masker.mask(input,
                               maps + channels[i] * map.height * map.width, to);
        return Block{0, in.height, 0, in.width};
      },
      effort);
  for (std::size_t i = 0; i < channels.size(); ++i)
    if (flat[i])
      std::fill_n(out.data() + i * classes(), classes(),
                  std::numeric_limits<float>::quiet_NaN());
  return out;
}

}  // namespace sonar::nn
