/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/propulsion/held_out.h"

#include <algorithm>
#include <map>

#include "models/parallel.h"
#include "models/synth/random.h"
#include "sonar/core/error.h"

namespace sonar::models {
namespace {

constexpr double kPenalty = 3.0;
constexpr int kNoiseDegrees[] = {2, 4, 8, 16, 64};
constexpr int kNoisesOfEach = 12;

/* Chi-squared of mean 1. */
float noise(int degrees, synth::Random &random) {
  double sum = 0.0;
  for (int i = 0; i < degrees; ++i) {
    const double x = random.normal();
    sum += x * x;
  }
  return float(sum / degrees);
}

DemonSpectrum with_noise(DemonSpectrum s, int degrees, synth::Random &random) {
  for (float &p : s.power) p *= noise(degrees, random);
  return s;
}

}  // namespace

std::vector<std::size_t> propulsion_folds(
    const std::vector<AnnotatedSpectrum> &spectra, std::size_t folds,
    std::uint64_t seed) {
  std::map<std::string, std::size_t> vessels;
  std::vector<std::size_t> group_of;
  std::size_t groups = 0;
  for (const AnnotatedSpectrum &s : spectra)
    group_of.push_back(s.vessel.empty() ? groups++
                       : vessels.emplace(s.vessel, groups).second
                           ? groups++
                           : vessels.at(s.vessel));
  if (folds < 2 || folds > groups)
    throw Error(Errc::kBadArgument,
                "Folds of annotated spectra: got " + std::to_string(folds) +
                    ", they need to be 2 at least and no more than the " +
                    std::to_string(groups) + " vessels.");
  std::vector<std::size_t> fold(groups);
  for (std::size_t i = 0; i < groups; ++i) fold[i] = i % folds;
  synth::Random random(seed, 0);
  for (std::size_t i = groups; i > 1; --i)
    std::swap(fold[i - 1], fold[std::size_t(random.below(int(i)))]);
  for (std::size_t &g : group_of) g = fold[g];
  return group_of;
}

PropulsionFitter::PropulsionFitter(std::vector<AnnotatedSpectrum> spectra,
                                   std::uint64_t seed, std::size_t threads)
    : spectra_(std::move(spectra)),
      threads_(threads),
      copies_({{"as they are", {}, {}},
               {"with the noise of 8 windows", {}, {}},
               {"with the noise of 2 windows", {}, {}}}) {
  for (std::size_t i = 0; i < spectra_.size(); ++i) {
    const DemonSpectrum &s = spectra_[i].spectrum;
    synth::Random random(seed, i);
    copies_[0].spectra.push_back(s);
    copies_[1].spectra.push_back(with_noise(s, 16, random));
    copies_[2].spectra.push_back(with_noise(s, 4, random));
  }
  make_examples();
  if (!spectra_.empty()) make_noise_alone(seed);
}

void PropulsionFitter::make_examples() {
  for (Copies &c : copies_) {
    c.examples.resize(spectra_.size());
    for_each_in_parallel(spectra_.size(), threads_, {}, [&] {
      return [&](std::size_t i) {
        c.examples[i] = propulsion_example(c.spectra[i], spectra_[i].shaft_hz,
                                           spectra_[i].blades);
      };
    });
  }
}

void PropulsionFitter::make_noise_alone(std::uint64_t seed) {
  synth::Random random(seed, spectra_.size());
  DemonSpectrum flat = spectra_[0].spectrum;
  std::fill(flat.power.begin(), flat.power.end(), 1.0f);
  for (const int degrees : kNoiseDegrees)
    for (int i = 0; i < kNoisesOfEach; ++i)
      noise_alone_.push_back(
          propulsion_example(with_noise(flat, degrees, random), 0, 0));
}

bool PropulsionFitter::usable(std::size_t i) const {
  return spectra_[i].shaft_hz > 0 ? !copies_[0].examples[i].right.empty()
                                  : !spectra_[i].clear;
}

std::size_t PropulsionFitter::size() const {
  std::size_t count = 0;
  for (std::size_t i = 0; i < spectra_.size(); ++i) count += usable(i);
  return count;
}

std::vector<const PropulsionExample *> PropulsionFitter::outside(
    const std::vector<std::size_t> &folds, std::size_t fold) const {
  std::vector<const PropulsionExample *> examples;
  for (const Copies &c : copies_)
    for (std::size_t i = 0; i < spectra_.size(); ++i)
      if (folds[i] != fold && usable(i)) examples.push_back(&c.examples[i]);
  for (const PropulsionExample &e : noise_alone_) examples.push_back(&e);
  return examples;
}

tonal::PropulsionWeights PropulsionFitter::fit() const {
  const std::vector<std::size_t> all(spectra_.size(), 1);
  return fit_propulsion(PropulsionLoss(outside(all, 0), kPenalty, threads_));
}

PropulsionResult PropulsionFitter::result(
    const DemonSpectrum &read, std::size_t i,
    const tonal::PropulsionWeights &weights) const {
  const AnnotatedSpectrum &s = spectra_[i];
  return {s.id, s.shaft_hz, s.blades, s.clear,
          tonal::estimate_propulsion(read.power.data(), read.power.size(),
                                     read.bin_hz, weights)};
}

std::vector<PropulsionResults> PropulsionFitter::results(
    const tonal::PropulsionWeights &weights) const {
  std::vector<PropulsionResults> out;
  for (const Copies &c : copies_) {
    out.push_back({c.name, {}});
    for (std::size_t i = 0; i < spectra_.size(); ++i)
      out.back().results.push_back(result(c.spectra[i], i, weights));
  }
  return out;
}

std::vector<PropulsionResults> PropulsionFitter::held_out(
    std::size_t folds, std::uint64_t seed) const {
  const std::vector<std::size_t> fold = propulsion_folds(spectra_, folds, seed);
  std::vector<PropulsionResults> out;
  for (const Copies &c : copies_) out.push_back({c.name, {}});
  for (std::size_t f = 0; f < folds; ++f) {
    const tonal::PropulsionWeights weights =
        fit_propulsion(PropulsionLoss(outside(fold, f), kPenalty, threads_));
    for (std::size_t c = 0; c < out.size(); ++c)
      for (std::size_t i = 0; i < spectra_.size(); ++i)
        if (fold[i] == f)
          out[c].results.push_back(result(copies_[c].spectra[i], i, weights));
  }
  return out;
}

}  // namespace sonar::models
