/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/gst.h>

#include <optional>

#include "sonar/tonal/propulsion.h"

/* What sonarspectrogram says about propellers in mode demon. */
namespace sonar {

/** Adds a GstSonarPropulsionMeta; times in nanoseconds on the buffer's clock.
 */
void attach_propulsion(GstBuffer *frame, const tonal::Propulsion &found,
                       gint64 begin, gint64 end);

/** Whether a finding is one to tell: the first of a stream that can be trusted,
 *  and then each that differs from what was told last. */
class PropulsionNews {
 public:
  bool is_news(const tonal::Propulsion &found);
  void reset() { told_.reset(); }

 private:
  std::optional<tonal::Propulsion> told_;
};

/** Posts the element message "sonar-propulsion". */
void post_propulsion(GstElement *element, const GstSegment &segment,
                     GstBuffer *frame, const tonal::Propulsion &found);

}  // namespace sonar
