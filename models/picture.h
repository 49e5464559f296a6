/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstdint>

#include "sonar/core/image.h"
#include "sonar/dsp/spectrograph.h"

namespace sonar::models {

/** What a model sees of a stretch of sound. */
struct PictureData {
  Image value_db;       ///< height x width of the recipe
  Image background_db;  ///< the same, or empty without a normaliser
  ColumnRange valid;    ///< columns that hold signal
  /** The fine spectrum on the same columns (dsp::Picture::fine_db); empty where
   *  the recipe has none. */
  Image fine_db = {};
  std::int64_t first_column = 0;  ///< column of its stream at column 0
};

/** What a model of @p recipe sees of a spectrograph's picture. */
inline PictureData picture_data(const dsp::Picture &picture,
                                const Recipe &recipe) {
  return {dsp::decode(picture, recipe), picture.background_db, picture.valid,
          picture.fine_db, picture.first_column};
}

}  // namespace sonar::models
