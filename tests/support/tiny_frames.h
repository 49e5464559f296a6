/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
#include "meta/gstsonarmaskmeta.h"
#include "sonar/core/image.h"
#include "support/gst_testing.h"

/* Spectrogram frames of tiny_recipe(). */
namespace sonar::testing {

constexpr GstClockTime kColumnNs = 15625000;

inline const char *const kTinyCaps =
    "video/x-raw, format=GRAY16_LE, width=16, height=16, framerate=4/1";
inline const char *const kTinyCaps8 =
    "video/x-raw, format=GRAY8, width=16, height=16, framerate=4/1";

/** What is not in the picture of a frame. */
struct FrameOptions {
  gint64 first_column = 0;
  gint64 origin = 0;  ///< columns of time before stream column 0
  ColumnRange valid{0, kTiny};
  Recipe recipe = tiny_recipe();
  int bits = 16;
  bool discont = false;
  Image fine = {};  ///< as many columns as the picture
  const char *level_unit = "dBFS";
  gint64 utc0 = G_MININT64;  ///< UTC of time 0
};

inline void add_tiny_spectrogram(GstBuffer *frame, const Image &background,
                                 const FrameOptions &o) {
  const std::string json = o.recipe.to_json();
  const auto edges = o.recipe.row_edges_hz();
  GstSonarSpectrogramMeta meta{};
  meta.recipe = const_cast<gchar *>(json.c_str());
  meta.unit = o.recipe.unit();
  meta.width = guint(o.recipe.width);
  meta.height = guint(o.recipe.height());
  meta.floor_db = o.recipe.floor_db;
  meta.range_db = o.recipe.range_db;
  meta.rate = guint(o.recipe.rate_hz);
  meta.fft_size = guint(o.recipe.fft_size);
  meta.hop_size = guint(o.recipe.column_samples());
  meta.span_size = guint(o.recipe.span_samples());
  g_autoptr(GBytes) edge_bytes =
      g_bytes_new(edges.data(), edges.size() * sizeof(double));
  meta.row_edges = edge_bytes;
  // the window of a column is two columns long
  meta.column0_time = (o.origin + o.first_column + 1) * gint64(kColumnNs);
  meta.column0_utc =
      o.utc0 == G_MININT64 ? G_MININT64 : o.utc0 + meta.column0_time;
  meta.level_unit = o.level_unit;
  meta.first_column = o.first_column;
  meta.new_columns = guint(o.recipe.advance);
  meta.valid_begin = guint(o.valid.begin);
  meta.valid_end = guint(o.valid.end);
  g_autoptr(GBytes) background_bytes =
      background.empty()
          ? nullptr
          : g_bytes_new(background.data(), background.size() * sizeof(float));
  meta.background = background_bytes;
  g_autoptr(GBytes) fine_bytes =
      o.fine.empty()
          ? nullptr
          : g_bytes_new(o.fine.data(), o.fine.size() * sizeof(float));
  meta.fine = fine_bytes;
  meta.fine_rows = guint(o.fine.height());
  meta.fine_fft_size = guint(o.recipe.evidence_fft_size);
  gst_buffer_add_sonar_spectrogram_meta(frame, &meta);
}

/** A frame of @p value (dB, 0 to 65.535), as sonarspectrogram sends it. */
inline GstBuffer *tiny_frame(const Image &value, const Image &background = {},
                             const FrameOptions &o = {}) {
  std::vector<guint8> pixels;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const auto pixel = guint16(std::lround(value.data()[i] * 1000));
    if (o.bits == 16) pixels.push_back(guint8(pixel));
    pixels.push_back(guint8(pixel >> 8));
  }
  GstBuffer *frame = gst_buffer_new_memdup(pixels.data(), pixels.size());
  const gint64 newest =
      o.origin + o.first_column + o.recipe.width - o.recipe.advance;
  GST_BUFFER_PTS(frame) = GstClockTime(newest) * kColumnNs;
  GST_BUFFER_DURATION(frame) = GstClockTime(o.recipe.advance) * kColumnNs;
  if (o.discont) GST_BUFFER_FLAG_SET(frame, GST_BUFFER_FLAG_DISCONT);
  add_tiny_spectrogram(frame, background, o);
  return frame;
}

/** Adds a class mask to a frame, as scorecammask does. */
inline void add_tiny_mask(GstBuffer *frame, const Image &confidence,
                          bool valid = true, const char *label = "low",
                          float score = 0.875f) {
  GstSonarMaskMeta mask{};
  mask.recipe = "subband";
  mask.label = const_cast<gchar *>(label);
  mask.score = score;
  mask.threshold = 0.5f;
  mask.width = guint(confidence.width());
  mask.height = guint(confidence.height());
  g_autoptr(GBytes) values =
      g_bytes_new(confidence.data(), confidence.size() * sizeof(float));
  mask.values = values;
  mask.valid = valid;
  gst_buffer_add_sonar_mask_meta(frame, &mask);
}

}  // namespace sonar::testing
