/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cmath>
#include <vector>

#include "common/frame.h"
#include "meta/gstsonarmaskmeta.h"
#include "meta/gstsonarsignaturemeta.h"
#include "sonar/render/scene.h"
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
    render::PictureTrail trail{
        tracks[i].id, {hz.row(i), hz.row(i) + mask->width}, 0};
    for (guint x = 0; x < mask->width; ++x)
      if (!(level.at(i, x) > GST_SONAR_TRACK_SILENT)) trail.hz[x] = NAN;
    out.push_back(std::move(trail));
  }
  return out;
}

/** The tonals of a frame, each in the colour of its family; @p signature may be
 *  null. */
inline std::vector<render::PictureTrail> tonals_of(
    const GstSonarSignatureMeta *signature) {
  std::vector<render::PictureTrail> out;
  if (!signature || signature->n_tonals == 0) return out;
  const auto *tonals = static_cast<const GstSonarTonal *>(
      g_bytes_get_data(signature->tonals, nullptr));
  const Image hz = frame::read_image(signature->tonal_frequencies,
                                     signature->n_tonals, signature->width);
  for (guint i = 0; i < signature->n_tonals; ++i)
    out.push_back({tonals[i].id,
                   {hz.row(i), hz.row(i) + signature->width},
                   tonals[i].family ? render::family_colour(tonals[i].family)
                                    : render::kLoneTonal});
  return out;
}

}  // namespace sonar::overlay
