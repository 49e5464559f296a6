/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/gst.h>
#include <gst/video/video.h>

#include <string>

#include "meta/gstsonarmaskmeta.h"
#include "meta/gstsonarsignaturemeta.h"
#include "meta/gstsonarspectrogrammeta.h"
#include "sonar/core/image.h"

/* Between frames with metas and the library's pictures. */
namespace sonar::frame {

/** Caps of every frame between sonarspectrogram and the overlay. */
#define SONAR_GRAY_CAPS GST_VIDEO_CAPS_MAKE("{ GRAY16_LE, GRAY8 }")

/** "640x128 (width x height)" */
std::string size_text(guint width, guint height);

/** A frame mapped for as long as this lives. Throws Error(kResource). */
class Map {
 public:
  Map(GstBuffer *buffer, const GstVideoInfo &info, GstMapFlags flags);
  ~Map();
  Map(const Map &) = delete;
  Map &operator=(const Map &) = delete;

  guint8 *pixels() const;
  gsize stride() const;

 private:
  GstVideoFrame frame_;
};

/** Bits of a gray format. */
int gray_bits(const GstVideoInfo &info);

/**
 * The spectrogram meta of a frame. Throws Error(kBadArgument) when there is
 * none (a rescaled frame loses it) or its size is not the frame's.
 */
const GstSonarSpectrogramMeta &require_spectrogram(GstBuffer *buffer,
                                                   const GstVideoInfo &info);

/** The same for the class mask, naming the element that adds it. */
const GstSonarMaskMeta &require_mask(GstBuffer *buffer,
                                     const GstVideoInfo &info);

/** The frame's values in dB. */
Image read_values(GstBuffer *buffer, const GstVideoInfo &info,
                  const GstSonarSpectrogramMeta &meta);

/** height x width floats of a meta; an empty image for null. */
Image read_image(GBytes *bytes, guint height, guint width);
/** Hands an image over to a meta, without a copy. */
GBytes *take_image(Image &&image);

ColumnRange valid_columns(const GstSonarSpectrogramMeta &meta);

/** Whether rows are equally wide in Hz, bins rather than bands. */
bool has_linear_rows(const GstSonarSpectrogramMeta &meta);

/** Time of a column's centre (of its left edge with column - 0.5) on the
 *  buffer's clock; G_MININT64 when the stream carries no time. */
gint64 column_time(const GstSonarSpectrogramMeta &meta, double column);

/** UTC of that time, and of any time on the buffer's clock, in nanoseconds
 *  since 1970; G_MININT64 where it is not known. */
gint64 column_utc(const GstSonarSpectrogramMeta &meta, double column);
gint64 utc_of_time(const GstSonarSpectrogramMeta &meta, gint64 time);

/** Whether the pixels are levels, not dB over a background. */
inline bool shows_levels(const GstSonarSpectrogramMeta &meta) {
  return g_strcmp0(meta.unit, meta.level_unit) == 0;
}

/** Posts a plain ELEMENT message @p name with timestamp, stream-time,
 *  running-time and duration of @p buffer, `utc` (ISO 8601) of its time stamp
 *  where that is known, plus what @p fields holds; takes @p fields, whose name
 *  it is. */
void post_message(GstElement *element, const GstSegment &segment,
                  GstBuffer *buffer, GstStructure *fields);

/** The same about a stretch of time, in nanoseconds on the buffers' clock;
 *  begin or end G_MININT64: unknown. What lies before 0 is cut off. */
void post_message(GstElement *element, const GstSegment &segment, gint64 begin,
                  gint64 end, GstStructure *fields);

}  // namespace sonar::frame
