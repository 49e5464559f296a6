/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/gst.h>

#include <optional>
#include <vector>

#include "endedmessage.h"
#include "table/regionrows.h"

namespace sonar {

/** Regions of a stream of frames, as messages when they end: those that
 *  signaturetable lists. */
class RegionStream {
 public:
  /** @p min_pixels: smaller regions are not told; another number than before
   *  ends those that are open. So does a step back. */
  void put(const table::RegionFrame &frame, guint min_pixels);
  /** Ends everything. */
  void drain();
  /** Forgets everything. */
  void reset() { *this = RegionStream(); }
  /** What has ended since the last call. */
  std::vector<EndedMessage> take_ended();

 private:
  bool goes_on(const table::RegionFrame &frame,
               const table::Analysis &analysis) const;
  void collect();
  void add_ended(const table::Regions::Region &region);

  std::optional<table::Regions> regions_;
  guint min_pixels_ = 0;
  gint64 newest_ = 0;         ///< first column of the last picture
  table::Analysis analysis_;  ///< of the last picture
  StreamTime time_;
  guint64 count_ = 0;
  std::vector<EndedMessage> ended_;
};

}  // namespace sonar
