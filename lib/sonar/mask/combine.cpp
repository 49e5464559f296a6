/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/mask/combine.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "sonar/core/error.h"

namespace sonar::mask {
namespace {

float combine_pixel(float a, float b, Combine how) {
  switch (how) {
    case Combine::kImage:
      return b;
    case Combine::kClass:
      return a;
    case Combine::kMax:
      return std::max(a, b);
    case Combine::kAdd:
      return a + b;
    case Combine::kMean:
      return 0.5f * (a + b);
    case Combine::kProduct:
      return a * b;
  }
  return 0.0f;
}

}  // namespace

const char *nick(Combine how) noexcept {
  switch (how) {
    case Combine::kImage:
      return "image";
    case Combine::kClass:
      return "class";
    case Combine::kMax:
      return "max";
    case Combine::kAdd:
      return "add";
    case Combine::kMean:
      return "mean";
    case Combine::kProduct:
      return "product";
  }
  return "unknown";
}

bool normalize_min_max(Image &image) {
  float *const values = image.data();
  const std::size_t n = image.size();
  const bool finite =
      std::all_of(values, values + n, [](float v) { return std::isfinite(v); });
  if (n == 0 || !finite) {
    std::fill(values, values + n, 0.0f);
    return false;
  }
  const auto range = std::minmax_element(values, values + n);
  /* In double, because the span of two finite floats may overflow a float. */
  const double low = *range.first, span = double(*range.second) - low;
  if (!(span > 0)) {
    std::fill(values, values + n, 0.0f);
    return false;
  }
  for (std::size_t i = 0; i < n; ++i)
    values[i] = float((values[i] - low) / span);
  return true;
}

void take_larger(Image &mask, const Image &other) {
  if (!mask.same_shape(other))
    throw Error(Errc::kBadArgument,
                "cannot combine masks of " + shape_text(mask) + " and " +
                    shape_text(other) + " pixels (height x width)");
  for (std::size_t i = 0; i < mask.size(); ++i)
    mask.data()[i] = std::max(mask.data()[i], other.data()[i]);
}

Image combine(const Image &class_mask, const Image &image_mask, Combine how) {
  if (!class_mask.same_shape(image_mask))
    throw Error(
        Errc::kBadArgument,
        "cannot combine masks: the class mask is " + shape_text(class_mask) +
            " pixels (height x width), the image mask " +
            shape_text(image_mask) + "; resize one to the other's shape");
  Image out(class_mask.height(), class_mask.width());
  for (std::size_t i = 0; i < out.size(); ++i)
    out.data()[i] =
        combine_pixel(class_mask.data()[i], image_mask.data()[i], how);
  normalize_min_max(out);
  return out;
}

}  // namespace sonar::mask
