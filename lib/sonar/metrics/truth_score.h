/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sonar/core/image.h"
#include "sonar/mask/threshold.h"

namespace sonar::metrics {

/** What a scene's every pixel is, on the grid of the picture. */
struct Truth {
  mask::Binary target;      ///< own-line power >= ambient, within 13 dB of peak
  mask::Binary weak;        ///< the same from -8 dB: a superset of target
  mask::Binary interferer;  ///< other tones from +3 dB over ambient
  std::vector<std::int8_t>
      snr_db;  ///< own-line power over ambient, rounded down
};

/**
 * The paper's Table I made exact, per recording; fractions 0..1.
 * Absent when too few pixels of the kind exist (target <= 20, or <= 5 at a
 * level).
 */
struct TruthScore {
  double removed = 0;    ///< of pixels that are not even weakly target; 0 where
                         ///< there are none
  double kept = 0;       ///< of all pixels
  int intersecting = 0;  ///< regions (>= 8 px) kept on interferers only
  int intersecting_present = 0;  ///< such regions in the input
  std::optional<double> overwritten_0db, overwritten_3db, overwritten_6db;
  std::optional<double> iou, f1;
};

/** Throws Error(kBadArgument) when the shapes differ or are empty. */
void require_shapes(const mask::Binary &mask, const Truth &truth);

/** Throws as require_shapes(). */
TruthScore score(const mask::Binary &mask, const Truth &truth);

}  // namespace sonar::metrics
