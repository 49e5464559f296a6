/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/lines/evidence.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "sonar/core/clones.h"
#include "sonar/core/error.h"
#include "sonar/dsp/level.h"
#include "sonar/lines/statistics.h"

namespace sonar::lines {
namespace {

constexpr float kLn2 = 0.69314718f;  // median of noise of mean power 1
constexpr float kLeastMedian = 0.9f;
constexpr float kProfileCap = 100, kMapCap = 400;
constexpr float kProfileLowDb = -1, kProfileHighDb = 20;
constexpr float kMeritCap = 12, kMeritOffset = 0.55f;
constexpr float kNepersPerDb = 0.23025851f;  // of power

/* By value: std::min's references keep loops from being vectorised. */
float at_most(float value, float limit) {
  return value < limit ? value : limit;
}
float at_least(float value, float limit) {
  return value > limit ? value : limit;
}

SONAR_CLONES void add_weighted(const float *__restrict power, float weight,
                               std::size_t count, float *__restrict sum) {
  for (std::size_t x = 0; x < count; ++x)
    sum[x] += weight * (at_most(power[x], kMapCap) - 1);
}
SONAR_CLONES void add_capped(const float *__restrict power, std::size_t count,
                             float *__restrict merit) {
  for (std::size_t x = 0; x < count; ++x)
    merit[x] = 1 + at_most(at_least(power[x], 0), kMeritCap);
}
SONAR_CLONES void as_merit(std::size_t count, float *merit) {
  for (std::size_t x = 0; x < count; ++x)
    merit[x] = merit[x] * kNepersPerDb - kMeritOffset;
}
SONAR_CLONES void multiply(const float *__restrict factor, std::size_t count,
                           float *__restrict values) {
  for (std::size_t x = 0; x < count; ++x) values[x] *= factor[x];
}

/* Upper median of a column that is noise in the main, whose median then lies
 * close to ln 2: only the values around that need sorting. */
float noise_median(const float *values, std::size_t count,
                   std::vector<float> &around) {
  constexpr float kLow = 0.5f, kHigh = 1.0f;
  around.resize(count);
  std::size_t below = 0, between = 0;
  for (std::size_t i = 0; i < count; ++i) {
    around[between] = values[i];
    const bool is_below = values[i] < kLow;
    below += is_below;
    between += !is_below && values[i] < kHigh;
  }
  const std::size_t rank = count / 2;
  if (rank < below || rank >= below + between)
    return median_of({values, values + count});
  const auto middle = around.begin() + std::ptrdiff_t(rank - below);
  std::nth_element(around.begin(), middle,
                   around.begin() + std::ptrdiff_t(between));
  return *middle;
}

/* A column of a click or of a level step stands above its background in all
 * bins at once; no line does. */
void divide_by_median(Image &power) {
  constexpr std::size_t kBlock = 8;  // columns side by side in the cache
  const std::size_t bins = power.height();
  std::vector<float> columns(kBlock * bins), around, factor(power.width());
  for (std::size_t begin = 0; begin < power.width(); begin += kBlock) {
    const std::size_t end = std::min(begin + kBlock, power.width());
    for (std::size_t k = 0; k < bins; ++k)
      for (std::size_t x = begin; x < end; ++x)
        columns[(x - begin) * bins + k] = power.at(k, x);
    for (std::size_t x = begin; x < end; ++x) {
      const float median =
          noise_median(columns.data() + (x - begin) * bins, bins, around);
      factor[x] = 1 / std::max(kLeastMedian, median / kLn2);
    }
  }
  for (std::size_t k = 0; k < bins; ++k)
    multiply(factor.data(), power.width(), power.row(k));
}

/* Power of a line that stands `fraction` of a bin above a bin, from the bins
 * around it; noise is taken off. */
class MatchedFilter {
 public:
  explicit MatchedFilter(double fraction)
      : first_(int(std::ceil(fraction - kReach))) {
    double energy = 0;
    for (int k = first_; k <= int(std::floor(fraction + kReach)); ++k) {
      weights_.push_back(hann_response(k - fraction));
      energy += weights_.back() * weights_.back();
    }
    for (double &w : weights_) w /= energy;
  }

