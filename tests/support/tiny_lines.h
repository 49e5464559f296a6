/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cmath>
#include <random>
#include <vector>

#include "sonar/core/image.h"
#include "sonar/core/recipe.h"
#include "sonar/lines/evidence.h"
#include "sonar/lines/line_model.h"

/* A line model small enough to be written out by hand, and what vessels of its
 * two classes look like in a fine spectrum. Bins are 8 Hz wide where the rate
 * is 1,024 Hz and the fine window 128 samples. */
namespace sonar::testing {

constexpr int kEvidenceFft = 128;
constexpr std::size_t kFineBins = kEvidenceFft / 2;
constexpr double kFineHz = 1024.0 / kEvidenceFft;
/** Fine bins of each class' lines: the third one is fixed, the others move. */
constexpr double kLineBins[2][3] = {{14, 19, 24}, {40, 47, 54}};
constexpr double kLineDb = 12;  ///< Line::level_db of all of them
/** Evidence at which a class is there with probability one half. */
constexpr double kLineThreshold = 3;

inline lines::LineModel tiny_line_model() {
  lines::LineModel model;
  for (const auto &bins : kLineBins) {
    lines::ClassLines of;
    of.ratio_sd = 0.01;
    of.threshold = kLineThreshold;
    for (std::size_t j = 0; j < 3; ++j)
      of.lines.push_back({bins[j], 10, j < 2, 0.95, kLineDb, 1, 0.25});
    model.classes.push_back(std::move(of));
  }
  // noise reads about 0 dB, and now and then something else sounds
  std::vector<float> density(lines::LevelDensity::kSteps, 0.01f);
  for (std::size_t i = 2; i < 10; ++i) density[i] = 0.2f;  // -2 to 2 dB
  model.background = lines::LevelDensity(std::move(density));
  return model;
}

/** A vessel of a class of the model above. */
struct Vessel {
  std::size_t label;
  double shift_db = 0;  ///< of its lines' excess, against the model's levels
  double speed_ratio = 1;
};

/**
 * A fine spectrum in dB over its background, row 0 the highest frequency:
 * noise of exponentially distributed power, and the lines of @p vessels.
 */
inline Image fine_picture(const std::vector<Vessel> &vessels,
                          std::size_t columns, unsigned seed = 1) {
  Image power(kFineBins, columns);
  std::mt19937 random(seed);
  for (std::size_t i = 0; i < power.size(); ++i)
    power.data()[i] = float(-std::log((double(random()) + 1) / 4294967297.0));
  for (const Vessel &v : vessels)
    for (std::size_t j = 0; j < 3; ++j) {
      const double bin = kLineBins[v.label][j] * (j < 2 ? v.speed_ratio : 1);
      const double excess =
          (std::pow(10, kLineDb / 10) - 1) * std::pow(10, v.shift_db / 10);
      for (std::size_t k = 1; k <= kFineBins; ++k)
        for (std::size_t x = 0; x < columns; ++x)
          power.at(kFineBins - k, x) +=
              float(excess * lines::hann_response(double(k) - bin)) *
              (std::abs(double(k) - bin) < 2 ? 1.0f : 0.0f);
    }
  for (std::size_t i = 0; i < power.size(); ++i)
    power.data()[i] = 10 * std::log10(std::max(power.data()[i], 1e-4f));
  return power;
}

}  // namespace sonar::testing
