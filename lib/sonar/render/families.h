/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "sonar/render/canvas.h"
#include "sonar/render/layout.h"

/* For the .cpp files of this folder only. */
namespace sonar::render {

/** Draws the families' names on one line from @p x to @p right, each behind a
 *  sample of its colour; how many were left out stands at the end. */
void draw_family_names(Canvas &canvas, const Layout &at,
                       const std::vector<HarmonicFamily> &families, double x,
                       double y, double right);

/**
 * Draws each family beside the plot area, right of it, as a comb with a tooth
 * at each harmonic's frequency and its number: families above each other or, up
 * to five, side by side. Numbers
 * that would touch another of their family are left out, teeth are not; so are
 * harmonics outside the picture. @p pixels, @p stride: of the whole picture.
 */
void draw_combs(const std::vector<HarmonicFamily> &families,
                const std::vector<double> &row_edges_hz, const Layout &at,
                std::uint32_t background, std::uint8_t *pixels,
                std::size_t stride);

}  // namespace sonar::render
