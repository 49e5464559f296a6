/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <vector>

namespace sonar::dsp {

/**
 * Low-pass of linear phase by Kaiser's window (Kaiser 1974): frequencies in
 * cycles per sample, gain 1 at DC, @p stop_db down from @p stop on.
 */
struct LowPass {
  double pass, stop, stop_db;

  /** Taps on either side of the middle one. */
  std::size_t half() const;
  /** 2 * half() + 1 taps. */
  std::vector<double> taps() const;
};

}  // namespace sonar::dsp
