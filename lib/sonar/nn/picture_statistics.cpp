/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/nn/picture_statistics.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "sonar/nn/kernels/kernels.h"
#include "sonar/nn/symmetric_log.h"

namespace sonar::nn {
namespace {

constexpr std::size_t kBands = 16;
constexpr std::size_t kPairs = kBands * (kBands + 1) / 2;
constexpr std::size_t kMostOctaves = 5;
// what 1 means in the channels of make_input(), dB
constexpr float kValueDb = 18, kLevelDb = 20;
constexpr float kStillDb = 0.5, kLoading = 0.1, kLeastMagnitude = 0.1;
// under roots and logarithms, far below anything a picture holds
constexpr float kTiny = 1e-6;

/** Upper triangle of the logarithm of the damped correlations. */
float *log_correlation(const std::vector<float> &levels, float *out) {
  std::array<float, kBands * kBands> c{};
  for (std::size_t a = 0; a < kBands; ++a)  // a row stays in registers
    for (std::size_t t = 0; t < levels.size(); t += kBands)
      for (std::size_t b = 0; b < kBands; ++b)
        c[a * kBands + b] += levels[t + a] * levels[t + b];
  for (float &v : c) v *= float(kBands) / float(levels.size());
  std::array<float, kBands> deviation{};
  for (std::size_t a = 0; a < kBands; ++a)
    deviation[a] = std::sqrt(c[a * kBands + a] + kTiny) + kStillDb;
  float trace = 0;
  for (std::size_t a = 0; a < kBands; ++a)
    for (std::size_t b = 0; b < kBands; ++b) {
      c[a * kBands + b] /= deviation[a] * deviation[b];
      if (a == b) trace += c[a * kBands + b];
    }
  for (std::size_t a = 0; a < kBands; ++a)
    c[a * kBands + a] += kLoading * trace / float(kBands) + kTiny;
  symmetric_log<kBands>(c);
  for (std::size_t a = 0; a < kBands; ++a)
    for (std::size_t b = a; b < kBands; ++b)
      *out++ = c[a * kBands + b] * (a == b ? 1.0f : std::sqrt(2.0f));
  return out;
}

}  // namespace

std::vector<std::pair<std::size_t, std::size_t>> modulation_octaves(
    std::size_t width) {
  std::vector<std::pair<std::size_t, std::size_t>> out;
  std::size_t top = width / 2;
  while (out.size() + 1 < kMostOctaves && top >= 2) {
    out.emplace_back(top / 2, top);
    top /= 2;
  }
  out.emplace_back(0, top);
  return out;
}

PictureStatistics::PictureStatistics(const Shape &input)
    : input_(input), octaves_(modulation_octaves(input.width)) {
  const std::size_t width = input.width, half = width / 2;
  waves_.resize((2 * half + kernels::kOverrun) * width);
  for (std::size_t k = 0; k < half; ++k)
    for (std::size_t t = 0; t < width; ++t) {
      const double step = 2 * M_PI / double(width);
      const double hann = 0.5 - 0.5 * std::cos(step * double(t));
      const double phase = step * double(t * (k + 1));
      waves_[k * width + t] = float(hann * std::cos(phase));
      waves_[(half + k) * width + t] = float(hann * std::sin(phase));
    }
}

std::size_t PictureStatistics::size() const noexcept {
  return 2 * input_.height + kPairs + kBands * octaves_.size();
}

/** width x 16: levels in dB, each less its mean over time. */
std::vector<float> PictureStatistics::band_levels(const float *x) const {
  const std::size_t height = input_.height, width = input_.width;
  const float unit_db = input_.channels == 1 ? kValueDb : kLevelDb;
  x += (input_.channels - 1) * height * width;
  std::vector<float> power(height * width), band(width);
  kernels::best().exponential(x, power.size(), unit_db * std::log(10.0f) / 10,
                              power.data());
  std::vector<float> out(width * kBands);
  for (std::size_t b = 0; b < kBands; ++b) {
    const std::size_t begin = b * height / kBands;
    const std::size_t end = ((b + 1) * height + kBands - 1) / kBands;
    std::fill(band.begin(), band.end(), 0.0f);
    for (std::size_t y = begin; y < end; ++y)
      for (std::size_t t = 0; t < width; ++t) band[t] += power[y * width + t];
    for (float &v : band) v = 10 * std::log10(v / float(end - begin));
    const float mean = kernels::best().moments(band.data(), width).mean;
    for (std::size_t t = 0; t < width; ++t)
      out[t * kBands + b] = band[t] - mean;
  }
  return out;
}

void PictureStatistics::modulation(const std::vector<float> &levels,
                                   float *out) const {
  const std::size_t width = input_.width, half = width / 2;
  // a product of matrices: waves x time, by time x bands
  std::vector<float> packed, sums(2 * half * kBands);
  for (std::size_t first = 0; first < kBands;) {
    const std::size_t block = kernels::best().block(kBands - first);
    for (std::size_t t = 0; t < width; ++t)
      packed.insert(packed.end(), levels.begin() + long(t * kBands + first),
                    levels.begin() + long(t * kBands + first + block));
    first += block;
  }
  const std::array<float, kBands> no_bias{};
  kernels::best().rows({waves_.data(), width, 0, 1, width, packed.data(),
                        no_bias.data(), kBands, 2 * half, false, false,
                        sums.data(), kBands});
  std::array<float, kBands> sum;
  for (std::size_t o = 0; o < octaves_.size(); ++o) {
    const auto [from, to] = octaves_[o];
    sum.fill(0);
    for (std::size_t k = from; k < to; ++k)
      for (std::size_t b = 0; b < kBands; ++b) {
        const float cosine = sums[k * kBands + b],
                    sine = sums[(half + k) * kBands + b];
        sum[b] += std::sqrt(cosine * cosine + sine * sine + kTiny);
      }
    for (std::size_t b = 0; b < kBands; ++b)
      out[b * octaves_.size() + o] =
          std::log(sum[b] / float(to - from) + kLeastMagnitude);
  }
}

void PictureStatistics::operator()(const float *x, float *out) const {
  const std::size_t height = input_.height, width = input_.width;
  for (std::size_t y = 0; y < height; ++y) {
    const kernels::Moments m = kernels::best().moments(x + y * width, width);
    out[y] = kValueDb * m.mean;
    out[height + y] = std::sqrt(kValueDb * kValueDb * m.variance + kTiny);
  }
  const std::vector<float> levels = band_levels(x);
  modulation(levels, log_correlation(levels, out + 2 * height));
}

}  // namespace sonar::nn
