/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "sonar/core/image.h"

namespace sonar::mask {

/**
 * The threshold from which on pixels are to be kept so that the expected F1 is
 * largest, if @p probability of each valid pixel is right (Ye, Chai, Lee and
 * Chieu 2012: the k most probable ones, expected F1 about 2 sum of those / (k +
 * sum of all)): half of the F1 that is reached, so the lower the worse the
 * picture can be told. Within 0.1 and 0.5; 0.5 for a picture of zeros.
 * Throws Error(kBadArgument) on a valid range that does not fit.
 */
float best_f1_threshold(const Image &probability, ColumnRange valid);

/** Confidence that a pixel is to be kept: the odds of @p probability over those
 *  of best_f1_threshold(), shifted by ln 3, so that 0.75 is the operating
 *  point. 0 outside @p valid. Throws as best_f1_threshold(). */
Image f1_confidence(const Image &probability, ColumnRange valid);

}  // namespace sonar::mask
