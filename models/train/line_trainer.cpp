/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/train/line_trainer.h"

#include "models/train/augment.h"
#include "sonar/core/error.h"
#include "sonar/lines/learn.h"

namespace sonar::models {

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
  for (std::size_t i = 0; i < tiles.size(); ++i) {
    examples.check();
    examples.profiles.push_back(lines::mean_profile(examples.evidence(i)));
    examples.labels.push_back(data.tiles[tiles[i]].label);
  }
  return lines::learn(examples, seed);
}

}  // namespace sonar::models
