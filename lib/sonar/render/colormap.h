/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <array>
#include <cstdint>

namespace sonar::render {

/** Perceptually uniform maps (after matplotlib's, CC0) and plain grey. */
enum class ColorMap { kViridis, kInferno, kMagma, kCividis, kGray };

const char *nick(ColorMap) noexcept;

/** 256 colours 0xFFRRGGBB, dark to bright. */
const std::array<std::uint32_t, 256> &palette(ColorMap map);

}  // namespace sonar::render
