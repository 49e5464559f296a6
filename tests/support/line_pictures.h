/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Line evidence with known truth: tones on paths in noise, computed bin by bin
 * from the window's response. */
#include <cmath>
#include <complex>
#include <cstddef>
#include <random>
#include <vector>

#include "sonar/lines/evidence.h"

namespace line_pictures {

/** A tone's frequency in each column (fine bins) and its power over noise. */
struct Tone {
  std::vector<double> path;
  double power;
};

inline std::vector<double> constant_path(std::size_t columns, double bin) {
  return std::vector<double>(columns, bin);
}

/** [sinc(d) / (1 - d^2)], a Hann window's amplitude response. */
inline double hann_amplitude(double d) {
  if (std::abs(d) < 1e-7) return 1;
  if (std::abs(std::abs(d) - 1) < 1e-7) return 0.5;
  return std::sin(M_PI * d) / (M_PI * d * (1 - d * d));
}

/** Noise of mean power 1 in every bin and no deviation, and on it tones. */
inline sonar::lines::Evidence noiseless(std::size_t bins, std::size_t columns,
                                        const std::vector<Tone> &tones) {
  sonar::lines::Evidence out{sonar::Image(bins, columns, 1.0f), 1};
  for (const Tone &tone : tones)
    for (std::size_t k = 0; k < bins; ++k)
      for (std::size_t x = 0; x < columns; ++x) {
        const double a = hann_amplitude(double(k + 1) - tone.path[x]);
        if (std::abs(double(k + 1) - tone.path[x]) < 2)
          out.power.at(k, x) += float(tone.power * a * a);
      }
  return out;
}

/** Complex normal noise of mean power 1 in every bin, and in it tones of random
 *  phase in each column. */
inline sonar::lines::Evidence noisy(std::size_t bins, std::size_t columns,
                                    const std::vector<Tone> &tones,
                                    std::mt19937 &random) {
  std::normal_distribution<double> normal(0, std::sqrt(0.5));
  std::uniform_real_distribution<double> angle(0, 2 * M_PI);
  sonar::lines::Evidence out{sonar::Image(bins, columns), 1};
  for (std::size_t x = 0; x < columns; ++x) {
    std::vector<std::complex<double>> spectrum(bins);
    for (auto &v : spectrum) v = {normal(random), normal(random)};
    for (const Tone &tone : tones) {
      const auto phase = std::polar(std::sqrt(tone.power), angle(random));
      const int centre = int(std::lround(tone.path[x]));
      for (int k = std::max(centre - 3, 1);
           k <= std::min(centre + 3, int(bins)); ++k)
        spectrum[std::size_t(k - 1)] +=
            phase * hann_amplitude(k - tone.path[x]);
    }
    for (std::size_t k = 0; k < bins; ++k)
      out.power.at(k, x) = float(std::norm(spectrum[k]));
  }
  return out;
}

}  // namespace line_pictures
