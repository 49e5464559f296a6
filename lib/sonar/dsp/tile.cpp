/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/dsp/tile.h"

#include "sonar/core/clones.h"

namespace sonar::dsp {
namespace {

template <typename T>
inline void copy_rows(const T *from, std::size_t stride, std::size_t rows,
                      std::size_t width, T *to) {
  for (std::size_t y = 0; y < rows; ++y, from += stride, to += width)
    for (std::size_t x = 0; x < width; ++x) to[x] = from[x];
}
}  // namespace

SONAR_CLONES void copy_picture(const std::uint16_t *from, std::size_t stride,
                               std::size_t rows, std::size_t width,
                               std::uint16_t *to) {
  copy_rows(from, stride, rows, width, to);
}
SONAR_CLONES void copy_picture(const float *from, std::size_t stride,
                               std::size_t rows, std::size_t width, float *to) {
  copy_rows(from, stride, rows, width, to);
}

}  // namespace sonar::dsp
