/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/clips/schedule.h"

#include <algorithm>
#include <map>

namespace sonar::clips {

std::int64_t utc_of(std::int64_t time_ns,
                    const std::vector<Detection> &detections) {
  std::int64_t nearest = std::numeric_limits<std::int64_t>::max();
  std::int64_t utc_ns = kNoUtc;
  const auto look = [&](std::int64_t at, std::int64_t offset) {
    const std::int64_t distance = at < time_ns ? time_ns - at : at - time_ns;
    if (offset == kNoUtc || distance >= nearest) return;
    nearest = distance;
    utc_ns = time_ns + offset;
  };
  for (const Detection &d : detections) {
    look(d.begin_ns, d.begin_utc_offset_ns);
    look(d.end_ns, d.end_utc_offset_ns);
  }
  return utc_ns;
}

Verdict verdict_of(const std::vector<Detection> &detections) {
  struct Sum {
    double seconds = 0, score = 0;
  };
  std::map<int, Sum> sums;
  for (const Detection &d : detections) {
    const double seconds = double(d.end_ns - d.begin_ns) / 1e9;
    sums[d.label].seconds += seconds;
    sums[d.label].score += seconds * d.score;
  }
  const auto most = std::max_element(
      sums.begin(), sums.end(),
      [](auto &a, auto &b) { return a.second.seconds < b.second.seconds; });
  if (most == sums.end()) return {};
  const Sum &sum = most->second;
  return {most->first, sum.seconds > 0 ? sum.score / sum.seconds : 0};
}

/* The clip of a detection, made or widened; null where all of it has been taken
 * out. */
Clip *Schedule::place(const Detection &detection) {
  Clip clip;
  clip.begin_ns = std::max(detection.begin_ns - pre_ns_, floor_ns_);
  clip.end_ns = detection.end_ns + post_ns_;
  if (clip.end_ns <= clip.begin_ns) return nullptr;
  auto at = std::find_if(clips_.begin(), clips_.end(), [&](const Clip &other) {
    return other.end_ns >= clip.begin_ns;
  });
  const auto first = at;
  for (; at != clips_.end() && at->begin_ns <= clip.end_ns; ++at) {
    clip.begin_ns = std::min(clip.begin_ns, at->begin_ns);
    clip.end_ns = std::max(clip.end_ns, at->end_ns);
    const auto take = [](auto &to, auto &from) {
      to.insert(to.end(), from.begin(), from.end());
    };
    take(clip.ended, at->ended);
    take(clip.ongoing, at->ongoing);
  }
  return &*clips_.insert(clips_.erase(first, at), std::move(clip));
}

void Schedule::put(const std::vector<Detection> &ended,
                   const std::vector<Detection> &ongoing,
                   std::int64_t earliest_ns) {
  for (Clip &clip : clips_) clip.ongoing.clear();
  for (const Detection &d : ended)
    if (Clip *clip = place(d)) clip->ended.push_back(d);
  for (const Detection &d : ongoing)
    if (Clip *clip = place(d)) clip->ongoing.push_back(d);
  earliest_ns_ = earliest_ns;
}

void Schedule::pop_front() {
  floor_ns_ = std::max(floor_ns_, clips_.front().end_ns);
  clips_.pop_front();
}

}  // namespace sonar::clips
