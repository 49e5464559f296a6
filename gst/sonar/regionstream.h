/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/gst.h>

#include <optional>
#include <string>
#include <vector>

#include "endedmessage.h"
#include "meta/gstsonarmaskmeta.h"
#include "meta/gstsonarspectrogrammeta.h"
#include "sonar/mask/regions.h"

namespace sonar {

/** Regions of a stream of frames, as messages when they end. */
class RegionStream {
 public:
  /** The pictures of a frame: dB, background (or empty), confidence, and which
   *  pixels are kept. @p min_pixels: smaller regions are not told; another
   *  number than before ends those that are open. So does a step back. */
  void put(const GstSonarSpectrogramMeta &meta, const GstSonarMaskMeta &mask,
           const Image &values, const Image &background,
           const Image &confidence, const mask::Binary &kept,
           std::size_t min_pixels);
  /** Ends everything. */
  void drain();
  /** Forgets everything. */
  void reset() { *this = RegionStream(); }
  /** What has ended since the last call. */
  std::vector<EndedMessage> take_ended();

 private:
  void begin(const GstSonarSpectrogramMeta &meta, std::size_t min_pixels);
  int label_number(const GstSonarMaskMeta &mask);
  void collect();
  void add_ended(const mask::RegionTracker::Closed &region);

  std::optional<mask::RegionTracker> tracker_;
  std::size_t min_pixels_ = 0;
  std::int64_t newest_ = 0;           ///< first column of the last picture
  std::vector<std::string> labels_;   ///< a region's label is an index here
  std::vector<double> row_edges_hz_;  ///< highest first
  StreamTime time_;
  bool normalized_ = false;
  std::string recipe_;  ///< of the mask
  guint64 count_ = 0;
  std::vector<EndedMessage> ended_;
};

}  // namespace sonar
