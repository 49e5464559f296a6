/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "meta/gstsonarspectrogrammeta.h"

#include "meta/metasupport.h"

static void spectrogram_free(GstMeta *meta, GstBuffer *) {
  auto *self = reinterpret_cast<GstSonarSpectrogramMeta *>(meta);
  g_clear_pointer(&self->recipe, g_free);
  g_clear_pointer(&self->row_edges, g_bytes_unref);
  g_clear_pointer(&self->background, g_bytes_unref);
  g_clear_pointer(&self->fine, g_bytes_unref);
  g_clear_pointer(&self->background_dbfs, g_bytes_unref);
  g_clear_pointer(&self->samples, g_bytes_unref);
}

static gboolean spectrogram_transform(GstBuffer *dest, GstMeta *meta,
                                      GstBuffer *, GQuark type, gpointer data) {
  return sonar_meta_survives(type, data) &&
         gst_buffer_add_sonar_spectrogram_meta(
             dest, reinterpret_cast<GstSonarSpectrogramMeta *>(meta)) !=
             nullptr;
}

GType gst_sonar_spectrogram_meta_api_get_type(void) {
  static const GType type =
      gst_meta_api_type_register("GstSonarSpectrogramMetaAPI", sonar_meta_tags);
  return type;
}

const GstMetaInfo *gst_sonar_spectrogram_meta_get_info(void) {
  static const GstMetaInfo *info = gst_meta_register(
      GST_SONAR_SPECTROGRAM_META_API_TYPE, "GstSonarSpectrogramMeta",
      sizeof(GstSonarSpectrogramMeta), sonar_meta_init<GstSonarSpectrogramMeta>,
      spectrogram_free, spectrogram_transform);
  return info;
}

GstSonarSpectrogramMeta *gst_buffer_add_sonar_spectrogram_meta(
    GstBuffer *buffer, const GstSonarSpectrogramMeta *content) {
  g_return_val_if_fail(
      !content->fine ||
          g_bytes_get_size(content->fine) ==
              gsize(content->fine_rows) * content->width * sizeof(gfloat),
      nullptr);
  GstSonarSpectrogramMeta own = *content;
  own.recipe = g_strdup(content->recipe);
  own.row_edges = sonar_bytes_ref(content->row_edges);
  own.background = sonar_bytes_ref(content->background);
  own.fine = sonar_bytes_ref(content->fine);
  own.background_dbfs = sonar_bytes_ref(content->background_dbfs);
  own.samples = sonar_bytes_ref(content->samples);
  return sonar_meta_append(buffer, gst_sonar_spectrogram_meta_get_info(), own);
}

GstSonarSpectrogramMeta *gst_buffer_get_sonar_spectrogram_meta(
    GstBuffer *buffer) {
  return reinterpret_cast<GstSonarSpectrogramMeta *>(
      gst_buffer_get_meta(buffer, GST_SONAR_SPECTROGRAM_META_API_TYPE));
}

static const gchar *const kSamplesEvent = "GstSonarSamples";

GstEvent *gst_event_new_sonar_samples(gint64 first_sample, GBytes *samples) {
  return gst_event_new_custom(
      GST_EVENT_CUSTOM_DOWNSTREAM,
      gst_structure_new(kSamplesEvent, "first-sample", G_TYPE_INT64,
                        first_sample, "samples", G_TYPE_BYTES, samples,
                        nullptr));
}

gboolean gst_event_parse_sonar_samples(GstEvent *event, gint64 *first_sample,
                                       GBytes **samples) {
  return GST_EVENT_TYPE(event) == GST_EVENT_CUSTOM_DOWNSTREAM &&
         gst_event_has_name(event, kSamplesEvent) &&
         gst_structure_get(gst_event_get_structure(event), "first-sample",
                           G_TYPE_INT64, first_sample, "samples", G_TYPE_BYTES,
                           samples, nullptr);
}
