/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "meta/gstsonarmaskmeta.h"

#include "meta/metasupport.h"

SONAR_DEFINE_BOXED(GstSonarTrack, gst_sonar_track)
SONAR_DEFINE_BOXED(GstSonarStructure, gst_sonar_structure)

static void mask_free(GstMeta *meta, GstBuffer *) {
  auto *self = reinterpret_cast<GstSonarMaskMeta *>(meta);
  g_clear_pointer(&self->label, g_free);
  g_clear_pointer(&self->values, g_bytes_unref);
  g_clear_pointer(&self->explanation, g_bytes_unref);
  g_clear_pointer(&self->tracks, g_bytes_unref);
  g_clear_pointer(&self->track_frequencies, g_bytes_unref);
  g_clear_pointer(&self->track_levels, g_bytes_unref);
  g_clear_pointer(&self->structures, g_bytes_unref);
  g_clear_pointer(&self->structure_owners, g_bytes_unref);
}

static gboolean mask_transform(GstBuffer *dest, GstMeta *meta, GstBuffer *,
                               GQuark type, gpointer data) {
  return sonar_meta_survives(type, data) &&
         gst_buffer_add_sonar_mask_meta(
             dest, reinterpret_cast<GstSonarMaskMeta *>(meta)) != nullptr;
}

GType gst_sonar_mask_meta_api_get_type(void) {
  static const GType type =
      gst_meta_api_type_register("GstSonarMaskMetaAPI", sonar_meta_tags);
  return type;
}

const GstMetaInfo *gst_sonar_mask_meta_get_info(void) {
  static const GstMetaInfo *info = gst_meta_register(
      GST_SONAR_MASK_META_API_TYPE, "GstSonarMaskMeta",
      sizeof(GstSonarMaskMeta), sonar_meta_init<GstSonarMaskMeta>, mask_free,
      mask_transform);
  return info;
}

static gboolean tracks_hold(const GstSonarMaskMeta *meta) {
  if (meta->n_tracks == 0) return TRUE;
  const gsize values = gsize(meta->n_tracks) * meta->width * sizeof(gfloat);
  return meta->tracks && meta->track_frequencies && meta->track_levels &&
         g_bytes_get_size(meta->tracks) ==
             meta->n_tracks * sizeof(GstSonarTrack) &&
         g_bytes_get_size(meta->track_frequencies) == values &&
         g_bytes_get_size(meta->track_levels) == values;
}

static gboolean structures_hold(const GstSonarMaskMeta *meta) {
  if (meta->n_structures > 0 &&
      (!meta->structures || !meta->structure_owners ||
       g_bytes_get_size(meta->structures) !=
           meta->n_structures * sizeof(GstSonarStructure)))
    return FALSE;
  return !meta->structure_owners ||
         g_bytes_get_size(meta->structure_owners) ==
             gsize(meta->width) * meta->height * sizeof(guint16);
}

GstSonarMaskMeta *gst_buffer_add_sonar_mask_meta(
    GstBuffer *buffer, const GstSonarMaskMeta *content) {
  const gsize size = gsize(content->width) * content->height * sizeof(gfloat);
  g_return_val_if_fail(
      content->values && g_bytes_get_size(content->values) == size, nullptr);
  g_return_val_if_fail(
      !content->explanation || g_bytes_get_size(content->explanation) == size,
      nullptr);
  g_return_val_if_fail(tracks_hold(content), nullptr);
  g_return_val_if_fail(structures_hold(content), nullptr);
  GstSonarMaskMeta own = *content;
  own.label = g_strdup(content->label);
  own.values = sonar_bytes_ref(content->values);
  own.explanation = sonar_bytes_ref(content->explanation);
  own.tracks = sonar_bytes_ref(content->tracks);
  own.track_frequencies = sonar_bytes_ref(content->track_frequencies);
  own.track_levels = sonar_bytes_ref(content->track_levels);
  own.structures = sonar_bytes_ref(content->structures);
  own.structure_owners = sonar_bytes_ref(content->structure_owners);
  return sonar_meta_append(buffer, gst_sonar_mask_meta_get_info(), own);
}

GstSonarMaskMeta *gst_buffer_get_sonar_mask_meta(GstBuffer *buffer) {
  return reinterpret_cast<GstSonarMaskMeta *>(
      gst_buffer_get_meta(buffer, GST_SONAR_MASK_META_API_TYPE));
}

GList *gst_sonar_mask_meta_get_tracks(const GstSonarMaskMeta *meta) {
  return sonar_copies<GstSonarTrack>(meta->tracks, meta->n_tracks);
}

GList *gst_sonar_mask_meta_get_structures(const GstSonarMaskMeta *meta) {
  return sonar_copies<GstSonarStructure>(meta->structures, meta->n_structures);
}
