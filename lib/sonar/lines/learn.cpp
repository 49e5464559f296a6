/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/lines/learn.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <utility>

#include "sonar/core/error.h"
#include "sonar/lines/hypothesis.h"
#include "sonar/lines/select.h"
#include "sonar/lines/statistics.h"

namespace sonar::lines {
namespace {

/* A profile counts up to here while it is aligned. */
constexpr float kAlignCapDb = 9;
/* Random speed ratios at which lines of other classes are read. */
constexpr double kLargestLogRatio = 0.13;
constexpr int kReadingsOfOthers = 2;
/* The share of the training pictures whose own class may lie below the
 * threshold from which on it counts as present; one for all classes. */
constexpr double kRejectedShare = 0.015;
/* And the threshold's limits, nats: a class of many lines is as sure at a
 * likelihood ratio of 90 as one of few. */
constexpr double kLeastThreshold = 3, kMostThreshold = 4.5;

struct Limits {
  double low, high;
};
constexpr Limits kPresence{0.2, 0.97}, kSpreadDb{1.2, 5}, kOffsetSd{0.2, 0.6};
constexpr double kLeastLevelDb = 1;
/* Bins by which readings may correct a line's frequency: a strong neighbour
 * pulls farther. */
constexpr float kLargestCorrection = 0.3f;
constexpr int kFits = 30;
constexpr std::size_t kLeastBins = 20;

void require(bool good, const std::string &needed) {
  if (!good) throw Error(Errc::kBadArgument, "learning lines needs " + needed);
}

void require_usable(const Examples &e) {
  require(e.profiles.size() == e.labels.size(),
          "one label a profile, got " + std::to_string(e.labels.size()) +
              " labels of " + std::to_string(e.profiles.size()) + " profiles");
  require(e.sources.empty() || e.sources.size() == e.labels.size(),
          "one source a profile or none, got " +
              std::to_string(e.sources.size()) + " sources of " +
              std::to_string(e.profiles.size()) + " profiles");
  std::vector<std::size_t> count(e.classes);
  for (std::size_t i = 0; i < e.labels.size(); ++i) {
    require(e.labels[i] < e.classes, "labels below the number of classes (" +
                                         std::to_string(e.classes) + "), got " +
                                         std::to_string(e.labels[i]));
    ++count[e.labels[i]];
    const std::size_t bins = e.profiles[i].size();
    require(bins >= kLeastBins && bins == e.profiles.front().size(),
            "profiles of one size of " + std::to_string(kLeastBins) +
                " bins or more, got " + std::to_string(bins));
  }
  require(e.classes >= 2 && std::count(count.begin(), count.end(), 0u) == 0,
          "two classes or more and a picture of each");
}

class Learner {
 public:
  Learner(const Examples &examples, std::uint64_t seed)
      : examples_(examples), seed_(seed), classes_(examples.classes) {
    require_usable(examples);
    for (std::size_t i = 0; i < examples.profiles.size(); ++i) {
      std::vector<float> capped = examples.profiles[i];
      for (float &v : capped) v = std::min(v, kAlignCapDb);
      ClassProfiles &own = classes_[examples.labels[i]];
      own.profiles.push_back(std::move(capped));
      if (!examples.sources.empty()) own.source.push_back(examples.sources[i]);
    }
  }

  LineModel run() {
    const std::vector<char> common = common_bins(classes_);
    for (std::size_t c = 0; c < classes_.size(); ++c)
      classes_[c].log_ratio = align(notched(classes_[c].profiles, common),
                                    seed_ + c, examples_.check)
                                  .log_ratio;
    model_.classes = select_lines(classes_, examples_.band);
    add_common_lines(common);
    calibrate_lines();
    calibrate_thresholds();
    return std::move(model_);
  }

 private:
  /* Lines that all classes have say nothing of a class' speed, nor does what
   * lies outside the band. */
  std::vector<Spectrum> notched(std::vector<Spectrum> profiles,
                                const std::vector<char> &common) const {
    const Band &band = examples_.band;
    for (Spectrum &p : profiles)
      for (std::size_t k = 0; k < p.size(); ++k) {
        const double bin = double(k + 1);
        const bool near = common[k] || (k > 0 && common[k - 1]) ||
                          (k + 1 < p.size() && common[k + 1]);
        if (near || bin < band.lowest || bin > band.highest)
          p[k] = std::min(p[k], 0.0f);
      }
    return profiles;
  }

  void add_common_lines(const std::vector<char> &common) {
    for (std::size_t k = 0; k < common.size(); ++k) {
      if (!common[k] || (k > 0 && common[k - 1])) continue;
      std::size_t end = k;
      while (end < common.size() && common[end]) ++end;
      model_.common.push_back({0.5 * double(k + end - 1) + 1});
    }
  }

