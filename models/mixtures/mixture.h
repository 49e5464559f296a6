/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <vector>

#include "sonar/core/image.h"
#include "sonar/core/recipe.h"
#include "sonar/mask/threshold.h"
#include "sonar/metrics/truth_score.h"

namespace sonar::models {

/** A signal's level in dBFS, its value in dB over its own background; height x
 *  columns, row 0 = highest frequency. */
struct Spectrum {
  Image level_db, value_db;
};
/** By the streams' own Spectrograph. */
Spectrum analyse_spectrum(const std::vector<float> &samples,
                          const Recipe &recipe);

/** What a recording has to say of its source: pixels more than 3 dB over its
 *  own background, or more than 6 dB over their row's median in time. */
mask::Binary own_signature(const Spectrum &own);

/**
 * What every pixel of @p target + @p other is (docs/method.md section 6). Of
 * the pixels where the target is the louder one:
 *
 * target      its own_signature()
 * weak        target, and pixels below its own background: they count neither
 *             way
 * interferer  the other's own signature where that is the louder one
 * snr_db      target's level over the other's, rounded down, -128 to 127
 *
 * @p other_gain_db: of the other in the mixture.
 */
metrics::Truth mixture_truth(const Spectrum &target, const Spectrum &other,
                             float other_gain_db);

/** What of @p samples lies in the pixels of @p mask: its spectrum there and
 *  nothing elsewhere, made a signal again. */
std::vector<float> masked_signal(const std::vector<float> &samples,
                                 const mask::Binary &mask,
                                 const Recipe &recipe);

/** Mean power of @p samples in the band that the recipe shows, of any unit. */
double power_in_band(const std::vector<float> &samples, const Recipe &recipe);

}  // namespace sonar::models
