/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/tonal/propulsion.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <string>

#include "sonar/core/error.h"
#include "sonar/tonal/comb.h"
#include "sonar/tonal/propulsion_weights.h"
#include "sonar/tonal/whitened.h"

namespace sonar::tonal {
namespace {

constexpr double kCoarsestBinHz = 0.25, kShortestHz = 15.0;
constexpr std::size_t kNear = 2;  // steps that are one answer: 1.75 %
constexpr std::size_t kBladeCounts = kMaxBlades - kMinBlades + 1;
constexpr std::size_t kMostCandidates = 8;
constexpr double kLeastProbability = 0.01;
/* A line's frequency in a window of ten seconds is no better known. */
constexpr double kLineHz = 0.015;
constexpr double kStandsOut = 4.0;  // of a peak that tells the rate

using Blades = std::array<double, kBladeCounts>;

void require_usable(const float *power, std::size_t bins, double bin_hz) {
  const bool fine = bin_hz > 0.0 && bin_hz <= kCoarsestBinHz;
  if (!fine || bins < 2 || double(bins - 1) * bin_hz < kShortestHz - 1e-9) {
    char got[96];
    std::snprintf(got, sizeof got, "%zu bins of %g Hz", bins, bin_hz);
    throw Error(Errc::kBadArgument,
                std::string("Shaft rate got a DEMON spectrum of ") + got +
                    ", it needs bins of 0.25 Hz at most up to 15 Hz at least; "
                    "give a longer window or a smaller decimation.");
  }
  for (std::size_t k = 0; k < bins; ++k)
    if (!std::isfinite(power[k]) || power[k] < 0.0f)
      throw Error(
          Errc::kNumeric,
          "Shaft rate got the power " + std::to_string(power[k]) + " in bin " +
              std::to_string(k) +
              " of a DEMON spectrum, it needs finite powers from 0 on.");
}

template <std::size_t N>
double weighted(const std::array<double, N> &features,
                const std::array<double, N> &weights) {
  return std::inner_product(features.begin(), features.end(), weights.begin(),
                            0.0);
}

/* Probabilities of every shaft rate and number of blades; with that of "no
 * shaft seen" they add up to 1. */
class Posterior {
 public:
  Posterior(const Whitened &spectrum, const PropulsionWeights &weights)
      : rates_(shaft_rates()), blades_(rates_.size()), mass_(rates_.size()) {
    double most = weighted(none_features(spectrum), weights.none), sum = 0.0;
    const double none = most;
    for (std::size_t i = 0; i < rates_.size(); ++i) {
      const Comb comb(spectrum, rates_[i]);
      for (std::size_t n = 0; n < kBladeCounts; ++n)
        blades_[i][n] =
            weighted(comb.features(kMinBlades + int(n)), weights.comb);
      most = std::max(most,
                      *std::max_element(blades_[i].begin(), blades_[i].end()));
    }
    for (Blades &scores : blades_)
      for (double &s : scores) sum += s = std::exp(s - most);
    sum += std::exp(none - most);
    for (std::size_t i = 0; i < rates_.size(); ++i)
      for (double &s : blades_[i]) mass_[i] += s /= sum;
  }

  struct Answer {
    double shaft_hz, spread_hz, probability;
    Blades blades;
    int best() const {
      return kMinBlades + int(std::max_element(blades.begin(), blades.end()) -
                              blades.begin());
    }
  };

  /* The most probable shaft rate, which is then out of the race. */
  Answer take() {
    std::size_t best = 0;
    double most = -1.0;
    for (std::size_t i = 0; i < rates_.size(); ++i) {
      const double near = sum_around(i);
      if (near > most) most = near, best = i;
    }
    const Answer answer = around(best, most);
    for (std::size_t i = begin(best); i < end(best); ++i) mass_[i] = 0.0;
    return answer;
  }

 private:
  std::size_t begin(std::size_t i) const { return i - std::min(i, kNear); }
  std::size_t end(std::size_t i) const {
    return std::min(rates_.size(), i + kNear + 1);
  }
  double sum_around(std::size_t middle) const {
    return std::accumulate(mass_.begin() + std::ptrdiff_t(begin(middle)),
                           mass_.begin() + std::ptrdiff_t(end(middle)), 0.0);
  }

