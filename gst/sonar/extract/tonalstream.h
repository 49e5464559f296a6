/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/gst.h>

#include <optional>
#include <string>
#include <vector>

#include "endedmessage.h"
#include "meta/gstsonarsignaturemeta.h"
#include "meta/gstsonarspectrogrammeta.h"
#include "sonar/tonal/analyzer.h"

namespace sonar {

/** Tonals and families of a stream of frames, between metas and the library. */
class TonalStream {
 public:
  /** The picture of a frame; @p values in dB, @p kept of its size. Adds its
   *  tonals and families to @p signature, whose bytes the caller frees. A
   *  picture of fewer than 3 rows has none. */
  void put(const GstSonarSpectrogramMeta &meta, const Image &values,
           const Image &background, const mask::Binary &kept,
           const tonal::TrackerOptions &options,
           GstSonarSignatureMeta &signature);
  /** Ends everything. */
  void drain();
  /** Forgets everything. */
  void reset() { *this = TonalStream(); }
  /** What has ended since the last call. */
  std::vector<EndedMessage> take_ended();

  /** The picture of a frame for the library; its images must outlive it. */
  static tonal::Picture picture_of(const GstSonarSpectrogramMeta &meta,
                                   const Image &values, const Image &background,
                                   const Image &fine);

 private:
  void begin(const GstSonarSpectrogramMeta &meta,
             const tonal::TrackerOptions &options);
  GstSonarTonal describe(const tonal::Tonal &tonal) const;
  GstSonarFamily describe(const tonal::Family &family,
                          std::int64_t column_end) const;
  void collect();

  std::optional<tonal::Analyzer> analyzer_;
  std::string recipe_;
  tonal::TrackerOptions options_;
  StreamTime time_;
  std::vector<EndedMessage> ended_;
};

}  // namespace sonar
