/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "common/frame.h"
#include "models/picture.h"

namespace sonar::specnn {

/** What a model sees of a frame: levels relative to full scale, as in training,
 *  whatever the hydrophone. */
inline models::PictureData read_picture(GstBuffer *frame,
                                        const GstVideoInfo &info,
                                        const GstSonarSpectrogramMeta &meta) {
  GBytes *background =
      meta.background_dbfs ? meta.background_dbfs : meta.background;
  return {frame::read_values(frame, info, meta),
          frame::read_image(background, meta.height, meta.width),
          frame::valid_columns(meta),
          frame::read_image(meta.fine, meta.fine_rows, meta.width),
          meta.first_column};
}

}  // namespace sonar::specnn
