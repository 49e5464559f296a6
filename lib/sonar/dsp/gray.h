/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <cstdint>

#include "sonar/core/image.h"

namespace sonar::dsp {

/** Grey pixels of a video frame: native 16-bit or 8-bit, rows @p stride bytes
 *  apart. Pixel 0 is floor_db, the largest floor_db + range_db. */
struct GrayScale {
  int bits = 16;  ///< 8 or 16
  double floor_db = -10, range_db = 60;
};

/** height x width dB values of a frame. */
Image decode_gray(const std::uint8_t *pixels, std::size_t stride,
                  std::size_t height, std::size_t width,
                  const GrayScale &scale);

/** Copies 16-bit pixels (height x width, packed) into a frame of @p bits. */
void store_gray(const std::uint16_t *source, std::size_t height,
                std::size_t width, int bits, std::uint8_t *pixels,
                std::size_t stride);

/** Copies a frame, painting pixels whose @p kept byte is 0 with @p blank
 *  (0 black, 65535 white; scaled to 8 bits). Paper IV-E. */
void store_kept(const std::uint8_t *source, std::size_t source_stride,
                const std::uint8_t *kept, std::size_t height, std::size_t width,
                int bits, std::uint16_t blank, std::uint8_t *pixels,
                std::size_t stride);

/** The kept pixels as opaque grey, the others transparent: B, G, R, A bytes. */
void store_kept_bgra(const std::uint8_t *source, std::size_t source_stride,
                     const std::uint8_t *kept, std::size_t height,
                     std::size_t width, int bits, std::uint8_t *pixels,
                     std::size_t stride);

/** The binary mask itself: white where kept, else black. */
void store_mask(const std::uint8_t *kept, std::size_t height, std::size_t width,
                int bits, std::uint8_t *pixels, std::size_t stride);

}  // namespace sonar::dsp
