/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/dsp/gray.h"

#include <cstring>

#include "sonar/core/clones.h"
#include "sonar/dsp/level.h"

namespace sonar::dsp {
namespace {

/* Runs @p body with a zero of the pixel's type: uint8_t or uint16_t. */
template <typename Body>
void with_pixel_type(int bits, Body &&body) {
  if (bits == 8)
    body(std::uint8_t{});
  else
    body(std::uint16_t{});
}

template <typename Pixel>
Pixel *row_of(std::uint8_t *pixels, std::size_t stride, std::size_t y) {
  return reinterpret_cast<Pixel *>(pixels + y * stride);
}

template <typename Pixel>
const Pixel *row_of(const std::uint8_t *pixels, std::size_t stride,
                    std::size_t y) {
  return reinterpret_cast<const Pixel *>(pixels + y * stride);
}

/* The same shade in 16 bits: 255 * 257 is 65535. */
std::uint16_t widen(std::uint8_t pixel) { return std::uint16_t(pixel * 257); }
std::uint16_t widen(std::uint16_t pixel) { return pixel; }

/* The same shade in a pixel of 8 bits. */
template <typename Pixel>
Pixel shade(std::uint16_t value) {
  return sizeof(Pixel) == 1 ? Pixel(value >> 8) : Pixel(value);
}

template <typename Pixel>
inline void decode_row(const Pixel *__restrict in, std::size_t count,
                       const GrayScale &scale, float *__restrict out) {
  const double floor_db = scale.floor_db, range_db = scale.range_db;
  for (std::size_t x = 0; x < count; ++x)
    out[x] = decode_db(widen(in[x]), floor_db, range_db);
}
SONAR_CLONES void decode(const std::uint16_t *in, std::size_t count,
                         const GrayScale &scale, float *out) {
  decode_row(in, count, scale, out);
}
SONAR_CLONES void decode(const std::uint8_t *in, std::size_t count,
                         const GrayScale &scale, float *out) {
  decode_row(in, count, scale, out);
}

}  // namespace

Image decode_gray(const std::uint8_t *pixels, std::size_t stride,
                  std::size_t height, std::size_t width,
                  const GrayScale &scale) {
  Image image(height, width);
  with_pixel_type(scale.bits, [&](auto type) {
    using Pixel = decltype(type);
    for (std::size_t y = 0; y < height; ++y)
      decode(row_of<Pixel>(pixels, stride, y), width, scale, image.row(y));
  });
  return image;
}

void store_gray(const std::uint16_t *source, std::size_t height,
                std::size_t width, int bits, std::uint8_t *pixels,
                std::size_t stride) {
  with_pixel_type(bits, [&](auto type) {
    using Pixel = decltype(type);
    for (std::size_t y = 0; y < height; ++y, source += width) {
      auto *out = row_of<Pixel>(pixels, stride, y);
      for (std::size_t x = 0; x < width; ++x) out[x] = shade<Pixel>(source[x]);
    }
  });
}

void store_kept(const std::uint8_t *source, std::size_t source_stride,
                const std::uint8_t *kept, std::size_t height, std::size_t width,
                int bits, std::uint16_t blank, std::uint8_t *pixels,
                std::size_t stride) {
  with_pixel_type(bits, [&](auto type) {
    using Pixel = decltype(type);
    const Pixel paint = shade<Pixel>(blank);
    for (std::size_t y = 0; y < height; ++y, kept += width) {
      const auto *in = row_of<Pixel>(source, source_stride, y);
      auto *out = row_of<Pixel>(pixels, stride, y);
      for (std::size_t x = 0; x < width; ++x) out[x] = kept[x] ? in[x] : paint;
    }
  });
}

void store_kept_bgra(const std::uint8_t *source, std::size_t source_stride,
                     const std::uint8_t *kept, std::size_t height,
                     std::size_t width, int bits, std::uint8_t *pixels,
                     std::size_t stride) {
  with_pixel_type(bits, [&](auto type) {
    using Pixel = decltype(type);
    for (std::size_t y = 0; y < height; ++y, kept += width) {
      const auto *in = row_of<Pixel>(source, source_stride, y);
      std::uint8_t *out = pixels + y * stride;
      for (std::size_t x = 0; x < width; ++x, out += 4) {
        const auto gray = std::uint8_t(in[x] >> (8 * (sizeof(Pixel) - 1)));
        out[0] = out[1] = out[2] = kept[x] ? gray : 0;
        out[3] = kept[x] ? 255 : 0;
      }
    }
  });
}

void store_mask(const std::uint8_t *kept, std::size_t height, std::size_t width,
                int bits, std::uint8_t *pixels, std::size_t stride) {
  for (std::size_t y = 0; y < height; ++y, kept += width, pixels += stride)
    for (std::size_t x = 0; x < width; ++x)
      std::memset(pixels + x * (bits / 8), kept[x] ? 255 : 0, bits / 8);
}

}  // namespace sonar::dsp
