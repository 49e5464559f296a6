/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace sonar::lines {

/** Step of a log frequency axis, and of speed ratios: 0.1 %. */
constexpr double kLogStep = 0.001;

/** Value of a not empty spectrum (element 0 is bin 1) between bins; the ends
 *  repeat. */
inline float between_bins(const std::vector<float> &spectrum, double bin) {
  const double i = std::clamp(bin - 1, 0.0, double(spectrum.size() - 1));
  const std::size_t below = std::size_t(i);
  const std::size_t above = std::min(below + 1, spectrum.size() - 1);
  const float share = float(i - double(below));
  return spectrum[below] + share * (spectrum[above] - spectrum[below]);
}

/** A log frequency axis over the bins where lines are looked for: a speed ratio
 *  is a shift along it. Places count steps from its lowest frequency. */
class LogAxis {
 public:
  /** Below it the background of a split window is not to be trusted. */
  static constexpr double kLowestBin = 12;
  /** Highest bin of the axis over a spectrum of @p bins, 20 or more. */
  static double highest_bin(std::size_t bins) { return double(bins) - 7; }

  explicit LogAxis(std::size_t bins) {
    const double steps = std::log(highest_bin(bins) / kLowestBin) / kLogStep;
    for (int i = 0; i <= int(steps); ++i)
      bin_.push_back(kLowestBin * std::exp(i * kLogStep));
  }

  std::size_t size() const noexcept { return bin_.size(); }
  double bin(std::size_t place) const { return bin_[place]; }
  double place(double bin) const {
    return std::log(bin / kLowestBin) / kLogStep;
  }

  std::vector<float> resample(const std::vector<float> &spectrum) const {
    std::vector<float> out(size());
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = between_bins(spectrum, bin_[i]);
    return out;
  }

 private:
  std::vector<double> bin_;
};

}  // namespace sonar::lines
