/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/train/line_trainer.h"

#include <set>

#include "models/train/augment.h"
#include "sonar/core/error.h"
#include "sonar/lines/learn.h"

namespace sonar::models {
namespace {

/* What the pictures of a class are independent in: its groups, or where there
 * is but one, its recordings. */
std::vector<std::size_t> sources_of(const Dataset &data,
                                    const std::vector<std::size_t> &tiles) {
  std::vector<std::set<std::size_t>> groups(data.labels.size());
  for (const std::size_t t : tiles)
    groups[data.tiles[t].label].insert(data.tiles[t].group);
  std::vector<std::size_t> out;
  for (const std::size_t t : tiles) {
    const Tile &tile = data.tiles[t];
    out.push_back(groups[tile.label].size() > 1 ? tile.group : tile.recording);
  }
  return out;
}

}  // namespace

lines::LineModel learn_lines(const Dataset &data,
                             const std::vector<std::size_t> &tiles,
                             const Recipe &recipe, std::uint64_t seed,
                             const std::atomic<bool> &interrupted) {
  const double bin_hz = recipe.evidence_recipe().bin_hz();
  lines::Examples examples;
  examples.classes = data.labels.size();
  examples.check = [&interrupted] {
    if (interrupted)
      throw Error(Errc::kResource, "interrupted while learning lines");
  };
  examples.evidence = [&](std::size_t i) {
    const Tile &tile = data.tiles[tiles[i]];
    return lines::make_evidence(decode_fine(tile, recipe), tile.valid, bin_hz);
  };
  examples.band = {recipe.min_frequency_hz / bin_hz,
                   recipe.max_frequency_hz / bin_hz};
  examples.sources = sources_of(data, tiles);
  for (std::size_t i = 0; i < tiles.size(); ++i) {
    examples.check();
    examples.profiles.push_back(lines::mean_profile(examples.evidence(i)));
    examples.labels.push_back(data.tiles[tiles[i]].label);
  }
  return lines::learn(examples, seed);
}

}  // namespace sonar::models
