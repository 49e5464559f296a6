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

std::vector<Resizer::Tap> Resizer::taps(std::size_t source, std::size_t size,
                                        bool align_corners) {
  std::vector<Tap> out(size);
  for (std::size_t i = 0; i < size; ++i) {
    const double position =
        align_corners
            ? double(i * (source - 1)) /
                  double(std::max<std::size_t>(size, 2) - 1)
            : std::max((double(i) + 0.5) * double(source) / double(size) - 0.5,
                       0.0);
    const std::size_t low = std::min(std::size_t(position), source - 1);
    const std::size_t high = std::min(low + 1, source - 1);
    out[i] = {low, high, high == low ? 0.0f : float(position - double(low))};
  }
  return out;
}

Resizer::Resizer(std::size_t source_height, std::size_t source_width,
                 std::size_t height, std::size_t width, bool align_corners)
    : rows_(taps(source_height, height, align_corners)),
      columns_(taps(source_width, width, align_corners)),
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
  return {m.low, span, true};
}

Masker::Masker(const Shape &input, const Shape &maps, const MaskRule &rule)
    : input_(input),
      maps_(maps),
      rule_(rule),
      resize_(maps.height, maps.width, input.height, input.width,
              rule.align_corners) {}

/** To 0..1; false where there is no mask. */
bool Masker::scale(std::vector<float> &values) const {
  const Range range = range_of(values.data(), values.size());
  const float span = range.span + rule_.epsilon;
  if (!range.finite || !(span > 0)) return false;
  for (float &v : values) v = (v - range.low) / span;
  return true;
}

bool Masker::mask(const float *input, const float *map, float *out) const {
  std::vector<float> up(input_.height * input_.width);
  if (rule_.scale_first) {
    std::vector<float> scaled(map, map + maps_.height * maps_.width);
    if (!scale(scaled)) return false;
    resize_(scaled.data(), up.data());
  } else {
    resize_(map, up.data());
    if (!scale(up)) return false;  // flat, or shrunk to one value
  }
  for (std::size_t c = 0; c < input_.channels; ++c)
    for (std::size_t i = 0; i < up.size(); ++i)
      out[c * up.size() + i] = input[c * up.size() + i] * up[i];
  return true;
}

}  // namespace sonar::nn
