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
  double evidence = 0;           ///< log likelihood ratio against background,
                                 ///< the ratio's prior included
  double level_shift_db = 0;     ///< against the training's levels
  std::vector<float> log_ratio;  ///< per column
  std::vector<Reading> readings;
  std::vector<float> presence;  ///< per line, probability that it is there
};

/** A line model made ready for pictures of so many fine bins. Immutable: any
 *  number of threads share one. */
class Recognizer {
 public:
  Recognizer(LineModel model, std::size_t bins);

  const LineModel &model() const noexcept { return model_; }

  /** One hypothesis a class. */
  std::vector<Hypothesis> recognize(const std::vector<float> &profile_db,
                                    const LineMap &map) const;
  Hypothesis recognize(const std::vector<float> &profile_db, const LineMap &map,
                       std::size_t target) const;

  /** @p other with the lines left out of account that may be @p known's: what
   *  speaks for a second vessel beside one that is known to be there. */
  Hypothesis beside(std::size_t target, const Hypothesis &other,
                    std::size_t known_target, const Hypothesis &known) const;

  /** The lines of a hypothesis that are rather there than not. */
  std::vector<Track> tracks(const LineMap &map, std::size_t target,
                            const Hypothesis &hypothesis) const;

 private:
  /** Fills in what follows from the readings. */
  void weigh(const ClassLines &of, Hypothesis &hypothesis) const;

  LineModel model_;
  std::vector<RatioSearch> searches_;
};

}  // namespace sonar::lines
