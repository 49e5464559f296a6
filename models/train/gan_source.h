/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "models/bundle.h"
#include "models/train/tile_source.h"

namespace sonar::models {

/**
 * The generator of a file made by train_gan(), for tiles of @p recipe and a
 * data set's @p labels. Throws as read_bundle(), Error(kBadModel) for a file
 * that holds no generator, and Error(kBadArgument) when its recipe makes other
 * pictures or when it lacks one of the labels, naming the difference.
 */
std::shared_ptr<const TileSource> open_gan(
    const std::string &path, const Recipe &recipe,
    const std::vector<std::string> &labels);

}  // namespace sonar::models
