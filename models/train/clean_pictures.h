/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "models/train/dataset.h"
#include "sonar/mask/threshold.h"

namespace sonar::models {

/** What a picture would be without noise and interference: truth. */
struct CleanPicture {
  Image value_db;             ///< the target alone, dB over the background of
                              ///< the whole
  mask::Binary target, weak;  ///< as metrics::Truth
};

/**
 * The clean picture of every tile of @p data, a data set whose @p folder holds
 * truth.safetensors (`sonar-model synth`), in the order of the tiles.
 * Throws Error(kNotFound) where there is no truth or none of a recording,
 * Error(kBadArgument) where its grid is not the pictures'. @p progress(done,
 * total) may be empty.
 */
std::vector<CleanPicture> load_clean_pictures(
    const std::string &folder, const Dataset &data, const Recipe &recipe,
    const std::function<void(std::size_t, std::size_t)> &progress);

}  // namespace sonar::models
