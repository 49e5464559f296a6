/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <algorithm>
#include <cstdio>

#include "models/propulsion/held_out.h"

namespace sonar::models {
namespace {

const char *const kCombNames[tonal::kCombFeatures] = {
    "tooth 1",
    "tooth 2",
    "teeth between the second and the blades'",
    "blade line",
    "its second harmonic",
    "its fourth to seventh",
    "shaft lines above the blade line",
    "shaft lines above its second harmonic",
    "blade line above its neighbours",
    "half way between teeth",
    "the highest there",
    "at thirds of them",
    "peaks on teeth",
    "peaks beside them",
    "the highest of these",
    "those below the shaft rate",
    "teeth with something on them",
    "highest tooth with a peak",
    "shaft rate",
    "shaft rate squared",
    "shaft rate cubed",
    "blade rate",
    "blade rate squared",
    "blade rate cubed",
    "2 blades",
    "3 blades",
    "4 blades",
    "5 blades",
    "6 blades",
    "7 blades",
    "shaft rate of 4 blades",
    "shaft rate of 3 blades",
    "shaft rate of 5 and more",
};
const char *const kNoneNames[tonal::kNoneFeatures] = {
    "no shaft seen", "the highest value", "the five highest", "spread"};

template <typename Weights, typename Names>
std::string table(const Weights &weights, const Names &names) {
  std::vector<std::string> numbers;
  std::size_t widest = 0;
  for (const double w : weights) {
    char text[32];
    std::snprintf(text, sizeof text, "%.6g,", w);
    numbers.emplace_back(text);
    widest = std::max(widest, numbers.back().size());
  }
  std::string out = "    {\n";
  for (std::size_t i = 0; i < numbers.size(); ++i)
    out += "        " + numbers[i] +
           std::string(widest - numbers[i].size() + 2, ' ') + "// " + names[i] +
           "\n";
  return out + "    }";
}

}  // namespace

std::string propulsion_weights_header(const tonal::PropulsionWeights &weights,
                                      std::size_t spectra) {
  return R"(/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "sonar/tonal/comb.h"

/**
 * Written by `sonar-model propulsion FOLDER --fit propulsion_weights.h`: least
 * conditional log-loss (L2 penalty) on )" +
         std::to_string(spectra) +
         R"( annotated DEMON spectra, the same
 * with the noise of 8 and of 2 windows on them, and 60 spectra of noise alone.
 * docs/method.md (1.2) says which spectra and gives held-out figures.
 */
namespace sonar::tonal {

constexpr PropulsionWeights kPropulsionWeights = {
)" + table(weights.comb, kCombNames) +
         ",\n" + table(weights.none, kNoneNames) +
         ",\n};\n\n}  // namespace sonar::tonal\n";
}

}  // namespace sonar::models
