/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "sonar/core/image.h"
#include "sonar/mask/threshold.h"
#include "sonar/tonal/grid.h"

namespace sonar::tonal {

/** Rows of a peak's surroundings on either side of it. */
constexpr std::size_t kReach = 8;

/** A maximum over frequency in one column: where a tonal may be. */
struct Peak {
  float row = 0;            ///< of the tone, interpolated
  float value_db = 0;       ///< of the picture, there
  float background_db = 0;  ///< there; 0 where the picture has none
  float noise_db = 0;       ///< value of the picture without the tone: 0 over a
                            ///< background, else the median around it
  float around_step = 1;    ///< rows from one of `around` to the next
  /** Power over noise, that of the noise taken off, from kReach steps above
   *  the nearest row to kReach below; NaN outside the picture. */
  std::array<float, 2 * kReach + 1> around{};

  float excess_db() const noexcept { return value_db - noise_db; }
};

/**
 * The peaks of each column of @p value_db among the pixels of @p kept.
 *
 * Powers are averaged over the columns of one window on either side (within
 * @p valid) before a maximum is looked for. A maximum counts when the level
 * falls by 1.5 dB on both sides before it rises above it again, within the
 * width of the main lobe: two lines that touch are two peaks, the ripple on one
 * line is none. Shapes: as @p value_db; @p background_db may be empty. Columns
 * outside @p valid have none. Throws Error(kBadArgument) on shapes and a valid
 * range that do not fit.
 */
std::vector<std::vector<Peak>> find_peaks(const Grid &grid,
                                          const Image &value_db,
                                          const Image &background_db,
                                          const mask::Binary &kept,
                                          ColumnRange valid);

/** @p kept of a picture on the rows of a finer one: a fine row is kept where
 *  the picture's row that it lies in is. */
mask::Binary refine(const mask::Binary &kept,
                    const std::vector<double> &row_edges_hz,
                    const std::vector<double> &fine_edges_hz);

/** Mean power, in dB, over up to @p half_width columns on either side inside
 *  @p valid; what is outside stays as it is. */
Image smooth_columns(const Image &value_db, ColumnRange valid,
                     std::size_t half_width);

/** Median of the levels within @p half_width rows, of every fourth row and
 *  interpolated between: what the noise is where nothing was divided out. */
Image median_rows(const Image &value_db, ColumnRange valid,
                  std::size_t half_width);

}  // namespace sonar::tonal
