/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <string>
#include <vector>

#include "models/propulsion/recording.h"

namespace sonar::models {

/** A DEMON spectrum with what its annotator read off it. */
struct AnnotatedSpectrum {
  std::string id, label, vessel;
  bool clear = false;   ///< the annotator's word
  double shaft_hz = 0;  ///< 0: not annotated
  int blades = 0;       ///< 0: not annotated
  DemonSpectrum spectrum;
};

/**
 * Reads spectra.npy ([recordings, bins], float32, amplitudes every 0.1 Hz from
 * 0 Hz on) and labels.csv (row, id, class, is_clear, shaft_hz, blades, vessel)
 * of a folder. Throws Error(kNotFound) where one is missing, kBadArgument where
 * one is malformed.
 */
std::vector<AnnotatedSpectrum> read_annotated_spectra(
    const std::string &folder);

}  // namespace sonar::models
