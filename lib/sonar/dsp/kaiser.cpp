/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/dsp/kaiser.h"

#include <cmath>

namespace sonar::dsp {
std::size_t LowPass::half() const {
  return std::size_t(std::ceil((stop_db - 7.95) / (14.36 * (stop - pass)) / 2));
}

std::vector<double> LowPass::taps() const {
  const auto middle = std::ptrdiff_t(half());
  const double beta = 0.1102 * (stop_db - 8.7);
  const double cut = pass + stop;  // twice the middle of the slope
  std::vector<double> taps;
  double sum = 0.0;
  for (std::ptrdiff_t i = -middle; i <= middle; ++i) {
    const double x = double(i) / double(middle + 1), phase = M_PI * cut * i;
    const double sinc = i ? std::sin(phase) / phase : 1.0;
    taps.push_back(sinc * std::cyl_bessel_i(0.0, beta * std::sqrt(1 - x * x)));
    sum += taps.back();
  }
  for (double &tap : taps) tap /= sum;
  return taps;
}

}  // namespace sonar::dsp
