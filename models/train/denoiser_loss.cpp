/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/train/denoiser_loss.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace sonar::models {
namespace {

constexpr double kMedianOfNormal = 0.6745;  // of |x|, in deviations
constexpr double kProbe = 1e-2;             // small against the noise's 0.5
constexpr double kLargestCorrelation = 0.65;

/** Columns less those @p lag before: last dimension. */
at::Tensor column_differences(const at::Tensor &x, std::int64_t lag) {
  const std::int64_t count = x.size(-1) - lag;
  return x.narrow(-1, lag, count) - x.narrow(-1, 0, count);
}

}  // namespace

double noise_level(const at::Tensor &picture, std::int64_t lag) {
  const at::Tensor d = column_differences(picture, lag).abs();
  return d.median().item<double>() / (kMedianOfNormal * std::sqrt(2.0));
}

double row_correlation(const at::Tensor &pictures, std::int64_t lag) {
  const at::Tensor d = column_differences(pictures, lag);
  const std::int64_t rows = d.size(-2) - 1;
  const double both =
      (d.narrow(-2, 0, rows) * d.narrow(-2, 1, rows)).mean().item<double>();
  const double power = d.square().mean().item<double>();
  return power > 0 ? std::clamp(both / power, 0.0, kLargestCorrelation) : 0;
}

at::Tensor coloured_noise(at::IntArrayRef sizes, double correlation,
                          at::Generator &generator) {
  std::vector<std::int64_t> larger = sizes.vec();
  const std::int64_t rows = larger[2];
  larger[2] += 2;
  const at::Tensor white = at::empty(larger).normal_(0, 1, generator);
  /* Taps side, 1, side give neighbours 2 side / (1 + 2 side^2). */
  const double side = correlation > 0
                          ? (1 - std::sqrt(1 - 2 * correlation * correlation)) /
                                (2 * correlation)
                          : 0.0;
  return (white.narrow(2, 1, rows) +
          side * (white.narrow(2, 0, rows) + white.narrow(2, 2, rows))) /
         std::sqrt(1 + 2 * side * side);
}

at::Tensor sure_loss(const Denoise &f, const at::Tensor &y,
                     const at::Tensor &counted, const at::Tensor &levels,
                     double correlation, at::Generator &generator) {
  const at::Tensor probe = coloured_noise(y.sizes(), correlation, generator);
  const at::Tensor out = f(y);
  const at::Tensor moved = f(y + kProbe * probe);
  const at::Tensor divergence = probe * (moved - out) / kProbe;
  const at::Tensor power = levels.square().reshape({-1, 1, 1, 1});
  const at::Tensor risk = (out - y).square() - power + 2 * power * divergence;
  return (risk * counted).sum() / counted.sum();
}

at::Tensor neighbour_loss(const Denoise &f, const at::Tensor &y,
                          std::int64_t lag, bool swapped) {
  at::Tensor look = y.slice(3, 0, c10::nullopt, 2 * lag).contiguous();
  at::Tensor other = y.slice(3, lag, c10::nullopt, 2 * lag).contiguous();
  if (swapped) std::swap(look, other);
  return (f(look) - other).square().mean();
}

}  // namespace sonar::models
