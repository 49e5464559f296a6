/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/gst.h>

#include <nlohmann/json.hpp>

namespace sonar::recorder {

/** What is heard at the newest edge of a frame of signatureextract, for the
 *  page: utc, level_unit, tonals, families. Empty without the metas. */
nlohmann::ordered_json describe_frame(GstBuffer *frame);

}  // namespace sonar::recorder
