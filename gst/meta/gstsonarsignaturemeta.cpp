/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "meta/gstsonarsignaturemeta.h"

#include "meta/metasupport.h"

SONAR_DEFINE_BOXED(GstSonarRegion, gst_sonar_region)
SONAR_DEFINE_BOXED(GstSonarTonal, gst_sonar_tonal)
SONAR_DEFINE_BOXED(GstSonarFamily, gst_sonar_family)

static void signature_free(GstMeta *meta, GstBuffer *) {
  auto *self = reinterpret_cast<GstSonarSignatureMeta *>(meta);
  g_clear_pointer(&self->kept, g_bytes_unref);
  g_clear_pointer(&self->regions, g_bytes_unref);
  g_clear_pointer(&self->tonals, g_bytes_unref);
  g_clear_pointer(&self->tonal_frequencies, g_bytes_unref);
  g_clear_pointer(&self->families, g_bytes_unref);
  gst_clear_buffer(&self->original);
}

static gboolean signature_transform(GstBuffer *dest, GstMeta *meta, GstBuffer *,
                                    GQuark type, gpointer data) {
  return sonar_meta_survives(type, data) &&
         gst_buffer_add_sonar_signature_meta(
             dest, reinterpret_cast<GstSonarSignatureMeta *>(meta)) != nullptr;
}

GType gst_sonar_signature_meta_api_get_type(void) {
  static const GType type =
      gst_meta_api_type_register("GstSonarSignatureMetaAPI", sonar_meta_tags);
  return type;
}

const GstMetaInfo *gst_sonar_signature_meta_get_info(void) {
  static const GstMetaInfo *info = gst_meta_register(
      GST_SONAR_SIGNATURE_META_API_TYPE, "GstSonarSignatureMeta",
      sizeof(GstSonarSignatureMeta), sonar_meta_init<GstSonarSignatureMeta>,
      signature_free, signature_transform);
  return info;
}

const gchar *gst_sonar_family_origin_get_name(GstSonarFamilyOrigin origin) {
  switch (origin) {
    case GST_SONAR_FAMILY_SHAFT:
      return "shaft";
    case GST_SONAR_FAMILY_BLADE_RATE:
      return "blade-rate";
    case GST_SONAR_FAMILY_MAINS_50:
      return "mains-50";
    case GST_SONAR_FAMILY_MAINS_60:
      return "mains-60";
    case GST_SONAR_FAMILY_UNKNOWN:
      break;
  }
  return "unknown";
}

static gboolean holds(GBytes *bytes, gsize size) {
  return (bytes ? g_bytes_get_size(bytes) : 0) == size;
}

GstSonarSignatureMeta *gst_buffer_add_sonar_signature_meta(
    GstBuffer *buffer, const GstSonarSignatureMeta *content) {
  g_return_val_if_fail(
      content->kept && g_bytes_get_size(content->kept) ==
                           gsize(content->width) * content->height,
      nullptr);
  g_return_val_if_fail(
      holds(content->tonals, content->n_tonals * sizeof(GstSonarTonal)) &&
          holds(content->tonal_frequencies,
                gsize(content->n_tonals) * content->width * sizeof(gfloat)) &&
          holds(content->families,
                content->n_families * sizeof(GstSonarFamily)),
      nullptr);
  GstSonarSignatureMeta own = *content;
  own.kept = sonar_bytes_ref(content->kept);
  own.regions = sonar_bytes_ref(content->regions);
  own.tonals = sonar_bytes_ref(content->tonals);
  own.tonal_frequencies = sonar_bytes_ref(content->tonal_frequencies);
  own.families = sonar_bytes_ref(content->families);
  if (content->original) own.original = gst_buffer_ref(content->original);
  return sonar_meta_append(buffer, gst_sonar_signature_meta_get_info(), own);
}

GstSonarSignatureMeta *gst_buffer_get_sonar_signature_meta(GstBuffer *buffer) {
  return reinterpret_cast<GstSonarSignatureMeta *>(
      gst_buffer_get_meta(buffer, GST_SONAR_SIGNATURE_META_API_TYPE));
}

GList *gst_sonar_signature_meta_get_regions(const GstSonarSignatureMeta *meta) {
  return sonar_copies<GstSonarRegion>(meta->regions, meta->n_regions);
}

GList *gst_sonar_signature_meta_get_tonals(const GstSonarSignatureMeta *meta) {
  return sonar_copies<GstSonarTonal>(meta->tonals, meta->n_tonals);
}

GList *gst_sonar_signature_meta_get_families(
    const GstSonarSignatureMeta *meta) {
  return sonar_copies<GstSonarFamily>(meta->families, meta->n_families);
}
