/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "meta/gstsonarmaskmeta.h"
#include "meta/gstsonarspectrogrammeta.h"

namespace sonar::pipelines {

/**
 * The tonals that were followed through a recording, by their ids. As in
 * Timeline the newest frame that holds a column decides it.
 */
class TrackList {
 public:
  void put(const GstSonarSpectrogramMeta &picture,
           const GstSonarMaskMeta &mask);
  /** Takes in what is not settled yet; then the list is whole. */
  void finish();

  std::size_t size() const { return tracks_.size(); }
  /**
   * A header, and a row for each tonal that sounded, in the order of their ids:
   * id, class, nominal_hz (at the class' mean speed), moving (1: scales with
   * the speed), begin_s and end_s (of the columns in which it sounds first and
   * last), median_hz, level_db (median power over background in a row of the
   * picture while it sounds), begin_utc and end_utc (ISO 8601; empty where UTC
   * is not known).
   */
  std::string csv() const;

 private:
  struct Track {
    std::string label;
    double nominal_hz = 0;
    bool moving = false;
    double begin_s = 0, end_s = 0;
    std::int64_t begin_utc = INT64_MIN, end_utc = INT64_MIN;
    std::vector<float> hz, level_db;  // of the columns in which it sounds
  };
  struct OpenTrack {
    std::uint64_t id = 0;
    Track about;
    std::vector<float> hz, level_db;  // one a column of its frame
  };
  void settle(std::size_t end);

  std::map<std::uint64_t, Track> tracks_;
  // the newest frame's columns, not settled yet
  std::vector<OpenTrack> open_;
  std::vector<double> open_seconds_;    // left edges, one more than columns
  std::vector<std::int64_t> open_utc_;  // the same, INT64_MIN unknown
  std::size_t open_begin_ = 0, open_end_ = 0;
  std::int64_t open_first_ = 0;
};

}  // namespace sonar::pipelines
