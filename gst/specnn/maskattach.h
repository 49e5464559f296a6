/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <string>

#include "meta/gstsonarspectrogrammeta.h"
#include "models/model.h"
#include "models/structures.h"

namespace sonar::specnn {

/** Adds a mask, its explanation, its tracks and, where not null, what the
 *  structures say, to a frame. @p recipe: a string that stays. */
void attach_mask(GstBuffer *frame, const GstSonarSpectrogramMeta &meta,
                 const std::string &label, float score, double threshold,
                 const char *recipe, models::MaskResult &&result,
                 const models::ExplainedStructures *explained);

}  // namespace sonar::specnn
