/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <vector>

namespace sonar::tonal {

/** Mean power at a distance from a peak, for fit_width(). */
struct ProfilePoint {
  double distance = 0;  ///< rows
  double power = 0;     ///< any unit, background taken off
  double weight = 0;    ///< at least 0
};

/**
 * Half-power width, in rows, of the Gaussian that fits a peak best in the least
 * squares of power; its height is free. 0 where no point weighs or the points
 * hold no peak.
 */
double fit_width(const std::vector<ProfilePoint> &profile);

/**
 * What a steady tone looks like in neighbouring bins: the main lobe of a
 * window's transform.
 *
 * A parabola through the levels of a peak and its two neighbours finds the
 * frequency of a Gaussian exactly and that of a window's lobe nearly (Smith and
 * Serra 1987). What remains depends on window and zero padding alone; it is
 * tabulated here and taken off.
 */
class PeakShape {
 public:
  /** @p window: its samples; @p fft_size: bins of the transform (at least as
   *  many samples; what lies between is zeros). Throws Error(kBadArgument) for
   *  fewer than 4 samples or an fft_size below them. */
  PeakShape(const std::vector<float> &window, std::size_t fft_size);

  /** Half-power width of the lobe, in bins, as fit_width() sees it. */
  double width_bins() const noexcept { return width_bins_; }
  /** Where the tone is, in bins from the middle one, whose parabola has its
   *  vertex at @p vertex (-0.5 to 0.5). */
  double offset(double vertex) const noexcept;
  /** The tone's level over the vertex', dB. */
  double height_db(double vertex) const noexcept;

 private:
  double width_bins_ = 0;
  /** By true offset, 0 to half a bin. */
  std::vector<double> vertices_, heights_db_;
};

/** Vertex of the parabola through three levels, @p middle not below the others:
 *  its distance from the middle (-0.5 to 0.5) and its height. */
struct Vertex {
  double at = 0, level = 0;
};
Vertex parabola(double before, double middle, double after) noexcept;

}  // namespace sonar::tonal
