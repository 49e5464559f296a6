/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/gst.h>

#include "meta/gstsonarmaskmeta.h"
#include "meta/gstsonarsignaturemeta.h"

namespace sonar {

/** The message `sonar-signature` of a frame, of whose pixels the share @p kept
 *  (0..1) is kept: what its metas say, as plain structures. */
GstStructure *signature_message(const GstSonarMaskMeta &mask,
                                const GstSonarSignatureMeta &signature,
                                double kept);

}  // namespace sonar
