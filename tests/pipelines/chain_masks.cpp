/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs recordings through the whole GStreamer chain and writes each one's
 * first frame as FOLDER/NAME.npy (bool, [frequency low to high, time]) with
 * its class in FOLDER/NAME.class.txt, the form that truth sets are scored in.
 * usage: chain_masks MODEL FOLDER "PROPERTIES OF signatureextract" FILE... */
#include <gst/app/gstappsink.h>
#include <gst/gst.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "meta/gstsonarclassmeta.h"
#include "meta/gstsonarsignaturemeta.h"

namespace fs = std::filesystem;

static void write_npy(const fs::path &path,
                      const GstSonarSignatureMeta &signature) {
  std::string header = "{'descr': '|b1', 'fortran_order': False, 'shape': (" +
                       std::to_string(signature.height) + ", " +
                       std::to_string(signature.width) + "), }";
  header.resize((10 + header.size() + 64) / 64 * 64 - 10 - 1, ' ');
  header += '\n';
  std::ofstream out(path, std::ios::binary);
  out.write("\x93NUMPY\x01\x00", 8);
  out.put(char(header.size() & 255)).put(char(header.size() >> 8));
  out << header;
  const auto *kept =
      static_cast<const char *>(g_bytes_get_data(signature.kept, nullptr));
  for (guint y = signature.height; y-- > 0;)
    out.write(kept + gsize(y) * signature.width, signature.width);
}

/* The first frame of a recording; null when the pipeline failed. */
static GstSample *first_frame(const std::string &model,
                              const std::string &extract,
                              const std::string &file) {
  const std::string description =
      "filesrc location=\"" + file +
      "\" ! decodebin ! audioconvert ! audioresample ! sonarspectrogram "
      "model=" +
      model + " advance=128 ! specnnclassify model=" + model +
      " ! scorecammask ! signatureextract " + extract +
      " ! appsink name=sink sync=false";
  g_autoptr(GError) error = nullptr;
  g_autoptr(GstElement) pipeline =
      gst_parse_launch(description.c_str(), &error);
  if (error) {
    std::fprintf(stderr, "%s\n", error->message);
    return nullptr;
  }
  g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  GstSample *sample = gst_app_sink_pull_sample(GST_APP_SINK(sink));
  if (!sample) {
    g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
    g_autoptr(GstMessage) message =
        gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR);
    g_autoptr(GError) failure = nullptr;
    if (message) gst_message_parse_error(message, &failure, nullptr);
    std::fprintf(stderr, "%s: %s\n", file.c_str(),
                 failure ? failure->message : "no frame");
  }
  gst_element_set_state(pipeline, GST_STATE_NULL);
  return sample;
}

int main(int argc, char **argv) {
  gst_init(&argc, &argv);
  if (argc < 5) return 2;
  const fs::path folder = argv[2];
  fs::create_directories(folder);
  for (int i = 4; i < argc; ++i) {
    g_autoptr(GstSample) sample = first_frame(argv[1], argv[3], argv[i]);
    if (!sample) return 1;
    GstBuffer *frame = gst_sample_get_buffer(sample);
    const std::string stem = fs::path(argv[i]).stem();
    write_npy(folder / (stem + ".npy"),
              *gst_buffer_get_sonar_signature_meta(frame));
    std::ofstream(folder / (stem + ".class.txt"))
        << gst_sonar_class_meta_get_label(
               gst_buffer_get_sonar_class_meta(frame))
        << "\n";
  }
}
