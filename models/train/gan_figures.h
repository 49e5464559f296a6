/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <string>

#include "models/bundle.h"
#include "models/train/dataset.h"
#include "models/train/tile_source.h"

namespace sonar::models {

/**
 * Into @p folder, which is made where it is missing:
 *
 * curves.csv, curves.png  distance, accuracies and losses by epoch (paper
 *                         Fig. 5)
 * grid.png                generated beside real tiles of each class (Fig. 6)
 *
 * @p gan: what train_gan() returned; @p generated: the same, opened. Throws
 * Error(kResource), and as draw_png().
 */
void write_gan_figures(const std::string &folder, const Bundle &gan,
                       const TileSource &generated, const Dataset &data);

}  // namespace sonar::models
