/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "sonar/core/error.h"
#include "sonar/core/image.h"

/* What the confidences of this folder share. */
namespace sonar::mask {

inline float sigmoid(float x) { return 1.0f / (1.0f + std::exp(-x)); }

/** sigmoid(x + ln 3): 0.75, the operating point of every recipe of ours, where
 *  @p x is 0. */
inline float operating_confidence(float x) {
  return sigmoid(x + std::log(3.0f));
}

/** Middle value, the mean of the two middle ones for an even count; reorders.
 *  @p values is not empty. */
inline float median(std::vector<float> &values) {
  const auto middle = values.begin() + std::ptrdiff_t(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2) return *middle;
  return 0.5f * (*middle + *std::max_element(values.begin(), middle));
}

/** Throws Error(kBadArgument) unless begin <= end <= the picture's width.
 *  @p what: for the message, e.g. "line evidence". */
inline void require_valid(const std::string &what, const Image &value_db,
                          ColumnRange valid) {
  if (valid.begin > valid.end || valid.end > value_db.width())
    throw Error(Errc::kBadArgument,
                what + " of a picture of " + std::to_string(value_db.width()) +
                    " columns: the valid columns are " +
                    std::to_string(valid.begin) + " to " +
                    std::to_string(valid.end) +
                    " (half-open), needed begin <= end <= the width");
}

/** Throws Error(kBadArgument) unless @p background_db is empty or of the
 *  picture's shape. */
inline void require_background(const Image &value_db,
                               const Image &background_db) {
  if (!background_db.empty() && !background_db.same_shape(value_db))
    throw Error(Errc::kBadArgument,
                "the background has " + std::to_string(background_db.height()) +
                    " x " + std::to_string(background_db.width()) +
                    " pixels (height x width), the picture " +
                    std::to_string(value_db.height()) + " x " +
                    std::to_string(value_db.width()) +
                    "; they must be of one picture");
}

}  // namespace sonar::mask
