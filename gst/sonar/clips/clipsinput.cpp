/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "clipsinput.h"

#include <gst/base/gstbasesink.h>

#include <utility>

using sonar::clips::InputCalls;

G_BEGIN_DECLS
#define GST_TYPE_SIGNATURE_CLIPS_INPUT (gst_signature_clips_input_get_type())
G_DECLARE_FINAL_TYPE(GstSignatureClipsInput, gst_signature_clips_input, GST,
                     SIGNATURE_CLIPS_INPUT, GstBaseSink)
G_END_DECLS

struct _GstSignatureClipsInput {
  GstBaseSink parent;
  InputCalls *calls;  // owned: set in new_input, deleted in _finalize
};

G_DEFINE_TYPE(GstSignatureClipsInput, gst_signature_clips_input,
              GST_TYPE_BASE_SINK)

static GstCaps *gst_signature_clips_input_get_caps(GstBaseSink *sink,
                                                   GstCaps *filter) {
  g_autoptr(GstCaps) allowed =
      gst_caps_from_string(GST_SIGNATURE_CLIPS_INPUT(sink)->calls->allowed);
  return filter ? gst_caps_intersect_full(filter, allowed,
                                          GST_CAPS_INTERSECT_FIRST)
                : g_steal_pointer(&allowed);
}

static gboolean gst_signature_clips_input_set_caps(GstBaseSink *sink,
                                                   GstCaps *caps) {
  const InputCalls &calls = *GST_SIGNATURE_CLIPS_INPUT(sink)->calls;
  return calls.guard([&] { calls.caps(caps); });
}

static GstFlowReturn gst_signature_clips_input_preroll(GstBaseSink *sink,
                                                       GstBuffer *) {
  const InputCalls &calls = *GST_SIGNATURE_CLIPS_INPUT(sink)->calls;
  return calls.guard([&] { calls.first(); }) ? GST_FLOW_OK : GST_FLOW_ERROR;
}

static GstFlowReturn gst_signature_clips_input_render(GstBaseSink *sink,
                                                      GstBuffer *buffer) {
  const InputCalls &calls = *GST_SIGNATURE_CLIPS_INPUT(sink)->calls;
  return calls.guard([&] { calls.buffer(buffer, sink->segment); })
             ? GST_FLOW_OK
             : GST_FLOW_ERROR;
}

static gboolean gst_signature_clips_input_event(GstBaseSink *sink,
                                                GstEvent *event) {
  const InputCalls &calls = *GST_SIGNATURE_CLIPS_INPUT(sink)->calls;
  const auto told = [&](const std::function<void()> &call) {
    return calls.guard(call);
  };
  bool ok = true;
  switch (GST_EVENT_TYPE(event)) {
    case GST_EVENT_SEGMENT:
    case GST_EVENT_GAP:
      ok = told(calls.breaks);
      break;
    case GST_EVENT_FLUSH_STOP:
      ok = told(calls.flush);
      break;
    case GST_EVENT_EOS:  // before the message that everything is done
      ok = told(calls.eos);
      break;
    default:
      break;
  }
  if (!ok) {
    gst_event_unref(event);
    return FALSE;
  }
  return GST_BASE_SINK_CLASS(gst_signature_clips_input_parent_class)
      ->event(sink, event);
}

static void gst_signature_clips_input_finalize(GObject *object) {
  delete GST_SIGNATURE_CLIPS_INPUT(object)->calls;
  G_OBJECT_CLASS(gst_signature_clips_input_parent_class)->finalize(object);
}

static void gst_signature_clips_input_init(GstSignatureClipsInput *self) {
  gst_base_sink_set_sync(GST_BASE_SINK(self), FALSE);
  // frames and audio are read once
  g_object_set(self, "enable-last-sample", FALSE, nullptr);
}

static void gst_signature_clips_input_class_init(
    GstSignatureClipsInputClass *klass) {
  auto *element_class = GST_ELEMENT_CLASS(klass);
  auto *sink_class = GST_BASE_SINK_CLASS(klass);
  G_OBJECT_CLASS(klass)->finalize = gst_signature_clips_input_finalize;
  gst_element_class_add_pad_template(
      element_class,
      gst_pad_template_new("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_CAPS_ANY));
  gst_element_class_set_static_metadata(
      element_class, "Input of signatureclips", "Sink",
      "One end of signatureclips", "gst-sonar developers");
  sink_class->get_caps = GST_DEBUG_FUNCPTR(gst_signature_clips_input_get_caps);
  sink_class->set_caps = GST_DEBUG_FUNCPTR(gst_signature_clips_input_set_caps);
  sink_class->preroll = GST_DEBUG_FUNCPTR(gst_signature_clips_input_preroll);
  sink_class->render = GST_DEBUG_FUNCPTR(gst_signature_clips_input_render);
  sink_class->event = GST_DEBUG_FUNCPTR(gst_signature_clips_input_event);
}

namespace sonar::clips {

GstElement *new_input(const char *name, InputCalls calls) {
  auto *input = static_cast<GstSignatureClipsInput *>(g_object_new(
      gst_signature_clips_input_get_type(), "name", name, nullptr));
  input->calls = new InputCalls(std::move(calls));
  gst_base_sink_set_async_enabled(GST_BASE_SINK(input),
                                  input->calls->holds_state);
  return GST_ELEMENT(input);
}

}  // namespace sonar::clips
