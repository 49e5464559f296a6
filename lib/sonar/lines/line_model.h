/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <vector>

namespace sonar::lines {

/** One tonal of a class, learnt from its recordings. */
struct Line {
  double frequency = 0;  ///< fine bins, at speed ratio 1
  double height_db = 0;  ///< mean excess over the other classes' spectra
  bool moving = false;   ///< scales with the speed ratio (engine, shaft, gear);
                         ///< else fixed (a generator at the mains' frequency)
  /** Share of the class' recordings in which it is there. */
  double presence = 0.8;
  /** Its level where it is there: normal, dB as Reading::level_db. */
  double level_db = 3, spread_db = 2;
  /** Standard deviation of Reading::offset where it is there, fine bins. */
  double offset_sd = 0.3;
};

/** What a class sounds like: its lines and how its speed varies. */
struct ClassLines {
  std::vector<Line> lines;  ///< highest first
  /** Standard deviation of the natural logarithm of the speed ratio. */
  double ratio_sd = 0.01;
  /** Evidence (Hypothesis::evidence) from which on the class counts as
   *  present. */
  double threshold = 0;
};

/**
 * How often a level is read at a place where no line of the class is: noise,
 * and whatever else sounds. Probability per dB, piecewise constant.
 */
class LevelDensity {
 public:
  static constexpr double kLowDb = -3, kHighDb = 20, kStepDb = 0.5;
  static constexpr std::size_t kSteps =
      std::size_t((kHighDb - kLowDb) / kStepDb);

  LevelDensity();  ///< even
  /** Of @p levels, with two counts more in each step. */
  static LevelDensity of_levels(const std::vector<float> &levels);
  /** kSteps densities per dB, lowest level first. Throws Error(kBadModel)
   *  unless there are so many and all are above 0. */
  explicit LevelDensity(std::vector<float> density);

  /** Levels beyond the range have the density of its end. */
  float at(double level_db) const noexcept;
  const std::vector<float> &values() const noexcept { return density_; }

 private:
  std::vector<float> density_;
};

/** A persistent line of the recordings themselves: in all classes, so of none
 *  (own ship, mains). */
struct CommonLine {
  double frequency = 0;  ///< fine bins
};

/** Whether a line of all classes covers @p frequency: within 1.6 bins. */
bool is_covered(const std::vector<CommonLine> &common,
                double frequency) noexcept;

/** All that the recipe `lines` knows (docs/method.md section 5.4). */
struct LineModel {
  std::vector<ClassLines> classes;
  std::vector<CommonLine> common;
  LevelDensity background;
};

}  // namespace sonar::lines
