/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "sonar/lines/log_axis.h"

namespace sonar::lines {

using Spectrum = std::vector<float>;

/** How the recordings of a class are shifted against each other. */
struct Alignment {
  std::vector<double> log_ratio;  ///< of each recording's speed, natural
  double residual = 0;  ///< mean square of what is not explained, dB^2
};

/**
 * Expectation maximisation over the unknown speeds of a class' recordings
 * (docs/method.md section 5.4). A recording is the sum of a fixed spectrum and
 * of a pattern that is shifted along the log frequency axis by the logarithm of
 * its speed; both and the shifts are estimated in turn, eight times, from two
 * beginnings (with and without fixed lines), of which the better explanation is
 * kept.
 *
 * Ratios are relative to the recordings' median, within +-0.15, exact to a step
 * of kLogStep. @p profiles: mean profiles in dB, one or more, all of one size
 * of 20 bins or more. @p step is called before each round and may throw.
 */
Alignment align(const std::vector<Spectrum> &profiles, std::uint64_t seed,
                const std::function<void()> &step);

/** Running median over @p width (odd) values; the ends repeat. */
Spectrum running_median(const Spectrum &in, int width);
/** What stands above (or below) the running median over 25 values. */
Spectrum over_running_median(const Spectrum &in);
/** Mean of spectra of one size, one or more. */
Spectrum mean_of(const std::vector<Spectrum> &spectra);
/** max(s - median of s, 0). */
Spectrum above_median(Spectrum s);

}  // namespace sonar::lines
