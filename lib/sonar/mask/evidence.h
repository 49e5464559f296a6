/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <vector>

#include "sonar/core/image.h"

namespace sonar::mask {

/**
 * Line evidence: 10 log10 of the mean, over +-half_width columns inside
 * @p valid, of the capped power min(10^(value/10), 16). In dB over background;
 * 0 outside @p valid. Shapes: as @p value_db. Every function here throws
 * Error(kBadArgument) on a valid range or a shape that does not fit.
 */
Image line_evidence(const Image &value_db, ColumnRange valid, int half_width);

/**
 * Level over the row's median in time, dB: what a transient has and a steady
 * line has not. level = value + background; @p background_db may be empty where
 * the value is a level already. 0 outside @p valid, and everywhere with fewer
 * than 8 valid columns, of which a median says nothing.
 */
Image excess_over_median(const Image &value_db, const Image &background_db,
                         ColumnRange valid);

/**
 * Recipe `subband`: confidence that a pixel is a tone of the class,
 * sigmoid(min((gate - 0.12) / 0.03, (E - 1.5) / 0.5) + ln 3) with E the line
 * evidence over +-7 columns, so that 0.75 is the operating point
 * (docs/method.md section 5.2): 1.5 dB is 1 dB over what noise alone reads. 0
 * outside @p valid.
 * @p gate one value per row, 0..1.
 */
Image gated_confidence(const Image &value_db, ColumnRange valid,
                       const std::vector<float> &gate);

/**
 * Recipe `evidence`: class-blind confidence that a pixel is signal and not
 * background, from its level, its smoothed level (+-3 columns) and its level
 * over the row's median in time (docs/method.md section 5.3; the four weights
 * were fitted there). Shifted by ln 9 so that the study's operating point p =
 * 0.25 lies at 0.75, the operating point of every recipe of ours. 0 outside
 * valid.
 *
 * level = value + background; @p background_db may be empty where the value
 * is a level already. With fewer than 8 valid columns a median in time says
 * nothing, so every pixel counts as being at its row's median.
 */
Image blind_confidence(const Image &value_db, const Image &background_db,
                       ColumnRange valid);

}  // namespace sonar::mask
