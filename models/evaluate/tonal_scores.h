/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/evaluate/figures.h"
#include "models/model.h"
#include "models/synth/scene.h"
#include "sonar/tonal/analyzer.h"

namespace sonar::models {

/** Which pixels of a scene's pictures are searched for tonals. */
enum class TonalMask {
  kTruth,   ///< those that are the target's
  kExcess,  ///< lines over the noise, whoever's: signatureextract's detection
  kModel,   ///< the mask of a model's own recipe for the target
};

struct TonalScoreOptions {
  TonalMask mask = TonalMask::kExcess;
  Recipe recipe;  ///< of the analysis; the model's with kModel
  double threshold_db = 4, hysteresis_db = 2;  ///< of kExcess
  const Model *model = nullptr;                ///< for kModel
  SceneOptions scene;                          ///< seed is the first scene's
  std::vector<std::string> classes;            ///< empty: all
  int per_class = 10;
  double least_excess_db = 6;  ///< of a line that has to be found
  std::size_t threads = 1;
};

/** How the tonals and families of some scenes compare with what is there. */
struct TonalFigures {
  std::size_t scenes = 0;
  /** Lines that have to be found: the target's of at least least_excess_db,
   *  over the noise in a bin of the analysis, that sound for 2 s or more. */
  std::size_t lines = 0;
  std::size_t found = 0;   ///< by tonals within a bin over half of their time
  std::size_t merged = 0;  ///< not counted: nearer to a louder line than the
                           ///< window resolves
  /** Of the found ones: reported frequency against the line's mean while the
   *  tonal lasts, in bins, sorted. */
  std::vector<double> error_bins;
  /** Reported level less the true one, dB, sorted. */
  std::vector<double> level_error_db;
  std::size_t tonals = 0, false_tonals = 0;  ///< false: no line within a bin
  std::size_t families = 0;
  /** Most of whose tonals are not lines of one source; also the scene's with
   *  most of them. */
  std::size_t false_families = 0, most_false_families = 0;
  /** Sources with at least four lines found, and those of which a family has
   *  at least three. */
  std::size_t sources = 0, sources_found = 0;
  std::size_t mains = 0,
              mains_right = 0;  ///< families called mains; generators
};

/** The figures of one scene from the tonals and families of its only picture,
 *  made by @p analysis (that of the grid), whose column 0 is the scene's. */
TonalFigures score_tonals(const SynthScene &scene, const Recipe &scene_recipe,
                          const Recipe &analysis, const tonal::Grid &grid,
                          const std::vector<tonal::Tracker::Current> &tonals,
                          const std::vector<tonal::Family> &families,
                          double least_excess_db);
TonalFigures sum_of(const std::vector<TonalFigures> &scenes);

/**
 * Makes scenes, searches each for tonals picture by picture, and sums up the
 * figures. The result does not depend on threads. Throws as make_scene(), and
 * Error(kBadArgument) for kTruth with another recipe than the scene's and for
 * kModel without a model.
 */
TonalFigures score_tonals(
    const TonalScoreOptions &options,
    const std::function<void(std::size_t, std::size_t)> &progress);

Json to_json(const TonalFigures &figures);
std::string tonals_text(const TonalFigures &figures);

}  // namespace sonar::models
