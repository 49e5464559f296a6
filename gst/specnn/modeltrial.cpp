/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "modeltrial.h"

#include <string>
#include <utility>

#include "target.h"

namespace sonar::specnn {
namespace {

constexpr const char *kTrial = "sonar-model-trial";
constexpr const char *kModel = "model", *kReason = "reason", *kCode = "code";

}  // namespace

void ModelTrial::keep(models::PictureData &&picture) {
  auto next = std::make_shared<const models::PictureData>(std::move(picture));
  std::lock_guard<std::mutex> hold(lock_);
  last_ = std::move(next);
}

void ModelTrial::forget() {
  std::lock_guard<std::mutex> hold(lock_);
  last_.reset();
}

void ModelTrial::run(const models::Model &model, const MaskSettings &s) const {
  std::unique_lock<std::mutex> hold(lock_);
  const auto picture = last_;
  hold.unlock();
  if (!picture || s.recipe == int(models::MaskRecipe::kContact)) return;
  models::MaskOptions options = s.options;
  options.recipe = s.recipe == kModelsOwn ? model.settings().mask_recipe
                                          : models::MaskRecipe(s.recipe);
  options.max_channels = 1;
  const std::size_t target =
      is_predicted(s.target)
          ? 0
          : choose_target(model, s.target, nullptr).classes.front();
  model.make_mask(*picture, target, nullptr, options);
}

void require_masks(GstElement *classifier, const models::Model &model) {
  GstStructure *fields =
      gst_structure_new(kTrial, kModel, G_TYPE_POINTER, &model, nullptr);
  g_autoptr(GstQuery) query = gst_query_new_custom(GST_QUERY_CUSTOM, fields);
  g_autoptr(GstPad) src = gst_element_get_static_pad(classifier, "src");
  gst_pad_peer_query(src, query);
  const GstStructure *answer = gst_query_get_structure(query);
  gint code = 0;
  if (gst_structure_get_int(answer, kCode, &code))
    throw Error(Errc(code), gst_structure_get_string(answer, kReason));
}

const models::Model *model_on_trial(GstQuery *query) {
  const GstStructure *fields = GST_QUERY_TYPE(query) == GST_QUERY_CUSTOM
                                   ? gst_query_get_structure(query)
                                   : nullptr;
  if (!fields || !gst_structure_has_name(fields, kTrial)) return nullptr;
  return static_cast<const models::Model *>(
      g_value_get_pointer(gst_structure_get_value(fields, kModel)));
}

void refuse(GstQuery *query, GstElement *mask, const Error &why) {
  g_autofree gchar *name = gst_element_get_name(mask);
  const std::string reason =
      std::string(name) + " cannot go on with it: " + why.what();
  gst_structure_set(gst_query_writable_structure(query), kCode, G_TYPE_INT,
                    int(why.code()), kReason, G_TYPE_STRING, reason.c_str(),
                    nullptr);
}

}  // namespace sonar::specnn
