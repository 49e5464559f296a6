/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "sonar/lines/track.h"

namespace sonar::lines {

/** A track of one picture as a part of a stream of pictures. */
struct StreamTrack {
  Track track;           ///< power 0 where this one is silent
  std::uint64_t id = 0;  ///< the same in every picture; from 1 on, never again
                         ///< for another
  std::int64_t begin = 0;  ///< stream column in which it first sounded
};

/**
 * Gives the tracks of successive pictures of one stream their ids: the same
 * line of a class goes on under its id where it sounds again after
 * @p largest_gap silent columns or fewer and its frequency agrees; else
 * a new track begins (birth, continuation and death as in McAulay and Quatieri,
 * Speech analysis/synthesis based on a sinusoidal representation, IEEE TASSP
 * 34, 1986, but between lines that are known by name).
 *
 * Where pictures overlap, frequency, level and whether the line sounds are
 * means of all pictures so far, each weighted by its distance to its own nearer
 * edge in time: a picture knows least about its first and last columns, and the
 * path stays whole where the next one takes over. One instance per stream;
 * not thread-safe.
 */
class TrackContinuation {
 public:
  explicit TrackContinuation(std::size_t largest_gap) : gap_(largest_gap) {}

  /** From now on, columns. */
  void set_largest_gap(std::size_t columns) noexcept { gap_ = columns; }

  /** What the next picture is of, before its put()s: where it names classes and
   *  none of those that the last one named, their tracks end. No class says
   *  nothing: the vessel may be heard again. */
  void announce(const std::vector<std::size_t> &classes);

  /**
   * The tracks of class @p target in the next picture, whose first value is
   * stream column @p first_column. A track that is silent for longer than the
   * gap comes back as several, one that never sounds not at all. A picture that
   * begins before the last one is of another stream: all tracks end.
   */
  std::vector<StreamTrack> put(std::size_t target, std::int64_t first_column,
                               std::vector<Track> tracks);

  /** All tracks end: what comes next has columns of its own. */
  void discontinue() noexcept;

 private:
  struct Stretch {
    std::int64_t begin, end;  // stream columns, sounding from first to last
    std::uint64_t id;
    std::int64_t born;  // begin of its track
    float last;         // frequency where it was heard last
  };
  /* One line so far, on the columns of the last picture that had it. */
  struct Memory {
    std::int64_t first = 0;
    std::vector<float> frequency, power;  // power: while it sounds
    std::vector<float> sounds, weight;    // share of the weight, and all of it
    std::vector<Stretch> stretches;

    bool agrees(std::int64_t first_column, const Track &track) const;
    void take(std::int64_t first_column, const Track &track);
  };

  std::vector<Stretch> stretches(const Memory &of) const;
  void name(std::vector<Stretch> &now, const std::vector<Stretch> &before);
  void forget_before(std::int64_t column);

  std::size_t gap_;
  std::uint64_t last_id_ = 0;
  std::int64_t newest_ = 0;  // first column of the last picture
  std::vector<std::size_t> classes_;
  std::map<std::pair<std::size_t, std::size_t>, Memory> lines_;
};

}  // namespace sonar::lines
