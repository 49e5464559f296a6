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

Block block_of(const mask::Structure &s) {
  return {s.row_begin, s.row_end, s.column_begin, s.column_end};
}

}  // namespace

std::vector<std::vector<double>> structure_effects(
    const Network &network, const float *input, const float *blank,
    const std::vector<std::size_t> &targets, const mask::Structures &structures,
    const Effort &effort) {
  for (const std::size_t target : targets)
    require_target(network, target, effort.batch_size);
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
  // nothing and each alone; then the whole and the whole without each
  const auto logits = [&](const float *base, const float *other) {
    return network.logits_near(
        base, count + 1,
        [&](std::size_t i, float *to) {
          if (i == 0) return Block{};
          copy_structure(other, shape, pixels[i - 1], to);
          return block_of(structures.found[i - 1]);
        },
        effort);
  };
  const std::vector<float> alone = logits(blank, input),
                           without = logits(input, blank);
  for (std::size_t t = 0; t < targets.size(); ++t) {
    const auto score = [&](const std::vector<float> &all, std::size_t i) {
      return margin(all.data() + i * network.classes(), network.classes(),
                    targets[t]);
    };
    for (std::size_t s = 1; s <= count; ++s)
      out[t][s - 1] = ((score(alone, s) - score(alone, 0)) +
                       (score(without, 0) - score(without, s))) /
                      2;
  }
  return out;
}

}  // namespace sonar::nn
