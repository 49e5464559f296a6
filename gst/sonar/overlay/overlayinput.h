/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "meta/gstsonarmaskmeta.h"
#include "meta/gstsonarsignaturemeta.h"
#include "sonar/mask/threshold.h"
#include "sonar/render/scene.h"

/* What a frame's metas say, as signatureoverlay draws it. */
namespace sonar::overlay {

/** "vessel 0.93", "unknown (vessel 0.41)"; empty without class and mask.
 *  @p mask may be null. */
std::string label_text(GstBuffer *frame, const GstSonarMaskMeta *mask);
/** "mask lines, threshold 0.75"; either may be null. */
std::string subtitle_text(const GstSonarMaskMeta *mask,
                          const GstSonarSignatureMeta *signature);
mask::Binary kept_pixels(const GstSonarSignatureMeta &signature);
/** What the structures say, pixel by pixel; none where they were not explained.
 *  @p mask may be null. */
std::optional<render::StructureMap> structure_map(const GstSonarMaskMeta *mask);

/** Their numbers; as structure_map(). */
std::vector<render::StructureNote> structure_notes(
    const GstSonarMaskMeta *mask);

/** The harmonic families of a frame; @p signature may be null. */
std::vector<render::HarmonicFamily> families_of(
    const GstSonarSignatureMeta *signature);

/** The propeller found in a DEMON-gram, with its harmonics up to @p top_hz;
 *  nothing where none was found with confidence. */
std::optional<render::HarmonicFamily> propulsion_of(GstBuffer *frame,
                                                    double top_hz);

}  // namespace sonar::overlay
