/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <vector>

#include "sonar/core/image.h"

namespace sonar::nn {

/** The port of a network that says which pixels are a class's, given that the
 *  class is there. No torch in it. Safe to call from several threads at once.
 */
class ShareNetwork {
 public:
  virtual ~ShareNetwork() = default;

  virtual std::size_t classes() const = 0;
  /** Probability, 0 to 1, that the class which is there is the loudest in a
   *  pixel and stands out of its own background: the mean over classes of the
   *  answers given each, weighted by @p weights, what is believed of each class
   *  (not negative; a one and zeros where it is known). Shape of @p value_db, 0
   *  outside @p valid. Throws Error(kBadArgument) as make_share_input(), for
   *  another number of weights and for weights that sum to nothing,
   *  Error(kNumeric) on a picture or an output that is not finite. */
  virtual Image probability(const Image &value_db, const Image &background_db,
                            ColumnRange valid,
                            const std::vector<float> &weights) const = 0;
};

/** Channels of make_share_input(). */
inline constexpr std::size_t kShareChannels = 5;

/**
 * What a ShareNetwork sees of a picture, channels x height x width floats, all
 * about -3 to 3:
 *   0  clip(value, -10, 25) / 8, dB over background
 *   1  clip(mask::line_evidence over +-3 columns, -5, 12) / 5
 *   2  clip(level over its row's median in time, -15, 20) / 8, with level =
 *      value + background
 *   3  clip(level over its mean, -40, 40) / 20
 *   4  the row, -1 at the highest frequency to 1 at the lowest
 * Columns outside @p valid repeat the valid ones in turn. Throws
 * Error(kBadArgument) on an empty @p valid, one past the picture, or a
 * background of another shape; Error(kNumeric) on a NaN or Inf in a valid
 * column.
 */
std::vector<float> make_share_input(const Image &value_db,
                                    const Image &background_db,
                                    ColumnRange valid);

}  // namespace sonar::nn
