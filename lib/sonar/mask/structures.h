/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sonar/core/image.h"
#include "sonar/mask/threshold.h"

namespace sonar::mask {

struct StructureOptions {
  float line_db = 7;           ///< line evidence over +-3 columns, over this
  float transient_db = 12;     ///< or the level over its row's median in time
  std::size_t min_pixels = 6;  ///< smaller ones are single peaks of noise
  /** Only the largest: whoever explains them asks the network twice for each,
   *  and nobody reads more in one picture. */
  std::size_t most = 32;
};

/** One strong connected piece of a picture: a line, a call, a ping. */
struct Structure {
  std::size_t row_begin = 0, row_end = 0;        ///< half-open, top down
  std::size_t column_begin = 0, column_end = 0;  ///< half-open
  std::size_t pixels = 0;
  float mean_db = 0;  ///< mean value of its pixels, dB over background
};

/** What a structure says about a class. */
enum class Speaks : std::uint8_t { kNoStructure, kFor, kAgainst, kNothing };

/** A score is 2 P - 1, P the probability that the structure is the class' and
 *  not another source's where both were equally likely before. Within this of
 *  0, odds below 3 to 2, it says nothing. */
inline constexpr float kSaysNothing = 0.2f;
inline Speaks speaks(float score) noexcept {
  return score >= kSaysNothing    ? Speaks::kFor
         : score <= -kSaysNothing ? Speaks::kAgainst
                                  : Speaks::kNothing;
}

/** The structures of one picture, the largest first; of those of one size the
 *  one whose first pixel comes first in row-major order. */
struct Structures {
  std::vector<Structure> found;
  std::size_t height = 0, width = 0;
  /** Of each pixel, row-major: 1 + the number of its structure, 0 in none. */
  std::vector<std::uint16_t> owner;
};

/**
 * Pixels whose line evidence or level over the row's median in time is strong
 * (docs/method.md section 5.7), 8-connected; only inside @p valid. Shapes and
 * @p background_db as for blind_confidence().
 *
 * @p lines: pixels that are known to hang together though they break or are
 * weak, such as the footprint of a tracked line, one mask of the picture's
 * shape each. Each is a structure of its own; pixels of several are the first
 * one's.
 *
 * Throws Error(kBadArgument) on shapes or a valid range that do not fit, and
 * unless options.most is 1 to 65,535.
 */
Structures find_structures(const Image &value_db, const Image &background_db,
                           ColumnRange valid, const std::vector<Binary> &lines,
                           const StructureOptions &options);

}  // namespace sonar::mask
