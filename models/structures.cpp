/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/structures.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "models/network_input.h"
#include "sonar/core/error.h"
#include "sonar/nn/structures.h"

namespace sonar::models {
namespace {

/** score = reach * tanh(nats / scale). */
struct Calibration {
  double scale_nats, reach;
};

/* Chosen so that among equally many of both kinds a structure of score s is the
 * class' in (1 + s) / 2 of the cases, or farther from 1/2 (docs/method.md
 * section 5.7). */
constexpr Calibration kFlat{0.2, 0.85}, kBands{0.3, 0.4};

/** The row that shows a frequency; the height where none does. */
std::size_t row_of(const std::vector<double> &edges_hz, double hz) {
  if (!(hz < edges_hz.front()) || !(hz >= edges_hz.back()))
    return edges_hz.size() - 1;
  const auto lower = std::lower_bound(edges_hz.begin(), edges_hz.end(), hz,
                                      std::greater<double>());
  return std::size_t(lower - edges_hz.begin()) - 1;
}

}  // namespace

float structure_score(double nats, Architecture::Head head) {
  const Calibration &c = head == Architecture::Head::kFlat ? kFlat : kBands;
  return float(c.reach * std::tanh(nats / c.scale_nats));
}

mask::Binary track_pixels(const TonalTrack &track, const Recipe &recipe,
                          ColumnRange valid) {
  const std::vector<double> edges = recipe.row_edges_hz();
  const std::size_t height = edges.size() - 1;
  mask::Binary out{height, std::size_t(recipe.width), {}};
  out.values.resize(height * out.width);
  for (std::size_t t = 0; t < track.frequency_hz.size(); ++t) {
    const std::size_t row = row_of(edges, double(track.frequency_hz[t]));
    if (row == height || !(track.snr_db[t] > 0)) continue;
    const std::size_t last = std::min(row + 1, height - 1);
    for (std::size_t y = row - std::min<std::size_t>(row, 1); y <= last; ++y)
      out.values[y * out.width + valid.begin + t] = 1;
  }
  return out;
}

ExplainedStructures explain_structures(const Model &model,
                                       const PictureData &picture,
                                       const std::vector<std::size_t> &targets,
                                       const std::vector<TonalTrack> &tracks,
                                       const nn::Effort &effort) {
  if (targets.empty())
    throw Error(Errc::kBadArgument,
                "structures speak for or against a class, and none was named");
  const nn::Network &network = model.network();
  const Recipe &recipe = model.settings().recipe;
  std::vector<mask::Binary> lines;
  for (const TonalTrack &track : tracks)
    lines.push_back(track_pixels(track, recipe, picture.valid));
  ExplainedStructures out;
  out.structures = mask::find_structures(
      picture.value_db, picture.background_db, picture.valid, lines, {});
  out.scores.resize(out.structures.found.size());
  if (out.scores.empty()) return out;
  const std::vector<float> input = network_input(model.settings(), picture),
                           blank = network_blank(model.settings(), picture);
  const auto effects = nn::structure_effects(
      network, input.data(), blank.data(), targets, out.structures, effort);
  for (std::size_t s = 0; s < out.scores.size(); ++s) {
    for (std::size_t t = 1; t < targets.size(); ++t)
      if (effects[t][s] > effects[out.scores[s].which][s])
        out.scores[s].which = t;
    out.scores[s].score = structure_score(effects[out.scores[s].which][s],
                                          model.settings().architecture.head);
  }
  return out;
}

ExplainedStructures shift_left(const ExplainedStructures &explained,
                               std::ptrdiff_t columns) {
  const mask::Structures &from = explained.structures;
  if (columns <= 0) return explained;
  ExplainedStructures out;
  mask::Structures &to = out.structures;
  to.height = from.height;
  to.width = from.width;
  to.owner.assign(from.owner.size(), 0);
  const auto by = std::min(std::size_t(columns), from.width);
  std::vector<std::uint16_t> renumbered(from.found.size() + 1, 0);
  for (std::size_t s = 0; s < from.found.size(); ++s) {
    mask::Structure one = from.found[s];
    if (one.column_end <= by) continue;
    one.column_begin -= std::min(one.column_begin, by);
    one.column_end -= by;
    one.pixels = 0;  // counted below
    to.found.push_back(one);
    out.scores.push_back(explained.scores[s]);
    renumbered[s + 1] = std::uint16_t(to.found.size());
  }
  for (std::size_t y = 0; y < from.height; ++y)
    for (std::size_t x = by; x < from.width; ++x) {
      const std::uint16_t owner = renumbered[from.owner[y * from.width + x]];
      to.owner[y * from.width + x - by] = owner;
      if (owner) ++to.found[owner - 1u].pixels;
    }
  return out;
}

}  // namespace sonar::models
