/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/lines/align.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "sonar/lines/statistics.h"

namespace sonar::lines {
namespace {

constexpr int kLargestShift = 150;  // steps: ratios from 1 / 1.16 to 1.16
constexpr std::size_t kShifts = 2 * kLargestShift + 1;
constexpr int kRounds = 8;
constexpr int kMedianBins = 25;
constexpr float kNoiseOffsetDb = 0.3f;
constexpr float kLeastFixedDb = 0.15f;
constexpr double kNearlyOneSpeed = 15;  // steps
constexpr std::size_t kSeeds = 12, kOthers = 24;
constexpr double kPriorWeight = 0.25, kLeastSpread = 10;  // steps

Spectrum quotient(const std::vector<double> &sum, std::size_t count) {
  Spectrum out(sum.size());
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = float(sum[i] / double(count));
  return out;
}

/* Correlation of a log spectrum with a pattern for every shift of it, weighted
 * by frequency. */
class Correlator {
 public:
  explicit Correlator(const LogAxis &axis) : weight_(axis.size()) {
    double sum = 0;
    for (std::size_t i = 0; i < weight_.size(); ++i) sum += axis.bin(i);
    for (std::size_t i = 0; i < weight_.size(); ++i)
      weight_[i] = float(axis.bin(i) * double(weight_.size()) / sum);
  }

  void set_pattern(const Spectrum &pattern) {
    reversed_.assign(pattern.size() + 2 * kLargestShift, 0);
    std::copy(pattern.rbegin(), pattern.rend(),
              reversed_.begin() + kLargestShift);
    Spectrum squares = reversed_;
    for (float &v : squares) v *= v;
    norm_ = correlate(weight_, squares);
    for (float &n : norm_) n = 1 / std::sqrt(std::max(n, 1e-6f));
  }

  Spectrum operator()(const Spectrum &log_spectrum) const {
    Spectrum weighted = log_spectrum;
    for (std::size_t i = 0; i < weighted.size(); ++i) weighted[i] *= weight_[i];
    Spectrum c = correlate(weighted, reversed_);
    for (std::size_t s = 0; s < kShifts; ++s) c[s] *= norm_[s];
    return c;
  }

 private:
  /* out[kLargestShift + s] = sum over u of a[u] * pattern[u - s]. The pattern
   * is stored back to front, so that the inner loop runs forward in both arrays
   * and the compiler makes it wide. */
  static Spectrum correlate(const Spectrum &a, const Spectrum &reversed) {
    Spectrum out(kShifts);
    for (std::size_t u = 0; u < a.size(); ++u) {
      const float *from = reversed.data() + (a.size() - 1 - u);
      for (std::size_t s = 0; s < kShifts; ++s) out[s] += a[u] * from[s];
    }
    return out;
  }

  Spectrum weight_, reversed_, norm_;
};

class Aligner {
 public:
  Aligner(const std::vector<Spectrum> &profiles,
          const std::function<void()> &step)
      : profiles_(profiles),
        step_(step),
        axis_(profiles.front().size()),
        correlator_(axis_),
        place_(profiles.front().size()) {
    for (std::size_t k = 0; k < place_.size(); ++k)
      place_[k] = axis_.place(double(k + 1));
  }

  /** From a fixed spectrum, and from where ratios are at most about
   *  @p spread steps: below kLargestShift the recordings as they are, else one
   *  that many resemble at some shift. @p random is taken by value: runs from
   *  different beginnings draw the same recordings. */
  Alignment run(const Spectrum &fixed, double spread, std::mt19937_64 random) {
    std::vector<Spectrum> logs = log_spectra(fixed);
    std::vector<float> shifts(logs.size());
    Spectrum pattern = spread < kLargestShift ? aligned_mean(logs, shifts)
                                              : most_typical(logs, random);
    Alignment out;
    for (int round = 0; round < kRounds; ++round) {
      step_();
      correlator_.set_pattern(pattern);
      for (std::size_t i = 0; i < logs.size(); ++i)
        shifts[i] = float(best_shift(logs[i], spread));
      const float median = median_of(shifts);
      spread =
          std::max(2.0 * double(median_distance(shifts, median)), kLeastSpread);
      /* the pattern stays where the last round's shifts put it */
      if (round + 1 < kRounds)
        for (float &s : shifts) s -= median;
      pattern = aligned_mean(logs, shifts);
      logs = log_spectra(rest_of(pattern, shifts, out.residual));
    }
    for (const float s : shifts) out.log_ratio.push_back(double(s) * kLogStep);
    return out;
  }

