/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/gst.h>

#include <string>

#include "models/model.h"

/* From specnnclassify to the next scorecammask, and to nobody else: what the
 * mask recipe `lines` need not look for again. */
namespace sonar::specnn {

/** Leaves the hypotheses and the line view of @p seen, of model file @p model,
 *  with the frame; nothing where it has none. */
void leave_lines(GstBuffer *frame, const std::string &model,
                 const models::Classification &seen);

/** Puts what was left by the same model into @p seen and takes it off the
 *  frame, which may wait for long in a queue. */
void take_lines(GstBuffer *frame, const std::string &model,
                models::Classification &seen);

}  // namespace sonar::specnn
