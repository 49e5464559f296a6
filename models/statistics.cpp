/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/statistics.h"

#include <cmath>

#include "sonar/nn/picture_statistics.h"

namespace sonar::models {
namespace {

constexpr std::int64_t kBands = 16;
constexpr std::int64_t kPairs = kBands * (kBands + 1) / 2;
// what 1 means in the channels of nn::make_input(), dB
constexpr double kValueDb = 18, kLevelDb = 20;
constexpr double kStillDb = 0.5, kLoading = 0.1, kLeastMagnitude = 0.1;
// under roots and logarithms, far below anything a picture holds
constexpr double kTiny = 1e-6;

/** Correlations of N x bands x time, no mean, as logarithm of the matrix. */
at::Tensor log_correlation(const at::Tensor &levels) {
  at::Tensor c =
      at::matmul(levels, levels.transpose(1, 2)) / double(levels.size(2));
  const at::Tensor deviation = at::sqrt(c.diagonal(0, 1, 2) + kTiny) + kStillDb;
  c = c / deviation.unsqueeze(1) / deviation.unsqueeze(2);
  const at::Tensor loading = kLoading * c.diagonal(0, 1, 2).mean(1) + kTiny;
  c = c + loading.reshape({-1, 1, 1}) * at::eye(kBands, c.options());
  const auto [values, vectors] = at::linalg_eigh(c);
  const at::Tensor log = at::matmul(vectors * at::log(values).unsqueeze(1),
                                    vectors.transpose(1, 2));
  const at::Tensor places =
      at::triu_indices(kBands, kBands, 0, c.options().dtype(at::kLong));
  const at::Tensor scale =
      at::where(places[0] == places[1], at::ones({}, c.options()),
                at::full({}, std::sqrt(2.0), c.options()));
  return log.index({at::indexing::Slice(), places[0], places[1]}) * scale;
}

}  // namespace

PictureStatistics::PictureStatistics(std::int64_t height, std::int64_t width,
                                     std::int64_t channels)
    : height_(height),
      channels_(channels),
      octaves_(nn::modulation_octaves(std::size_t(width))) {
  const at::Tensor time = at::arange(width, at::kDouble);
  const at::Tensor cycles = at::arange(1, width / 2 + 1, at::kDouble);
  const at::Tensor phase = (2 * M_PI / double(width)) * at::outer(time, cycles);
  const at::Tensor hann =
      (0.5 - 0.5 * at::cos((2 * M_PI / double(width)) * time)).unsqueeze(1);
  cosines_ = (at::cos(phase) * hann).to(at::kFloat);
  sines_ = (at::sin(phase) * hann).to(at::kFloat);
}

std::int64_t PictureStatistics::size() const noexcept {
  return 2 * height_ + kPairs + kBands * std::int64_t(octaves_.size());
}

at::Tensor PictureStatistics::band_levels(const at::Tensor &x) const {
  const double unit_db = channels_ == 1 ? kValueDb : kLevelDb;
  const at::Tensor power =
      at::exp(x.select(1, channels_ - 1) * (unit_db * std::log(10.0) / 10));
  const at::Tensor bands =
      at::adaptive_avg_pool2d(power.unsqueeze(1), {kBands, power.size(2)});
  return 10 * at::log10(bands.squeeze(1));
}

at::Tensor PictureStatistics::modulation(const at::Tensor &levels) const {
  const at::Tensor magnitude =
      at::sqrt(at::square(at::matmul(levels, cosines_)) +
               at::square(at::matmul(levels, sines_)) + kTiny);
  std::vector<at::Tensor> out;
  for (const auto &[from, to] : octaves_)
    out.push_back(
        magnitude.slice(2, std::int64_t(from), std::int64_t(to)).mean(2));
  return at::log(at::stack(out, 2).flatten(1) + kLeastMagnitude);
}

void PictureStatistics::to(const at::Device &device) {
  cosines_ = cosines_.to(device);
  sines_ = sines_.to(device);
}

at::Tensor PictureStatistics::operator()(const at::Tensor &x) const {
  const at::Tensor value = kValueDb * x.select(1, 0);
  at::Tensor levels = band_levels(x);
  levels = levels - levels.mean(2, true);
  return at::cat({value.mean(2), at::sqrt(value.var(2, false) + kTiny),
                  log_correlation(levels), modulation(levels)},
                 1);
}

}  // namespace sonar::models
