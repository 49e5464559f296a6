/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "meta/gstsonarclassmeta.h"

#include "meta/metasupport.h"

static void class_free(GstMeta *meta, GstBuffer *) {
  auto *self = reinterpret_cast<GstSonarClassMeta *>(meta);
  g_clear_pointer(&self->model, g_free);
  g_clear_pointer(&self->device, g_free);
  g_clear_pointer(&self->labels, g_strfreev);
  g_clear_pointer(&self->beside, g_free);
  g_clear_pointer(&self->label, g_free);
  g_clear_pointer(&self->probabilities, g_bytes_unref);
  g_clear_pointer(&self->input, g_bytes_unref);
  g_clear_pointer(&self->feature_maps, g_bytes_unref);
}

static gboolean class_transform(GstBuffer *dest, GstMeta *meta, GstBuffer *,
                                GQuark type, gpointer data) {
  return sonar_meta_survives(type, data) &&
         gst_buffer_add_sonar_class_meta(
             dest, reinterpret_cast<GstSonarClassMeta *>(meta)) != nullptr;
}

static gchar *join_labels(const GstSonarClassMeta *meta) {
  if (meta->rejected) return g_strdup("unknown");
  GString *label = g_string_new(meta->labels[meta->best]);
  for (guint i = 0; i < meta->n_beside; ++i)
    g_string_append_printf(label, "+%s", meta->labels[meta->beside[i]]);
  return g_string_free(label, FALSE);
}

GType gst_sonar_class_meta_api_get_type(void) {
  static const GType type =
      gst_meta_api_type_register("GstSonarClassMetaAPI", sonar_meta_tags);
  return type;
}

const GstMetaInfo *gst_sonar_class_meta_get_info(void) {
  static const GstMetaInfo *info = gst_meta_register(
      GST_SONAR_CLASS_META_API_TYPE, "GstSonarClassMeta",
      sizeof(GstSonarClassMeta), sonar_meta_init<GstSonarClassMeta>, class_free,
      class_transform);
  return info;
}

GstSonarClassMeta *gst_buffer_add_sonar_class_meta(
    GstBuffer *buffer, const GstSonarClassMeta *content) {
  GstSonarClassMeta own = *content;
  own.model = g_strdup(content->model);
  own.device = g_strdup(content->device);
  own.beside = static_cast<guint *>(
      g_memdup2(content->beside, content->n_beside * sizeof(guint)));
  own.label = join_labels(content);
  own.labels = g_strdupv(content->labels);
  own.probabilities = sonar_bytes_ref(content->probabilities);
  own.input = sonar_bytes_ref(content->input);
  own.feature_maps = sonar_bytes_ref(content->feature_maps);
  return sonar_meta_append(buffer, gst_sonar_class_meta_get_info(), own);
}

GstSonarClassMeta *gst_buffer_get_sonar_class_meta(GstBuffer *buffer) {
  return reinterpret_cast<GstSonarClassMeta *>(
      gst_buffer_get_meta(buffer, GST_SONAR_CLASS_META_API_TYPE));
}

const gchar *gst_sonar_class_meta_get_label(const GstSonarClassMeta *meta) {
  return meta->label;
}

const gchar *const *gst_sonar_class_meta_get_labels(
    const GstSonarClassMeta *meta) {
  return meta->labels;
}

const gfloat *gst_sonar_class_meta_get_probabilities(
    const GstSonarClassMeta *meta, guint *n_classes) {
  *n_classes = meta->n_classes;
  return static_cast<const gfloat *>(
      g_bytes_get_data(meta->probabilities, nullptr));
}
