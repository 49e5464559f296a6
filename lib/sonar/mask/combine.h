/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <vector>

#include "sonar/core/image.h"

namespace sonar::mask {

/** How a class mask and an image mask become one (paper IV-D, VII). */
enum class Combine {
  kImage,
  kClass,
  kMax,
  kAdd,
  kMean,
  kRank,
  kProduct,
  kGateAndEvidence,
};
/** Every combination once: its name in properties and flags, what it is in a
 *  line, and which of the two masks it needs. */
struct CombineInfo {
  Combine how;
  const char *nick, *blurb;
  bool uses_class, uses_image;
};
const std::vector<CombineInfo> &combinations();
const CombineInfo &about(Combine) noexcept;
const char *nick(Combine) noexcept;

/** Scales to min 0, max 1. An image that is flat, or has a NaN or Inf in it,
 *  becomes all zero and returns false. */
bool normalize_min_max(Image &image);

/** Each pixel of @p mask becomes the larger of it and @p other's. Throws
 *  Error(kBadArgument) when the shapes differ. */
void take_larger(Image &mask, const Image &other);

/** Place of each pixel among all of them, 0 (smallest) to 1; equal pixels
 *  share the mean of their places. A flat image is 0.5 everywhere; it has no
 *  NaN in it. */
Image rank(const Image &image);

/**
 * Combines and scales to 0..1 by min-max (kImage and kClass included), all
 * pixels taking part.
 *
 * kRank              mean of the two masks' rank()
 * kGateAndEvidence   the class mask's rows, each its mean over time less the
 *                    median of the rows, ReLU, maximum 1, as the gate of
 *                    gated_confidence(): a calibrated confidence, so not
 *                    scaled again
 *
 * A mask that @p how does not use may be empty. @p value_db, dB over
 * background, and @p valid are read by kGateAndEvidence alone. Throws
 * Error(kBadArgument) when the shapes differ.
 */
Image combine(const Image &class_mask, const Image &image_mask,
              const Image &value_db, ColumnRange valid, Combine how);

}  // namespace sonar::mask
