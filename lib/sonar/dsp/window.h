/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <vector>

#include "sonar/core/recipe.h"

namespace sonar::dsp {

/**
 * @p size samples of the periodic (DFT-even) window, peak 1.
 *
 * Cosine windows after Harris (1978) and, flat top, D'Antona and Ferrero
 * (2006; scalloping below 0.01 dB); Kaiser (1980) of @p kaiser_beta.
 */
std::vector<float> make_window(Window kind, std::size_t size,
                               double kaiser_beta);

/** Equivalent noise bandwidth of a window, in bins of its own length (1.5 for
 *  Hann): size * sum(w^2) / sum(w)^2. Multiplied with rate / size it is the
 *  bandwidth in Hz, zeros behind the window or not. */
double noise_bandwidth_bins(const std::vector<float> &window);

}  // namespace sonar::dsp
