/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "signaturemessage.h"

#include <cmath>

namespace sonar {
namespace {

/* A field of @p fields with a structure for each of the @p count items. */
template <typename Item, typename Describe>
void set_list(GstStructure *fields, const char *name, GBytes *items,
              guint count, Describe describe) {
  const auto *data =
      items ? static_cast<const Item *>(g_bytes_get_data(items, nullptr))
            : nullptr;
  GValue list = G_VALUE_INIT;
  gst_value_array_init(&list, count);
  for (guint i = 0; i < count; ++i) {
    GValue one = G_VALUE_INIT;
    g_value_init(&one, GST_TYPE_STRUCTURE);
    g_value_take_boxed(&one, describe(data[i]));
    gst_value_array_append_and_take_value(&list, &one);
  }
  gst_structure_take_value(fields, name, &list);
}

/* Where the stream carries time. */
void set_time(GstStructure *fields, gint64 begin, gint64 end) {
  if (begin != G_MININT64)
    gst_structure_set(fields, "begin", G_TYPE_INT64, begin, "end", G_TYPE_INT64,
                      end, nullptr);
}

GstStructure *describe_tonal(const GstSonarTonal &t) {
  GstStructure *fields = gst_structure_new(
      "tonal", "id", G_TYPE_UINT64, t.id, "frequency-hz", G_TYPE_DOUBLE,
      t.frequency_hz, "uncertainty-hz", G_TYPE_DOUBLE, t.uncertainty_hz,
      "drift-hz-per-s", G_TYPE_DOUBLE, t.drift_hz_per_s, "stability-hz",
      G_TYPE_DOUBLE, t.stability_hz, "bandwidth-hz", G_TYPE_DOUBLE,
      t.bandwidth_hz, "level-db", G_TYPE_DOUBLE, t.level_db, "excess-db",
      G_TYPE_DOUBLE, t.excess_db, "heard", G_TYPE_DOUBLE, t.heard, "frame-hz",
      G_TYPE_DOUBLE, t.frame_hz, "family", G_TYPE_UINT64, t.family, "harmonic",
      G_TYPE_UINT, t.harmonic, nullptr);
  set_time(fields, t.begin, t.end);
  return fields;
}

GstStructure *describe_family(const GstSonarFamily &f) {
  GstStructure *fields = gst_structure_new(
      "family", "id", G_TYPE_UINT64, f.id, "fundamental-hz", G_TYPE_DOUBLE,
      f.fundamental_hz, "uncertainty-hz", G_TYPE_DOUBLE, f.uncertainty_hz,
      "origin", G_TYPE_STRING, gst_sonar_family_origin_get_name(f.origin),
      "shaft-hz", G_TYPE_DOUBLE, f.shaft_hz, "blades", G_TYPE_UINT, f.blades,
      "harmonics", G_TYPE_UINT, f.n_harmonics, "chance", G_TYPE_DOUBLE,
      f.chance, nullptr);
  set_time(fields, f.begin, f.end);
  return fields;
}

/* Mean of the @p width frequencies of a track that lie in valid columns. */
double mean_hz(const gfloat *hz, guint width) {
  double sum = 0;
  guint count = 0;
  for (guint x = 0; x < width; ++x) {
    if (std::isnan(hz[x])) continue;
    sum += double(hz[x]);
    ++count;
  }
  return count > 0 ? sum / count : 0;
}

/* The tonals that the mask's recipe followed. */
void set_tracks(GstStructure *fields, const GstSonarMaskMeta &mask) {
  const auto *hz = mask.track_frequencies
                       ? static_cast<const gfloat *>(
                             g_bytes_get_data(mask.track_frequencies, nullptr))
                       : nullptr;
  set_list<GstSonarTrack>(
      fields, "track-list", mask.tracks, mask.n_tracks,
      [&](const GstSonarTrack &t) {
        GstStructure *one = gst_structure_new(
            "track", "id", G_TYPE_UINT64, t.id, "nominal-hz", G_TYPE_DOUBLE,
            t.nominal_hz, "frequency-hz", G_TYPE_DOUBLE,
            mean_hz(hz, mask.width), "moving", G_TYPE_BOOLEAN, t.moving,
            "presence", G_TYPE_DOUBLE, t.presence, "class-number", G_TYPE_UINT,
            t.class_number, nullptr);
        if (t.begin_time != G_MININT64)
          gst_structure_set(one, "begin", G_TYPE_INT64, t.begin_time, nullptr);
        hz += mask.width;
        return one;
      });
}

}  // namespace

GstStructure *signature_message(const GstSonarMaskMeta &mask,
                                const GstSonarSignatureMeta &signature,
                                double kept) {
  GstStructure *fields = gst_structure_new(
      "sonar-signature", "label", G_TYPE_STRING, mask.label, "recipe",
      G_TYPE_STRING, mask.recipe, "threshold", G_TYPE_DOUBLE,
      double(signature.threshold), "regions", G_TYPE_UINT, signature.n_regions,
      "kept", G_TYPE_DOUBLE, kept, "tonals", G_TYPE_UINT, signature.n_tonals,
      "families", G_TYPE_UINT, signature.n_families, nullptr);
  set_list<GstSonarTonal>(fields, "tonal-list", signature.tonals,
                          signature.n_tonals, describe_tonal);
  set_list<GstSonarFamily>(fields, "family-list", signature.families,
                           signature.n_families, describe_family);
  set_tracks(fields, mask);
  return fields;
}

}  // namespace sonar
