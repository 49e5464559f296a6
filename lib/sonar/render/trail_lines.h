/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sonar/render/layout.h"
#include "sonar/render/trails.h"

/* For the .cpp files of this folder only. */
namespace sonar::render {

constexpr std::uint32_t kTrail = 0xFFFF4FD8;

/**
 * Draws tonals as lines @p thick pixels wide through the middles of their
 * columns, unbroken while they sound, onto the plot area of @p pixels (top left
 * of it, @p stride in bytes). @p columns: of the picture.
 */
void draw_trails(const std::vector<Trail> &trails,
                 const std::vector<double> &row_edges_hz, std::size_t columns,
                 int thick, const Layout &at, std::uint8_t *pixels,
                 std::size_t stride);

}  // namespace sonar::render
