/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "propulsion.h"

#include <cmath>

#include "common/frame.h"
#include "meta/gstsonarpropulsionmeta.h"

namespace sonar {
namespace {

/* From this confidence on a finding is told, and told anew where it differs
 * from the last by more than it scatters. */
constexpr double kLeastConfidence = 0.5;
constexpr double kSameShaft = 0.01;  // of the shaft rate

}  // namespace

void attach_propulsion(GstBuffer *frame, const tonal::Propulsion &found,
                       gint64 begin, gint64 end) {
  GstSonarPropulsionMeta meta{};
  meta.shaft_hz = found.shaft_hz;
  meta.shaft_sd_hz = found.shaft_uncertainty_hz;
  meta.blades = guint(found.blades);
  meta.blade_hz = found.blade_hz;
  meta.confidence = found.confidence;
  meta.begin = begin;
  meta.end = end;
  gst_buffer_add_sonar_propulsion_meta(frame, &meta);
}

bool PropulsionNews::is_news(const tonal::Propulsion &found) {
  if (found.confidence < kLeastConfidence) return false;
  const bool same =
      told_ && told_->blades == found.blades &&
      std::abs(found.shaft_hz - told_->shaft_hz) < kSameShaft * told_->shaft_hz;
  if (same) return false;
  told_ = found;
  return true;
}

void post_propulsion(GstElement *element, const GstSegment &segment,
                     GstBuffer *frame, const tonal::Propulsion &found) {
  frame::post_message(
      element, segment, frame,
      gst_structure_new("sonar-propulsion", "shaft-rate", G_TYPE_DOUBLE,
                        found.shaft_hz, "shaft-rate-uncertainty", G_TYPE_DOUBLE,
                        found.shaft_uncertainty_hz, "blades", G_TYPE_UINT,
                        guint(found.blades), "blade-rate", G_TYPE_DOUBLE,
                        found.blade_hz, "confidence", G_TYPE_DOUBLE,
                        found.confidence, nullptr));
}

}  // namespace sonar
