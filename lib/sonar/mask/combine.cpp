/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/mask/combine.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <string>

#include "sonar/core/error.h"
#include "sonar/mask/evidence.h"

namespace sonar::mask {
namespace {

void require_same_shape(const Image &class_mask, const Image &image_mask) {
  if (!class_mask.same_shape(image_mask))
    throw Error(
        Errc::kBadArgument,
        "cannot combine masks: the class mask is " + shape_text(class_mask) +
            " pixels (height x width), the image mask " +
            shape_text(image_mask) + "; resize one to the other's shape");
}

template <class Pixel>
Image combine_pixels(const Image &a, const Image &b, Pixel pixel) {
  require_same_shape(a, b);
  Image out(a.height(), a.width());
  std::transform(a.data(), a.data() + a.size(), b.data(), out.data(), pixel);
  return out;
}

float mean_of(float a, float b) { return 0.5f * (a + b); }

/** Each row's mean over time less the median of the rows, which is what rows
 *  without a line read; negatives are 0, the largest 1. */
std::vector<float> row_profile(const Image &mask) {
  std::vector<float> rows(mask.height());
  for (std::size_t y = 0; y < rows.size(); ++y)
    rows[y] =
        float(std::accumulate(mask.row(y), mask.row(y) + mask.width(), 0.0) /
              double(mask.width()));
  std::vector<float> sorted = rows;
  std::sort(sorted.begin(), sorted.end());
  const std::size_t n = sorted.size();
  if (n == 0) return rows;
  const float median = mean_of(sorted[(n - 1) / 2], sorted[n / 2]);
  const float span = sorted.back() - median;
  for (float &v : rows) v = span > 0 ? std::max(v - median, 0.0f) / span : 0.0f;
  return rows;
}

Image combine_unscaled(const Image &class_mask, const Image &image_mask,
                       Combine how) {
  switch (how) {
    case Combine::kImage:
      return image_mask;
    case Combine::kClass:
      return class_mask;
    case Combine::kMax:
      return combine_pixels(class_mask, image_mask,
                            [](float a, float b) { return std::max(a, b); });
    case Combine::kAdd:
      return combine_pixels(class_mask, image_mask, std::plus<float>());
    case Combine::kMean:
      return combine_pixels(class_mask, image_mask, mean_of);
    case Combine::kRank:
      require_same_shape(class_mask, image_mask);
      return combine_pixels(rank(class_mask), rank(image_mask), mean_of);
    case Combine::kProduct:
      return combine_pixels(class_mask, image_mask, std::multiplies<float>());
    case Combine::kGateAndEvidence:
      break;
  }
  return {};
}

}  // namespace

const std::vector<CombineInfo> &combinations() {
  static const std::vector<CombineInfo> all{
      {Combine::kImage, "image", "The image's own map alone", false, true},
      {Combine::kClass, "class", "The class mask alone", true, false},
      {Combine::kMax, "max", "The larger of both", true, true},
      {Combine::kAdd, "add", "Their sum", true, true},
      {Combine::kMean, "mean", "Their mean", true, true},
      {Combine::kRank, "rank", "The mean of their ranks", true, true},
      {Combine::kProduct, "product", "Their product", true, true},
      {Combine::kGateAndEvidence, "gate-and-evidence",
       "The class mask's frequencies and line evidence", true, false},
  };
  return all;
}

const CombineInfo &about(Combine how) noexcept {
  return *std::find_if(combinations().begin(), combinations().end(),
                       [&](const CombineInfo &c) { return c.how == how; });
}

const char *nick(Combine how) noexcept { return about(how).nick; }

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

Image rank(const Image &image) {
  const float *const values = image.data();
  std::vector<std::size_t> order(image.size());
  std::iota(order.begin(), order.end(), std::size_t(0));
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return values[a] < values[b];
  });
  Image out(image.height(), image.width(), 0.5f);
  const double last = double(order.size()) - 1;
  for (std::size_t begin = 0, end; begin < order.size() && last > 0;
       begin = end) {
    for (end = begin + 1;
         end < order.size() && values[order[end]] == values[order[begin]];)
      ++end;
    const float place = float(0.5 * double(begin + end - 1) / last);
    for (std::size_t i = begin; i < end; ++i) out.data()[order[i]] = place;
  }
  return out;
}

Image combine(const Image &class_mask, const Image &image_mask,
              const Image &value_db, ColumnRange valid, Combine how) {
  if (how == Combine::kGateAndEvidence)
    return gated_confidence(value_db, valid, row_profile(class_mask));
  Image out = combine_unscaled(class_mask, image_mask, how);
  normalize_min_max(out);
  return out;
}

}  // namespace sonar::mask
