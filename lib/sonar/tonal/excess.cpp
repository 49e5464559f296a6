/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/tonal/excess.h"

#include <algorithm>
#include <cmath>

#include "sonar/mask/evidence.h"
#include "sonar/tonal/peaks.h"

namespace sonar::tonal {

static constexpr std::size_t kWindows = 4;          // on either side
static constexpr std::size_t kNoiseHalfWidth = 14;  // rows

/* Columns averaged on either side: as far as a window reaches, times four. */
static std::size_t half_width_of(const Recipe &recipe) {
  return kWindows * window_columns(recipe);
}

static Image over_median(const Image &value_db, ColumnRange valid,
                         std::size_t half_width) {
  const Image level = smooth_columns(value_db, valid, half_width);
  const Image noise = median_rows(level, valid, kNoiseHalfWidth);
  Image excess(level.height(), level.width());
  for (std::size_t y = 0; y < level.height(); ++y)
    for (std::size_t x = valid.begin; x < valid.end; ++x)
      excess.at(y, x) = level.at(y, x) - noise.at(y, x);
  return excess;
}

/* Raises each row to the largest of the fine rows whose middles lie in it. */
static void take_fine(const Image &fine, const std::vector<double> &fine_edges,
                      const std::vector<double> &row_edges_hz, Image &excess) {
  std::size_t row = 0;
  for (std::size_t y = 0; y < fine.height(); ++y) {
    const double hz = (fine_edges[y] + fine_edges[y + 1]) / 2;
    while (row < excess.height() && row_edges_hz[row + 1] > hz) ++row;
    if (row == excess.height()) return;
    if (hz > row_edges_hz[row]) continue;
    for (std::size_t x = 0; x < fine.width(); ++x)
      excess.at(row, x) = std::max(excess.at(row, x), fine.at(y, x));
  }
}

Image line_excess(const Picture &p, const Recipe &recipe,
                  const std::vector<double> &row_edges_hz) {
  Image excess = p.background_db->empty()
                     ? over_median(*p.value_db, p.valid, half_width_of(recipe))
                     : mask::line_evidence(*p.value_db, p.valid,
                                           int(half_width_of(recipe)));
  if (!p.fine_db || p.fine_db->empty()) return excess;
  const Recipe finer = recipe.evidence_recipe();
  take_fine(mask::line_evidence(*p.fine_db, p.valid, int(half_width_of(finer))),
            finer.row_edges_hz(), row_edges_hz, excess);
  return excess;
}

Image excess_confidence(const Image &excess_db, ColumnRange valid,
                        double threshold_db) {
  Image out(excess_db.height(), excess_db.width());
  for (std::size_t y = 0; y < out.height(); ++y)
    for (std::size_t x = valid.begin; x < valid.end; ++x)
      out.at(y, x) = float(
          1 / (1 + std::exp(threshold_db - double(excess_db.at(y, x))) / 3));
  return out;
}

}  // namespace sonar::tonal
