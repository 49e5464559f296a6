/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/tonal/analyzer.h"

#include <algorithm>
#include <cmath>

namespace sonar::tonal {
namespace {

Grid make_grid(const Recipe &recipe, const std::vector<double> &row_edges_hz,
               bool fine) {
  if (!fine) return {row_edges_hz, recipe};
  const Recipe finer = recipe.evidence_recipe();
  return {finer.row_edges_hz(), finer};
}

std::int64_t columns_of(const Grid &grid, double seconds) {
  return std::int64_t(std::llround(seconds / grid.column_seconds()));
}

/* The narrowest tone of the picture: what decides which combs are too close. */
double resolution_of(const Grid &grid) {
  const double row = double(grid.height() - 1);
  return grid.tone_rows(row) * grid.row_hz(row);
}

}  // namespace

Analyzer::Analyzer(const Recipe &recipe,
                   const std::vector<double> &row_edges_hz, bool fine,
                   const Options &options)
    : options_(options),
      row_edges_hz_(row_edges_hz),
      fine_gain_db_(fine ? 10 * std::log10(recipe.bin_hz() /
                                           recipe.evidence_recipe().bin_hz())
                         : 0),
      tracker_(make_grid(recipe, row_edges_hz, fine), options.tracker),
      family_tracker_(
          columns_of(tracker_.grid(), options.tracker.gap_seconds)) {
  options_.family.lowest_hz = tracker_.grid().row_edges_hz().back();
}

void Analyzer::put_fine(const Picture &p) {
  const auto &fine_edges = tracker_.grid().row_edges_hz();
  Image background(p.fine_db->height(), p.fine_db->width(),
                   -float(fine_gain_db_));
  std::size_t row = 0;
  for (std::size_t y = 0; y < background.height(); ++y) {
    const double hz = (fine_edges[y] + fine_edges[y + 1]) / 2;
    while (row + 1 < p.value_db->height() && row_edges_hz_[row + 1] > hz) ++row;
    for (std::size_t x = 0; !p.background_db->empty() && x < background.width();
         ++x)
      background.at(y, x) += p.background_db->at(row, x);
  }
  tracker_.put(p.first_column, p.valid, *p.fine_db, background,
               refine(*p.kept, row_edges_hz_, fine_edges));
}

void Analyzer::put(const Picture &p) {
  if (p.fine_db && !p.fine_db->empty())
    put_fine(p);
  else
    tracker_.put(p.first_column, p.valid, *p.value_db, *p.background_db,
                 *p.kept);
  std::vector<Tonal> tonals;
  for (const Tracker::Current &c : tracker_.current()) tonals.push_back(c.here);
  families_ =
      find_families(tonals, resolution_of(tracker_.grid()), options_.family);
  name_origins(families_, tonals);
  family_tracker_.put(families_, p.first_column + std::int64_t(p.valid.end),
                      std::int64_t(p.valid.count()));
}

void Analyzer::drain() {
  tracker_.drain();
  family_tracker_.drain();
  families_.clear();
}

}  // namespace sonar::tonal
