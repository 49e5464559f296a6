/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "heard.h"

#include <cmath>
#include <set>
#include <vector>

#include "common/frame.h"
#include "meta/gstsonarsignaturemeta.h"
#include "meta/gstsonarspectrogrammeta.h"
#include "sonar/core/utc.h"

namespace sonar::recorder {

namespace {

// a little more than the silence after which signatureextract ends a tonal
constexpr double kSilentSeconds = 3;

/* What a meta's bytes hold; null holds nothing. */
template <typename T>
std::vector<T> content(GBytes *bytes, guint n) {
  if (!bytes) return {};
  const auto *data = static_cast<const T *>(g_bytes_get_data(bytes, nullptr));
  return {data, data + n};
}

double rounded(double value, double step) {
  return std::round(value / step) * step;
}

nlohmann::ordered_json describe(const GstSonarTonal &t, gint64 begin_utc) {
  nlohmann::ordered_json out;
  out["id"] = t.id;
  out["frequency_hz"] = rounded(t.frame_hz, 1e-3);
  out["drift_hz_per_s"] = rounded(t.drift_hz_per_s, 1e-4);
  out["level_db"] = rounded(t.level_db, 1e-2);
  out["excess_db"] = rounded(t.excess_db, 1e-2);
  out["seconds"] = rounded(double(t.end - t.begin) * 1e-9, 1e-1);
  if (begin_utc != G_MININT64)
    out["begin_utc"] = sonar::utc::format_iso8601(begin_utc);
  if (t.family) {
    out["family"] = t.family;
    out["harmonic"] = t.harmonic;
  }
  return out;
}

nlohmann::ordered_json describe(const GstSonarFamily &f) {
  constexpr const char *kOrigins[] = {"unknown", "shaft", "blade-rate",
                                      "mains-50", "mains-60"};
  nlohmann::ordered_json out;
  out["id"] = f.id;
  out["fundamental_hz"] = rounded(f.fundamental_hz, 1e-3);
  out["origin"] = kOrigins[f.origin];
  out["harmonics"] = f.n_harmonics;
  if (f.shaft_hz > 0) out["shaft_hz"] = rounded(f.shaft_hz, 1e-3);
  if (f.blades > 0) out["blades"] = f.blades;
  return out;
}

}  // namespace

nlohmann::ordered_json describe_frame(GstBuffer *frame) {
  nlohmann::ordered_json out;
  const auto *picture = gst_buffer_get_sonar_spectrogram_meta(frame);
  const auto *signature = gst_buffer_get_sonar_signature_meta(frame);
  if (!picture || !signature) return out;
  const gint64 utc =
      sonar::frame::column_utc(*picture, double(picture->valid_end) - 0.5);
  if (utc != G_MININT64) out["utc"] = sonar::utc::format_iso8601(utc);
  out["level_unit"] = picture->level_unit;
  // a frame lists all of its tonals, of minutes perhaps
  const gint64 end_column = picture->first_column + gint64(picture->valid_end);
  const double column_seconds = double(picture->hop_size) / picture->rate;
  std::set<guint64> families;
  out["tonals"] = nlohmann::ordered_json::array();
  for (const GstSonarTonal &t :
       content<GstSonarTonal>(signature->tonals, signature->n_tonals)) {
    if (double(end_column - t.end_column) * column_seconds > kSilentSeconds)
      continue;
    out["tonals"].push_back(
        describe(t, sonar::frame::utc_of_time(*picture, t.begin)));
    families.insert(t.family);
  }
  out["families"] = nlohmann::ordered_json::array();
  for (const GstSonarFamily &f :
       content<GstSonarFamily>(signature->families, signature->n_families))
    if (families.count(f.id)) out["families"].push_back(describe(f));
  return out;
}

}  // namespace sonar::recorder
