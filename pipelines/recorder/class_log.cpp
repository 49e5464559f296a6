/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "class_log.h"

#include <cmath>

#include "sonar/core/utc.h"

namespace sonar::recorder {

std::optional<ClassLog::Record> ClassLog::put(const GstStructure *message) {
  guint64 begin = 0, duration = 0;
  gst_structure_get_uint64(message, "timestamp", &begin);
  gst_structure_get_uint64(message, "duration", &duration);
  gst_structure_get_double(message, "confidence", &confidence_);
  const gchar *label = gst_structure_get_string(message, "label");
  const gchar *utc = gst_structure_get_string(message, "utc");
  std::optional<Record> ended;
  const bool goes_on =
      frames_ > 0 && label_ == label && std::int64_t(begin) == end_ns_ &&
      fragments_.number_at(begin_ns_) == fragments_.number_at(begin);
  if (!goes_on) ended = finish();
  if (frames_ == 0) {
    label_ = label;
    begin_ns_ = std::int64_t(begin);
    begin_utc_ = utc ? utc : "";
  }
  end_ns_ = std::int64_t(begin + duration);
  if (utc)
    end_utc_ = sonar::utc::format_iso8601(
        sonar::utc::parse_iso8601(utc, "utc") + std::int64_t(duration));
  sum_ += confidence_;
  ++frames_;
  return ended;
}

std::optional<ClassLog::Record> ClassLog::finish() {
  if (frames_ == 0) return std::nullopt;
  Record record;
  // with the fragment that it began in: behind its first sample
  record.end_ns = begin_ns_ + 1'000'000'000 / fragments_.rate() + 1;
  record.json["kind"] = "class";
  record.json["class"] = label_;
  record.json["confidence"] = std::round(1000 * sum_ / frames_) / 1000;
  record.json["begin_s"] = double(begin_ns_) * 1e-9;
  record.json["end_s"] = double(end_ns_) * 1e-9;
  record.json["begin_utc"] = begin_utc_;
  record.json["end_utc"] = end_utc_;
  frames_ = 0;
  sum_ = 0;
  return record;
}

}  // namespace sonar::recorder
