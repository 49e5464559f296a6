/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * GstSonarRegion:
 * @begin: time of the region's first column, nanoseconds, on the buffer's clock
 * @end: time past its last column
 * @low_hz: lower edge of its lowest row
 * @high_hz: upper edge of its highest row
 * @peak_hz: centre of the row of its largest value
 * @excess_db: largest value, in the unit of the spectrogram
 * @level_db: level there, in the level unit of the spectrogram
 * @confidence: mean mask value of its pixels, 0..1
 * @pixels: number of its pixels
 *
 * One tonal region of a signature. Times and frequencies come from the
 * analysis grid, never from the display.
 */
typedef struct _GstSonarRegion {
  gint64 begin;
  gint64 end;
  gdouble low_hz;
  gdouble high_hz;
  gdouble peak_hz;
  gdouble excess_db;
  gdouble level_db;
  gdouble confidence;
  guint64 pixels;
} GstSonarRegion;

/**
 * GstSonarSignatureMeta:
 * @meta: parent
 * @threshold: mask value from which a pixel was kept
 * @width: columns (time), equal to the frame's width
 * @height: rows (frequency, highest first), equal to the frame's height
 * @kept: @height x @width bytes, row-major, 1 where the pixel was kept
 * @n_regions: number of @regions
 * @regions: @n_regions #GstSonarRegion, in order of time
 * @original: (nullable): the frame before the rest was painted over
 *
 * The signature cut out of a spectrogram frame (paper IV-E). Immutable once
 * added; copies of the buffer share what it points to.
 */
typedef struct _GstSonarSignatureMeta {
  GstMeta meta;
  gfloat threshold;
  guint width;
  guint height;
  GBytes *kept;
  guint n_regions;
  GBytes *regions;
  GstBuffer *original;
} GstSonarSignatureMeta;

#define GST_SONAR_SIGNATURE_META_API_TYPE \
  (gst_sonar_signature_meta_api_get_type())

GType gst_sonar_signature_meta_api_get_type(void);
const GstMetaInfo *gst_sonar_signature_meta_get_info(void);

/* Takes references on @content's bytes and buffer. Returns NULL when @kept
 * does not hold @width x @height bytes. */
GstSonarSignatureMeta *gst_buffer_add_sonar_signature_meta(
    GstBuffer *buffer, const GstSonarSignatureMeta *content);
GstSonarSignatureMeta *gst_buffer_get_sonar_signature_meta(GstBuffer *buffer);

G_END_DECLS
