/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/nn/resize.h"

#include <algorithm>
#include <cmath>

#include "sonar/nn/kernels/kernels.h"

namespace sonar::nn {
namespace {

/* In this form two equal values give exactly that value, so flat stays flat. */
float blend(float low, float high, float weight) {
  return low + weight * (high - low);
}

}  // namespace

std::vector<Resizer::Tap> Resizer::taps(std::size_t source, std::size_t size) {
  std::vector<Tap> out(size);
  for (std::size_t i = 0; i < size; ++i) {
    const double centre =
        (double(i) + 0.5) * double(source) / double(size) - 0.5;
    const double position = std::max(centre, 0.0);
    const std::size_t low = std::min(std::size_t(position), source - 1);
    const std::size_t high = std::min(low + 1, source - 1);
    out[i] = {low, high, high == low ? 0.0f : float(position - double(low))};
  }
  return out;
}

Resizer::Resizer(std::size_t source_height, std::size_t source_width,
                 std::size_t height, std::size_t width)
    : rows_(taps(source_height, height)),
      columns_(taps(source_width, width)),
      source_height_(source_height),
      source_width_(source_width) {}

void Resizer::operator()(const float *source, float *out) const {
  const std::size_t width = columns_.size();
  std::vector<float> wide(source_height_ * width);
  for (std::size_t y = 0; y < source_height_; ++y) {
    const float *const in = source + y * source_width_;
    for (std::size_t x = 0; x < width; ++x) {
      const Tap &t = columns_[x];
      wide[y * width + x] = blend(in[t.low], in[t.high], t.high_weight);
    }
  }
  for (std::size_t y = 0; y < rows_.size(); ++y) {
    const float *const low = wide.data() + rows_[y].low * width;
    const float *const high = wide.data() + rows_[y].high * width;
    for (std::size_t x = 0; x < width; ++x)
      out[y * width + x] = blend(low[x], high[x], rows_[y].high_weight);
  }
}

Image resize_bilinear(const float *source, std::size_t source_height,
                      std::size_t source_width, std::size_t height,
                      std::size_t width) {
  Image out(height, width);
  if (source_height == 0 || source_width == 0) return out;
  Resizer(source_height, source_width, height, width)(source, out.data());
  return out;
}

Range range_of(const float *values, std::size_t n) {
  if (n == 0) return {};
  const kernels::Moments m = kernels::best().moments(values, n);
  const float span = m.high - m.low;
  if (!m.finite || !std::isfinite(span)) return {};
  return {m.low, span};
}

Masker::Masker(const Shape &input, const Shape &maps)
    : input_(input),
      resize_(maps.height, maps.width, input.height, input.width) {}

bool Masker::mask(const float *input, const float *map, float *out) const {
  std::vector<float> up(input_.height * input_.width);
  resize_(map, up.data());
  const Range range = range_of(up.data(), up.size());
  if (!(range.span > 0)) return false;  // flat, or shrunk to one value
  for (float &v : up) v = (v - range.low) / range.span;  // exactly 1 on top
  for (std::size_t c = 0; c < input_.channels; ++c)
    for (std::size_t i = 0; i < up.size(); ++i)
      out[c * up.size() + i] = input[c * up.size() + i] * up[i];
  return true;
}

}  // namespace sonar::nn
