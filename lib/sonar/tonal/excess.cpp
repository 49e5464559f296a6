/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/tonal/excess.h"

#include <cmath>

#include "sonar/mask/evidence.h"
#include "sonar/tonal/peaks.h"

namespace sonar::tonal {

static constexpr std::size_t kNoiseHalfWidth = 14;  // rows

Image line_excess(const Image &value_db, const Image &background_db,
                  ColumnRange valid, std::size_t window_columns) {
  const std::size_t half_width = 2 * window_columns;
  if (!background_db.empty())
    return mask::line_evidence(value_db, valid, int(half_width));
  const Image level = smooth_columns(value_db, valid, half_width);
  const Image noise = median_rows(level, valid, kNoiseHalfWidth);
  Image excess(level.height(), level.width());
  for (std::size_t y = 0; y < level.height(); ++y)
    for (std::size_t x = valid.begin; x < valid.end; ++x)
      excess.at(y, x) = level.at(y, x) - noise.at(y, x);
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
