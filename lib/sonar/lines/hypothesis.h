/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <vector>

#include "sonar/lines/evidence.h"
#include "sonar/lines/line_model.h"
#include "sonar/lines/ratio.h"
#include "sonar/lines/track.h"

namespace sonar::lines {

/** That a class is in a picture: at which speed, and how well it explains what
 *  is there. */
struct Hypothesis {
  /** Log likelihood ratio (natural) against background, the speed ratio's
   *  prior (ratio_log_prior()) included. */
  double evidence = 0;
  double level_shift_db = 0;      ///< against the training's levels
  std::vector<float> log_ratio;   ///< of the speed, natural, one a column
  std::vector<Reading> readings;  ///< one a line of the class
  std::vector<float> presence;    ///< of each line, the probability
};

/**
 * A line model made ready for pictures of @p bins fine bins, 20 or more.
 * Immutable: any number of threads share one. A `target` is the index of a
 * class, less than model().classes.size(); a map covers the model's common
 * lines (LineMap's second argument).
 */
class Recognizer {
 public:
  Recognizer(LineModel model, std::size_t bins);
  /** Its searches refer to its model. */
  Recognizer(const Recognizer &) = delete;
  Recognizer &operator=(const Recognizer &) = delete;

  const LineModel &model() const noexcept { return model_; }

  /** One hypothesis a class. @p profile_db: mean_profile() of the evidence
   *  that @p map was made of. */
  std::vector<Hypothesis> recognize(const std::vector<float> &profile_db,
                                    const LineMap &map) const;
  Hypothesis recognize(const std::vector<float> &profile_db, const LineMap &map,
                       std::size_t target) const;

  /** @p other with the lines left out of account that may be @p known's: what
   *  speaks for a second vessel beside one that is known to be there. */
  Hypothesis beside(std::size_t target, const Hypothesis &other,
                    std::size_t known_target, const Hypothesis &known) const;

  /** The lines of a hypothesis that are rather there than not: those with a
   *  presence of 0.5 or more. */
  std::vector<Track> tracks(const LineMap &map, std::size_t target,
                            const Hypothesis &hypothesis) const;

 private:
  /** Fills in what follows from the readings. */
  void weigh(const ClassLines &of, Hypothesis &hypothesis) const;

  LineModel model_;
  std::vector<RatioSearch> searches_;
};

}  // namespace sonar::lines