  /* Reads every line in its own recordings, and in others at random speeds. */
  void calibrate_lines() {
    std::vector<std::vector<std::vector<Reading>>> own(classes_.size());
    std::vector<float> background;
    std::vector<std::size_t> seen(classes_.size());
    std::mt19937_64 random(seed_);
    for (std::size_t i = 0; i < examples_.labels.size(); ++i) {
      examples_.check();
      const std::size_t c = examples_.labels[i];
      const LineMap map(examples_.evidence(i), model_.common);
      own[c].push_back(
          read(map, model_.classes[c], classes_[c].log_ratio[seen[c]++]));
      for (int n = 0; n < kReadingsOfOthers; ++n) {
        const std::size_t other =
            (c + 1 + random() % (classes_.size() - 1)) % classes_.size();
        ClassLines anywhere = model_.classes[other];
        for (Line &line : anywhere.lines) line.moving = true;
        const double at =
            kLargestLogRatio * (double(random() % 2001) / 1000 - 1);
        for (const Reading &r : read(map, anywhere, at))
          if (!r.hidden) background.push_back(r.level_db);
      }
    }
    model_.background = LevelDensity::of_levels(background);
    for (std::size_t c = 0; c < classes_.size(); ++c)
      for (std::size_t j = 0; j < model_.classes[c].lines.size(); ++j)
        fit(model_.classes[c].lines[j], own[c], j);
  }

  std::vector<Reading> read(const LineMap &map, const ClassLines &of,
                            double log_ratio) const {
    const std::vector<float> path = follow_ratio(map, of, log_ratio);
    std::vector<Reading> out;
    for (const Line &line : of.lines)
      out.push_back(read_line(map, line, model_.common, path));
    return out;
  }

  /* A normal distribution of levels over the known background's, by expectation
   * maximisation; then the offsets of the readings that belong to it. */
  void fit(Line &line, const std::vector<std::vector<Reading>> &readings,
           std::size_t index) const {
    std::vector<double> share(readings.size());
    line.level_db = line.height_db + 0.5;
    for (int round = 0; round < kFits; ++round) {
      std::size_t readable = 0;
      double n = 0, sum = 0, squares = 0;
      for (std::size_t i = 0; i < readings.size(); ++i) {
        if (readings[i][index].hidden) continue;
        ++readable;
        const double level = double(readings[i][index].level_db);
        const double z = (level - line.level_db) / line.spread_db;
        const double there = line.presence * std::exp(-0.5 * z * z) /
                             (line.spread_db * 2.5066282746310002);
        const double absent =
            (1 - line.presence) * double(model_.background.at(level));
        share[i] = there / (there + absent);
        n += share[i];
        sum += share[i] * level;
        squares += share[i] * level * level;
      }
      /* as if two readings more had shown it and one had not */
      line.presence = std::clamp((n + 2) / (double(readable) + 3),
                                 kPresence.low, kPresence.high);
      const double mean = sum / std::max(n, 1e-3);
      line.level_db = std::max(mean, kLeastLevelDb);
      line.spread_db = std::clamp(
          std::sqrt(std::max(squares / std::max(n, 1e-3) - mean * mean, 0.0)),
          kSpreadDb.low, kSpreadDb.high);
    }
    std::vector<float> offsets;
    for (std::size_t i = 0; i < readings.size(); ++i)
      if (share[i] > 0.5) offsets.push_back(*readings[i][index].offset);
    const float centre =
        std::clamp(median_of(offsets), -kLargestCorrection, kLargestCorrection);
    line.frequency += double(centre);
    line.offset_sd =
        std::clamp(double(kMadToSd * median_distance(offsets, centre)),
                   kOffsetSd.low, kOffsetSd.high);
  }

  void calibrate_thresholds() {
    const Recognizer recognizer(model_, examples_.profiles.front().size());
    std::vector<std::vector<double>> evidence(classes_.size());
    for (std::size_t i = 0; i < examples_.labels.size(); ++i) {
      examples_.check();
      const std::size_t c = examples_.labels[i];
      evidence[c].push_back(
          recognizer
              .recognize(examples_.profiles[i],
                         LineMap(examples_.evidence(i), model_.common), c)
              .evidence);
    }
    std::vector<double> all;
    for (const auto &e : evidence) all.insert(all.end(), e.begin(), e.end());
    std::sort(all.begin(), all.end());
    for (ClassLines &c : model_.classes)
      c.threshold =
          std::clamp(all[std::size_t(kRejectedShare * double(all.size()))],
                     kLeastThreshold, kMostThreshold);
  }

  const Examples &examples_;
  const std::uint64_t seed_;
  std::vector<ClassProfiles> classes_;
  LineModel model_;
};

}  // namespace

LineModel learn(const Examples &examples, std::uint64_t seed) {
  return Learner(examples, seed).run();
}

}  // namespace sonar::lines
