/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sonar/render/scene.h"

namespace sonar::render {

/** Writes the numbers of structures that speak into the plot area @p plot of a
 *  picture whose first pixel is @p pixels, in text of @p font_px pixels. One
 *  that would leave the plot or touch an earlier one is left out. */
void draw_notes(const std::vector<StructureNote> &notes, std::size_t rows,
                std::size_t columns, const Painter::Rect &plot, double font_px,
                std::uint8_t *pixels, std::size_t stride);

}  // namespace sonar::render
