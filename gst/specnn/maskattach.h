/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <string>

#include "meta/gstsonarspectrogrammeta.h"
#include "models/model.h"

namespace sonar::specnn {

/** Adds a mask, its explanation and its tracks to a frame. */
void attach_mask(GstBuffer *frame, const GstSonarSpectrogramMeta &meta,
                 const std::string &label, float score, double threshold,
                 models::MaskRecipe recipe, models::MaskResult &&result);

}  // namespace sonar::specnn
