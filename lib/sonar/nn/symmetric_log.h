/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <array>
#include <cmath>
#include <cstddef>

namespace sonar::nn {

/** Four sums side by side: the compiler keeps the order of a sum, so one alone
 *  would wait for itself. */
template <std::size_t N>
float dot(const float *x, const float *y) {
  static_assert(N % 4 == 0);
  float sum[4] = {};
  for (std::size_t i = 0; i < N; i += 4)
    for (std::size_t k = 0; k < 4; ++k) sum[k] += x[i + k] * y[i + k];
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

/**
 * Replaces a symmetric positive definite matrix by its logarithm. One-sided
 * Jacobi (Hestenes 1958): rows are turned against each other until all are
 * orthogonal; of such a matrix their lengths are the eigenvalues and their
 * directions the eigenvectors. All of it runs along rows, which vectorises.
 */
template <std::size_t N>
void symmetric_log(std::array<float, N * N> &a) {
  constexpr int kMostSweeps = 20;
  constexpr float kParallel = 1e-5f;  // cosine below which rows are orthogonal
  bool turned = true;
  for (int sweep = 0; turned && sweep < kMostSweeps; ++sweep) {
    turned = false;
    for (std::size_t p = 0; p < N; ++p)
      for (std::size_t q = p + 1; q < N; ++q) {
        float *const x = a.data() + p * N, *const y = a.data() + q * N;
        const float xx = dot<N>(x, x), yy = dot<N>(y, y), xy = dot<N>(x, y);
        if (!(xy * xy > kParallel * kParallel * xx * yy)) continue;
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
    const float square = dot<N>(row, row);
    // the logarithm of the length, for the row made a unit vector
    const float gain = 0.5f * std::log(square) / square;
    for (std::size_t i = 0; i < N; ++i)
      for (std::size_t j = 0; j < N; ++j)
        log[i * N + j] += gain * row[i] * row[j];
  }
  a = log;
}

}  // namespace sonar::nn
