/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/gst.h>

#include <string>

#include "sonar/core/error.h"

namespace sonar {

/**
 * Says on the bus how a change of the model ended while @p element was running:
 * an element message `sonar-model` with the fields `element` (its name),
 * `model` (in use from now on, as it was set), `requested`, `changed` and
 * `reason` (empty where it changed); where @p failure says why it did not, a
 * WARNING too. @p element must not be locked.
 */
void post_model_change(GstElement *element, const std::string &in_use,
                       const std::string &requested, const Error *failure);

}  // namespace sonar
