/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <limits>
#include <vector>

/* Which stretches of a recording are worth keeping. */
namespace sonar::clips {

/** What UTC less a time is where it is not known. */
constexpr std::int64_t kNoUtc = std::numeric_limits<std::int64_t>::min();

/** Something that was heard from @p begin_ns to @p end_ns. */
struct Detection {
  std::int64_t begin_ns = 0, end_ns = 0;
  std::uint64_t id = 0;  ///< 0 while it goes on
  int label = -1;
  double score = 0;  ///< mean probability of the label, 0..1
  double low_hz = 0, high_hz = 0;
  double peak_hz = 0, peak_db = 0;  ///< its loudest pixel
  /** UTC less time at its begin and its end. */
  std::int64_t begin_utc_offset_ns = kNoUtc, end_utc_offset_ns = kNoUtc;
};

/** UTC of a time by the end of a detection that is nearest to it; kNoUtc where
 *  it is not known. */
std::int64_t utc_of(std::int64_t time_ns,
                    const std::vector<Detection> &detections);

/** A stretch to keep and the detections in it. */
struct Clip {
  std::int64_t begin_ns = 0, end_ns = 0;
  std::vector<Detection> ended, ongoing;
};

/** The label with the longest detections, -1 where there are none, and its mean
 *  score; the smallest of equals. */
struct Verdict {
  int label = -1;
  double score = 0;
};
Verdict verdict_of(const std::vector<Detection> &detections);

/**
 * Clips around detections, in order of time: each detection with @p pre_ns
 * before it and @p post_ns after it, merged where they touch.
 *
 * A detection that goes on is told again and again with a later end, so a clip
 * can be written while it grows; what has been taken out is never given again.
 */
class Schedule {
 public:
  /** Neither is negative. */
  Schedule(std::int64_t pre_ns, std::int64_t post_ns)
      : pre_ns_(pre_ns), post_ns_(post_ns) {}

  /**
   * @p ended: since the last call. @p ongoing: all of them, ending now.
   * @p earliest_ns: no detection that has not been told will begin before it;
   * it does not go back. Its greatest value ends all clips.
   */
  void put(const std::vector<Detection> &ended,
           const std::vector<Detection> &ongoing, std::int64_t earliest_ns);

  bool empty() const { return clips_.empty(); }
  /** The first clip. */
  const Clip &front() const { return clips_.front(); }
  Clip &front() { return clips_.front(); }
  /** Whether its begin is certain. */
  bool has_begun() const { return front().begin_ns <= frontier(); }
  /** Whether its end is. */
  bool is_over() const { return front().end_ns < frontier(); }
  void pop_front();

  /** Nothing before this time will be asked for by clips to come. */
  std::int64_t needed_ns() const {
    return clips_.empty() ? std::max(frontier(), floor_ns_)
                          : std::min(frontier(), clips_.front().begin_ns);
  }

 private:
  /** Where a clip to come may begin at the earliest. */
  std::int64_t frontier() const {
    constexpr auto kLeast = std::numeric_limits<std::int64_t>::min();
    return earliest_ns_ < kLeast + pre_ns_ ? kLeast : earliest_ns_ - pre_ns_;
  }
  Clip *place(const Detection &detection);

  std::int64_t pre_ns_, post_ns_;
  std::int64_t earliest_ns_ = std::numeric_limits<std::int64_t>::min();
  std::int64_t floor_ns_ = std::numeric_limits<std::int64_t>::min();
  std::deque<Clip> clips_;  ///< by time, apart from each other
};

}  // namespace sonar::clips
