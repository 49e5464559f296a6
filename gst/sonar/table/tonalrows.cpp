/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tonalrows.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "sonar/mask/track_points.h"

namespace sonar::table {

/* ---- classes ---- */

void ClassVotes::put(const GstSonarMaskMeta &mask) {
  Votes &votes = votes_[mask.valid ? mask.label : "unknown"];
  ++votes.frames;
  votes.score_sum += mask.score;
}

Record ClassVotes::fields() const {
  const auto most = std::max_element(votes_.begin(), votes_.end(),
                                     [](const auto &a, const auto &b) {
                                       return a.second.frames < b.second.frames;
                                     });
  if (most == votes_.end()) return {text("class", ""), text("score", "")};
  return {
      text("class", most->first),
      number("score", most->second.score_sum / most->second.frames, "%.3f")};
}

/* ---- rows ---- */

/* The level is that of all its peaks, the frequencies are the grid's. */
static Record grid_fields(double low_hz, double high_hz, double peak_hz) {
  return {number("low_hz", low_hz, "%.2f"), number("high_hz", high_hz, "%.2f"),
          number("peak_hz", peak_hz, "%.3f")};
}

static Record mask_fields(const Analysis &analysis) {
  return {text("recipe", analysis.recipe),
          number("threshold", analysis.threshold, "%.3f")};
}

Record TonalRows::record_of(const Tonal &known, const Analysis &analysis,
                            const RunClock &utc) {
  const GstSonarTonal &t = known.tonal;
  Record record = {whole("id", t.id)};
  append(record, time_fields(analysis, t.begin_column, t.end_column));
  append(
      record,
      {number("frequency_hz", t.frequency_hz, "%.3f"),
       number("uncertainty_hz", t.uncertainty_hz, "%.3f"),
       number("drift_hz_per_s", t.drift_hz_per_s, "%.4f"),
       number("stability_hz", t.stability_hz, "%.3f"),
       number("bandwidth_hz", t.bandwidth_hz, "%.3f"),
       number("excess_db", t.excess_db, "%.2f"),
       number("level_db", t.level_db, "%.2f"), number("heard", t.heard, "%.3f"),
       whole_if_any("family", t.family), whole_if_any("harmonic", t.harmonic),
       text("origin",
            t.family ? gst_sonar_family_origin_get_name(known.origin) : "")});
  append(record, analysis_fields(analysis));
  append(record, clock_fields(utc, t.begin_column, t.end_column));
  append(record, {whole("track_id", t.id)});
  append(record, grid_fields(known.extent.low_hz, known.extent.high_hz,
                             t.frequency_hz));
  append(record, known.votes.fields());
  append(record, mask_fields(analysis));
  return record;
}

Record TonalRows::record_of(const Family &known, const Analysis &analysis,
                            const RunClock &utc) {
  const GstSonarFamily &f = known.family;
  Record record = {whole("id", f.id)};
  append(record, time_fields(analysis, f.begin_column, f.end_column));
  append(record, {number("fundamental_hz", f.fundamental_hz, "%.4f"),
                  number("uncertainty_hz", f.uncertainty_hz, "%.4f"),
                  numbers("harmonics", known.harmonics),
                  text("origin", gst_sonar_family_origin_get_name(f.origin)),
                  number_if_any("shaft_hz", f.shaft_hz, "%.4f"),
                  whole_if_any("blades", f.blades),
                  number("chance", f.chance, "%.2g")});
  append(record, analysis_fields(analysis));
  append(record, clock_fields(utc, f.begin_column, f.end_column));
  append(record, {numbers("track_id", known.tonals)});
  append(record, grid_fields(known.extent.low_hz, known.extent.high_hz,
                             known.loudest.frequency_hz));
  append(record, {number("excess_db", known.loudest.excess_db, "%.2f"),
                  number("level_db", known.loudest.level_db, "%.2f")});
  append(record, known.votes.fields());
  append(record, mask_fields(analysis));
  return record;
}

Record TonalRows::blank(bool families) {
  return families ? record_of(Family{}, Analysis{}, RunClock(1))
                  : record_of(Tonal{}, Analysis{}, RunClock(1));
}

/* ---- frames ---- */

struct TonalRows::Frame {
  Frame(const GstSonarSignatureMeta &s, const GstSonarMaskMeta &m,
        const Analysis &a)
      : signature(s),
        mask(m),
        analysis(a),
        tonals(items_of<GstSonarTonal>(s.tonals)),
        families(items_of<GstSonarFamily>(s.families)),
        hz(items_of<float>(s.tonal_frequencies)) {}