  Answer around(std::size_t middle, double sum) const {
    Answer a{rates_[middle], 0.0, sum, {}};
    double log_mean = 0.0, blades = 0.0, square = 0.0;
    const double scale = sum > 0.0 ? 1.0 / sum : 0.0;
    for (std::size_t i = begin(middle); i < end(middle); ++i) {
      log_mean += scale * mass_[i] * std::log(rates_[i] / rates_[middle]);
      for (std::size_t n = 0; n < kBladeCounts; ++n)
        a.blades[n] += blades_[i][n], blades += blades_[i][n];
    }
    for (std::size_t i = begin(middle); i < end(middle); ++i) {
      const double off = std::log(rates_[i] / rates_[middle]) - log_mean;
      square += scale * mass_[i] * off * off;
    }
    a.shaft_hz *= std::exp(log_mean);
    a.spread_hz =
        a.shaft_hz * std::sqrt(square + kShaftRateStep * kShaftRateStep / 12);
    for (double &b : a.blades) b = blades > 0.0 ? b / blades : 0.0;
    return a;
  }

  std::vector<double> rates_;
  std::vector<Blades> blades_;
  std::vector<double> mass_;  // of a rate, all numbers of blades together
};

/* Fits the shaft rate to the peaks on its harmonics, from the lowest on, so
 * that it is known well enough to tell the next one's. */
void fit_harmonics(const Whitened &spectrum, Propulsion &p) {
  std::vector<SpectralPeak> peaks = spectrum.peaks();
  std::sort(peaks.begin(), peaks.end(),
            [](const SpectralPeak &a, const SpectralPeak &b) {
              return a.frequency_hz < b.frequency_hz;
            });
  const double farthest = 0.02 * p.shaft_hz;
  double rate = p.shaft_hz, ks = 0, kk = 0, ss = 0, weights = 0;
  int lines = 0;
  for (const SpectralPeak &peak : peaks) {
    const double k = std::round(peak.frequency_hz / rate);
    const double near = 0.05 + (lines > 1 ? 0.002 : 0.006) * peak.frequency_hz;
    if (k < 1 || peak.height < kStandsOut ||
        std::fabs(peak.frequency_hz - k * rate) > near)
      continue;
    const double w = peak.height;
    ks += w * k * peak.frequency_hz;
    kk += w * k * k;
    ss += w * peak.frequency_hz * peak.frequency_hz;
    weights += w;
    ++lines;
    const double fitted = ks / kk;
    if (std::fabs(fitted - p.shaft_hz) < farthest) rate = fitted;
  }
  if (lines == 0) return;
  const double residual = std::max(0.0, ss - 2 * rate * ks + rate * rate * kk);
  const double line =
      lines > 1 ? residual / weights * lines / (lines - 1.0) : 0.0;
  p.shaft_hz = rate;
  p.shaft_uncertainty_hz =
      std::sqrt(std::max(line, kLineHz * kLineHz) / (kk / weights * lines));
}

}  // namespace

Propulsion estimate_propulsion(const float *power, std::size_t bins,
                               double bin_hz) {
  return estimate_propulsion(power, bins, bin_hz, kPropulsionWeights);
}

Propulsion estimate_propulsion(const float *power, std::size_t bins,
                               double bin_hz,
                               const PropulsionWeights &weights) {
  require_usable(power, bins, bin_hz);
  const Whitened spectrum(power, bins, bin_hz);
  Propulsion p;
  if (spectrum.empty()) return p;
  Posterior posterior(spectrum, weights);
  const Posterior::Answer best = posterior.take();
  p.shaft_hz = best.shaft_hz;
  p.shaft_uncertainty_hz = best.spread_hz;
  p.blades = best.best();
  p.confidence = best.probability;
  p.blade_probability = best.blades;
  fit_harmonics(spectrum, p);
  p.blade_hz = p.shaft_hz * p.blades;
  p.candidates.push_back({p.shaft_hz, p.blades, p.confidence});
  while (p.candidates.size() < kMostCandidates) {
    const Posterior::Answer next = posterior.take();
    if (next.probability < kLeastProbability) break;
    p.candidates.push_back({next.shaft_hz, next.best(), next.probability});
  }
  return p;
}

}  // namespace sonar::tonal
