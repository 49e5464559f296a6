/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <vector>

#include "sonar/core/image.h"
#include "sonar/core/recipe.h"
#include "sonar/tonal/analyzer.h"

namespace sonar::tonal {

/**
 * How far each pixel's line stands over the noise, dB: the mean power (capped
 * as in mask::line_evidence) over four windows on either side where the noise
 * was divided out, else the mean level over the median of the rows around it.
 * Where the picture has a fine spectrum, a row's largest excess there counts if
 * it is larger. 0 outside the valid columns. Lines need no class for it. Throws
 * Error(kBadArgument) on shapes and a valid range that do not fit.
 */
Image line_excess(const Picture &picture, const Recipe &recipe,
                  const std::vector<double> &row_edges_hz);

/** Confidence 0..1 of an excess inside @p valid: 0.75, the operating point of
 *  all masks, at @p threshold_db; a decibel is a factor e of the odds. 0
 *  outside. */
Image excess_confidence(const Image &excess_db, ColumnRange valid,
                        double threshold_db);

}  // namespace sonar::tonal
