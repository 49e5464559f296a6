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

#define GST_TYPE_SONAR_REGION (gst_sonar_region_get_type())
GType gst_sonar_region_get_type(void);

/**
 * GstSonarTonal:
 * @id: the same in all frames of a stream that have it; from 1
 * @begin_column: stream column in which it was first heard
 * @end_column: one past the last one so far
 * @begin: time of the left edge of @begin_column, nanoseconds, on the buffer's
 *   clock; %G_MININT64 where the stream carries no time
 * @end: time of the left edge of @end_column
 * @frequency_hz: of the straight line through its peaks, in the middle of its
 *   time
 * @uncertainty_hz: standard uncertainty of @frequency_hz
 * @drift_hz_per_s: slope of that line
 * @stability_hz: standard deviation of the frequency about it
 * @bandwidth_hz: half-power (-3 dB) width less that of the window; 0 where it
 *   is no wider than a steady tone
 * @level_db: mean power, in the unit of value + background
 * @excess_db: mean power over the background
 * @heard: share of its columns in which there is a peak, 0..1
 * @frame_hz: as @frequency_hz, of this frame's columns alone
 * @family: id of the harmonic family it belongs to; 0: none
 * @harmonic: its number there; 0: none
 *
 * A tonal that is heard in a frame, with all that is known of it so far.
 */
typedef struct _GstSonarTonal {
  guint64 id;
  gint64 begin_column;
  gint64 end_column;
  gint64 begin;
  gint64 end;
  gdouble frequency_hz;
  gdouble uncertainty_hz;
  gdouble drift_hz_per_s;
  gdouble stability_hz;
  gdouble bandwidth_hz;
  gdouble level_db;
  gdouble excess_db;
  gdouble heard;
  gdouble frame_hz;
  guint64 family;
  guint harmonic;
} GstSonarTonal;

#define GST_TYPE_SONAR_TONAL (gst_sonar_tonal_get_type())
GType gst_sonar_tonal_get_type(void);

/**
 * GstSonarFamilyOrigin:
 * @GST_SONAR_FAMILY_UNKNOWN: such as the firing rate of an engine
 * @GST_SONAR_FAMILY_SHAFT: rotation of a propeller shaft
 * @GST_SONAR_FAMILY_BLADE_RATE: blades passing
 * @GST_SONAR_FAMILY_MAINS_50: generators of 50 Hz
 * @GST_SONAR_FAMILY_MAINS_60: generators of 60 Hz
 *
 * Where a harmonic family likely comes from.
 */
typedef enum {
  GST_SONAR_FAMILY_UNKNOWN,
  GST_SONAR_FAMILY_SHAFT,
  GST_SONAR_FAMILY_BLADE_RATE,
  GST_SONAR_FAMILY_MAINS_50,
  GST_SONAR_FAMILY_MAINS_60
} GstSonarFamilyOrigin;

/**
 * GstSonarFamily:
 * @id: the same in all frames of a stream that have it; from 1
 * @begin_column: stream column of the first frame's that had it
 * @end_column: one past this frame's last valid column
 * @begin: time of the left edge of @begin_column, as in #GstSonarTonal
 * @end: time of the left edge of @end_column
 * @fundamental_hz: of its tonals in this frame
 * @uncertainty_hz: standard uncertainty of @fundamental_hz
 * @chance: families as good as this one that tonals in random places would give
 * @origin: where it likely comes from
 * @shaft_hz: rate of the shaft, where @origin is shaft or blade rate; else 0
 * @blades: blade rate over shaft rate; 0 where it is not known
 * @n_harmonics: number of its tonals; those of the frame with its id
 *
 * Tonals of one fundamental.
 */
typedef struct _GstSonarFamily {
  guint64 id;
  gint64 begin_column;
  gint64 end_column;
  gint64 begin;
  gint64 end;
  gdouble fundamental_hz;
  gdouble uncertainty_hz;
  gdouble chance;
  GstSonarFamilyOrigin origin;
  gdouble shaft_hz;
  guint blades;
  guint n_harmonics;
} GstSonarFamily;

#define GST_TYPE_SONAR_FAMILY (gst_sonar_family_get_type())
GType gst_sonar_family_get_type(void);

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
 * @n_tonals: number of @tonals
 * @tonals: (nullable): @n_tonals #GstSonarTonal, by frequency
 * @tonal_frequencies: (nullable): @n_tonals x @width float32, Hz in each
 *   column, NaN where there is no peak
 * @n_families: number of @families
 * @families: (nullable): @n_families #GstSonarFamily, by fundamental
 * @gap: nanoseconds for which a tonal may be silent and a family unseen before
 *   it has ended; 0 where no tonals were looked for
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
  guint n_tonals;
  GBytes *tonals;
  GBytes *tonal_frequencies;
  guint n_families;
  GBytes *families;
  guint64 gap;
} GstSonarSignatureMeta;

#define GST_SONAR_SIGNATURE_META_API_TYPE \
  (gst_sonar_signature_meta_api_get_type())

GType gst_sonar_signature_meta_api_get_type(void);
/**
 * gst_sonar_signature_meta_get_info: (skip)
 */
const GstMetaInfo *gst_sonar_signature_meta_get_info(void);

/**
 * gst_sonar_family_origin_get_name:
 * @origin: an origin
 *
 * Returns: (transfer none): "unknown", "shaft", "blade-rate", "mains-50" or
 *   "mains-60"
 */
const gchar *gst_sonar_family_origin_get_name(GstSonarFamilyOrigin origin);

/**
 * gst_buffer_add_sonar_signature_meta: (skip)
 * @buffer: a writable buffer
 * @content: what it says; its GstMeta part is not looked at
 *
 * Takes references on @content's bytes and buffer. NULL when @kept does not
 * hold @width x @height bytes, or tonals and families not what they say.
 *
 * Returns: (transfer none) (nullable): the meta added
 */
GstSonarSignatureMeta *gst_buffer_add_sonar_signature_meta(
    GstBuffer *buffer, const GstSonarSignatureMeta *content);

/**
 * gst_buffer_get_sonar_signature_meta:
 * @buffer: a buffer
 *
 * Returns: (transfer none) (nullable): the meta of @buffer, which lives as
 *   long as the buffer
 */
GstSonarSignatureMeta *gst_buffer_get_sonar_signature_meta(GstBuffer *buffer);

/**
 * gst_sonar_signature_meta_get_regions:
 * @meta: a signature meta
 *
 * Returns: (transfer full) (element-type GstSonarRegion): copies of its
 *   regions, in order of time; they outlive the buffer
 */
GList *gst_sonar_signature_meta_get_regions(const GstSonarSignatureMeta *meta);

/**
 * gst_sonar_signature_meta_get_tonals:
 * @meta: a signature meta
 *
 * Returns: (transfer full) (element-type GstSonarTonal): copies of its
 *   tonals, by frequency; they outlive the buffer
 */
GList *gst_sonar_signature_meta_get_tonals(const GstSonarSignatureMeta *meta);

/**
 * gst_sonar_signature_meta_get_families:
 * @meta: a signature meta
 *
 * Returns: (transfer full) (element-type GstSonarFamily): copies of its
 *   families, by fundamental; they outlive the buffer
 */
GList *gst_sonar_signature_meta_get_families(const GstSonarSignatureMeta *meta);

G_END_DECLS
