/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/tonal/demongram.h"

#include <algorithm>
#include <vector>

#include "sonar/dsp/level.h"

namespace sonar::tonal {
namespace {

constexpr double kWidestBinHz = 0.25, kLowestTopHz = 15.0;

/* From DC to the highest row; bins below the lowest row are as that one. */
std::vector<float> mean_powers(const dsp::Picture &picture,
                               const Recipe &recipe) {
  const auto rows = std::size_t(recipe.height());
  const auto below = std::size_t(recipe.first_bin());
  const Image value = dsp::decode(picture, recipe);
  std::vector<float> mean(below + rows), power(picture.valid.count());
  for (std::size_t y = 0; y < rows; ++y) {
    for (std::size_t i = 0; i < power.size(); ++i) {
      const std::size_t x = picture.valid.begin + i;
      power[i] = value.at(y, x);
      if (!picture.background_db.empty())
        power[i] += picture.background_db.at(y, x);
    }
    dsp::db_to_power(power.data(), power.size(), power.data());
    double sum = 0;
    for (const float p : power) sum += double(p);
    mean[below + rows - 1 - y] = float(sum / double(power.size()));
  }
  std::fill_n(mean.begin(), below, mean[below]);
  return mean;
}

}  // namespace

std::optional<Propulsion> find_propulsion(const dsp::Picture &picture,
                                          const Recipe &recipe) {
  if (recipe.axis != FrequencyAxis::kLinear || picture.valid.count() == 0 ||
      recipe.bin_hz() > kWidestBinHz ||
      recipe.row_edges_hz().front() < kLowestTopHz)
    return std::nullopt;
  const std::vector<float> power = mean_powers(picture, recipe);
  return estimate_propulsion(power.data(), power.size(), recipe.bin_hz());
}

}  // namespace sonar::tonal
