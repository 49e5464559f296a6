/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "sonar/tonal/comb.h"

/**
 * Fitted by maximum conditional likelihood (L2 penalty) to 422 DEMON spectra of
 * ships in the Strait of Georgia whose shaft rates and blades were read off by
 * an annotator (kk2799/Deepship_Demon_Analysis, from DeepShip: Irfan et al.
 * 2021). docs/method.md says how and gives figures of held-out vessels.
 */
namespace sonar::tonal {

constexpr CombFeatures kCombWeights = {
    0.817169,    // tooth 1
    0.218678,    // tooth 2
    0.10268,     // teeth between the second and the blades'
    0.208007,    // blade line
    0.102558,    // its second harmonic
    0.163701,    // its fourth to seventh
    -0.274627,   // shaft lines above the blade line
    -0.173451,   // shaft lines above its second harmonic
    0.241073,    // blade line above its neighbours
    -0.142969,   // half way between teeth
    -0.0494792,  // the highest there
    -0.209194,   // at thirds of them
    -0.29717,    // peaks on teeth
    0.0621631,   // peaks beside them
    -0.682555,   // the highest of these
    0.0338731,   // those below the shaft rate
    1.63199,     // teeth with something on them
    -0.031396,   // highest tooth with a peak
    -0.197594,   // shaft rate
    -2.10598,    // shaft rate squared
    0.170484,    // shaft rate cubed
    -0.145765,   // blade rate
    -0.446586,   // blade rate squared
    0.0404984,   // blade rate cubed
    -1.5355,     // 2 blades
    0.79812,     // 3 blades
    2.06549,     // 4 blades
    0.434959,    // 5 blades
    -0.546404,   // 6 blades
    -1.21667,    // 7 blades
    0.477815,    // shaft rate of 4 blades
    1.29738,     // shaft rate of 3 blades
    -0.352124,   // shaft rate of 5 and more
};

constexpr std::array<double, kNoneFeatures> kNoneWeights = {8.15865, -1.71704,
                                                            -1.035, 0.825937};

}  // namespace sonar::tonal