  const GstSonarSignatureMeta &signature;
  const GstSonarMaskMeta &mask;
  const Analysis &analysis;
  const GstSonarTonal *tonals;
  const GstSonarFamily *families;
  const float *hz;  ///< tonals x columns
};

/* By the rows of the frame's peaks of a tonal. */
void TonalRows::widen(Extent &extent, const Frame &frame, guint tonal) {
  const auto &edges = frame.analysis.row_edges_hz;
  for (const mask::TrackPoint &at : mask::track_points(
           {0}, frame.signature.width,
           frame.hz + gsize(tonal) * frame.signature.width, edges)) {
    const double low = edges[at.row + 1], high = edges[at.row];
    const bool first = extent.high_hz == 0;
    extent.low_hz = first ? low : std::min(extent.low_hz, low);
    extent.high_hz = std::max(extent.high_hz, high);
  }
}

void TonalRows::put_families(const Frame &frame) {
  for (guint i = 0; i < frame.signature.n_families; ++i) {
    const GstSonarFamily &family = frame.families[i];
    Family &known = groups_[family.id];
    const bool is_most = family.n_harmonics >= known.family.n_harmonics;
    const gint64 end = family.end_column;
    if (is_most) {  // as it was with most members, but for its end
      known.family = family;
      known.harmonics.clear();
      known.tonals.clear();
      known.loudest.excess_db = -G_MAXDOUBLE;
    }
    known.family.end_column = end;
    known.votes.put(frame.mask);
    std::vector<std::pair<guint64, guint64>> members;  // by number
    for (guint k = 0; k < frame.signature.n_tonals; ++k) {
      const GstSonarTonal &tonal = frame.tonals[k];
      if (tonal.family != family.id) continue;
      widen(known.extent, frame, k);
      if (!is_most) continue;
      members.emplace_back(tonal.harmonic, tonal.id);
      if (tonal.excess_db > known.loudest.excess_db) known.loudest = tonal;
    }
    std::sort(members.begin(), members.end());
    for (const auto &[harmonic, id] : members) {
      known.harmonics.push_back(harmonic);
      known.tonals.push_back(id);
    }
  }
}

void TonalRows::put_tonals(const Frame &frame) {
  for (guint i = 0; i < frame.signature.n_tonals; ++i) {
    Tonal &known = tonals_[frame.tonals[i].id];
    const GstSonarTonal before = std::exchange(known.tonal, frame.tonals[i]);
    widen(known.extent, frame, i);
    known.votes.put(frame.mask);
    if (known.tonal.family == 0) {
      known.tonal.family = before.family;  // the last it was in
      known.tonal.harmonic = before.harmonic;
      continue;
    }
    known.origin = GST_SONAR_FAMILY_UNKNOWN;
    for (guint k = 0; k < frame.signature.n_families; ++k)
      if (frame.families[k].id == known.tonal.family)
        known.origin = frame.families[k].origin;
  }
}

void TonalRows::put(const GstSonarSignatureMeta &signature,
                    const GstSonarMaskMeta &mask, const Analysis &analysis) {
  gap_ = signature.gap;
  const Frame frame(signature, mask, analysis);
  if (families_)
    put_families(frame);
  else
    put_tonals(frame);
}

std::vector<Row> TonalRows::take_ended(gint64 column, const Analysis &analysis,
                                       const RunClock &utc) {
  const double gap = double(gap_) / 1e9 * analysis.columns_per_second();
  std::vector<std::pair<guint64, Row>> ended;
  const auto take = [&](auto &known, auto about) {
    for (auto k = known.begin(); k != known.end();) {
      const auto &it = about(k->second);
      if (double(column - it.end_column) <= gap) {
        ++k;
        continue;
      }
      ended.push_back({k->first,
                       {it.begin_column, it.end_column,
                        record_of(k->second, analysis, utc)}});
      k = known.erase(k);
    }
  };
  take(
      tonals_, [](const Tonal &t) -> auto & { return t.tonal; });
  take(
      groups_, [](const Family &f) -> auto & { return f.family; });
  std::stable_sort(ended.begin(), ended.end(),
                   [](const auto &a, const auto &b) {
                     return std::tie(a.second.column_end, a.first) <
                            std::tie(b.second.column_end, b.first);
                   });
  std::vector<Row> rows;
  for (auto &[id, row] : ended) rows.push_back(std::move(row));
  return rows;
}

}  // namespace sonar::table
