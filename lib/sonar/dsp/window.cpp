/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/dsp/window.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace sonar::dsp {
namespace {

/* w[i] = a0 - a1 cos(x) + a2 cos(2x) - a3 cos(3x) + a4 cos(4x),
 * x = 2 pi i / size. */
std::array<double, 5> cosine_terms(Window kind) {
  switch (kind) {
    case Window::kHamming:
      return {0.54, 0.46, 0.0, 0.0, 0.0};
    case Window::kBlackmanHarris:
      return {0.35875, 0.48829, 0.14128, 0.01168, 0.0};  // 4 terms
    case Window::kFlatTop:
      return {0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368};
    case Window::kHann:
    case Window::kKaiser:  // no sum of cosines
      break;
  }
  return {0.5, 0.5, 0.0, 0.0, 0.0};
}

std::vector<float> cosine_window(Window kind, std::size_t size) {
  const auto a = cosine_terms(kind);
  std::vector<float> window(size);
  for (std::size_t i = 0; i < size; ++i) {
    const double x = 2.0 * M_PI * double(i) / double(size);
    window[i] = float(a[0] - a[1] * std::cos(x) + a[2] * std::cos(2 * x) -
                      a[3] * std::cos(3 * x) + a[4] * std::cos(4 * x));
  }
  return window;
}

std::vector<float> kaiser_window(double beta, std::size_t size) {
  const double peak = std::cyl_bessel_i(0.0, beta);
  std::vector<float> window(size);
  for (std::size_t i = 0; i < size; ++i) {
    const double x = 2.0 * double(i) / double(size) - 1.0;
    const double root = std::sqrt(std::max(0.0, 1.0 - x * x));
    window[i] = float(std::cyl_bessel_i(0.0, beta * root) / peak);
  }
  return window;
}

}  // namespace

std::vector<float> make_window(Window kind, std::size_t size,
                               double kaiser_beta) {
  return kind == Window::kKaiser ? kaiser_window(kaiser_beta, size)
                                 : cosine_window(kind, size);
}

double noise_bandwidth_bins(const std::vector<float> &window) {
  double sum = 0, squares = 0;
  for (const float w : window) {
    sum += double(w);
    squares += double(w) * double(w);
  }
  return double(window.size()) * squares / (sum * sum);
}

}  // namespace sonar::dsp
