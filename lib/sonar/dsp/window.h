/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <vector>

#include "sonar/core/recipe.h"

namespace sonar::dsp {

/** @p size samples of the periodic (DFT-even) window, peak 1. */
std::vector<float> make_window(Window kind, std::size_t size);

}  // namespace sonar::dsp
