/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/frame.h"

#include <cmath>
#include <cstring>
#include <utility>

#include "sonar/core/error.h"
#include "sonar/core/utc.h"
#include "sonar/dsp/gray.h"

namespace sonar::frame {
namespace {

void require_size(const char *what, guint width, guint height,
                  const GstVideoInfo &info) {
  const auto frame_width = guint(GST_VIDEO_INFO_WIDTH(&info));
  const auto frame_height = guint(GST_VIDEO_INFO_HEIGHT(&info));
  if (width != frame_width || height != frame_height)
    throw Error(Errc::kBadArgument,
                std::string(what) + " is " + size_text(width, height) +
                    " but the frame is " +
                    size_text(frame_width, frame_height) +
                    " (width x height); do not rescale or crop frames "
                    "between the sonar elements.");
}

}  // namespace

std::string size_text(guint width, guint height) {
  return std::to_string(width) + "x" + std::to_string(height);
}

Map::Map(GstBuffer *buffer, const GstVideoInfo &info, GstMapFlags flags) {
  if (!gst_video_frame_map(&frame_, &info, buffer, flags))
    throw Error(Errc::kResource, "Could not map a " +
                                     size_text(GST_VIDEO_INFO_WIDTH(&info),
                                               GST_VIDEO_INFO_HEIGHT(&info)) +
                                     " frame; is there memory left?");
}
Map::~Map() { gst_video_frame_unmap(&frame_); }
guint8 *Map::pixels() const {
  return static_cast<guint8 *>(GST_VIDEO_FRAME_PLANE_DATA(&frame_, 0));
}
gsize Map::stride() const { return GST_VIDEO_FRAME_PLANE_STRIDE(&frame_, 0); }

int gray_bits(const GstVideoInfo &info) {
  return GST_VIDEO_INFO_FORMAT(&info) == GST_VIDEO_FORMAT_GRAY8 ? 8 : 16;
}

const GstSonarSpectrogramMeta &require_spectrogram(GstBuffer *buffer,
                                                   const GstVideoInfo &info) {
  const auto *meta = gst_buffer_get_sonar_spectrogram_meta(buffer);
  if (!meta)
    throw Error(Errc::kBadArgument,
                "The frame carries no spectrogram meta; put sonarspectrogram "
                "upstream, and nothing in between that rescales, crops or "
                "re-encodes frames.");
  require_size("The spectrogram", meta->width, meta->height, info);
  return *meta;
}

const GstSonarMaskMeta &require_mask(GstBuffer *buffer,
                                     const GstVideoInfo &info) {
  const auto *meta = gst_buffer_get_sonar_mask_meta(buffer);
  if (!meta)
    throw Error(Errc::kBadArgument,
                "The frame carries no class mask; put scorecammask upstream, "
                "and nothing in between that rescales or crops frames.");
  require_size("The class mask", meta->width, meta->height, info);
  return *meta;
}

Image read_values(GstBuffer *buffer, const GstVideoInfo &info,
                  const GstSonarSpectrogramMeta &meta) {
  const Map map(buffer, info, GST_MAP_READ);
  return dsp::decode_gray(map.pixels(), map.stride(), meta.height, meta.width,
                          {gray_bits(info), meta.floor_db, meta.range_db});
}

Image read_image(GBytes *bytes, guint height, guint width) {
  if (!bytes) return {};
  Image image(height, width);
  gsize size = 0;
  const void *data = g_bytes_get_data(bytes, &size);
  if (size != image.size() * sizeof(float))
    throw Error(Errc::kBadArgument,
                "A meta holds " + std::to_string(size) + " bytes, needed " +
                    std::to_string(image.size() * sizeof(float)) + " for " +
                    size_text(width, height) + " floats (width x height).");
  std::memcpy(image.data(), data, size);
  return image;
}

GBytes *take_image(Image &&image) {
  auto *own = new Image(std::move(image));
  return g_bytes_new_with_free_func(
      own->data(), own->size() * sizeof(float),
      [](gpointer data) { delete static_cast<Image *>(data); }, own);
}

ColumnRange valid_columns(const GstSonarSpectrogramMeta &meta) {
  return {meta.valid_begin, meta.valid_end};
}

bool has_linear_rows(const GstSonarSpectrogramMeta &meta) {
  const auto *edges =
      static_cast<const gdouble *>(g_bytes_get_data(meta.row_edges, nullptr));
  const gdouble highest = edges[0] - edges[1];
  const gdouble lowest = edges[meta.height - 1] - edges[meta.height];
  return std::fabs(highest - lowest) < 1e-3 * highest;
}

static gint64 after_columns(const GstSonarSpectrogramMeta &meta, gint64 origin,
                            double columns) {
  if (origin == G_MININT64) return G_MININT64;
  return origin +
         gint64(std::llround(columns * meta.hop_size * 1e9 / meta.rate));
}

gint64 column_time(const GstSonarSpectrogramMeta &meta, double column) {
  return after_columns(meta, meta.column0_time, column);
}

gint64 column_utc(const GstSonarSpectrogramMeta &meta, double column) {
  return after_columns(meta, meta.column0_utc, column);
}

gint64 utc_of_time(const GstSonarSpectrogramMeta &meta, gint64 time) {
  if (meta.column0_utc == G_MININT64 || meta.column0_time == G_MININT64)
    return G_MININT64;
  return meta.column0_utc + (time - meta.column0_time);
}

/* Adds when the frame was heard, where it says so. */
static void add_utc(GstStructure *fields, GstBuffer *buffer) {
  const auto *meta = gst_buffer_get_sonar_spectrogram_meta(buffer);
  const GstClockTime pts = GST_BUFFER_PTS(buffer);
  if (!meta || !GST_CLOCK_TIME_IS_VALID(pts)) return;
  const gint64 utc_ns = utc_of_time(*meta, gint64(pts));
  if (utc_ns != G_MININT64)
    gst_structure_set(fields, "utc", G_TYPE_STRING,
                      utc::format_iso8601(utc_ns).c_str(), nullptr);
}

static void post(GstElement *element, const GstSegment &segment,
                 GstClockTime pts, GstClockTime duration,
                 GstStructure *fields) {
  GstClockTime stream = GST_CLOCK_TIME_NONE, running = GST_CLOCK_TIME_NONE;
  if (GST_CLOCK_TIME_IS_VALID(pts) && segment.format == GST_FORMAT_TIME) {
    stream = gst_segment_to_stream_time(&segment, GST_FORMAT_TIME, pts);
    running = gst_segment_to_running_time(&segment, GST_FORMAT_TIME, pts);
  }
  gst_structure_set(fields, "timestamp", G_TYPE_UINT64, pts, "stream-time",
                    G_TYPE_UINT64, stream, "running-time", G_TYPE_UINT64,
                    running, "duration", G_TYPE_UINT64, duration, nullptr);
  gst_element_post_message(
      element, gst_message_new_element(GST_OBJECT(element), fields));
}

void post_message(GstElement *element, const GstSegment &segment,
                  GstBuffer *buffer, GstStructure *fields) {
  add_utc(fields, buffer);
  post(element, segment, GST_BUFFER_PTS(buffer), GST_BUFFER_DURATION(buffer),
       fields);
}

void post_message(GstElement *element, const GstSegment &segment, gint64 begin,
                  gint64 end, GstStructure *fields) {
  if (begin == G_MININT64 || end == G_MININT64) {
    post(element, segment, GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE, fields);
    return;
  }
  const auto from = GstClockTime(MAX(0, begin)), to = GstClockTime(MAX(0, end));
  post(element, segment, from, to - from, fields);
}

}  // namespace sonar::frame
