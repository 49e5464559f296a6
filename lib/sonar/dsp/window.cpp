/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/dsp/window.h"

#include <array>
#include <cmath>

namespace sonar::dsp {
namespace {

/* w[i] = a0 - a1 cos(x) + a2 cos(2x) - a3 cos(3x), x = 2 pi i / size. */
std::array<double, 4> cosine_terms(Window kind) {
  switch (kind) {
    case Window::kHamming:
      return {0.54, 0.46, 0.0, 0.0};
    case Window::kBlackmanHarris:
      return {0.35875, 0.48829, 0.14128, 0.01168};  // Harris 1978, 4 terms
    case Window::kHann:
      break;
  }
  return {0.5, 0.5, 0.0, 0.0};
}

}  // namespace

std::vector<float> make_window(Window kind, std::size_t size) {
  const auto a = cosine_terms(kind);
  std::vector<float> window(size);
  for (std::size_t i = 0; i < size; ++i) {
    const double x = 2.0 * M_PI * double(i) / double(size);
    window[i] = float(a[0] - a[1] * std::cos(x) + a[2] * std::cos(2 * x) -
                      a[3] * std::cos(3 * x));
  }
  return window;
}

}  // namespace sonar::dsp
