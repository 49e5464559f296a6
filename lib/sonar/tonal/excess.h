/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "sonar/core/image.h"

namespace sonar::tonal {

/**
 * How far each pixel's line stands over the noise, dB: the line evidence
 * (mask::line_evidence over two windows on either side) where @p background_db
 * says that the noise was divided out, else its mean level over the median of
 * the rows around it. 0 outside @p valid. Tones need no class for it. Throws
 * Error(kBadArgument) on shapes and a valid range that do not fit.
 */
Image line_excess(const Image &value_db, const Image &background_db,
                  ColumnRange valid, std::size_t window_columns);

/** Confidence 0..1 of an excess inside @p valid: 0.75, the operating point of
 *  all masks, at @p threshold_db; a decibel is a factor e of the odds. 0
 *  outside. */
Image excess_confidence(const Image &excess_db, ColumnRange valid,
                        double threshold_db);

}  // namespace sonar::tonal
