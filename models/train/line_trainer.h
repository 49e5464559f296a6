/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "models/train/dataset.h"
#include "sonar/lines/line_model.h"

namespace sonar::models {

/** Learns the classes' lines (lines::learn()) from @p tiles, which hold a fine
 *  spectrum of @p recipe. Every class needs a tile. Throws
 *  Error(kResource, "interrupted ...") soon after @p interrupted is set. */
lines::LineModel learn_lines(const Dataset &data,
                             const std::vector<std::size_t> &tiles,
                             const Recipe &recipe, std::uint64_t seed,
                             const std::atomic<bool> &interrupted);

}  // namespace sonar::models
