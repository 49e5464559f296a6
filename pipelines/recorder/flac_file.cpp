/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flac_file.h"

struct _GstSonarFlacFile {
  GstBin parent;
  GstElement *encoder;  // owned by the bin
};

G_DEFINE_TYPE(GstSonarFlacFile, gst_sonar_flac_file, GST_TYPE_BIN)

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE(
    "audio_%u", GST_PAD_SINK, GST_PAD_REQUEST, GST_STATIC_CAPS("audio/x-raw"));
static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE(
    "src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS("audio/x-flac"));

static GstPad *gst_sonar_flac_file_request_new_pad(GstElement *element,
                                                   GstPadTemplate *templ,
                                                   const gchar *,
                                                   const GstCaps *) {
  auto *self = GST_SONAR_FLAC_FILE(element);
  if (!self->encoder || GST_ELEMENT(self)->numsinkpads > 0) return nullptr;
  g_autoptr(GstPad) inside = gst_element_get_static_pad(self->encoder, "sink");
  GstPad *pad = gst_ghost_pad_new_from_template("audio_0", inside, templ);
  gst_pad_set_active(pad, TRUE);
  gst_element_add_pad(element, pad);
  return pad;
}

static void gst_sonar_flac_file_release_pad(GstElement *element, GstPad *pad) {
  gst_pad_set_active(pad, FALSE);
  gst_element_remove_pad(element, pad);
}

static void gst_sonar_flac_file_init(GstSonarFlacFile *self) {
  self->encoder = gst_element_factory_make("flacenc", nullptr);
  if (!self->encoder) return;
  gst_bin_add(GST_BIN(self), self->encoder);
  // rates and depths of measuring are outside of what set-top players need
  g_object_set(self->encoder, "streamable-subset", FALSE, nullptr);
  g_autoptr(GstPad) inside = gst_element_get_static_pad(self->encoder, "src");
  g_autoptr(GstPadTemplate) templ = gst_static_pad_template_get(&src_template);
  gst_element_add_pad(GST_ELEMENT(self),
                      gst_ghost_pad_new_from_template("src", inside, templ));
}

static void gst_sonar_flac_file_class_init(GstSonarFlacFileClass *klass) {
  auto *element_class = GST_ELEMENT_CLASS(klass);
  gst_element_class_add_static_pad_template(element_class, &sink_template);
  gst_element_class_add_static_pad_template(element_class, &src_template);
  gst_element_class_set_static_metadata(
      element_class, "FLAC file", "Codec/Muxer/Audio",
      "FLAC files from splitmuxsink", "gst-sonar");
  element_class->request_new_pad = gst_sonar_flac_file_request_new_pad;
  element_class->release_pad = gst_sonar_flac_file_release_pad;
}
