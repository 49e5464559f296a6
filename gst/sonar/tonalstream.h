/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/gst.h>

#include <optional>
#include <string>
#include <vector>

#include "meta/gstsonarsignaturemeta.h"
#include "meta/gstsonarspectrogrammeta.h"
#include "sonar/tonal/analyzer.h"

namespace sonar {

/** Tonals and families of a stream of frames, between metas and the library. */
class TonalStream {
 public:
  /** A message about a tonal or a family that ended, with its time. */
  struct Ended {
    GstStructure *fields;  ///< owned by whoever takes it
    gint64 begin, end;     ///< ns on the buffers' clock, or G_MININT64
  };

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
  std::vector<Ended> take_ended();

  /** The picture of a frame for the library; its images must outlive it. */
  static tonal::Picture picture_of(const GstSonarSpectrogramMeta &meta,
                                   const Image &values, const Image &background,
                                   const Image &fine);

 private:
  void begin(const GstSonarSpectrogramMeta &meta,
             const tonal::TrackerOptions &options);
  gint64 time_of(std::int64_t column) const;
  void add_ended(GstStructure *fields, std::int64_t begin, std::int64_t end);
  GstSonarTonal describe(const tonal::Tonal &tonal) const;
  GstSonarFamily describe(const tonal::Family &family,
                          std::int64_t column_end) const;
  void collect();

  std::optional<tonal::Analyzer> analyzer_;
  std::string recipe_;
  tonal::TrackerOptions options_;
  gint64 origin_ = G_MININT64;      ///< centre of stream column 0's window; ns
  gint64 utc_origin_ = G_MININT64;  ///< the same in UTC
  double column_ns_ = 0;
  std::vector<Ended> ended_;
};

}  // namespace sonar
