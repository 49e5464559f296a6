/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/nn/picture_statistics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>

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

/** (W/4, W/2], (W/8, W/4], ... cycles a picture of W columns, and the rest. */
std::vector<std::pair<std::size_t, std::size_t>> octaves_of(std::size_t width) {
  std::vector<std::pair<std::size_t, std::size_t>> out;
  std::size_t top = width / 2;
  while (out.size() + 1 < kMostOctaves && top >= 2) {
    out.emplace_back(top / 2, top);
    top /= 2;
  }
  out.emplace_back(0, top);
  return out;
}

/** Mean and standard deviation of a row. */
std::pair<float, float> moments(const float *x, std::size_t n, float unit) {
  float sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += x[i];
  const float mean = sum / float(n);
  float squares = 0;
  for (std::size_t i = 0; i < n; ++i) squares += (x[i] - mean) * (x[i] - mean);
  return {unit * mean,
          std::sqrt(unit * unit * (squares / float(n)) + kTiny)};
}

void remove_mean(float *row, std::size_t n) {
  float sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += row[i];
  for (std::size_t i = 0; i < n; ++i) row[i] -= sum / float(n);
}

/** Upper triangle of the logarithm of the damped correlations. */
float *log_correlation(const std::vector<float> &levels, std::size_t width,
                       float *out) {
  std::array<float, kBands * kBands> c{};
  for (std::size_t a = 0; a < kBands; ++a)
    for (std::size_t b = a; b < kBands; ++b) {
      float sum = 0;
      for (std::size_t t = 0; t < width; ++t)
        sum += levels[a * width + t] * levels[b * width + t];
      c[a * kBands + b] = c[b * kBands + a] = sum / float(width);
    }
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

PictureStatistics::PictureStatistics(const Shape &input)
    : input_(input), octaves_(octaves_of(input.width)) {
  const std::size_t width = input.width, half = width / 2;
  waves_.resize(width * 2 * half);
  for (std::size_t t = 0; t < width; ++t)
    for (std::size_t k = 0; k < half; ++k) {
      const double step = 2 * M_PI / double(width);
      const double hann = 0.5 - 0.5 * std::cos(step * double(t));
      const double phase = step * double(t * (k + 1));
      waves_[t * 2 * half + k] = float(hann * std::cos(phase));
      waves_[t * 2 * half + half + k] = float(hann * std::sin(phase));
    }
}

std::size_t PictureStatistics::size() const noexcept {
  return 2 * input_.height + kPairs + kBands * octaves_.size();
}

/** 16 x width: levels in dB, each less its mean. */
std::vector<float> PictureStatistics::band_levels(const float *x) const {
  const std::size_t height = input_.height, width = input_.width;
  const float unit_db = input_.channels == 1 ? kValueDb : kLevelDb;
  const float nepers = unit_db * std::log(10.0f) / 10;
  x += (input_.channels - 1) * height * width;
  std::vector<float> power(height * width);
  for (std::size_t i = 0; i < power.size(); ++i)
    power[i] = std::exp(x[i] * nepers);
  std::vector<float> out(kBands * width);
  for (std::size_t b = 0; b < kBands; ++b) {
    const std::size_t begin = b * height / kBands;
    const std::size_t end = ((b + 1) * height + kBands - 1) / kBands;
    float *const level = out.data() + b * width;
    for (std::size_t y = begin; y < end; ++y)
      for (std::size_t t = 0; t < width; ++t) level[t] += power[y * width + t];
    for (std::size_t t = 0; t < width; ++t)
      level[t] = 10 * std::log10(level[t] / float(end - begin));
    remove_mean(level, width);
  }
  return out;
}

float *PictureStatistics::modulation(const std::vector<float> &levels,
                                     float *out) const {
  const std::size_t width = input_.width, half = width / 2;
  std::vector<float> sums(2 * half), magnitude(half);
  for (std::size_t b = 0; b < kBands; ++b) {
    std::fill(sums.begin(), sums.end(), 0.0f);
    for (std::size_t t = 0; t < width; ++t) {
      const float level = levels[b * width + t];
      const float *const wave = waves_.data() + t * 2 * half;
      for (std::size_t k = 0; k < 2 * half; ++k) sums[k] += level * wave[k];
    }
    for (std::size_t k = 0; k < half; ++k)
      magnitude[k] = std::sqrt(sums[k] * sums[k] +
                               sums[half + k] * sums[half + k] + kTiny);
    for (const auto &[from, to] : octaves_) {
      float sum = 0;
      for (std::size_t k = from; k < to; ++k) sum += magnitude[k];
      *out++ = std::log(sum / float(to - from) + kLeastMagnitude);
    }
  }
  return out;
}

void PictureStatistics::operator()(const float *x, float *out) const {
  const std::size_t height = input_.height, width = input_.width;
  for (std::size_t y = 0; y < height; ++y)
    std::tie(out[y], out[height + y]) = moments(x + y * width, width, kValueDb);
  const std::vector<float> levels = band_levels(x);
  out = log_correlation(levels, width, out + 2 * height);
  modulation(levels, out);
}

}  // namespace sonar::nn
