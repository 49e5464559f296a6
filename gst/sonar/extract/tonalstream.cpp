/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tonalstream.h"

#include <utility>

#include "common/frame.h"

namespace sonar {
namespace {

bool same(const tonal::TrackerOptions &a, const tonal::TrackerOptions &b) {
  return a.gap_seconds == b.gap_seconds && a.min_seconds == b.min_seconds &&
         a.least_excess_db == b.least_excess_db;
}

GstSonarFamilyOrigin origin_of(tonal::Origin origin) {
  switch (origin) {
    case tonal::Origin::kShaft:
      return GST_SONAR_FAMILY_SHAFT;
    case tonal::Origin::kBladeRate:
      return GST_SONAR_FAMILY_BLADE_RATE;
    case tonal::Origin::kMains50:
      return GST_SONAR_FAMILY_MAINS_50;
    case tonal::Origin::kMains60:
      return GST_SONAR_FAMILY_MAINS_60;
    case tonal::Origin::kUnknown:
      break;
  }
  return GST_SONAR_FAMILY_UNKNOWN;
}

/* "1,2,4": numbers of the harmonics. */
std::string harmonics_text(const tonal::Family &family) {
  std::string text;
  for (const tonal::Member &m : family.members)
    text += (text.empty() ? "" : ",") + std::to_string(m.harmonic);
  return text;
}

template <class T>
GBytes *bytes_of(const std::vector<T> &values) {
  return values.empty() ? nullptr
                        : g_bytes_new(values.data(), values.size() * sizeof(T));
}

}  // namespace

tonal::Picture TonalStream::picture_of(const GstSonarSpectrogramMeta &meta,
                                       const Image &values,
                                       const Image &background,
                                       const Image &fine) {
  return {meta.first_column,
          frame::valid_columns(meta),
          &values,
          &background,
          &fine,
          nullptr};
}

void TonalStream::begin(const GstSonarSpectrogramMeta &meta,
                        const tonal::TrackerOptions &options) {
  if (analyzer_ && recipe_ == meta.recipe && same(options, options_)) return;
  drain();
  const auto *edges =
      static_cast<const double *>(g_bytes_get_data(meta.row_edges, nullptr));
  analyzer_.emplace(Recipe::from_json(meta.recipe),
                    std::vector<double>(edges, edges + meta.height + 1),
                    meta.fine != nullptr,
                    tonal::Analyzer::Options{options, {}});
  recipe_ = meta.recipe;
  options_ = options;
}

GstSonarTonal TonalStream::describe(const tonal::Tonal &t) const {
  GstSonarTonal out{};
  out.id = t.id;
  out.begin_column = t.column_begin;
  out.end_column = t.column_end;
  out.begin = time_.of(t.column_begin);
  out.end = time_.of(t.column_end);
  out.frequency_hz = t.frequency_hz;
  out.uncertainty_hz = t.uncertainty_hz;
  out.drift_hz_per_s = t.drift_hz_per_s;
  out.stability_hz = t.stability_hz;
  out.bandwidth_hz = t.bandwidth_hz;
  out.level_db = t.level_db;
  out.excess_db = t.excess_db;
  out.heard = t.heard;
  return out;
}

GstSonarFamily TonalStream::describe(const tonal::Family &f,
                                     std::int64_t column_end) const {
  GstSonarFamily out{};
  out.id = f.id;
  out.begin_column = f.column_begin;
  out.end_column = column_end;
  out.begin = time_.of(f.column_begin);
  out.end = time_.of(column_end);
  out.fundamental_hz = f.fundamental_hz;
  out.uncertainty_hz = f.uncertainty_hz;
  out.chance = f.chance;
  out.origin = origin_of(f.origin);
  out.shaft_hz = f.shaft_hz;
  out.blades = guint(f.blades);
  out.n_harmonics = guint(f.members.size());
  return out;
}

void TonalStream::put(const GstSonarSpectrogramMeta &meta, const Image &values,
                      const Image &background, const mask::Binary &kept,
                      const tonal::TrackerOptions &options,
                      GstSonarSignatureMeta &signature) {
  if (meta.height < 3) return;
  begin(meta, options);
  time_ = StreamTime(meta);
  const Image fine = frame::read_image(meta.fine, meta.fine_rows, meta.width);
  tonal::Picture picture = picture_of(meta, values, background, fine);
  picture.kept = &kept;
  analyzer_->put(picture);
  collect();

  std::vector<GstSonarTonal> tonals;
  std::vector<float> hz;
  for (const auto &current : analyzer_->tonals()) {
    tonals.push_back(describe(current.whole));
    tonals.back().frame_hz = current.here.frequency_hz;
    hz.insert(hz.end(), current.hz.begin(), current.hz.end());
  }
  std::vector<GstSonarFamily> families;
  const std::int64_t end = meta.first_column + std::int64_t(meta.valid_end);
  for (const tonal::Family &f : analyzer_->families()) {
    families.push_back(describe(f, end));
    for (const tonal::Member &m : f.members)
      for (GstSonarTonal &t : tonals)
        if (t.id == m.tonal) {
          t.family = f.id;
          t.harmonic = guint(m.harmonic);
        }
  }
  signature.n_tonals = guint(tonals.size());
  signature.tonals = bytes_of(tonals);
  signature.tonal_frequencies = bytes_of(hz);
  signature.n_families = guint(families.size());
  signature.families = bytes_of(families);
  signature.gap = guint64(options.gap_seconds * 1e9);
}

/* Messages about what the analyzer says has ended. */
void TonalStream::collect() {
  tonal::Tonal t;
  while (analyzer_->pop(t))
    ended_.push_back(time_.message(
        gst_structure_new(
            "sonar-tonal", "id", G_TYPE_UINT64, guint64(t.id), "frequency-hz",
            G_TYPE_DOUBLE, t.frequency_hz, "uncertainty-hz", G_TYPE_DOUBLE,
            t.uncertainty_hz, "drift-hz-per-s", G_TYPE_DOUBLE, t.drift_hz_per_s,
            "stability-hz", G_TYPE_DOUBLE, t.stability_hz, "bandwidth-hz",
            G_TYPE_DOUBLE, t.bandwidth_hz, "level-db", G_TYPE_DOUBLE,
            t.level_db, "excess-db", G_TYPE_DOUBLE, t.excess_db, "heard",
            G_TYPE_DOUBLE, t.heard, nullptr),
        t.column_begin, t.column_end));
  tonal::FamilyTracker::Followed f;
  while (analyzer_->pop(f)) {
    const std::string harmonics = harmonics_text(f.family);
    ended_.push_back(time_.message(
        gst_structure_new("sonar-family", "id", G_TYPE_UINT64,
                          guint64(f.family.id), "fundamental-hz", G_TYPE_DOUBLE,
                          f.family.fundamental_hz, "uncertainty-hz",
                          G_TYPE_DOUBLE, f.family.uncertainty_hz, "origin",
                          G_TYPE_STRING, tonal::nick(f.family.origin),
                          "shaft-hz", G_TYPE_DOUBLE, f.family.shaft_hz,
                          "blades", G_TYPE_UINT, guint(f.family.blades),
                          "harmonics", G_TYPE_STRING, harmonics.c_str(),
                          "chance", G_TYPE_DOUBLE, f.family.chance, nullptr),
        f.column_begin, f.column_end));
  }
}

void TonalStream::drain() {
  if (!analyzer_) return;
  analyzer_->drain();
  collect();
}

std::vector<EndedMessage> TonalStream::take_ended() {
  return std::exchange(ended_, {});
}

}  // namespace sonar
