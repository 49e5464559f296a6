/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "clipdetections.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "common/frame.h"

namespace sonar::clips {

/* What stands between separators, without spaces around it. */
static std::vector<std::string> parts_of(const std::string &text,
                                         const char *separator) {
  std::vector<std::string> parts;
  g_auto(GStrv) split = g_strsplit(text.c_str(), separator, -1);
  for (gchar **part = split; *part; ++part)
    if (*g_strstrip(*part)) parts.emplace_back(*part);
  return parts;
}

Detections::Detections(guint min_region, const std::string &classes)
    : classes_(parts_of(classes, ",")), regions_(min_region) {}

/* A mask may speak for several classes, "cargo+ferry". */
bool Detections::counts(const GstSonarMaskMeta &mask) const {
  if (classes_.empty()) return true;
  for (const std::string &label : parts_of(mask.label, "+"))
    if (std::find(classes_.begin(), classes_.end(), label) != classes_.end())
      return true;
  return false;
}

Detection Detections::detection_of(const table::Regions::Region &r) const {
  const auto &edges = analysis_.row_edges_hz;
  Detection d;
  d.begin_ns = analysis_.time_of(double(r.column_begin) - 0.5);
  d.end_ns = analysis_.time_of(double(r.column_end) - 0.5);
  d.label = r.label;
  d.score = double(r.score);
  d.low_hz = edges[r.row_end];
  d.high_hz = edges[r.row_begin];
  d.peak_hz = (edges[r.peak_row] + edges[r.peak_row + 1]) / 2;
  d.peak_db = double(r.peak_value);
  d.begin_utc_offset_ns = utc_offset_at(r.column_begin);
  d.end_utc_offset_ns = utc_offset_at(r.column_end);
  return d;
}

void Detections::take_ended(News &news) {
  table::Regions::Region region;
  while (regions_.pop(region)) {
    news.ended.push_back(detection_of(region));
    news.ended.back().id = ++ended_;
  }
}

News Detections::put(GstBuffer *frame, const GstVideoInfo &info) {
  const auto &picture = frame::require_spectrogram(frame, info);
  const auto &mask = frame::require_mask(frame, info);
  const auto &signature =
      table::require_signature(frame, picture, "signatureclips");
  News news;
  news.run_begins = !utc_;
  analysis_ = table::Analysis(picture, mask, signature);
  // column 0's span begins with sample 0
  news.run_base_ns =
      analysis_.origin -
      gint64(std::llround(picture.span_size / 2 * 1e9 / picture.rate));
  if (!utc_) utc_.emplace(analysis_.columns_per_second(), GST_MSECOND);
  const gint64 newest = gint64(picture.valid_end) - picture.new_columns;
  utc_->put(picture.first_column + newest,
            frame::column_utc(picture, double(newest)), true);
  regions_.put(
      {picture, mask, signature,
       frame::read_values(signature.original ? signature.original : frame, info,
                          picture),
       counts(mask)},
      analysis_);
  take_ended(news);
  for (const auto &region : regions_.open())
    news.ongoing.push_back(detection_of(region));
  news.earliest_ns =
      analysis_.time_of(double(regions_.earliest_unknown()) - 0.5);
  return news;
}

News Detections::drain() {
  News news;
  regions_.drain();
  take_ended(news);
  news.earliest_ns = std::numeric_limits<std::int64_t>::max();
  reset();
  return news;
}

void Detections::reset() {
  regions_.reset();
  utc_.reset();
}

std::int64_t Detections::utc_offset_at(std::int64_t column) const {
  const double edge = double(column) - 0.5;
  const gint64 utc = utc_->at(edge);
  return utc == G_MININT64 ? kNoUtc : utc - analysis_.time_of(edge);
}

}  // namespace sonar::clips
