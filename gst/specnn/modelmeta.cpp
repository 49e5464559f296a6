/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "modelmeta.h"

#include <utility>

#include "meta/metasupport.h"

namespace {

using sonar::models::Model;

struct ModelMeta {
  GstMeta meta;
  std::shared_ptr<const Model> *model;  // owned
};

GType model_meta_api() {
  static const GType type =
      gst_meta_api_type_register("SonarModelMetaAPI", sonar_meta_tags);
  return type;
}

void model_meta_free(GstMeta *meta, GstBuffer *) {
  delete reinterpret_cast<ModelMeta *>(meta)->model;
}

gboolean model_meta_transform(GstBuffer *dest, GstMeta *meta, GstBuffer *,
                              GQuark type, gpointer data) {
  if (!sonar_meta_survives(type, data)) return FALSE;
  sonar::specnn::leave_model(dest, *reinterpret_cast<ModelMeta *>(meta)->model);
  return TRUE;
}

const GstMetaInfo *model_meta_info() {
  static const GstMetaInfo *info = gst_meta_register(
      model_meta_api(), "SonarModelMeta", sizeof(ModelMeta),
      sonar_meta_init<ModelMeta>, model_meta_free, model_meta_transform);
  return info;
}

ModelMeta *find(GstBuffer *frame) {
  return reinterpret_cast<ModelMeta *>(
      gst_buffer_get_meta(frame, model_meta_api()));
}

}  // namespace

namespace sonar::specnn {

void leave_model(GstBuffer *frame, std::shared_ptr<const Model> model) {
  if (ModelMeta *old = find(frame)) gst_buffer_remove_meta(frame, &old->meta);
  ModelMeta content{};
  content.model = new std::shared_ptr<const Model>(std::move(model));
  sonar_meta_append(frame, model_meta_info(), content);
}

std::shared_ptr<const Model> model_of(GstBuffer *frame) {
  const ModelMeta *meta = find(frame);
  return meta ? *meta->model : nullptr;
}

}  // namespace sonar::specnn