  /** Row 0 of @p power is bin 1. */
  void apply(const Image &power, std::size_t bin, float *out) const {
    const std::size_t first = std::size_t(int(bin) - 1 + first_);
    for (std::size_t i = 0; i < weights_.size(); ++i)
      add_weighted(power.row(first + i), float(weights_[i]), power.width(),
                   out);
  }

 private:
  static constexpr double kReach = 1.75;  // bins
  int first_;                             // bin of the first weight
  std::vector<double> weights_;
};

/* What a track collects of a power. */
void to_merit(const float *power, std::size_t count, float *merit) {
  add_capped(power, count, merit);
  dsp::power_to_db(merit, count, merit);
  as_merit(count, merit);
}

}  // namespace

double hann_response(double d) {
  constexpr double kPi = 3.14159265358979323846;
  d = std::abs(d);
  if (d < 1e-9) return 1;
  if (std::abs(d - 1) < 1e-9) return 0.25;
  const double amplitude = std::sin(kPi * d) / (kPi * d) / (1 - d * d);
  return amplitude * amplitude;
}

Evidence make_evidence(const Image &fine_db, ColumnRange valid, double bin_hz) {
  if (fine_db.empty() || valid.count() == 0 || valid.end > fine_db.width())
    throw Error(Errc::kBadArgument,
                "line evidence needs columns inside a fine spectrum, got " +
                    std::to_string(valid.begin) + " to " +
                    std::to_string(valid.end) + " of " + shape_text(fine_db) +
                    " (bins x columns)");
  Evidence out{Image(fine_db.height(), valid.count()), bin_hz};
  for (std::size_t k = 0; k < out.bins(); ++k)
    dsp::db_to_power(fine_db.row(fine_db.height() - 1 - k) + valid.begin,
                     valid.count(), out.power.row(k));
  divide_by_median(out.power);
  return out;
}

std::vector<float> mean_profile(const Evidence &evidence) {
  std::vector<float> profile(evidence.bins());
  for (std::size_t k = 0; k < profile.size(); ++k) {
    const float *row = evidence.power.row(k);
    float sum = 0;
    for (std::size_t x = 0; x < evidence.columns(); ++x)
      sum += at_most(row[x], kProfileCap);
    profile[k] = sum / float(evidence.columns());
  }
  dsp::power_to_db(profile.data(), profile.size(), profile.data());
  for (float &p : profile) p = std::clamp(p, kProfileLowDb, kProfileHighDb);
  const float median = median_of(profile);
  for (float &p : profile) p -= median;
  return profile;
}

LineMap::LineMap(const Evidence &evidence,
                 const std::vector<CommonLine> &common) {
  const auto last = double(evidence.bins()) - 1.5;
  if (last < kLowestBin)
    throw Error(Errc::kBadArgument,
                "lines need a fine spectrum of at least 10 bins, got " +
                    std::to_string(evidence.bins()));
  const std::size_t rows = std::size_t(2 * (last - kLowestBin)) + 1;
  values_ = Image(rows, evidence.columns());
  merits_ = Image(rows, evidence.columns());
  const MatchedFilter filters[] = {MatchedFilter(0), MatchedFilter(0.5)};
  for (std::size_t i = 0; i < rows; ++i) {
    const double frequency = kLowestBin + double(i) / 2;
    filters[i % 2].apply(evidence.power, std::size_t(frequency),
                         values_.row(i));
    if (!is_covered(common, frequency))
      to_merit(values_.row(i), columns(), merits_.row(i));
  }
}

LineMap::Place LineMap::place(const Image &of, double frequency) {
  const double i =
      std::clamp(2 * (frequency - kLowestBin), 0.0, double(of.height() - 1));
  const std::size_t below = std::min(std::size_t(i), of.height() - 2);
  return {of.row(below), of.row(below + 1), float(i - double(below))};
}

}  // namespace sonar::lines
