/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/tonal/family.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>

namespace sonar::tonal {
namespace {

constexpr double kSigmas = 3;         // how far a harmonic may be off
constexpr double kTogether = 5e-4;    // of the frequency: lines of one source
                                      // that were not heard at the same time
constexpr double kClosestComb = 1.5;  // widths of a tone
constexpr int kMostDivisors = 12;     // of a tonal: lowest harmonic there
constexpr double kPresent = 0.65;     // of a family's harmonics, heard
constexpr double kLeastFilled = 0.4;  // of the harmonics up to the highest
constexpr double kMostFilled = 0.25;  // of a comb's spacing, for a harmonic

double uncertainty(const Tonal &t) {
  return std::hypot(t.uncertainty_hz, kTogether * t.frequency_hz);
}

/* P(at least k of n), each with probability p. */
double binomial_tail(std::size_t n, std::size_t k, double p) {
  if (k == 0) return 1;
  if (p <= 0) return 0;
  if (p >= 1) return 1;
  double sum = 0;
  for (std::size_t i = k; i <= n; ++i)
    sum += std::exp(std::lgamma(double(n) + 1) - std::lgamma(double(i) + 1) -
                    std::lgamma(double(n - i) + 1) + double(i) * std::log(p) +
                    double(n - i) * std::log1p(-p));
  return std::min(1.0, sum);
}

struct Comb {
  double hz = 0, sigma = 0;
  std::vector<std::pair<int, std::size_t>> members;  ///< harmonic, tonal
};

class Search {
 public:
  Search(const std::vector<Tonal> &tonals, const std::vector<bool> &used,
         double closest_hz, const FamilyOptions &options)
      : tonals_(tonals),
        used_(used),
        closest_hz_(closest_hz),
        options_(options) {
    for (const Tonal &t : tonals) sigmas_.push_back(uncertainty(t));
    if (!tonals.empty())
      density_per_hz_ =
          double(tonals.size()) / (tonals.back().frequency_hz -
                                   tonals.front().frequency_hz + closest_hz);
  }

  /** The likeliest family that is not likely chance; no members where there is
   *  none. */
  Family best() const {
    Family best;
    double most = 0;
    for (std::size_t i = 0; i < tonals_.size(); ++i)
      for (int n = 1; n <= kMostDivisors && !used_[i]; ++n) {
        const Tonal &t = tonals_[i];
        if (t.frequency_hz / n < closest_hz_) break;
        Comb comb{t.frequency_hz / n, sigmas_[i] / n, {{n, i}}};
        settle(comb);
        // as far up as it is likeliest: what lies above may be anybody's
        for (; comb.members.size() >= options_.least_members;
             comb.members.pop_back()) {
          const Odds odds = odds_of(comb);
          if (odds.log_likelihood <= most ||
              odds.chance > options_.most_chance || !is_filled(comb))
            continue;
          most = odds.log_likelihood;
          best = describe(comb, odds.chance);
        }
      }
    return best;
  }

 private:
  double tolerance(const Comb &comb, std::size_t i, double harmonic) const {
    const double own = sigmas_[i], comb_s = harmonic * comb.sigma;
    const double off = kSigmas * std::sqrt(own * own + comb_s * comb_s);
    return std::min(off, kMostFilled * comb.hz);
  }

  /* The nearest tonal of each harmonic, among those near enough. */
  void take(Comb &comb) const {
    comb.members.clear();
    for (std::size_t i = 0; i < tonals_.size(); ++i) {
      const Tonal &t = tonals_[i];
      const int n = int(std::lround(t.frequency_hz / comb.hz));
      if (used_[i] || n < 1 || n > options_.highest_harmonic) continue;
      const double off = std::fabs(t.frequency_hz - n * comb.hz);
      if (off > tolerance(comb, i, n)) continue;
      if (!comb.members.empty() && comb.members.back().first == n) {
        const Tonal &other = tonals_[comb.members.back().second];
        if (off < std::fabs(other.frequency_hz - n * comb.hz))
          comb.members.back().second = i;
      } else {
        comb.members.push_back({n, i});
      }
    }
  }

  /* Weighted least squares of f = n f0; what is left widens the uncertainty. */
  void fit(Comb &comb) const {
    double nf = 0, nn = 0, misfit = 0;
    for (const auto &[n, i] : comb.members) {
      const double weight = 1 / (sigmas_[i] * sigmas_[i]);
      nf += weight * n * tonals_[i].frequency_hz;
      nn += weight * n * n;
    }
    comb.hz = nf / nn;
    for (const auto &[n, i] : comb.members)
      misfit +=
          std::pow((tonals_[i].frequency_hz - n * comb.hz) / sigmas_[i], 2);
    const double freedom = std::max(1.0, double(comb.members.size()) - 1);
    comb.sigma = std::sqrt(std::max(1.0, misfit / freedom) / nn);
  }

