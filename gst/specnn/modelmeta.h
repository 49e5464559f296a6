/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/gst.h>

#include <memory>

#include "models/model.h"

/* From specnnclassify to the scorecammasks behind it, and to nobody else: the
 * model itself. Its name is not enough where models change while playing: the
 * file of that name may hold another one by then. */
namespace sonar::specnn {

/** Leaves the model that classified the frame with it. */
void leave_model(GstBuffer *frame, std::shared_ptr<const models::Model> model);

/** The model that was left; null where none was. */
std::shared_ptr<const models::Model> model_of(GstBuffer *frame);

}  // namespace sonar::specnn