 private:
  std::vector<Spectrum> log_spectra(const Spectrum &fixed) const {
    std::vector<Spectrum> logs;
    for (Spectrum rest : profiles_) {
      for (std::size_t k = 0; k < rest.size(); ++k)
        rest[k] = std::max(rest[k] - fixed[k], 0.0f) - kNoiseOffsetDb;
      logs.push_back(axis_.resample(rest));
    }
    return logs;
  }

  /* Of some recordings, the one that others resemble most. */
  Spectrum most_typical(const std::vector<Spectrum> &logs,
                        std::mt19937_64 &random) {
    std::vector<std::size_t> order(logs.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    const auto shuffle = [&] {
      for (std::size_t i = order.size(); i > 1; --i)
        std::swap(order[i - 1], order[random() % i]);
    };
    shuffle();
    const std::vector<std::size_t> seeds(
        order.begin(),
        order.begin() + std::ptrdiff_t(std::min(kSeeds, order.size())));
    double best = -std::numeric_limits<double>::infinity();
    std::size_t chosen = seeds.front();
    for (const std::size_t seed : seeds) {
      correlator_.set_pattern(logs[seed]);
      shuffle();
      double sum = 0;
      std::size_t others = 0;
      for (std::size_t i = 0; i < order.size() && others < kOthers; ++i) {
        if (order[i] == seed) continue;
        const Spectrum c = correlator_(logs[order[i]]);
        sum += double(*std::max_element(c.begin(), c.end()));
        ++others;
      }
      if (others == 0 || sum <= best * double(others)) continue;
      best = sum / double(others);
      chosen = seed;
    }
    return logs[chosen];
  }

  int best_shift(const Spectrum &log_spectrum, double spread) const {
    const Spectrum c = correlator_(log_spectrum);
    const float noise = kMadToSd * median_distance(c, median_of(c));
    int best = 0;
    double top = -std::numeric_limits<double>::infinity();
    for (int s = -kLargestShift; s <= kLargestShift; ++s) {
      const double z = s / spread;
      const double value = double(c[std::size_t(s + kLargestShift)]) -
                           kPriorWeight * double(noise) * z * z;
      if (value <= top) continue;
      top = value;
      best = s;
    }
    return best;
  }

  Spectrum aligned_mean(const std::vector<Spectrum> &logs,
                        const std::vector<float> &shifts) const {
    const int last = int(axis_.size()) - 1;
    std::vector<double> sum(axis_.size());
    for (std::size_t i = 0; i < logs.size(); ++i) {
      const int s = int(std::lround(shifts[i]));
      for (int u = 0; u <= last; ++u)
        sum[std::size_t(u)] +=
            double(logs[i][std::size_t(std::clamp(u + s, 0, last))]);
    }
    return quotient(sum, logs.size());
  }

  /* The fixed spectrum: what the moving pattern leaves, in the mean. */
  Spectrum rest_of(const Spectrum &pattern, const std::vector<float> &shifts,
                   double &residual) const {
    const Spectrum moving = above_median(pattern);
    std::vector<Spectrum> rests = profiles_;
    for (std::size_t i = 0; i < rests.size(); ++i)
      for (std::size_t k = 0; k < place_.size(); ++k)
        rests[i][k] -= at(moving, place_[k] - double(shifts[i]));
    Spectrum fixed = over_running_median(mean_of(rests));
    for (float &v : fixed)
      if (v < kLeastFixedDb) v = 0;
    residual = 0;
    for (const Spectrum &rest : rests)
      for (std::size_t k = 0; k < fixed.size(); ++k) {
        const double d = double(rest[k] - fixed[k]);
        residual += d * d;
      }
    residual /= double(rests.size() * fixed.size());
    return fixed;
  }

  static float at(const Spectrum &pattern, double place) {
    if (place < 0 || place > double(pattern.size() - 1)) return 0;
    const std::size_t below = std::min(std::size_t(place), pattern.size() - 2);
    const float share = float(place - double(below));
    return pattern[below] + share * (pattern[below + 1] - pattern[below]);
  }

  const std::vector<Spectrum> &profiles_;
  const std::function<void()> &step_;
  LogAxis axis_;
  Correlator correlator_;
  std::vector<double> place_;  // of each bin on the log axis
};

/* Per recording and independent value, up to a constant (Rissanen, Modeling by
 * shortest data description, Automatica 14, 1978): what is left unexplained,
 * and the shift, which costs the more the wider shifts scatter. Shifts that may
 * be anything bring some tone of one recording onto some tone of another, so
 * the residual alone prefers them, by up to 5 % where a scatter that is real
 * explains 20 % and more. */
double description_length(const Alignment &a, std::size_t bins) {
  constexpr double kBinsPerValue = 16;
  constexpr double kLeastSd = 0.005;
  const std::vector<float> ratios(a.log_ratio.begin(), a.log_ratio.end());
  return std::log(a.residual) +
         kBinsPerValue / double(bins) *
             std::log(std::max(robust_sd(ratios), kLeastSd));
}

/* Peaks of the mean that stand where they are in many recordings. */
Spectrum steady_peaks(const std::vector<Spectrum> &profiles) {
  Spectrum rest = over_running_median(mean_of(profiles));
  const float limit = 3 * median_distance(rest, 0);
  for (float &v : rest) v = v > limit ? v : 0;
  return rest;
}

}  // namespace

Spectrum running_median(const Spectrum &in, int width) {
  const int last = int(in.size()) - 1, half = width / 2;
  Spectrum out, window;
  for (int i = 0; i <= last; ++i) {
    window.clear();
    for (int d = -half; d <= half; ++d)
      window.push_back(in[std::size_t(std::clamp(i + d, 0, last))]);
    out.push_back(median_of(window));
  }
  return out;
}

Spectrum over_running_median(const Spectrum &in) {
  Spectrum out = running_median(in, kMedianBins);
  for (std::size_t k = 0; k < out.size(); ++k) out[k] = in[k] - out[k];
  return out;
}

Spectrum mean_of(const std::vector<Spectrum> &spectra) {
  std::vector<double> sum(spectra.front().size());
  for (const Spectrum &s : spectra)
    for (std::size_t k = 0; k < s.size(); ++k) sum[k] += double(s[k]);
  return quotient(sum, spectra.size());
}

Spectrum above_median(Spectrum s) {
  const float median = median_of(s);
  for (float &v : s) v = std::max(v - median, 0.0f);
  return s;
}

Alignment align(const std::vector<Spectrum> &profiles, std::uint64_t seed,
                const std::function<void()> &step) {
  const std::mt19937_64 random(seed);
  Aligner aligner(profiles, step);
  const Spectrum fixed[] = {steady_peaks(profiles),
                            Spectrum(profiles.front().size())};
  Alignment best;
  double least = std::numeric_limits<double>::infinity();
  for (const double spread : {double(kLargestShift), kNearlyOneSpeed})
    for (const Spectrum &start : fixed) {
      Alignment one = aligner.run(start, spread, random);
      const double cost = description_length(one, profiles.front().size());
      if (cost >= least) continue;
      least = cost;
      best = std::move(one);
    }
  return best;
}

}  // namespace sonar::lines
