/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "regionrows.h"

#include <algorithm>

#include "common/frame.h"

namespace sonar::table {
namespace {

/* Those of recipe lines where there are any, else tonals: one table has ids of
 * one kind. */
std::vector<mask::TrackPoint> track_points_of(const RegionFrame &frame,
                                              const Analysis &analysis) {
  std::vector<std::uint64_t> ids;
  if (analysis.recipe == "lines") {
    const auto *tracks = items_of<GstSonarTrack>(frame.mask.tracks);
    for (guint i = 0; i < frame.mask.n_tracks; ++i) ids.push_back(tracks[i].id);
    return mask::track_points(
        ids, frame.mask.width, items_of<float>(frame.mask.track_frequencies),
        analysis.row_edges_hz, items_of<float>(frame.mask.track_levels),
        GST_SONAR_TRACK_SILENT);
  }
  const auto *tonals = items_of<GstSonarTonal>(frame.signature.tonals);
  for (guint i = 0; i < frame.signature.n_tonals; ++i)
    ids.push_back(tonals[i].id);
  return mask::track_points(ids, frame.signature.width,
                            items_of<float>(frame.signature.tonal_frequencies),
                            analysis.row_edges_hz);
}

mask::Binary kept_of(const RegionFrame &frame) {
  const GstSonarSignatureMeta &signature = frame.signature;
  if (!frame.counts)
    return {
        signature.height, signature.width,
        std::vector<std::uint8_t>(gsize(signature.height) * signature.width)};
  const auto *kept = items_of<guint8>(signature.kept);
  return {signature.height,
          signature.width,
          {kept, kept + gsize(signature.height) * signature.width}};
}

}  // namespace

int Regions::label_number(const GstSonarMaskMeta &mask) {
  if (!mask.valid) return -1;
  const auto found = std::find(labels_.begin(), labels_.end(), mask.label);
  if (found != labels_.end()) return int(found - labels_.begin());
  labels_.emplace_back(mask.label);
  return int(labels_.size()) - 1;
}

void Regions::put(const RegionFrame &frame, const Analysis &analysis) {
  const GstSonarSpectrogramMeta &picture = frame.picture;
  if (!tracker_) tracker_.emplace(picture.height, min_region_);
  tracker_->put(
      picture.first_column, frame::valid_columns(picture), kept_of(frame),
      frame.value,
      frame::read_image(frame.mask.values, picture.height, picture.width),
      label_number(frame.mask), frame.mask.score,
      frame::read_image(picture.background, picture.height, picture.width),
      track_points_of(frame, analysis));
}

void Regions::drain() {
  if (tracker_) tracker_->drain();
}

Record RegionRows::record_of(const Region &r, const Analysis &analysis,
                             const RunClock &utc) {
  const auto &edges = analysis.row_edges_hz;
  Record record = {whole("id", ++rows_)};
  append(record, time_fields(analysis, r.column_begin, r.column_end));
  append(record,
         {number("low_hz", edges[r.row_end], "%.2f"),
          number("high_hz", edges[r.row_begin], "%.2f"),
          number("peak_hz", (edges[r.peak_row] + edges[r.peak_row + 1]) / 2,
                 "%.2f"),
          analysis.normalized ? number("excess_db", r.peak_value, "%.2f")
                              : Field{"excess_db", "", Field::Kind::kNumber},
          number("level_db", double(r.peak_value + r.peak_background), "%.2f"),
          text("class", label_of(r.label)), number("score", r.score, "%.3f"),
          number("confidence", r.mean_confidence, "%.3f"),
          text("recipe", analysis.recipe),
          number("threshold", analysis.threshold, "%.3f")});
  append(record, analysis_fields(analysis));
  append(record, clock_fields(utc, r.column_begin, r.column_end));
  append(record, {whole_if_any("track_id", r.track)});
  return record;
}

Record RegionRows::blank() {
  Analysis analysis;
  analysis.row_edges_hz = {1, 0};
  Region region;
  region.row_end = 1;
  return RegionRows(0).record_of(region, analysis, RunClock(1));
}

std::vector<Row> RegionRows::take_ended(const Analysis &analysis,
                                        const RunClock &utc) {
  std::vector<Row> rows;
  Region region;
  while (pop(region))
    rows.push_back({region.column_begin, region.column_end,
                    record_of(region, analysis, utc)});
  return rows;
}

}  // namespace sonar::table
