/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lineview.h"

#include <memory>
#include <vector>

#include "meta/metasupport.h"

namespace {

struct Left {
  std::string model;
  std::vector<sonar::lines::Hypothesis> hypotheses;
  std::shared_ptr<const sonar::models::LineView> view;
};

/* Copies of the frame share what was left. */
struct LinesMeta {
  GstMeta meta;
  std::shared_ptr<const Left> *left;  // owned
};

GType lines_meta_api() {
  static const GType type =
      gst_meta_api_type_register("SonarLinesMetaAPI", sonar_meta_tags);
  return type;
}

void lines_meta_free(GstMeta *meta, GstBuffer *) {
  delete reinterpret_cast<LinesMeta *>(meta)->left;
}

gboolean lines_meta_transform(GstBuffer *dest, GstMeta *meta, GstBuffer *,
                              GQuark type, gpointer data);

const GstMetaInfo *lines_meta_info() {
  static const GstMetaInfo *info = gst_meta_register(
      lines_meta_api(), "SonarLinesMeta", sizeof(LinesMeta),
      sonar_meta_init<LinesMeta>, lines_meta_free, lines_meta_transform);
  return info;
}

void add(GstBuffer *frame, std::shared_ptr<const Left> left) {
  LinesMeta content{};
  content.left = new std::shared_ptr<const Left>(std::move(left));
  sonar_meta_append(frame, lines_meta_info(), content);
}

gboolean lines_meta_transform(GstBuffer *dest, GstMeta *meta, GstBuffer *,
                              GQuark type, gpointer data) {
  if (!sonar_meta_survives(type, data)) return FALSE;
  add(dest, *reinterpret_cast<LinesMeta *>(meta)->left);
  return TRUE;
}

/* What is on the frame, off it; null where there is nothing. */
std::shared_ptr<const Left> take(GstBuffer *frame) {
  GstMeta *meta = gst_buffer_get_meta(frame, lines_meta_api());
  if (!meta) return nullptr;
  std::shared_ptr<const Left> left = *reinterpret_cast<LinesMeta *>(meta)->left;
  gst_buffer_remove_meta(frame, meta);
  return left;
}

}  // namespace

namespace sonar::specnn {

void leave_lines(GstBuffer *frame, const std::string &model,
                 const models::Classification &seen) {
  take(frame);
  if (seen.line_view)
    add(frame, std::make_shared<const Left>(
                   Left{model, seen.hypotheses, seen.line_view}));
}

void take_lines(GstBuffer *frame, const std::string &model,
                models::Classification &seen) {
  const auto left = take(frame);
  if (!left || left->model != model) return;
  seen.hypotheses = left->hypotheses;
  seen.line_view = left->view;
}

}  // namespace sonar::specnn
