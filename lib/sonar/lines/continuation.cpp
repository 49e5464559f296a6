/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/lines/continuation.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "sonar/lines/statistics.h"

namespace sonar::lines {
namespace {

/* Frequencies of one line agree within the reach of two paths from the ratio's
 * (follow_line()); in a gap a speed may change by kDrift a column. */
constexpr double kAgreeBins = 1.5, kAgreeRelative = 0.008, kDrift = 2e-4;

bool is_near(float a, float b, std::int64_t gap) {
  const double reach =
      std::max(kAgreeBins, kAgreeRelative * double(a)) +
      kDrift * double(std::max<std::int64_t>(gap, 0)) * double(a);
  return std::abs(double(a) - double(b)) <= reach;
}

}  // namespace

/* Where both sound; else the first column of one against the last of the other.
 */
bool TrackContinuation::Memory::agrees(std::int64_t first_column,
                                       const Track &track) const {
  std::vector<float> distances;
  const std::int64_t moved = first_column - first;
  for (std::size_t t = 0; t < track.power.size(); ++t) {
    const std::size_t before = t + std::size_t(moved);
    if (before >= frequency.size()) break;
    if (track.power[t] > 0 && sounds[before] >= 0.5f)
      distances.push_back(track.frequency[t] - frequency[before]);
  }
  const auto next = std::find_if(track.power.begin(), track.power.end(),
                                 [](float p) { return p > 0; });
  if (next == track.power.end() || stretches.empty()) return true;
  const std::size_t begin = std::size_t(next - track.power.begin());
  if (!distances.empty())
    return is_near(track.frequency[begin],
                   track.frequency[begin] + median_distance(distances, 0), 0);
  const Stretch &last = stretches.back();
  return is_near(track.frequency[begin], last.last,
                 first_column + std::int64_t(begin) - last.end);
}

void TrackContinuation::Memory::take(std::int64_t first_column,
                                     const Track &track) {
  Memory now;
  now.first = first_column;
  const std::size_t columns = track.frequency.size();
  const std::size_t moved = std::size_t(first_column - first);
  for (std::size_t t = 0; t < columns; ++t) {
    float w = float(std::min(t + 1, columns - t));
    float f = w * track.frequency[t], p = w * track.power[t];
    float on = track.power[t] > 0 ? w : 0;
    if (t + moved < frequency.size()) {
      const std::size_t before = t + moved;
      const float all = weight[before], sounding = all * sounds[before];
      f += all * frequency[before];
      p += sounding * power[before];
      on += sounding;
      w += all;
    }
    now.frequency.push_back(f / w);
    now.power.push_back(on > 0 ? p / on : 0);
    now.sounds.push_back(on / w);
    now.weight.push_back(w);
  }
  now.stretches = std::move(stretches);
  *this = std::move(now);
}

std::vector<TrackContinuation::Stretch> TrackContinuation::stretches(
    const Memory &of) const {
  std::vector<Stretch> out;
  for (std::size_t t = 0; t < of.sounds.size(); ++t) {
    if (of.sounds[t] < 0.5f) continue;
    const std::int64_t column = of.first + std::int64_t(t);
    if (out.empty() || column - out.back().end > std::int64_t(gap_))
      out.push_back({column, column, 0, column, 0});
    out.back().end = column + 1;
    out.back().last = of.frequency[t];
  }
  return out;
}

/* The first stretch near an old one goes on with its id. */
void TrackContinuation::name(std::vector<Stretch> &now,
                             const std::vector<Stretch> &before) {
  auto old = before.begin();
  for (Stretch &s : now) {
    while (old != before.end() && old->end + std::int64_t(gap_) < s.begin)
      ++old;
    if (old != before.end() && old->begin <= s.end + std::int64_t(gap_)) {
      s.id = old->id;
      s.born = std::min(old->born, s.begin);
      ++old;
    } else {
      s.id = ++last_id_;
    }
  }
}

void TrackContinuation::forget_before(std::int64_t column) {
  for (auto line = lines_.begin(); line != lines_.end();)
    line = line->second.stretches.back().end < column ? lines_.erase(line)
                                                      : std::next(line);
}

void TrackContinuation::announce(const std::vector<std::size_t> &classes) {
  if (classes.empty()) return;
  const bool same =
      std::any_of(classes.begin(), classes.end(), [&](std::size_t c) {
        return std::count(classes_.begin(), classes_.end(), c) > 0;
      });
  if (!same) lines_.clear();
  classes_ = classes;
}

std::vector<StreamTrack> TrackContinuation::put(std::size_t target,
                                                std::int64_t first_column,
                                                std::vector<Track> tracks) {
  if (first_column < newest_) discontinue();
  newest_ = first_column;
  forget_before(first_column - std::int64_t(gap_));
  std::vector<StreamTrack> out;
  for (Track &track : tracks) {
    Memory &memory = lines_[{target, track.line}];
    if (memory.frequency.empty() || !memory.agrees(first_column, track))
      memory = {first_column, {}, {}, {}, {}, {}};
    memory.take(first_column, track);
    std::vector<Stretch> now = stretches(memory);
    name(now, memory.stretches);
    for (const Stretch &s : now) {
      StreamTrack one{{track.line, memory.frequency, {}}, s.id, s.born};
      for (std::size_t t = 0; t < memory.power.size(); ++t) {
        const std::int64_t column = first_column + std::int64_t(t);
        const bool sounds =
            memory.sounds[t] >= 0.5f && column >= s.begin && column < s.end;
        one.track.power.push_back(sounds ? memory.power[t] : 0);
      }
      out.push_back(std::move(one));
    }
    /* what sounded before this picture is settled, and may still go on */
    if (!now.empty())
      memory.stretches = std::move(now);
    else if (memory.stretches.empty())
      lines_.erase({target, track.line});
  }
  return out;
}

void TrackContinuation::discontinue() noexcept {
  lines_.clear();
  classes_.clear();
}

}  // namespace sonar::lines
