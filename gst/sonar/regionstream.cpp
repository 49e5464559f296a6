/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "regionstream.h"

#include <algorithm>
#include <utility>

#include "common/frame.h"

namespace sonar {

void RegionStream::begin(const GstSonarSpectrogramMeta &meta,
                         std::size_t min_pixels) {
  const auto *edges =
      static_cast<const double *>(g_bytes_get_data(meta.row_edges, nullptr));
  const std::vector<double> row_edges_hz(edges, edges + meta.height + 1);
  const bool goes_on = tracker_ && min_pixels == min_pixels_ &&
                       meta.first_column >= newest_ &&
                       row_edges_hz == row_edges_hz_;
  newest_ = meta.first_column;
  if (goes_on) return;
  drain();
  row_edges_hz_ = row_edges_hz;
  min_pixels_ = min_pixels;
  tracker_.emplace(meta.height, min_pixels);
}

int RegionStream::label_number(const GstSonarMaskMeta &mask) {
  if (!mask.valid) return -1;
  const auto found = std::find(labels_.begin(), labels_.end(), mask.label);
  if (found == labels_.end()) {
    labels_.emplace_back(mask.label);
    return int(labels_.size()) - 1;
  }
  return int(found - labels_.begin());
}

void RegionStream::put(const GstSonarSpectrogramMeta &meta,
                       const GstSonarMaskMeta &mask, const Image &values,
                       const Image &background, const Image &confidence,
                       const mask::Binary &kept, std::size_t min_pixels) {
  begin(meta, min_pixels);
  time_ = StreamTime(meta);
  normalized_ = meta.background != nullptr;
  recipe_ = mask.recipe;
  tracker_->put(meta.first_column, frame::valid_columns(meta), kept, values,
                confidence, label_number(mask), mask.score, background);
  collect();
}

void RegionStream::add_ended(const mask::RegionTracker::Closed &region) {
  const char *label =
      region.label < 0 ? "unknown" : labels_[std::size_t(region.label)].c_str();
  const double peak_hz =
      (row_edges_hz_[region.peak_row] + row_edges_hz_[region.peak_row + 1]) / 2;
  GstStructure *fields = gst_structure_new(
      "sonar-region", "id", G_TYPE_UINT64, ++count_, "label", G_TYPE_STRING,
      label, "score", G_TYPE_DOUBLE, double(region.score), "low-hz",
      G_TYPE_DOUBLE, row_edges_hz_[region.row_end], "high-hz", G_TYPE_DOUBLE,
      row_edges_hz_[region.row_begin], "peak-hz", G_TYPE_DOUBLE, peak_hz,
      "level-db", G_TYPE_DOUBLE,
      double(region.peak_value) + double(region.peak_background), "confidence",
      G_TYPE_DOUBLE, double(region.mean_confidence), "pixels", G_TYPE_UINT64,
      guint64(region.pixels), "recipe", G_TYPE_STRING, recipe_.c_str(),
      nullptr);
  if (normalized_)
    gst_structure_set(fields, "excess-db", G_TYPE_DOUBLE,
                      double(region.peak_value), nullptr);
  ended_.push_back(
      time_.message(fields, region.column_begin, region.column_end));
}

void RegionStream::collect() {
  mask::RegionTracker::Closed region;
  while (tracker_->pop(region)) add_ended(region);
}

void RegionStream::drain() {
  if (!tracker_) return;
  tracker_->drain();
  collect();
  tracker_.reset();
}

std::vector<EndedMessage> RegionStream::take_ended() {
  return std::exchange(ended_, {});
}

}  // namespace sonar
