/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <vector>

#include "models/model.h"

namespace sonar::models {

/** What the masks of the paper's recipes are made of, for one picture. */
struct CamSources {
  const nn::Network &network;
  /** classes x height x width; may be null where the combination uses none. */
  const Tensor *class_masks;
  const Image &value_db;
  ColumnRange valid;
  /** Its forward pass; may be null where the combination uses no image mask. */
  const Classification *seen;
};

/** Recipe `released`, for each of @p targets (paper IV-C to IV-E): Score-CAM
 *  of the picture, by the numerics of options.score_cam, and the class mask,
 *  combined as options.combine says. All targets share one set of masked
 * forward passes. Where options.recipe is `grad-cam`, Grad-CAM in the place of
 * Score-CAM. Throws Error(kBadArgument) when the picture is not of the class
 * masks' size. */
std::vector<Image> released_masks(const CamSources &sources,
                                  const std::vector<std::size_t> &targets,
                                  const MaskOptions &options);

/**
 * Recipe `reverse` (paper VI): 1 - the largest of the other classes' released
 * masks. A pixel passes a threshold t where no other class claims more than
 * 1 - t, so the paper's reverse extraction at 0.75 (what another class claims
 * at 0.75 or more is removed) is t just above 0.25, and a higher t removes
 * more. Where no other class claims anything all is 1, a flat map, which
 * Model::make_mask() reports as none.
 */
Image reverse_mask(const CamSources &sources, std::size_t target,
                   const MaskOptions &options);

}  // namespace sonar::models
