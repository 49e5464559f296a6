/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "sonar/core/image.h"

namespace sonar::mask {

/** How a class mask and an image mask become one (paper IV-D, VII). */
enum class Combine { kImage, kClass, kMax, kAdd, kMean, kProduct };

const char *nick(Combine) noexcept;

/** Scales to min 0, max 1. An image that is flat, or has a NaN or Inf in it,
 *  becomes all zero and returns false. */
bool normalize_min_max(Image &image);

/** Each pixel of @p mask becomes the larger of it and @p other's. Throws
 *  Error(kBadArgument) when the shapes differ. */
void take_larger(Image &mask, const Image &other);

/** Combines and scales to 0..1 by min-max (kImage and kClass included).
 *  Throws Error(kBadArgument) when the shapes differ. */
Image combine(const Image &class_mask, const Image &image_mask, Combine how);

}  // namespace sonar::mask
