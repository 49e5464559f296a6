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
/* Nats by which a line must rather be of the other kind to be taken for it. */
constexpr double kKindInDoubt = 5;
constexpr int kFits = 30;
constexpr std::size_t kLeastBins = 20;

void require(bool good, const std::string &needed) {
  if (!good) throw Error(Errc::kBadArgument, "learning lines needs " + needed);
}

void require_usable(const Examples &e) {
  require(e.profiles.size() == e.labels.size(),
          "one label a profile, got " + std::to_string(e.labels.size()) +
              " labels of " + std::to_string(e.profiles.size()) + " profiles");
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

/* One a line, of each recording. */
using Readings = std::vector<std::vector<Reading>>;

class Learner {
 public:
  Learner(const Examples &examples, std::uint64_t seed)
      : examples_(examples), seed_(seed), classes_(examples.classes) {
    require_usable(examples);
    for (std::size_t i = 0; i < examples.profiles.size(); ++i) {
      std::vector<float> capped = examples.profiles[i];
      for (float &v : capped) v = std::min(v, kAlignCapDb);
      classes_[examples.labels[i]].profiles.push_back(std::move(capped));
    }
  }

  LineModel run() {
    const std::vector<char> common = common_bins(classes_);
    for (std::size_t c = 0; c < classes_.size(); ++c)
      classes_[c].log_ratio = align(notched(classes_[c].profiles, common),
                                    seed_ + c, examples_.check)
                                  .log_ratio;
    add_common_lines(common);
    learn_lines();
    realign();
    learn_lines();
    calibrate_thresholds();
    return std::move(model_);
  }

 private:
  /* Lines that all classes have say nothing of a class' speed. */
  static std::vector<Spectrum> notched(std::vector<Spectrum> profiles,
                                       const std::vector<char> &common) {
    for (Spectrum &p : profiles)
      for (std::size_t k = 0; k < p.size(); ++k) {
        const bool near = common[k] || (k > 0 && common[k - 1]) ||
                          (k + 1 < p.size() && common[k + 1]);
        if (near) p[k] = std::min(p[k], 0.0f);
      }
    return profiles;
  }

  void learn_lines() {
    model_.classes = select_lines(classes_);
    calibrate_lines();
  }

  /* The recordings' speeds anew, by the lines alone: what an alignment of whole
   * spectra takes for the pattern may be a generator's. */
  void realign() {
    std::vector<std::vector<float>> log_ratio(classes_.size());
    for_each_own_hypothesis([&](std::size_t c, const Hypothesis &h) {
      log_ratio[c].push_back(float(mean_value(h.log_ratio)));
    });
    for (std::size_t c = 0; c < classes_.size(); ++c) {
      const double centre = double(median_of(log_ratio[c]));
      for (std::size_t i = 0; i < log_ratio[c].size(); ++i)
        classes_[c].log_ratio[i] = double(log_ratio[c][i]) - centre;
    }
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
    std::vector<Readings> own(classes_.size()), flipped(classes_.size());
    std::vector<float> background;
    std::vector<std::size_t> seen(classes_.size());
    std::mt19937_64 random(seed_);
    for (std::size_t i = 0; i < examples_.labels.size(); ++i) {
      examples_.check();
      const std::size_t c = examples_.labels[i];
      const LineMap map(examples_.evidence(i), model_.common);
      const std::vector<float> path = follow_ratio(
          map, model_.classes[c], classes_[c].log_ratio[seen[c]++]);
      own[c].push_back(read(map, model_.classes[c].lines, path));
      flipped[c].push_back(
          read(map, of_other_kind(model_.classes[c].lines), path));
      for (int n = 0; n < kReadingsOfOthers; ++n) {
        const std::size_t other =
            (c + 1 + random() % (classes_.size() - 1)) % classes_.size();
        ClassLines anywhere = model_.classes[other];
        for (Line &line : anywhere.lines) line.moving = true;
        const double at =
            kLargestLogRatio * (double(random() % 2001) / 1000 - 1);
        for (const Reading &r :
             read(map, anywhere.lines, follow_ratio(map, anywhere, at)))
          if (!r.hidden) background.push_back(r.level_db);
      }
    }
    model_.background = LevelDensity::of_levels(background);
    for (std::size_t c = 0; c < classes_.size(); ++c)
      model_.classes[c].lines =
          fitted(model_.classes[c].lines, own[c], flipped[c]);
  }

  static std::vector<Line> of_other_kind(std::vector<Line> lines) {
    for (Line &line : lines) line.moving = !line.moving;
    return lines;
  }

  /* Each line of the kind that explains its readings, without those of which
   * nothing could be learnt. */
  std::vector<Line> fitted(const std::vector<Line> &lines, const Readings &own,
                           const Readings &flipped) const {
    std::vector<Line> out;
    for (std::size_t j = 0; j < lines.size(); ++j) {
      const auto hidden = std::count_if(
          own.begin(), own.end(),
          [j](const std::vector<Reading> &r) { return r[j].hidden; });
      if (2 * std::size_t(hidden) > own.size()) continue;
      Line line = lines[j], other = lines[j];
      other.moving = !line.moving;
      fit(line, own, j);
      fit(other, flipped, j);
      const double gain = support(other, flipped, j) - support(line, own, j);
      if (gain > kKindInDoubt && other.offset_sd < line.offset_sd) line = other;
      if (line.level_db > kLeastLevelDb && line.presence > kPresence.low)
        out.push_back(line);
    }
    return out;
  }

  std::vector<Reading> read(const LineMap &map, const std::vector<Line> &lines,
                            const std::vector<float> &path) const {
    std::vector<Reading> out;
    for (const Line &line : lines)
      out.push_back(read_line(map, line, model_.common, path));
    return out;
  }

  /* Log likelihood of the readings of a line. */
  double support(const Line &line, const Readings &readings,
                 std::size_t index) const {
    double sum = 0;
    for (const std::vector<Reading> &picture : readings) {
      const Reading &r = picture[index];
      if (r.hidden) continue;
      const double level = double(r.level_db);
      const double there =
          normal_density(level - line.level_db, line.spread_db) *
          normal_density(double(*r.offset), line.offset_sd);
      sum +=
          std::log(line.presence * there +
                   (1 - line.presence) * double(model_.background.at(level)) /
                       (2 * kLargestOffset));
    }
    return sum;
  }

  /* A normal distribution of levels over the known background's, by expectation
   * maximisation; then the offsets of the readings that belong to it. */
  void fit(Line &line, const Readings &readings, std::size_t index) const {
    std::vector<double> share(readings.size());
    line.level_db = line.height_db + 0.5;
    for (int round = 0; round < kFits; ++round) {
      std::size_t readable = 0;
      double n = 0, sum = 0, squares = 0;
      for (std::size_t i = 0; i < readings.size(); ++i) {
        if (readings[i][index].hidden) continue;
        ++readable;
        const double level = double(readings[i][index].level_db);
        const double there =
            line.presence *
            normal_density(level - line.level_db, line.spread_db);
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

  /* Calls with the class and what is recognised of it in each recording. */
  template <typename Use>
  void for_each_own_hypothesis(const Use &use) {
    const Recognizer recognizer(model_, examples_.profiles.front().size());
    for (std::size_t i = 0; i < examples_.labels.size(); ++i) {
      examples_.check();
      const std::size_t c = examples_.labels[i];
      use(c, recognizer.recognize(examples_.profiles[i],
                                  LineMap(examples_.evidence(i), model_.common),
                                  c));
    }
  }

  void calibrate_thresholds() {
    std::vector<double> all;
    for_each_own_hypothesis(
        [&](std::size_t, const Hypothesis &h) { all.push_back(h.evidence); });
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
