/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pipeline.h"

#include "sonar/core/error.h"

namespace sonar::recorder {

std::string quoted(const std::string &text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

Pipeline::Pipeline(const std::string &description, const std::string &what) {
  g_autoptr(GError) error = nullptr;
  pipeline_ = gst_parse_launch_full(description.c_str(), nullptr,
                                    GST_PARSE_FLAG_FATAL_ERRORS, &error);
  if (!pipeline_ || error)
    throw Error(Errc::kBadArgument,
                what + " cannot be made: " +
                    (error ? error->message : "no element in it") +
                    ". It was: " + description);
  gst_object_ref_sink(pipeline_);
}

Pipeline::~Pipeline() {
  stop();
  gst_object_unref(pipeline_);
}

ElementPtr Pipeline::find(const char *name) const {
  return ElementPtr(gst_bin_get_by_name(GST_BIN(pipeline_), name));
}

void Pipeline::take_error(GstMessage *message) {
  g_autoptr(GError) error = nullptr;
  g_autofree gchar *debug = nullptr;
  gst_message_parse_error(message, &error, &debug);
  fail(error->message);
}

gboolean Pipeline::take(GstBus *, GstMessage *message, gpointer data) {
  auto &self = *static_cast<Pipeline *>(data);
  switch (GST_MESSAGE_TYPE(message)) {
    case GST_MESSAGE_ERROR:
      self.take_error(message);
      break;
    case GST_MESSAGE_EOS:
      self.ended_ = true;
      break;
    default:
      try {
        if (self.on_message) self.on_message(message);
      } catch (const std::exception &e) {  // GLib calls this
        self.fail(e.what());
      }
  }
  return G_SOURCE_CONTINUE;
}

void Pipeline::play() {
  g_autoptr(GstBus) bus = gst_element_get_bus(pipeline_);
  gst_bus_add_watch(bus, take, this);
  watched_ = true;
  if (gst_element_set_state(pipeline_, GST_STATE_PLAYING) !=
      GST_STATE_CHANGE_FAILURE)
    return;
  while (GstMessage *message = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR)) {
    take_error(message);
    gst_message_unref(message);
  }
  fail("the pipeline does not start");  // unless something said why
  throw Error(Errc::kResource, error());
}

void Pipeline::stop() {
  gst_element_set_state(pipeline_, GST_STATE_NULL);
  if (!watched_) return;
  watched_ = false;
  g_autoptr(GstBus) bus = gst_element_get_bus(pipeline_);
  gst_bus_remove_watch(bus);
}

std::string Pipeline::error() const {
  std::lock_guard<std::mutex> hold(lock_);
  return error_;
}

void Pipeline::fail(const std::string &why) {
  std::lock_guard<std::mutex> hold(lock_);
  if (error_.empty()) error_ = why;
}

}  // namespace sonar::recorder
