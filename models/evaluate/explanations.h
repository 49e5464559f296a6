/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "models/evaluate/figures.h"
#include "models/evaluate/recording.h"
#include "models/model.h"

namespace sonar::models {

/** A way to explain a class: which pixels made the network say it. */
struct Explanation {
  std::string name, description;
  /** A map of the picture's shape; larger speaks more for the class. */
  std::function<Image(const Model &, const PictureData &,
                      const Classification &, std::size_t target)>
      make;
};

/** Every explanation there is, and two controls that ask no network. */
const std::vector<Explanation> &explanations();

/** Means over recordings, see nn::Faithfulness. */
struct ExplanationScore {
  std::string name, description;
  std::size_t pictures = 0;
  double average_drop = 0, average_increase = 0;  ///< fractions 0..1
  double insertion = 0, deletion = 0;             ///< areas, 0..1
};

/**
 * Scores every explanation on the first picture of @p count of the recordings,
 * evenly over the list (all where there are fewer), for the class that the
 * network says. Recordings side by side on @p threads, which does not change
 * the result. @p progress may be empty or throw. Throws as load_audio().
 */
std::vector<ExplanationScore> score_explanations(
    const Model &model, const std::vector<std::string> &paths,
    std::size_t count, std::size_t threads,
    const std::function<void(std::size_t, std::size_t)> &progress);

Json to_json(const std::vector<ExplanationScore> &scores);
std::string explanations_text(const std::vector<ExplanationScore> &scores);

}  // namespace sonar::models
