/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "sonar/core/image.h"

namespace sonar::nn {

/** The port of a denoising network: a picture in, a cleaner one out. No torch
 *  in it. Safe to call from several threads at once. */
class Denoiser {
 public:
  virtual ~Denoiser() = default;

  /** What is left of the picture, dB over background; shape of @p value_db,
   *  0 outside @p valid. Throws Error(kBadArgument) on a valid range that does
   *  not fit, Error(kNumeric) on a picture or an output that is not finite. */
  virtual Image denoise(const Image &value_db, ColumnRange valid) const = 0;
  /** From how many dB over background on a denoised pixel counts as a tone. */
  virtual float operating_point_db() const = 0;
};

}  // namespace sonar::nn
