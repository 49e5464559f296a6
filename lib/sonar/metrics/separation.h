/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <optional>

namespace sonar::metrics {

/**
 * Scale-invariant signal-to-distortion ratio of an estimate, dB (Le Roux et
 * al., SDR - half-baked or well done?, 2019, Eq. 5): the power of the
 * estimate's part along the target over that of the rest. Absent when either is
 * silent; +infinity for a scaled copy of the target, -infinity for one
 * orthogonal to it.
 */
std::optional<double> si_sdr_db(const float *estimate, const float *target,
                                std::size_t count);

}  // namespace sonar::metrics
