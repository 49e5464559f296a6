/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <vector>

#include "sonar/mask/threshold.h"

namespace sonar::mask {

/**
 * Clears the 8-connected set of pixels that holds pixel @p start (an index
 * into values, 1 there) and writes the indices of all of it to @p pixels.
 */
inline void take_region(Binary &mask, std::size_t start,
                        std::vector<std::size_t> &pixels) {
  pixels.assign(1, start);
  mask.values[start] = 0;
  for (std::size_t next = 0; next < pixels.size(); ++next) {
    const std::size_t y = pixels[next] / mask.width;
    const std::size_t x = pixels[next] % mask.width;
    for (std::size_t ny = y - (y > 0); ny <= y + 1 && ny < mask.height; ++ny)
      for (std::size_t nx = x - (x > 0); nx <= x + 1 && nx < mask.width; ++nx)
        if (mask.at(ny, nx)) {
          mask.values[ny * mask.width + nx] = 0;
          pixels.push_back(ny * mask.width + nx);
        }
  }
}

}  // namespace sonar::mask
