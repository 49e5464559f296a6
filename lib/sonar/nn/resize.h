/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <vector>

#include "sonar/core/image.h"
#include "sonar/nn/network.h"

namespace sonar::nn {

/** Bilinear resizes from one size to another, with half-pixel centres or, for
 *  align_corners, the outermost values on the outermost pixels. Values that are
 *  equal stay exactly so. */
class Resizer {
 public:
  Resizer(std::size_t source_height, std::size_t source_width,
          std::size_t height, std::size_t width, bool align_corners = false);

  /** source height x width to height x width. Thread-safe. */
  void operator()(const float *source, float *out) const;

 private:
  /** Of one axis: between sources low and high. */
  struct Tap {
    std::size_t low, high;
    float high_weight;
  };
  static std::vector<Tap> taps(std::size_t source, std::size_t size,
                               bool align_corners);

  std::vector<Tap> rows_, columns_;
  std::size_t source_height_, source_width_;
};

/** As Resizer with half-pixel centres. An empty source gives zeros. */
Image resize_bilinear(const float *source, std::size_t source_height,
                      std::size_t source_width, std::size_t height,
                      std::size_t width);

/** Smallest value and distance to the largest; span 0 where one is not finite.
 */
struct Range {
  float low = 0, span = 0;
  bool finite = false;
};
Range range_of(const float *values, std::size_t n);

/** Score-CAM's masks: a feature map, upsampled and scaled to 0..1 as a rule
 *  says, multiplied into an input. */
class Masker {
 public:
  Masker(const Shape &input, const Shape &maps, const MaskRule &rule);
  /** @p map: height x width of the maps; @p input and @p out: input.size().
   *  False, and @p out as it was, where the map has no mask (MaskRule).
   *  Thread-safe. */
  bool mask(const float *input, const float *map, float *out) const;

 private:
  bool scale(std::vector<float> &values) const;

  Shape input_, maps_;
  MaskRule rule_;
  Resizer resize_;
};

}  // namespace sonar::nn
