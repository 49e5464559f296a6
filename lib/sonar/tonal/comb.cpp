/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/tonal/comb.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "sonar/tonal/propulsion.h"

namespace sonar::tonal {
namespace {

constexpr std::size_t kPeaks = 16;       // the highest ones are weighed
constexpr double kHighestPeak = 12.0;    // and count no more than this
constexpr double kHighestTooth = 20.0;   // where one is held against another
constexpr double kUnexplainedHz = 15.0;  // above it lines may be anything's
constexpr double kHit = 1.5, kStandsOut = 3.0;
constexpr int kFirstTeeth = 8;

/* How near a peak has to be to a tooth. */
double tolerance_hz(double frequency_hz) { return 0.05 + 0.004 * frequency_hz; }

double square(double x) { return x * x; }

}  // namespace

std::vector<double> shaft_rates() {
  std::vector<double> rates;
  const double end = std::log(kMaxShaftHz);
  for (double x = std::log(kMinShaftHz); x < end; x += kShaftRateStep)
    rates.push_back(std::exp(x));
  return rates;
}

Comb::Comb(const Whitened &spectrum, double shaft_hz) : shaft_hz_(shaft_hz) {
  for (int k = 1; k <= kTeeth; ++k) {
    teeth_[std::size_t(k - 1)] = spectrum.at(k * shaft_hz);
    heights_[std::size_t(k - 1)] = spectrum.at(k * shaft_hz, kHighestTooth);
  }
  for (int k = 0; k < kBetween; ++k) {
    half_[std::size_t(k)] = spectrum.at((k + 0.5) * shaft_hz);
    third_[std::size_t(k)] = (spectrum.at((k + 1.0 / 3) * shaft_hz) +
                              spectrum.at((k + 2.0 / 3) * shaft_hz)) /
                             2;
  }
  for (int k = 1; k <= kFirstTeeth; ++k)
    hit_ += (tooth(k) > kHit) / double(kFirstTeeth);
  weigh_peaks(spectrum.peaks());
}

void Comb::weigh_peaks(const std::vector<SpectralPeak> &peaks) {
  for (std::size_t i = 0; i < std::min(kPeaks, peaks.size()); ++i) {
    const double hz = peaks[i].frequency_hz;
    const double height = std::min(peaks[i].height, kHighestPeak);
    const double k = std::max(1.0, std::round(hz / shaft_hz_));
    const double near = tolerance_hz(hz);
    const double on = std::exp(-0.5 * square((hz - k * shaft_hz_) / near));
    const double chance = std::min(1.0, 2.5 * near / shaft_hz_);
    const double off = height * (1 - on);
    explained_ += height * (on - chance);
    if (hz < kUnexplainedHz) unexplained_ += off;
    if (hz < 0.85 * shaft_hz_) below_ += off;
    highest_unexplained_ = std::max(highest_unexplained_, off);
    if (on > 0.5 && height > kStandsOut) last_ = std::max(last_, k);
  }
}

double Comb::highest(int first, int last) const {
  return *std::max_element(heights_.begin() + first - 1,
                           heights_.begin() + last);
}

CombFeatures Comb::features(int blades) const {
  const int b = blades;
  CombFeatures out{};
  std::size_t next = 0;
  const auto add = [&](double value) { out[next++] = value; };
  double middle = 0, high_blade = 0, halves = 0, most_half = -1, thirds = 0;
  for (int k = 3; k < b; ++k) middle += tooth(k);
  for (int j = 4; j < 8 && j * b <= kTeeth; ++j) high_blade += tooth(j * b);
  for (int k = 0; k < b; ++k) {
    halves += half_[std::size_t(k)];
    most_half = std::max(most_half, half_[std::size_t(k)]);
    thirds += third_[std::size_t(k)];
  }
  // lines of the shaft and of the blades
  add(tooth(1));
  add(b != 2 ? tooth(2) : 0.0);
  add(middle);
  add(tooth(b));
  add(tooth(2 * b));
  add(high_blade);
  // shaft lines that stand over the blade lines; the blade line over its own
  add(std::max(highest(1, b - 1) - height(b), 0.0));
  add(std::max(highest(b + 1, 2 * b - 1) - height(2 * b), 0.0));
  add(std::max(height(b), 0.0) - std::max({height(b - 1), height(b + 1), 0.0}));
  // between the teeth: the shaft turns at a half or a third of this
  add(halves);
  add(std::max(most_half - 2.0, 0.0));
  add(thirds);
  // peaks with and without a tooth
  add(explained_ / 5);
  add(unexplained_ / 5);
  add(highest_unexplained_ / 3);
  add(below_ / 5);
  add(hit_ * 3);
  add(std::log1p(last_));
  // how common such a shaft, such a blade rate and so many blades are
  const double shaft = std::log(shaft_hz_ / 2.2);
  const double blade = std::log(shaft_hz_ * b / 8.5);
  for (const double x : {shaft, blade})
    for (const double power : {x, x * x, x * x * x}) add(power);
  for (int n = kMinBlades; n <= kMaxBlades; ++n) add(n == b);
  add(b == 4 ? shaft : 0.0);
  add(b == 3 ? shaft : 0.0);
  add(b >= 5 ? shaft : 0.0);
  return out;
}

NoneFeatures none_features(const Whitened &spectrum) {
  std::array<double, 5> top{};
  const auto &values = spectrum.values();
  std::partial_sort_copy(values.begin(), values.end(), top.begin(), top.end(),
                         std::greater<>());
  double mean = 0.0;
  for (const double v : top) mean += v / double(top.size());
  return {1.0, top[0] / 5, mean / 5, spectrum.spread_db() / 3};
}

}  // namespace sonar::tonal
