/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <optional>

#include "sonar/core/recipe.h"
#include "sonar/dsp/spectrograph.h"
#include "sonar/tonal/propulsion.h"

namespace sonar::tonal {

/**
 * The propeller heard in a picture of mode demon: estimate_propulsion() of the
 * mean power of its valid columns, background included.
 *
 * Nothing where the picture has no valid column, or where the recipe's axis is
 * not linear, its bins are wider than 0.25 Hz, or it ends below 15 Hz.
 */
std::optional<Propulsion> find_propulsion(const dsp::Picture &picture,
                                          const Recipe &recipe);

}  // namespace sonar::tonal
