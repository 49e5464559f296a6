/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "sonar/core/image.h"

/**
 * What one would use instead, without a network and without classes
 * (docs/method.md section 5, Baselines). Each gives the confidence, 0 to 1,
 * that a pixel is signal; the rule that its name stands for is met from 0.75
 * on, the operating point of every recipe of ours.
 *
 * Shapes: as @p value_db (dB over background), 0 outside @p valid. Every
 * function throws Error(kBadArgument) on a valid range or a background that
 * does not fit. level = value + background; @p background_db may be empty where
 * the value is a level already.
 */
namespace sonar::mask {

/** A threshold on dB over background: 0.75 at @p operating_point_db; 1 dB
 *  below it 0.65, 1.3 dB above it 0.85. */
Image threshold_confidence(const Image &value_db, ColumnRange valid,
                           float operating_point_db);

/** Recipe `tpsw`: 5 dB over the split-window background. */
Image tpsw_confidence(const Image &value_db, ColumnRange valid);

/** Recipe `median`: median over +-3 columns (those inside @p valid) above
 *  3 dB. */
Image median_confidence(const Image &value_db, ColumnRange valid);

/**
 * Recipe `wiener`: gain G = max(0, 1 - 1 / P) of at least one half, P the mean
 * of 10^(value/10) over +-7 columns (those inside @p valid). The confidence
 * 3 G / (1 + 2 G) is 0.75 at one half.
 */
Image wiener_confidence(const Image &value_db, ColumnRange valid);

/**
 * Recipe `gate-stationary`: spectral gating with the statistics of the picture
 * itself (Sainburg et al. 2020, noisereduce): the level in dB at 1.5 standard
 * deviations above its row's mean. A row without any deviation is all below.
 * Half a standard deviation less is 0.65, 0.6 more 0.85. noisereduce's
 * smoothing of the gate over 500 Hz would be all rows here and is left out.
 */
Image stationary_gate_confidence(const Image &value_db,
                                 const Image &background_db, ColumnRange valid);

/**
 * Recipe `gate-nonstationary` (Sainburg et al. 2020, noisereduce): the row's
 * amplitude a against its own floor s, a smoothed over time by an exponential
 * of @p time_constant_columns forward and backward: sigmoid(10 ((a - s) / s -
 * 2)), shifted by ln 3; so the operating point is three times the floor.
 * Throws Error(kBadArgument) on a time constant that is not above 0.
 */
Image nonstationary_gate_confidence(const Image &value_db,
                                    const Image &background_db,
                                    ColumnRange valid,
                                    double time_constant_columns);

}  // namespace sonar::mask