  /* Grows from the lowest harmonics up, as the fundamental gets surer. */
  void settle(Comb &comb) const {
    for (int round = 0; round < 6; ++round) {
      const auto before = comb.members;
      take(comb);
      if (comb.members.empty()) return;
      fit(comb);
      if (comb.members == before) break;
    }
    int divisor = 0;
    for (const auto &[n, i] : comb.members) divisor = std::gcd(divisor, n);
    for (auto &member : comb.members) member.first /= divisor;
    comb.hz *= divisor;
    comb.sigma *= divisor;
  }

  /* Harmonics up to the highest member that the band has. */
  double slots_of(const Comb &comb) const {
    const double lowest = std::ceil(options_.lowest_hz / comb.hz);
    return comb.members.back().first - std::max(1.0, lowest) + 1;
  }

  /* Two families whose fundamentals have a common divisor, such as 50 and 60
   * Hz, lie on a comb of that, with more gaps than lines. */
  bool is_filled(const Comb &comb) const {
    return double(comb.members.size()) >= kLeastFilled * slots_of(comb);
  }

  struct Odds {
    double chance = 1;          ///< see FamilyOptions
    double log_likelihood = 0;  ///< of a family over chance
  };
  Odds odds_of(const Comb &comb) const {
    const int highest = comb.members.back().first;
    double share = 0;
    std::size_t in_band = 0;
    for (std::size_t i = 0; i < tonals_.size(); ++i) {
      const Tonal &t = tonals_[i];
      const double harmonic = t.frequency_hz / comb.hz;
      if (used_[i] || harmonic > highest + 0.5 || harmonic < 0.5) continue;
      ++in_band;
      share += std::min(1.0, 2 * tolerance(comb, i, harmonic) / comb.hz);
    }
    const double p = std::clamp(share / double(in_band), 1e-9, 1.0 - 1e-9);
    const int lowest = comb.members.front().first;
    const double trials = double(in_band) * lowest * (lowest + 1);
    return {trials * binomial_tail(in_band - 1, comb.members.size() - 1, p),
            log_likelihood(comb)};
  }

  /* Of a family over lines in random places, as many as there are: a member
   * counts by how unlikely one of those is to lie as near to its harmonic, a
   * harmonic without a line by how rarely a family lacks one. Combs of
   * different spacing compare, which chance does not: 2, 4, 6 of a fundamental
   * lie as near to 1, 2, 3 of its double, and 1 and 3 tell the two apart. */
  double log_likelihood(const Comb &comb) const {
    double sum =
        (slots_of(comb) - double(comb.members.size())) * std::log(1 - kPresent);
    for (const auto &[n, i] : comb.members) {
      const double random = 2 * tolerance(comb, i, n) * density_per_hz_;
      sum += std::log(kPresent / std::min(1.0, random));
    }
    return sum;
  }

  Family describe(const Comb &comb, double chance) const {
    Family f;
    f.fundamental_hz = comb.hz;
    f.uncertainty_hz = comb.sigma;
    f.chance = chance;
    for (const auto &[n, i] : comb.members)
      f.members.push_back(
          {tonals_[i].id, n, tonals_[i].frequency_hz, tonals_[i].level_db});
    return f;
  }

  const std::vector<Tonal> &tonals_;
  const std::vector<bool> &used_;
  double closest_hz_;
  const FamilyOptions &options_;
  std::vector<double> sigmas_;  ///< of the tonals
  double density_per_hz_ = 0;   ///< of the tonals
};

}  // namespace

std::vector<Family> find_families(const std::vector<Tonal> &tonals,
                                  double resolution_hz,
                                  const FamilyOptions &options) {
  std::vector<Tonal> sorted = tonals;
  std::sort(sorted.begin(), sorted.end(), [](const Tonal &a, const Tonal &b) {
    return std::tie(a.frequency_hz, a.id) < std::tie(b.frequency_hz, b.id);
  });
  std::vector<bool> used(sorted.size());
  const Search search(sorted, used, kClosestComb * resolution_hz, options);
  std::vector<Family> families;
  for (;;) {
    Family family = search.best();
    if (family.members.empty()) break;
    for (const Member &m : family.members)
      for (std::size_t i = 0; i < sorted.size(); ++i)
        if (sorted[i].id == m.tonal) used[i] = true;
    families.push_back(std::move(family));
  }
  std::sort(families.begin(), families.end(),
            [](const Family &a, const Family &b) {
              return a.fundamental_hz < b.fundamental_hz;
            });
  return families;
}

}  // namespace sonar::tonal
