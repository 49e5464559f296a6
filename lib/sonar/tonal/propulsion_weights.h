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
    0.840688,     // tooth 1
    0.268738,     // tooth 2
    0.106759,     // teeth between the second and the blades'
    0.239232,     // blade line
    0.105988,     // its second harmonic
    0.144045,     // its fourth to seventh
    -0.290229,    // shaft lines above the blade line
    -0.148714,    // shaft lines above its second harmonic
    0.190502,     // blade line above its neighbours
    -0.132653,    // half way between teeth
    -0.0497603,   // the highest there
    -0.207022,    // at thirds of them
    -0.365877,    // peaks on teeth
    0.0387134,    // peaks beside them
    -0.678168,    // the highest of these
    0.0341761,    // those below the shaft rate
    1.58605,      // teeth with something on them
    -0.00596756,  // highest tooth with a peak
    -0.179247,    // shaft rate
    -2.11848,     // shaft rate squared
    0.165142,     // shaft rate cubed
    -0.148347,    // blade rate
    -0.404551,    // blade rate squared
    0.038578,     // blade rate cubed
    -1.41492,     // 2 blades
    0.746502,     // 3 blades
    2.03816,      // 4 blades
    0.438589,     // 5 blades
    -0.556198,    // 6 blades
    -1.25214,     // 7 blades
    0.485276,     // shaft rate of 4 blades
    1.36287,      // shaft rate of 3 blades
    -0.349343,    // shaft rate of 5 and more
};

constexpr std::array<double, kNoneFeatures> kNoneWeights = {8.18375, -1.72914,
                                                            -1.04936, 0.830388};

}  // namespace sonar::tonal
