/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/render/trails.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <string>

#include "sonar/core/error.h"

namespace sonar::render {

/* Leaves the columns [begin, end) of each trail. */
void Trails::cut(std::int64_t begin, std::int64_t end) {
  for (auto t = trails_.begin(); t != trails_.end();) {
    auto &[first, hz, colour] = t->second;
    const auto size = std::int64_t(hz.size());
    hz.resize(std::size_t(std::clamp<std::int64_t>(end - first, 0, size)));
    const auto gone =
        std::clamp<std::int64_t>(begin - first, 0, std::int64_t(hz.size()));
    hz.erase(hz.begin(), hz.begin() + gone);
    first += gone;
    t = hz.empty() ? trails_.erase(t) : std::next(t);
  }
}

void Trails::put(std::int64_t first_column, ColumnRange valid,
                 const std::vector<PictureTrail> &tracks) {
  const std::int64_t begin = first_column + std::int64_t(valid.begin);
  const std::int64_t end = first_column + std::int64_t(valid.end);
  for (const PictureTrail &t : tracks)
    if (t.hz.size() < valid.end)
      throw Error(Errc::kBadArgument,
                  "a trail has " + std::to_string(t.hz.size()) +
                      " columns, its picture is valid up to column " +
                      std::to_string(valid.end) + "; give one value a column");
  if (first_column < picture_ || begin > newest_) clear();
  picture_ = first_column;
  newest_ = end;
  cut(end - std::int64_t(columns_), begin);
  for (const PictureTrail &t : tracks) {
    const auto [trail, fresh] =
        trails_.try_emplace(t.id, Columns{begin, {}, 0});
    auto &[first, hz, colour] = trail->second;
    colour = t.colour;
    hz.resize(std::size_t(begin - first),
              std::numeric_limits<float>::quiet_NaN());
    hz.insert(hz.end(), t.hz.begin() + std::ptrdiff_t(valid.begin),
              t.hz.begin() + std::ptrdiff_t(valid.end));
  }
}

std::vector<Trail> Trails::on(std::int64_t first_column) const {
  std::vector<Trail> out;
  for (const auto &[id, trail] : trails_)
    out.push_back(
        {std::ptrdiff_t(trail.first - first_column), trail.hz, trail.colour});
  return out;
}

}  // namespace sonar::render
