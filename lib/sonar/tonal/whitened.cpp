/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/tonal/whitened.h"

#include <algorithm>
#include <cmath>

namespace sonar::tonal {
namespace {

constexpr std::size_t kFirst = 5;        // bin of kLowestHz
constexpr std::size_t kMedianHalf = 20;  // bins: 2 Hz
constexpr double kSmallestSpreadDb = 1.3, kNormalMad = 1.4826;
constexpr double kPeakHeight = 2.5, kLowest = -1.0;

double median(std::vector<double> values) {
  const auto middle = values.begin() + std::ptrdiff_t(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

/* Mean power of the bins a grid cell covers, or between its neighbours where
 * the spectrum is coarser than the grid. */
double power_at(const float *power, std::size_t bins, double bin_hz,
                double hz) {
  const double low = (hz - Whitened::kGridHz / 2) / bin_hz;
  const double high = (hz + Whitened::kGridHz / 2) / bin_hz;
  const auto first = std::size_t(std::ceil(low));
  const auto last = std::min(bins - 1, std::size_t(std::floor(high)));
  if (high - low >= 2.0) {
    double sum = 0.0;
    for (std::size_t k = first; k <= last; ++k) sum += double(power[k]);
    return sum / double(last - first + 1);
  }
  const double place = hz / bin_hz;
  const auto below = std::min(bins - 2, std::size_t(place));
  const double share = place - double(below);
  return (1 - share) * double(power[below]) + share * double(power[below + 1]);
}

}  // namespace

Whitened::Whitened(const float *power, std::size_t bins, double bin_hz) {
  const double reach = double(bins - 1) * bin_hz / kGridHz;
  const std::size_t count = std::min(kGridBins, std::size_t(reach + 1e-6) + 1);
  std::vector<double> db(count);
  for (std::size_t i = kFirst; i < count; ++i) {
    const double p = power_at(power, bins, bin_hz, double(i) * kGridHz);
    empty_ = empty_ && p <= 0.0;
    db[i] = 10 * std::log10(p + 1e-60);
  }
  values_.assign(count, 0.0);
  for (std::size_t i = kFirst; i < count; ++i) {
    const std::size_t first = std::max(kFirst, i - std::min(i, kMedianHalf));
    const std::size_t end = std::min(count, i + kMedianHalf + 1);
    values_[i] = db[i] - median({db.begin() + std::ptrdiff_t(first),
                                 db.begin() + std::ptrdiff_t(end)});
  }
  divide_by_spread();
  find_peaks();
}

void Whitened::divide_by_spread() {
  std::vector<double> off(values_.begin() + kFirst, values_.end());
  const double middle = median(off);
  for (double &v : off) v = std::fabs(v - middle);
  spread_db_ = std::max(kSmallestSpreadDb, kNormalMad * median(off));
  for (double &v : values_) v /= spread_db_;
}

void Whitened::find_peaks() {
  for (std::size_t i = kFirst + 1; i + 1 < values_.size(); ++i) {
    const double before = values_[i - 1], here = values_[i],
                 after = values_[i + 1];
    if (!(here > before && here >= after && here > kPeakHeight)) continue;
    const double off = 0.5 * (before - after) / (before - 2 * here + after);
    peaks_.push_back({(double(i) + off) * kGridHz, here});
  }
  std::stable_sort(peaks_.begin(), peaks_.end(),
                   [](const SpectralPeak &a, const SpectralPeak &b) {
                     return a.height > b.height;
                   });
}

double Whitened::at(double frequency_hz, double limit) const noexcept {
  const double place = frequency_hz / kGridHz;
  if (frequency_hz < kLowestHz || place > double(values_.size() - 2))
    return 0.0;
  const auto below = std::size_t(place);
  const double share = place - double(below);
  const auto limited = [&](std::size_t i) {
    return std::clamp(values_[i], kLowest, limit);
  };
  return (1 - share) * limited(below) + share * limited(below + 1);
}

}  // namespace sonar::tonal
