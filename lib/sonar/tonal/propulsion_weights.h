/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "sonar/tonal/comb.h"

/**
 * Written by `sonar-model propulsion FOLDER --fit propulsion_weights.h`: least
 * conditional log-loss (L2 penalty) on 422 annotated DEMON spectra, the same
 * with the noise of 8 and of 2 windows on them, and 60 spectra of noise alone.
 * docs/method.md (1.2) says which spectra and gives held-out figures.
 */
namespace sonar::tonal {

constexpr PropulsionWeights kPropulsionWeights = {
    {
        1.01171,     // tooth 1
        0.311172,    // tooth 2
        0.211455,    // teeth between the second and the blades'
        0.518089,    // blade line
        0.25848,     // its second harmonic
        0.151177,    // its fourth to seventh
        -0.228357,   // shaft lines above the blade line
        -0.075478,   // shaft lines above its second harmonic
        0.185917,    // blade line above its neighbours
        -0.150546,   // half way between teeth
        -0.163315,   // the highest there
        -0.251209,   // at thirds of them
        -0.750025,   // peaks on teeth
        -0.185025,   // peaks beside them
        -0.572179,   // the highest of these
        -0.0397554,  // those below the shaft rate
        2.07785,     // teeth with something on them
        0.331183,    // highest tooth with a peak
        -0.192779,   // shaft rate
        -2.59165,    // shaft rate squared
        0.320279,    // shaft rate cubed
        -0.195625,   // blade rate
        -0.426253,   // blade rate squared
        0.0377243,   // blade rate cubed
        -1.81745,    // 2 blades
        1.13661,     // 3 blades
        2.574,       // 4 blades
        0.685351,    // 5 blades
        -0.589203,   // 6 blades
        -1.98916,    // 7 blades
        0.572253,    // shaft rate of 4 blades
        1.90098,     // shaft rate of 3 blades
        -0.568717,   // shaft rate of 5 and more
    },
    {
        8.71814,     // no shaft seen
        -1.91765,    // the highest value
        1.41574,     // the five highest
        -0.0659834,  // spread
    },
};

}  // namespace sonar::tonal
