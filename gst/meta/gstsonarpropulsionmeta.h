/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * GstSonarPropulsionMeta:
 * @meta: parent
 * @shaft_hz: rotations of the shaft a second
 * @shaft_sd_hz: standard deviation of @shaft_hz
 * @blades: number of the propeller's blades
 * @blade_hz: blade rate, @shaft_hz x @blades
 * @confidence: 0..1; how far the two are to be trusted
 * @begin: time of the first column that they were found in, nanoseconds, on
 *   the buffer's clock
 * @end: time past the last one
 *
 * What the modulation of the noise in a DEMON-gram says about the propeller
 * that makes it. Immutable once added.
 */
typedef struct _GstSonarPropulsionMeta {
  GstMeta meta;
  gdouble shaft_hz;
  gdouble shaft_sd_hz;
  guint blades;
  gdouble blade_hz;
  gdouble confidence;
  gint64 begin;
  gint64 end;
} GstSonarPropulsionMeta;

#define GST_SONAR_PROPULSION_META_API_TYPE \
  (gst_sonar_propulsion_meta_api_get_type())

GType gst_sonar_propulsion_meta_api_get_type(void);
/**
 * gst_sonar_propulsion_meta_get_info: (skip)
 */
const GstMetaInfo *gst_sonar_propulsion_meta_get_info(void);

/**
 * gst_buffer_add_sonar_propulsion_meta: (skip)
 * @buffer: a writable buffer
 * @content: what it says; its GstMeta part is not looked at
 *
 * Copies @content.
 *
 * Returns: (transfer none): the meta added
 */
GstSonarPropulsionMeta *gst_buffer_add_sonar_propulsion_meta(
    GstBuffer *buffer, const GstSonarPropulsionMeta *content);

/**
 * gst_buffer_get_sonar_propulsion_meta:
 * @buffer: a buffer
 *
 * Returns: (transfer none) (nullable): the meta of @buffer, which lives as
 *   long as the buffer
 */
GstSonarPropulsionMeta *gst_buffer_get_sonar_propulsion_meta(GstBuffer *buffer);

G_END_DECLS
