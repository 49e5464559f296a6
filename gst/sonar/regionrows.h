/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sonar/core/image.h"
#include "sonar/mask/regions.h"
#include "tablerow.h"

namespace sonar::table {

/** What a frame says of the regions in it. */
struct RegionFrame {
  const GstSonarSpectrogramMeta &picture;
  const GstSonarMaskMeta &mask;
  const GstSonarSignatureMeta &signature;
  Image value;  ///< dB, before the rest was painted over
};

/** The regions of a stream, across frames; a row each when it has ended. */
class RegionRows {
 public:
  /** @p min_region: pixels a region must have. */
  explicit RegionRows(guint min_region) : min_region_(min_region) {}

  /** @p analysis: of this frame. */
  void put(const RegionFrame &frame, const Analysis &analysis);
  /** Those that have ended, in order of their end. @p utc: of columns. */
  std::vector<Row> take_ended(const Analysis &analysis, const RunClock &utc);
  /** All have ended; columns are counted anew. Ids and labels go on. */
  void drain();
  void reset() { tracker_.reset(); }

  /** A row's names, in its values' order. */
  static Record blank();

 private:
  int label_number(const GstSonarMaskMeta &mask);
  Record record_of(const mask::RegionTracker::Closed &region,
                   const Analysis &analysis, const RunClock &utc);

  guint min_region_;
  std::optional<mask::RegionTracker> tracker_;
  std::vector<std::string> labels_;  ///< a region's label is an index here
  guint64 rows_ = 0;
};

}  // namespace sonar::table
