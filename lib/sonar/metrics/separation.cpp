/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/metrics/separation.h"

#include <cmath>

namespace sonar::metrics {

std::optional<double> si_sdr_db(const float *estimate, const float *target,
                                std::size_t count) {
  double product = 0, power = 0, estimate_power = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const double e = double(estimate[i]), t = double(target[i]);
    product += e * t;
    power += t * t;
    estimate_power += e * e;
  }
  if (power == 0 || estimate_power == 0) return std::nullopt;
  // summed as it stands: a difference of sums would lose what is left of a
  // good estimate
  const double scale = product / power;
  double rest = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const double error = double(estimate[i]) - scale * double(target[i]);
    rest += error * error;
  }
  return 10 * std::log10(scale * scale * power / rest);
}

}  // namespace sonar::metrics
