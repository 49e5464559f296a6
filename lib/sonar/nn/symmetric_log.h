/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <array>
#include <cmath>
#include <cstddef>

namespace sonar::nn {

/**
 * Replaces a symmetric positive definite matrix by its logarithm. One-sided
 * Jacobi (Hestenes 1958): rows are turned against each other until all are
 * orthogonal; of such a matrix their lengths are the eigenvalues and their
 * directions the eigenvectors. All of it runs along rows, which vectorises.
 */
template <std::size_t N>
void symmetric_log(std::array<float, N * N> &a) {
  constexpr int kMostSweeps = 20;
  constexpr float kParallel = 1e-6f;  // cosine below which rows are orthogonal
  bool turned = true;
  for (int sweep = 0; turned && sweep < kMostSweeps; ++sweep) {
    turned = false;
    for (std::size_t p = 0; p < N; ++p)
      for (std::size_t q = p + 1; q < N; ++q) {
        float *const x = a.data() + p * N, *const y = a.data() + q * N;
        float xx = 0, yy = 0, xy = 0;
        for (std::size_t i = 0; i < N; ++i) {
          xx += x[i] * x[i];
          yy += y[i] * y[i];
          xy += x[i] * y[i];
        }
        if (!(std::fabs(xy) > kParallel * std::sqrt(xx * yy))) continue;
        turned = true;
        const float zeta = (yy - xx) / (2 * xy);
        const float t = std::copysign(1.0f, zeta) /
                        (std::fabs(zeta) + std::sqrt(1 + zeta * zeta));
        const float cosine = 1 / std::sqrt(1 + t * t), sine = cosine * t;
        for (std::size_t i = 0; i < N; ++i) {
          const float was = x[i];
          x[i] = cosine * was - sine * y[i];
          y[i] = sine * was + cosine * y[i];
        }
      }
  }
  std::array<float, N * N> log{};
  for (std::size_t r = 0; r < N; ++r) {
    const float *const row = a.data() + r * N;
    float square = 0;
    for (std::size_t i = 0; i < N; ++i) square += row[i] * row[i];
    const float gain = 0.5f * std::log(square) / square;  // log(length), of unit rows
    for (std::size_t i = 0; i < N; ++i)
      for (std::size_t j = 0; j < N; ++j) log[i * N + j] += gain * row[i] * row[j];
  }
  a = log;
}

}  // namespace sonar::nn
