/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/lines/likelihood.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "sonar/lines/statistics.h"

namespace sonar::lines {
namespace {

/* Levels of a whole recording against the training's, with prior
 * probabilities: mostly as there, possibly much farther away. */
struct LevelShift {
  double db, prior;
};
constexpr std::array<LevelShift, 7> kLevelShifts{{{-9, 0.02},
                                                  {-7.5, 0.05},
                                                  {-6, 0.10},
                                                  {-4, 0.15},
                                                  {-2, 0.23},
                                                  {0, 0.35},
                                                  {2, 0.10}}};
/* Share of the usual lines that are there today. */
struct Completeness {
  double share, prior;
};
constexpr std::array<Completeness, 3> kCompleteness{
    {{1, 0.6}, {0.8, 0.25}, {0.6, 0.15}}};

/* A level of any height has this part of the probability, whatever the
 * training's levels were: no recording is like all others. */
constexpr double kAnyLevel = 0.15, kAnyLevelDb = 15, kLeastLevelDb = 1;
/* The same for offsets. */
constexpr double kAnyOffset = 0.1;
/* Moving lines stray in proportion to their frequency. */
constexpr double kRelativeOffset = 0.0005;
constexpr double kLeastExcess = 0.05;  // of a line's mean level, as a power

double shift_level(double level_db, double by_db) {
  const double excess = std::max(std::pow(10, level_db / 10) - 1, kLeastExcess);
  return 10 * std::log10(1 + excess * std::pow(10, by_db / 10));
}

double level_density(const Line &line, double level_db, double shift_db) {
  const double of_class = normal_density(
      level_db - shift_level(line.level_db, shift_db), line.spread_db);
  const double any = level_db > kLeastLevelDb ? 1 / kAnyLevelDb : 0;
  return (1 - kAnyLevel) * of_class + kAnyLevel * any;
}

/* Over the even density of the background's offsets. */
double offset_ratio(const Line &line, double offset) {
  const double sd = std::max(line.offset_sd, kRelativeOffset * line.frequency);
  return (1 - kAnyOffset) * normal_density(offset, sd) * 2 * kLargestOffset +
         kAnyOffset;
}

/* Density of a reading where the line is there, over that where it is not. */
double reading_ratio(const Line &line, const Reading &reading, double shift_db,
                     const LevelDensity &background) {
  if (reading.hidden) return 1;
  const double level = double(reading.level_db);
  const double ratio =
      level_density(line, level, shift_db) / double(background.at(level));
  return reading.offset ? ratio * offset_ratio(line, double(*reading.offset))
                        : ratio;
}

}  // namespace

Likelihood likelihood(const ClassLines &of,
                      const std::vector<Reading> &readings,
                      const LevelDensity &background) {
  /* What all lines share, and the log probability of the readings with it:
   * a product over many lines may leave the range of numbers. */
  struct Case {
    double shift_db, share, log_weight;
  };
  std::vector<Case> cases;
  std::vector<double> ratios;  // of the lines, for one level shift a row
  for (const LevelShift &shift : kLevelShifts) {
    const std::size_t row = ratios.size();
    for (std::size_t j = 0; j < readings.size(); ++j)
      ratios.push_back(
          reading_ratio(of.lines[j], readings[j], shift.db, background));
    for (const Completeness &today : kCompleteness) {
      double log_weight = std::log(shift.prior * today.prior);
      for (std::size_t j = 0; j < readings.size(); ++j)
        log_weight += std::log1p(of.lines[j].presence * today.share *
                                 (ratios[row + j] - 1));
      cases.push_back({shift.db, today.share, log_weight});
    }
  }
  double top = cases.front().log_weight;
  for (const Case &c : cases) top = std::max(top, c.log_weight);
  Likelihood out;
  std::vector<double> presence(readings.size());
  double total = 0;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const double weight = std::exp(cases[i].log_weight - top);
    const double *ratio =
        ratios.data() + i / kCompleteness.size() * readings.size();
    total += weight;
    out.level_shift_db += weight * cases[i].shift_db;
    for (std::size_t j = 0; j < readings.size(); ++j) {
      const double p = of.lines[j].presence * cases[i].share;
      presence[j] += weight * p * ratio[j] / (1 + p * (ratio[j] - 1));
    }
  }
  out.evidence = top + std::log(total);
  out.level_shift_db /= total;
  for (const double p : presence) out.presence.push_back(float(p / total));
  return out;
}

}  // namespace sonar::lines
