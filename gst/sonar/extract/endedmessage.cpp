/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "endedmessage.h"

#include <cmath>

#include "sonar/core/utc.h"

namespace sonar {

static gint64 after(gint64 origin, double columns, double column_ns) {
  return origin == G_MININT64
             ? G_MININT64
             : origin + gint64(std::llround(columns * column_ns));
}

StreamTime::StreamTime(const GstSonarSpectrogramMeta &meta)
    : column_ns_(meta.hop_size * 1e9 / meta.rate) {
  const auto before =
      gint64(std::llround(double(meta.first_column) * column_ns_));
  origin_ = meta.column0_time;
  if (origin_ != G_MININT64) origin_ -= before;
  utc_origin_ = meta.column0_utc;
  if (utc_origin_ != G_MININT64) utc_origin_ -= before;
}

gint64 StreamTime::of(std::int64_t column) const {
  return after(origin_, double(column) - 0.5, column_ns_);
}

EndedMessage StreamTime::message(GstStructure *fields, std::int64_t begin,
                                 std::int64_t end) const {
  const gint64 utc_ns = after(utc_origin_, double(begin) - 0.5, column_ns_);
  if (utc_ns != G_MININT64)
    gst_structure_set(fields, "utc", G_TYPE_STRING,
                      utc::format_iso8601(utc_ns).c_str(), nullptr);
  return {fields, of(begin), of(end)};
}

}  // namespace sonar
