/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <vector>

#include "models/bundle.h"
#include "models/picture.h"

namespace sonar::models {

/**
 * What the network of a model with @p settings sees of a picture, channels x
 * height x width floats: nn::make_input(), and for a user's own network gray as
 * its GrayScaling says. Columns that are not valid repeat those that are.
 * Throws as nn::make_input().
 */
std::vector<float> network_input(const Settings &settings,
                                 const PictureData &picture);

/** The same picture with every pixel at its background (nn::make_blank()); at
 *  the darkest gray where the recipe divides out none. */
std::vector<float> network_blank(const Settings &settings,
                                 const PictureData &picture);

}  // namespace sonar::models
