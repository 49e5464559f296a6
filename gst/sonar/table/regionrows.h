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
  Image value;         ///< dB, before the rest was painted over
  bool counts = true;  ///< whether what was kept is to be followed
};

/** The regions of a stream, across frames. */
class Regions {
 public:
  using Region = mask::RegionTracker::Closed;

  /** @p min_region: pixels a region must have. */
  explicit Regions(guint min_region) : min_region_(min_region) {}

  /** @p analysis: of this frame. */
  void put(const RegionFrame &frame, const Analysis &analysis);
  /** All have ended; once they are taken, reset() lets columns be counted
   *  anew. */
  void drain();
  void reset() { tracker_.reset(); }

  /** As of mask::RegionTracker. */
  bool pop(Region &region) { return tracker_ && tracker_->pop(region); }
  std::vector<Region> open() const {
    return tracker_ ? tracker_->open() : std::vector<Region>();
  }
  std::int64_t earliest_unknown() const { return tracker_->earliest_unknown(); }

  /** The class of a region's label. */
  std::string label_of(int label) const {
    return label < 0 ? "unknown" : labels_[std::size_t(label)];
  }

 private:
  int label_number(const GstSonarMaskMeta &mask);

  guint min_region_;
  std::optional<mask::RegionTracker> tracker_;
  std::vector<std::string> labels_;  ///< a region's label is an index here
};

/** Regions as rows, each when it has ended. */
class RegionRows : public Regions {
 public:
  using Regions::Regions;

  /** Those that have ended, in order of their end. @p utc: of columns. */
  std::vector<Row> take_ended(const Analysis &analysis, const RunClock &utc);

  /** A row's names, in its values' order. */
  static Record blank();

 private:
  Record record_of(const Region &region, const Analysis &analysis,
                   const RunClock &utc);

  guint64 rows_ = 0;
};

}  // namespace sonar::table
