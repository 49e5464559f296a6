/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstdint>

#include "models/propulsion/fit.h"
#include "models/propulsion/published.h"
#include "models/propulsion/scores.h"

namespace sonar::models {

/** The fold of each spectrum, 0 to @p folds - 1: spectra of one vessel share
 *  it, those of an unnamed one stand alone. Throws Error(kBadArgument) below 2
 *  folds and for more folds than vessels. */
std::vector<std::size_t> propulsion_folds(
    const std::vector<AnnotatedSpectrum> &spectra, std::size_t folds,
    std::uint64_t seed);

/** Results of the spectra as they are or with noise on them. */
struct PropulsionResults {
  std::string name;
  std::vector<PropulsionResult> results;
};

/**
 * Annotated spectra to fit the weights of tonal::estimate_propulsion() to: as
 * they are, times chi-squared noise of 16 and of 4 degrees of freedom (as 8 and
 * 2 windows have it), and 60 of such noise alone. Unclear ones without a shaft
 * rate are to be answered "no shaft seen". Same seed, same noise. An example
 * takes 0.3 MB, and a spectrum makes three.
 */
class PropulsionFitter {
 public:
  PropulsionFitter(std::vector<AnnotatedSpectrum> spectra, std::uint64_t seed,
                   std::size_t threads);

  /** To all. Throws Error(kBadArgument) where none is annotated. */
  tonal::PropulsionWeights fit() const;
  /** What @p weights read off the spectra. */
  std::vector<PropulsionResults> results(
      const tonal::PropulsionWeights &weights) const;
  /** What is read off each by weights fitted to the other folds; its noisy
   *  copies are in its own. Throws as propulsion_folds(). */
  std::vector<PropulsionResults> held_out(std::size_t folds,
                                          std::uint64_t seed) const;
  /** Spectra that are fitted to, copies not counted. */
  std::size_t size() const;

 private:
  struct Copies {
    std::string name;
    std::vector<DemonSpectrum> spectra;
    std::vector<PropulsionExample> examples;
  };

  bool usable(std::size_t spectrum) const;
  void make_examples();
  void make_noise_alone(std::uint64_t seed);
  std::vector<const PropulsionExample *> outside(
      const std::vector<std::size_t> &folds, std::size_t fold) const;
  PropulsionResult result(const DemonSpectrum &read, std::size_t spectrum,
                          const tonal::PropulsionWeights &weights) const;

  std::vector<AnnotatedSpectrum> spectra_;
  std::size_t threads_;
  std::vector<Copies> copies_;
  std::vector<PropulsionExample> noise_alone_;
};

/** The text of lib/sonar/tonal/propulsion_weights.h; @p spectra: how many were
 *  fitted to. */
std::string propulsion_weights_header(const tonal::PropulsionWeights &weights,
                                      std::size_t spectra);

}  // namespace sonar::models
