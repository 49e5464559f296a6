/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "regionstream.h"

#include <utility>

namespace sonar {

bool RegionStream::goes_on(const table::RegionFrame &frame,
                           const table::Analysis &analysis) const {
  return regions_ && frame.picture.first_column >= newest_ &&
         analysis.row_edges_hz == analysis_.row_edges_hz;
}

void RegionStream::put(const table::RegionFrame &frame, guint min_pixels) {
  table::Analysis analysis(frame.picture, frame.mask, frame.signature);
  if (min_pixels != min_pixels_ || !goes_on(frame, analysis)) {
    drain();
    regions_.emplace(min_pixels);
  }
  min_pixels_ = min_pixels;
  newest_ = frame.picture.first_column;
  analysis_ = std::move(analysis);
  time_ = StreamTime(frame.picture);
  regions_->put(frame, analysis_);
  collect();
}

void RegionStream::add_ended(const table::Regions::Region &region) {
  const auto &edges = analysis_.row_edges_hz;
  const std::string label = regions_->label_of(region.label);
  GstStructure *fields = gst_structure_new(
      "sonar-region", "id", G_TYPE_UINT64, ++count_, "label", G_TYPE_STRING,
      label.c_str(), "score", G_TYPE_DOUBLE, double(region.score), "low-hz",
      G_TYPE_DOUBLE, edges[region.row_end], "high-hz", G_TYPE_DOUBLE,
      edges[region.row_begin], "peak-hz", G_TYPE_DOUBLE,
      (edges[region.peak_row] + edges[region.peak_row + 1]) / 2, "level-db",
      G_TYPE_DOUBLE, double(region.peak_value + region.peak_background),
      "confidence", G_TYPE_DOUBLE, double(region.mean_confidence), "pixels",
      G_TYPE_UINT64, guint64(region.pixels), "recipe", G_TYPE_STRING,
      analysis_.recipe.c_str(), nullptr);
  if (analysis_.normalized)
    gst_structure_set(fields, "excess-db", G_TYPE_DOUBLE,
                      double(region.peak_value), nullptr);
  if (region.track)
    gst_structure_set(fields, "track-id", G_TYPE_UINT64, guint64(region.track),
                      nullptr);
  ended_.push_back(
      time_.message(fields, region.column_begin, region.column_end));
}

void RegionStream::collect() {
  table::Regions::Region region;
  while (regions_->pop(region)) add_ended(region);
}

void RegionStream::drain() {
  if (!regions_) return;
  regions_->drain();
  collect();
  regions_.reset();
}

std::vector<EndedMessage> RegionStream::take_ended() {
  return std::exchange(ended_, {});
}

}  // namespace sonar
