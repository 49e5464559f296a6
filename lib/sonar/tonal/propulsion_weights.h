/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "sonar/tonal/comb.h"

/**
 * Fitted by maximum conditional likelihood (L2 penalty) to 422 DEMON spectra of
 * ships in the Strait of Georgia whose shaft rates and blades were read off by
 * an annotator (kk2799/Deepship_Demon_Analysis, from DeepShip: Irfan et al.
 * 2021), to the same with the noise of 2 and of 8 windows on them, and to 60
 * spectra of noise alone. docs/method.md says how and gives figures of held-out
 * vessels.
 */
namespace sonar::tonal {

constexpr CombFeatures kCombWeights = {
    1.01221,     // tooth 1
    0.336718,    // tooth 2
    0.232536,    // teeth between the second and the blades'
    0.545849,    // blade line
    0.277258,    // its second harmonic
    0.100215,    // its fourth to seventh
    -0.202029,   // shaft lines above the blade line
    -0.0859899,  // shaft lines above its second harmonic
    0.179345,    // blade line above its neighbours
    -0.140014,   // half way between teeth
    -0.101696,   // the highest there
    -0.265958,   // at thirds of them
    -0.867322,   // peaks on teeth
    -0.0461655,  // peaks beside them
    -0.719901,   // the highest of these
    -0.130676,   // those below the shaft rate
    2.15315,     // teeth with something on them
    0.207608,    // highest tooth with a peak
    -0.224785,   // shaft rate
    -2.60662,    // shaft rate squared
    0.30696,     // shaft rate cubed
    -0.238633,   // blade rate
    -0.446032,   // blade rate squared
    0.0568524,   // blade rate cubed
    -1.76566,    // 2 blades
    1.19018,     // 3 blades
    2.57798,     // 4 blades
    0.68889,     // 5 blades
    -0.624257,   // 6 blades
    -2.06714,    // 7 blades
    0.538714,    // shaft rate of 4 blades
    1.82486,     // shaft rate of 3 blades
    -0.616574,   // shaft rate of 5 and more
};

constexpr std::array<double, kNoneFeatures> kNoneWeights = {
    9.32399, -1.97007, 0.105785, 0.0274192};

}  // namespace sonar::tonal
