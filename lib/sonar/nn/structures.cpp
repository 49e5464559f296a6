/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/nn/structures.h"

#include <algorithm>

#include "sonar/core/error.h"
#include "sonar/core/image.h"
#include "sonar/nn/margin.h"

namespace sonar::nn {
namespace {

/** Copies a structure's pixels in every channel. */
void copy_structure(const float *from, const Shape &shape,
                    const std::vector<std::size_t> &pixels, float *out) {
  for (std::size_t c = 0; c < shape.channels; ++c)
    for (const std::size_t i : pixels) {
      const std::size_t at = c * shape.height * shape.width + i;
      out[at] = from[at];
    }
}

std::vector<std::vector<std::size_t>> pixels_of(
    const mask::Structures &structures) {
  std::vector<std::vector<std::size_t>> out(structures.found.size());
  for (std::size_t i = 0; i < structures.owner.size(); ++i)
    if (structures.owner[i]) out[structures.owner[i] - 1u].push_back(i);
  return out;
}

}  // namespace

std::vector<std::vector<double>> structure_effects(
    const Network &network, const float *input, const float *blank,
    const std::vector<std::size_t> &targets, const mask::Structures &structures,
    std::size_t batch_size) {
  for (const std::size_t target : targets)
    require_target(network, target, batch_size);
  const Shape shape = network.input();
  if (structures.height != shape.height || structures.width != shape.width)
    throw Error(Errc::kBadArgument,
                "the structures are of a picture of " +
                    shape_text(structures.height, structures.width) +
                    " pixels (height x width), the network's input is " +
                    shape_text(shape.height, shape.width) +
                    "; needed the same");
  const std::size_t count = structures.found.size();
  std::vector<std::vector<double>> out(targets.size(),
                                       std::vector<double>(count));
  if (count == 0) return out;
  const auto pixels = pixels_of(structures);
  // each alone, then the whole without each; then nothing, and the whole
  const std::vector<float> logits = logits_of(
      network, 2 * count + 2, batch_size, [&](std::size_t i, float *to) {
        const bool whole = i == 2 * count + 1 || (i >= count && i < 2 * count);
        const float *base = whole ? input : blank;
        std::copy(base, base + shape.size(), to);
        if (i < 2 * count)
          copy_structure(whole ? blank : input, shape, pixels[i % count], to);
      });
  for (std::size_t t = 0; t < targets.size(); ++t) {
    const auto score = [&](std::size_t i) {
      return margin(logits.data() + i * network.classes(), network.classes(),
                    targets[t]);
    };
    for (std::size_t s = 0; s < count; ++s)
      out[t][s] = ((score(s) - score(2 * count)) +
                   (score(2 * count + 1) - score(count + s))) /
                  2;
  }
  return out;
}

}  // namespace sonar::nn
