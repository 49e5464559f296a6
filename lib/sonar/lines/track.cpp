/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/lines/track.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "sonar/core/clones.h"
#include "sonar/lines/activity.h"
#include "sonar/lines/log_axis.h"

namespace sonar::lines {
namespace {

constexpr float kMoveCost = 1.5f;             // of a step to the next state
constexpr int kPathHalf = 4, kPowerHalf = 5;  // columns, of smoothing means

constexpr int kRatioStates = 14;  // on either side, kLogStep each
constexpr double kRatioSd = 0.006, kRatioCost = 0.025;
constexpr double kHeightUnitDb = 7;  // a line of this height has the vote 1

constexpr double kOffsetCost = 0.02;
constexpr float kLeastPower = -5, kMostPower = 100;  // a column's say in a mean

/* A place's values (LineMap::Place::at) times @p vote. */
SONAR_CLONES void add_vote(const float *__restrict below,
                           const float *__restrict above, float share,
                           float vote, std::size_t count,
                           float *__restrict sum) {
  for (std::size_t t = 0; t < count; ++t)
    sum[t] += vote * (below[t] + share * (above[t] - below[t]));
}

/* The best path through scores[state][column]. */
std::vector<int> viterbi(const Image &scores) {
  const std::size_t states = scores.height(), columns = scores.width();
  std::vector<float> best(states), next(states);
  std::vector<signed char> from(states * columns);
  for (std::size_t s = 0; s < states; ++s) best[s] = scores.at(s, 0);
  for (std::size_t t = 1; t < columns; ++t) {
    for (std::size_t s = 0; s < states; ++s) {
      float value = best[s];
      signed char move = 0;
      if (s > 0 && best[s - 1] - kMoveCost > value) {
        value = best[s - 1] - kMoveCost;
        move = -1;
      }
      if (s + 1 < states && best[s + 1] - kMoveCost > value) {
        value = best[s + 1] - kMoveCost;
        move = 1;
      }
      next[s] = value + scores.at(s, t);
      from[t * states + s] = move;
    }
    best.swap(next);
  }
  std::vector<int> path(columns);
  path.back() = int(std::max_element(best.begin(), best.end()) - best.begin());
  for (std::size_t t = columns - 1; t > 0; --t)
    path[t - 1] = path[t] + from[t * states + std::size_t(path[t])];
  return path;
}

/* Mean over +-half columns; the ends repeat. */
std::vector<float> smooth(const std::vector<float> &in, int half) {
  const int n = int(in.size());
  std::vector<float> out(in.size());
  for (int t = 0; t < n; ++t) {
    float sum = 0;
    for (int d = -half; d <= half; ++d)
      sum += in[std::size_t(std::clamp(t + d, 0, n - 1))];
    out[std::size_t(t)] = sum / float(2 * half + 1);
  }
  return out;
}

/* Mean power over the neighbouring columns in which the line sounds; 0 where it
 * rather does not. */
std::vector<float> mean_while_sounding(const std::vector<float> &power) {
  const std::vector<float> sounds = sounding_probability(power);
  std::vector<float> sounding = power;
  for (std::size_t t = 0; t < power.size(); ++t) sounding[t] *= sounds[t];
  sounding = smooth(sounding, kPowerHalf);
  const std::vector<float> share = smooth(sounds, kPowerHalf);
  for (std::size_t t = 0; t < power.size(); ++t)
    sounding[t] = sounds[t] >= 0.5f ? sounding[t] / share[t] : 0;
  return sounding;
}

/* Where the class' speed puts a line. */
std::vector<float> expected_path(const Line &line,
                                 const std::vector<float> &log_ratio) {
  std::vector<float> path(log_ratio.size(), float(line.frequency));
  if (line.moving)
    for (std::size_t t = 0; t < path.size(); ++t)
      path[t] = float(line.frequency) * std::exp(log_ratio[t]);
  return path;
}

}  // namespace

std::vector<float> follow_ratio(const LineMap &map, const ClassLines &of,
                                double log_ratio) {
  Image scores(2 * kRatioStates + 1, map.columns());
  for (int s = -kRatioStates; s <= kRatioStates; ++s) {
    float *row = scores.row(std::size_t(s + kRatioStates));
    const double off = s * kLogStep;
    const double z = off / kRatioSd;
    std::fill(row, row + map.columns(), float(-kRatioCost * z * z));
    for (const Line &line : of.lines) {
      if (!line.moving) continue;
      const LineMap::Place place =
          map.merit(line.frequency * std::exp(log_ratio + off));
      const float vote = float(line.height_db / kHeightUnitDb);
      add_vote(place.below, place.above, place.share, vote, map.columns(), row);
    }
  }
  std::vector<float> path;
  for (const int s : viterbi(scores))
    path.push_back(float(log_ratio + (s - kRatioStates) * kLogStep));
  return smooth(path, kPathHalf);
}

Reading read_line(const LineMap &map, const Line &line,
                  const std::vector<CommonLine> &common,
                  const std::vector<float> &log_ratio) {
  constexpr int kSteps = int(2 * kLargestOffset);  // of half a bin, either side
  const std::vector<float> path = expected_path(line, log_ratio);
  std::array<float, 2 * kSteps + 1> mean{};
  for (int d = -kSteps; d <= kSteps; ++d) {
    float sum = 0;
    for (std::size_t t = 0; t < path.size(); ++t)
      sum += std::clamp(map.power(double(path[t]) + 0.5 * d).at(t), kLeastPower,
                        kMostPower);
    mean[std::size_t(d + kSteps)] = sum / float(path.size());
  }
  const auto top = std::max_element(mean.begin(), mean.end());
  double offset = 0.5 * double(top - mean.begin() - kSteps);
  if (top != mean.begin() && top + 1 != mean.end()) {
    const double bend = double(top[-1] - 2 * top[0] + top[1]);
    if (bend < 0) offset += 0.25 * double(top[-1] - top[1]) / bend;
  }
  constexpr float kLeastLevel = 0.5f;  // -3 dB
  const auto covered = std::count_if(path.begin(), path.end(), [&](float f) {
    return is_covered(common, double(f));
  });
  return {10 * std::log10(std::max(kLeastLevel, 1 + *top)), float(offset),
          2 * std::size_t(covered) > path.size()};
}

Track follow_line(const LineMap &map, const Line &line, std::size_t index,
                  const std::vector<float> &log_ratio) {
  const double reach = line.moving ? std::max(0.75, 0.004 * line.frequency)
                                   : std::max(1.0, 0.004 * line.frequency);
  const int steps = int(std::ceil(2 * reach));
  const std::vector<float> expected = expected_path(line, log_ratio);
  Image scores(std::size_t(2 * steps + 1), map.columns());
  for (int d = -steps; d <= steps; ++d) {
    float *row = scores.row(std::size_t(d + steps));
    const double z = 0.5 * d / reach;
    for (std::size_t t = 0; t < expected.size(); ++t)
      row[t] = map.merit(double(expected[t]) + 0.5 * d).at(t) -
               float(kOffsetCost * z * z);
  }
  Track track;
  track.line = index;
  const std::vector<int> path = viterbi(scores);
  for (std::size_t t = 0; t < path.size(); ++t)
    track.frequency.push_back(expected[t] + 0.5f * float(path[t] - steps));
  track.frequency = smooth(track.frequency, kPathHalf);
  for (std::size_t t = 0; t < path.size(); ++t)
    track.power.push_back(map.power(double(track.frequency[t])).at(t));
  track.power = mean_while_sounding(track.power);
  return track;
}

}  // namespace sonar::lines
