/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <vector>

#include "sonar/core/image.h"
#include "sonar/core/recipe.h"
#include "sonar/lines/track.h"

namespace sonar::lines {

/** A power (linear) as dB, at least -40. */
float power_db(float power);

/**
 * Power of the tracked lines over noise in each pixel of a picture of
 * @p recipe, dB: height() rows (row 0 the highest frequency) x width columns;
 * -40 where there is none. A line's power per bin falls with the bin's width
 * and spreads as hann_response() says; of several lines the strongest counts.
 * @p tracks have valid.count() columns and come from an evidence transform of
 * @p recipe (linear axis).
 */
Image footprint_db(const std::vector<Track> &tracks, const Recipe &recipe,
                   ColumnRange valid);

/** Confidence of each pixel, logistic in its SNR with a width of 1.5 dB: 0.75
 *  at an in-bin SNR of -4.5 dB; 0 outside @p valid. */
Image footprint_confidence(const Image &snr_db, ColumnRange valid);

}  // namespace sonar::lines
