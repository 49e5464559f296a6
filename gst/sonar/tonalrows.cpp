/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tonalrows.h"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace sonar::table {
namespace {

template <class T>
const T *items_of(GBytes *bytes) {
  return bytes ? static_cast<const T *>(g_bytes_get_data(bytes, nullptr))
               : nullptr;
}

std::string joined(const std::vector<std::string> &fields) {
  std::string row;
  for (const std::string &field : fields)
    row += (row.empty() ? "" : ",") + field;
  return row;
}

std::string if_any(guint64 value) {
  return value ? std::to_string(value) : std::string();
}

std::string if_any(double value, const char *format) {
  return value > 0 ? number(value, format) : std::string();
}

std::string fields_of(const GstSonarTonal &t, GstSonarFamilyOrigin origin,
                      const SecondsOf &seconds) {
  return joined(
      {number(seconds(t.begin_column), "%.4f"),
       number(seconds(t.end_column), "%.4f"), number(t.frequency_hz, "%.3f"),
       number(t.uncertainty_hz, "%.3f"), number(t.drift_hz_per_s, "%.4f"),
       number(t.stability_hz, "%.3f"), number(t.bandwidth_hz, "%.3f"),
       number(t.excess_db, "%.2f"), number(t.level_db, "%.2f"),
       number(t.heard, "%.3f"), if_any(t.family), if_any(t.harmonic),
       t.family ? gst_sonar_family_origin_get_name(origin) : ""});
}

std::string fields_of(const GstSonarFamily &f, const std::string &harmonics,
                      const SecondsOf &seconds) {
  return joined(
      {number(seconds(f.begin_column), "%.4f"),
       number(seconds(f.end_column), "%.4f"), number(f.fundamental_hz, "%.4f"),
       number(f.uncertainty_hz, "%.4f"), harmonics,
       gst_sonar_family_origin_get_name(f.origin), if_any(f.shaft_hz, "%.4f"),
       if_any(f.blades), number(f.chance, "%.2g")});
}

/* "1 2 4": of the tonals of a frame that are in a family. */
std::string harmonics_of(const GstSonarSignatureMeta &signature, guint64 id) {
  std::vector<guint> numbers;
  const auto *tonals = items_of<GstSonarTonal>(signature.tonals);
  for (guint i = 0; i < signature.n_tonals; ++i)
    if (tonals[i].family == id) numbers.push_back(tonals[i].harmonic);
  std::sort(numbers.begin(), numbers.end());
  std::string text;
  for (const guint n : numbers)
    text += (text.empty() ? "" : " ") + std::to_string(n);
  return text;
}

}  // namespace

const char *const TonalRows::kTonalHeader =
    "id,begin_s,end_s,frequency_hz,uncertainty_hz,drift_hz_per_s,stability_hz,"
    "bandwidth_hz,excess_db,level_db,heard,family,harmonic,origin,fft_size,"
    "hop_size,level_unit,begin_utc,end_utc,Begin Date,Begin Clock Time\n";
const char *const TonalRows::kFamilyHeader =
    "id,begin_s,end_s,fundamental_hz,uncertainty_hz,harmonics,origin,shaft_hz,"
    "blades,chance,fft_size,hop_size,level_unit,begin_utc,end_utc,Begin Date,"
    "Begin Clock Time\n";

std::string number(double value, const char *format) {
  char text[G_ASCII_DTOSTR_BUF_SIZE];
  return g_ascii_formatd(text, sizeof text, format, value);
}

void TonalRows::put(const GstSonarSignatureMeta &signature) {
  gap_ = signature.gap;
  const auto *families = items_of<GstSonarFamily>(signature.families);
  if (families_) {
    for (guint i = 0; i < signature.n_families; ++i) {
      Family &known = groups_[families[i].id];
      // as it was with most members, but for its end
      if (families[i].n_harmonics >= known.family.n_harmonics)
        known = {families[i], harmonics_of(signature, families[i].id)};
      known.family.end_column = families[i].end_column;
    }
    return;
  }
  const auto *tonals = items_of<GstSonarTonal>(signature.tonals);
  for (guint i = 0; i < signature.n_tonals; ++i) {
    Tonal &known = tonals_[tonals[i].id];
    const Tonal before = known;
    known = {tonals[i], GST_SONAR_FAMILY_UNKNOWN};
    for (guint k = 0; k < signature.n_families; ++k)
      if (families[k].id == tonals[i].family) known.origin = families[k].origin;
    if (tonals[i].family != 0) continue;
    known.tonal.family = before.tonal.family;  // the last it was in
    known.tonal.harmonic = before.tonal.harmonic;
    known.origin = before.origin;
  }
}

std::vector<Row> TonalRows::take_ended(gint64 column, double columns_per_second,
                                       const SecondsOf &seconds) {
  const double gap = double(gap_) / 1e9 * columns_per_second;
  std::vector<std::pair<guint64, Row>> ended;
  const auto take = [&](auto &known, auto about, auto fields) {
    for (auto k = known.begin(); k != known.end();) {
      const auto &it = about(k->second);
      if (double(column - it.end_column) <= gap) {
        ++k;
        continue;
      }
      ended.push_back(
          {k->first, {it.begin_column, it.end_column, fields(k->second)}});
      k = known.erase(k);
    }
  };
  take(
      tonals_, [](const Tonal &t) -> auto & { return t.tonal; },
      [&](const Tonal &t) { return fields_of(t.tonal, t.origin, seconds); });
  take(
      groups_, [](const Family &f) -> auto & { return f.family; },
      [&](const Family &f) {
        return fields_of(f.family, f.harmonics, seconds);
      });
  std::stable_sort(ended.begin(), ended.end(),
                   [](const auto &a, const auto &b) {
                     return std::tie(a.second.column_end, a.first) <
                            std::tie(b.second.column_end, b.first);
                   });
  std::vector<Row> rows;
  for (auto &[id, row] : ended) {
    row.fields = std::to_string(id) + "," + row.fields;
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace sonar::table
