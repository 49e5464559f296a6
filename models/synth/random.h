/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cmath>
#include <cstdint>
#include <random>

namespace sonar::models::synth {

/** One step of SplitMix64: neighbouring seeds become unrelated ones. */
inline std::uint64_t mix(std::uint64_t x) noexcept {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

/**
 * Numbers that depend on the seed alone: the standard fixes mt19937_64 to the
 * bit but leaves its distributions to the library, hence our own.
 */
class Random {
 public:
  /** Streams of one seed are independent of each other. */
  Random(std::uint64_t seed, std::uint64_t stream)
      : engine_(mix(mix(seed) ^ stream)) {}

  /** In [0, 1). */
  double uniform() { return double(engine_() >> 11) * 0x1p-53; }
  double uniform(double low, double high) {
    return low + (high - low) * uniform();
  }
  double log_uniform(double low, double high) {
    return low * std::pow(high / low, uniform());
  }
  /** 0 to @p count - 1. */
  int below(int count) { return int(uniform() * count); }
  bool chance(double probability) { return uniform() < probability; }

  double normal() {
    const double radius = std::sqrt(-2 * std::log(1 - uniform()));
    return radius * std::cos(2 * M_PI * uniform());
  }
  /** Normal, drawn again beyond 2.5 sd: no recording is absurd. */
  double normal(double mean, double sd) {
    double z = normal();
    while (std::fabs(z) > 2.5) z = normal();
    return mean + sd * z;
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace sonar::models::synth
