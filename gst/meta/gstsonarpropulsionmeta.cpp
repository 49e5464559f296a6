/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "meta/gstsonarpropulsionmeta.h"

#include "meta/metasupport.h"

static gboolean propulsion_transform(GstBuffer *dest, GstMeta *meta,
                                     GstBuffer *, GQuark type, gpointer data) {
  return sonar_meta_survives(type, data) &&
         gst_buffer_add_sonar_propulsion_meta(
             dest, reinterpret_cast<GstSonarPropulsionMeta *>(meta)) != nullptr;
}

GType gst_sonar_propulsion_meta_api_get_type(void) {
  static const GType type =
      gst_meta_api_type_register("GstSonarPropulsionMetaAPI", sonar_meta_tags);
  return type;
}

const GstMetaInfo *gst_sonar_propulsion_meta_get_info(void) {
  static const GstMetaInfo *info = gst_meta_register(
      GST_SONAR_PROPULSION_META_API_TYPE, "GstSonarPropulsionMeta",
      sizeof(GstSonarPropulsionMeta), sonar_meta_init<GstSonarPropulsionMeta>,
      nullptr, propulsion_transform);
  return info;
}

GstSonarPropulsionMeta *gst_buffer_add_sonar_propulsion_meta(
    GstBuffer *buffer, const GstSonarPropulsionMeta *content) {
  return sonar_meta_append(buffer, gst_sonar_propulsion_meta_get_info(),
                           *content);
}

GstSonarPropulsionMeta *gst_buffer_get_sonar_propulsion_meta(
    GstBuffer *buffer) {
  return reinterpret_cast<GstSonarPropulsionMeta *>(
      gst_buffer_get_meta(buffer, GST_SONAR_PROPULSION_META_API_TYPE));
}
