/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <array>
#include <cstddef>
#include <vector>

namespace sonar::tonal {

struct PropulsionWeights;  // comb.h

constexpr int kMinBlades = 2, kMaxBlades = 7;
/** Shaft rates that are looked for. */
constexpr double kMinShaftHz = 0.6, kMaxShaftHz = 8.5;

/** A shaft rate that explains the spectrum. */
struct PropulsionCandidate {
  double shaft_hz = 0;
  int blades = 0;
  /** Posterior probability of the shaft rate (within 2 %), whatever the
   *  number of blades. */
  double probability = 0;
};

/** What turns: read off a DEMON spectrum. */
struct Propulsion {
  double shaft_hz = 0;              ///< shaft rate, revolutions a second
  double shaft_uncertainty_hz = 0;  ///< its standard uncertainty
  int blades = 0;                   ///< of the propeller
  double blade_hz = 0;              ///< blade rate = shaft_hz * blades
  /** Posterior probability of the shaft rate, 0 to 1, "there is none to be
   *  seen" counted among the answers: refuse what lies below a threshold. */
  double confidence = 0;
  /** Posterior probabilities of kMinBlades to kMaxBlades blades, given the
   *  shaft rate; sum 1. */
  std::array<double, kMaxBlades - kMinBlades + 1> blade_probability{};
  std::vector<PropulsionCandidate> candidates;  ///< best first, that one too
};

/**
 * Shaft rate and number of blades from a DEMON spectrum.
 *
 * The spectrum goes onto a grid of 0.1 Hz to 50 Hz, in dB over its running
 * median, in units of its own spread. Every shaft rate (0.7 % apart) with every
 * number of blades is scored by a linear model of what stands on the teeth of
 * its comb, between them and beside them; scores and that of "no shaft seen"
 * become probabilities (conditional logit). The rate is then fitted to all the
 * harmonics that stand out. docs/method.md gives features, source of the
 * weights and held-out figures.
 *
 * @param power   @p bins powers (of any unit), DC first
 * @param bin_hz  their spacing; at most 0.25 Hz, the last one at 15 Hz at least
 * Throws Error(kBadArgument) for a spectrum that is too coarse or too short,
 * Error(kNumeric) for one that is not finite or negative.
 * A spectrum without anything in it has confidence 0.
 */
Propulsion estimate_propulsion(const float *power, std::size_t bins,
                               double bin_hz);
/** The same with other weights than those that ship. */
Propulsion estimate_propulsion(const float *power, std::size_t bins,
                               double bin_hz, const PropulsionWeights &weights);

}  // namespace sonar::tonal
