/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plays a recording through specnnclassify and scorecammask and writes for each
 * frame, as float32: the network's input, the probabilities and the mask.
 * usage: own_answers DESCRIPTION OUTPUT     (of the pipeline before appsink) */
#include <gst/app/gstappsink.h>
#include <gst/gst.h>

#include <cstdio>
#include <fstream>
#include <string>

#include "meta/gstsonarclassmeta.h"
#include "meta/gstsonarmaskmeta.h"

static void write(std::ofstream &out, GBytes *values) {
  gsize size = 0;
  const auto *data = static_cast<const char *>(g_bytes_get_data(values, &size));
  out.write(data, std::streamsize(size));
}

int main(int argc, char **argv) {
  gst_init(&argc, &argv);
  if (argc != 3) return 2;
  g_autoptr(GError) error = nullptr;
  const std::string description =
      std::string(argv[1]) + " ! appsink name=sink sync=false";
  g_autoptr(GstElement) pipeline =
      gst_parse_launch(description.c_str(), &error);
  if (error) {
    std::fprintf(stderr, "%s\n", error->message);
    return 1;
  }
  g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  std::ofstream out(argv[2], std::ios::binary);
  while (GstSample *sample = gst_app_sink_pull_sample(GST_APP_SINK(sink))) {
    GstBuffer *frame = gst_sample_get_buffer(sample);
    write(out, gst_buffer_get_sonar_class_meta(frame)->input);
    write(out, gst_buffer_get_sonar_class_meta(frame)->probabilities);
    write(out, gst_buffer_get_sonar_mask_meta(frame)->values);
    gst_sample_unref(sample);
  }
  g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
  g_autoptr(GstMessage) message = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR);
  g_autoptr(GError) failure = nullptr;
  if (message) gst_message_parse_error(message, &failure, nullptr);
  if (failure) std::fprintf(stderr, "%s\n", failure->message);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  return failure ? 1 : 0;
}
