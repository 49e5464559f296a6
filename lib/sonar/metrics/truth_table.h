/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "sonar/metrics/truth_score.h"

namespace sonar::metrics {

/**
 * Means of TruthScore over recordings. Each figure is the mean over those
 * recordings that have it, absent where none has.
 */
struct MeanTruthScore {
  std::size_t recordings = 0;
  std::optional<double> removed, kept, intersecting, intersecting_present;
  std::optional<double> overwritten_0db, overwritten_3db, overwritten_6db;
  std::optional<double> iou, f1;
};

MeanTruthScore mean(const std::vector<TruthScore> &scores);

/** Target pixels of a band of own-line SNR, summed over recordings. */
struct SnrBand {
  int from_db = 0;           ///< first, in dB over ambient in the bin
  std::optional<int> to_db;  ///< first that no longer belongs; absent: open
  std::size_t pixels = 0, overwritten = 0;
};

/** The empty bands 0-2, 2-4, 4-6, 6-8, 8-11 and from 11 dB. */
std::vector<SnrBand> snr_bands();

/** Adds one recording's pixels. Throws Error(kBadArgument) as score(). */
void count_overwritten(const mask::Binary &mask, const Truth &truth,
                       std::vector<SnrBand> &bands);

}  // namespace sonar::metrics
