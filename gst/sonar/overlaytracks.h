/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cmath>
#include <vector>

#include "common/frame.h"
#include "meta/gstsonarmaskmeta.h"
#include "sonar/render/trails.h"

namespace sonar::overlay {

/** The tonals that were followed through a frame, as they are drawn; @p mask
 *  may be null. */
inline std::vector<render::PictureTrail> trails_of(
    const GstSonarMaskMeta *mask) {
  std::vector<render::PictureTrail> out;
  if (!mask || mask->n_tracks == 0) return out;
  const auto *tracks = static_cast<const GstSonarTrack *>(
      g_bytes_get_data(mask->tracks, nullptr));
  const Image hz =
      frame::read_image(mask->track_frequencies, mask->n_tracks, mask->width);
  const Image level =
      frame::read_image(mask->track_levels, mask->n_tracks, mask->width);
  for (guint i = 0; i < mask->n_tracks; ++i) {
    render::PictureTrail trail{tracks[i].id,
                               {hz.row(i), hz.row(i) + mask->width}};
    for (guint x = 0; x < mask->width; ++x)
      if (!(level.at(i, x) > GST_SONAR_TRACK_SILENT)) trail.hz[x] = NAN;
    out.push_back(std::move(trail));
  }
  return out;
}

}  // namespace sonar::overlay
