/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <vector>

#include "sonar/core/image.h"
#include "sonar/core/recipe.h"
#include "sonar/lines/track.h"

namespace sonar::lines {

/** A power as dB, at least -40. */
float power_db(float power);

/** Power of the tracked lines over noise in each pixel of a picture of
 *  @p recipe, dB (-40 where there is none). */
Image footprint_db(const std::vector<Track> &tracks, const Recipe &recipe,
                   ColumnRange valid);

/** Confidence of a pixel: 0.75 at an in-bin SNR of -4.5 dB. */
Image footprint_confidence(const Image &snr_db, ColumnRange valid);

}  // namespace sonar::lines
