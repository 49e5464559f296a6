/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sonar/core/image.h"
#include "sonar/core/recipe.h"
#include "sonar/mask/threshold.h"
#include "sonar/tonal/family.h"
#include "sonar/tonal/tracker.h"

namespace sonar::tonal {

/** A picture to be searched for tonals; all images of one width. */
struct Picture {
  std::int64_t first_column = 0;  ///< of the stream
  ColumnRange valid;
  const Image *value_db = nullptr;       ///< height x width
  const Image *background_db = nullptr;  ///< as value_db, or empty
  const Image *fine_db = nullptr;      ///< Recipe::evidence_recipe()'s rows, or
                                       ///< empty
  const mask::Binary *kept = nullptr;  ///< as value_db
};

/**
 * Tonals and harmonic families of a stream of overlapping pictures. Measured in
 * the fine spectrum where the pictures have one, over its own noise; levels
 * stay those of a tone in the picture.
 */
class Analyzer {
 public:
  struct Options {
    TrackerOptions tracker;
    FamilyOptions family;
  };
  /** Throws Error(kBadArgument) as Grid. */
  Analyzer(const Recipe &recipe, const std::vector<double> &row_edges_hz,
           bool fine, const Options &options);

  /** Pictures must not go back in time. Throws Error(kBadArgument) as
   *  Tracker::put(). */
  void put(const Picture &picture);
  /** Ends everything; the next picture may be anywhere. */
  void drain();

  /** Of the newest picture. */
  const std::vector<Tracker::Current> &tonals() const noexcept {
    return tracker_.current();
  }
  const std::vector<Family> &families() const noexcept { return families_; }

  /** What ended, in the order of its end. */
  bool pop(Tonal &ended) { return tracker_.pop(ended); }
  bool pop(FamilyTracker::Followed &ended) {
    return family_tracker_.pop(ended);
  }

  const Grid &grid() const noexcept { return tracker_.grid(); }

 private:
  void put_fine(const Picture &picture);

  Options options_;
  std::vector<double> row_edges_hz_;  ///< of the picture
  double fine_gain_db_ =
      0;  ///< of noise in a row of the picture over a fine one
  Tracker tracker_;
  FamilyTracker family_tracker_;
  std::vector<Family> families_;
};

}  // namespace sonar::tonal
