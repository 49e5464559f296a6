/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <vector>

namespace sonar::tonal {

/** A line that stands out. */
struct SpectralPeak {
  double frequency_hz, height;
};

/**
 * A DEMON spectrum in dB over its running median (2 Hz to either side), divided
 * by its own spread (robust standard deviation, 1.3 dB at least), on a grid of
 * kGridHz: one unit is as unlikely in the mean of two windows as in that of
 * fifty. The lowest half hertz is left out (0).
 */
class Whitened {
 public:
  static constexpr double kGridHz = 0.1;
  static constexpr std::size_t kGridBins = 499;
  static constexpr double kLowestHz = 0.5;

  /** @param power  @p bins powers, @p bin_hz apart, DC first */
  Whitened(const float *power, std::size_t bins, double bin_hz);

  /** Nothing but zeros in it. */
  bool empty() const noexcept { return empty_; }
  double spread_db() const noexcept { return spread_db_; }
  const std::vector<double> &values() const noexcept { return values_; }
  /** Between the grid's values, limited to -1..@p limit; 0 outside of it. */
  double at(double frequency_hz, double limit = 8.0) const noexcept;
  /** Local maxima above 2.5, highest first. */
  const std::vector<SpectralPeak> &peaks() const noexcept { return peaks_; }

 private:
  void divide_by_spread();
  void find_peaks();

  std::vector<double> values_;
  std::vector<SpectralPeak> peaks_;
  double spread_db_ = 0.0;
  bool empty_ = true;
};

}  // namespace sonar::tonal
