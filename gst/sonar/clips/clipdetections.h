/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/video/video.h>

#include <optional>
#include <string>
#include <vector>

#include "sonar/clips/schedule.h"
#include "table/regionrows.h"

namespace sonar::clips {

/** What frames say is worth a clip, in time on the buffers' clock. */
struct News {
  bool run_begins = false;       ///< after a discontinuity, or at first
  std::int64_t run_base_ns = 0;  ///< time of the run's first sample
  std::vector<Detection> ended, ongoing;
  std::int64_t earliest_ns = 0;  ///< as Schedule::put() takes it
};

/**
 * Detections of a stream: the regions that signaturetable lists, numbered as
 * there, and those that go on.
 */
class Detections {
 public:
  /** @p classes: those that count, with commas; empty: all. */
  Detections(guint min_region, const std::string &classes);

  /** Throws Error(kBadArgument) for a frame without the metas. */
  News put(GstBuffer *frame, const GstVideoInfo &info);
  /** Everything has ended. */
  News drain();
  /** Everything is forgotten, but what it is called. */
  void reset();

  bool in_run() const { return utc_.has_value(); }
  std::string label_of(int label) const { return regions_.label_of(label); }
  const table::Analysis &analysis() const { return analysis_; }

 private:
  std::int64_t utc_offset_at(std::int64_t column) const;
  bool counts(const GstSonarMaskMeta &mask) const;
  Detection detection_of(const table::Regions::Region &region) const;
  void take_ended(News &news);

  std::vector<std::string> classes_;
  table::Regions regions_;
  table::Analysis analysis_;
  std::optional<RunClock> utc_;  ///< of columns, in a run
  guint64 ended_ = 0;
};

}  // namespace sonar::clips
