/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/gst.h>

#include <cstdint>

#include "meta/gstsonarspectrogrammeta.h"

namespace sonar {

/** A message about what has ended (a tonal, a family, a region), with its
 *  time. */
struct EndedMessage {
  GstStructure *fields;  ///< owned by whoever takes it
  gint64 begin, end;     ///< ns on the buffers' clock, or G_MININT64
};

/** Where the columns of a stream lie in time. */
class StreamTime {
 public:
  StreamTime() = default;
  explicit StreamTime(const GstSonarSpectrogramMeta &meta);

  /** Left edge of a stream column in ns on the buffers' clock; G_MININT64 where
   *  the stream carries no time. */
  gint64 of(std::int64_t column) const;
  /** About columns [@p begin, @p end); adds `utc` where it is known. Takes
   *  @p fields. */
  EndedMessage message(GstStructure *fields, std::int64_t begin,
                       std::int64_t end) const;

 private:
  gint64 origin_ = G_MININT64;      ///< centre of stream column 0's window; ns
  gint64 utc_origin_ = G_MININT64;  ///< the same in UTC
  double column_ns_ = 0;
};

}  // namespace sonar
