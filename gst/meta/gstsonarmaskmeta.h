/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * GstSonarTrack:
 * @nominal_hz: frequency at the class' mean speed
 * @moving: whether it scales with the speed
 * @presence: probability that it is there, 0..1
 * @id: the same in every frame of the stream that it crosses, from 1 on; no
 *   other track of the stream ever has it
 * @begin_time: centre of the analysis window in which it first sounded,
 *   nanoseconds on the buffer's clock; %G_MININT64 where the stream carries no
 *   time
 * @class_number: which of the classes that the mask's label names it is of
 *   (`cargo+ferry`: 0 or 1)
 *
 * One tonal that was followed through a frame.
 */
typedef struct _GstSonarTrack {
  gdouble nominal_hz;
  gboolean moving;
  gdouble presence;
  guint64 id;
  gint64 begin_time;
  guint class_number;
} GstSonarTrack;

/**
 * GST_SONAR_TRACK_SILENT:
 *
 * Level of a track in a column where it does not sound, dB. A track that is
 * silent for longer than scorecammask's track-gap has ended.
 */
#define GST_SONAR_TRACK_SILENT (-40.0f)

/**
 * GstSonarMaskMeta:
 * @meta: parent
 * @recipe: how the mask was made: released, subband, lines, ...
 * @label: class the mask speaks for; "unknown" when there is none
 * @score: probability of that class, 0..1
 * @threshold: operating point of @recipe for this model, 0..1; a threshold
 *   means something only together with its recipe
 * @width: columns (time), equal to the frame's width
 * @height: rows (frequency, highest first), equal to the frame's height
 * @values: @height x @width float32, row-major, 0..1
 * @explanation: (nullable): @height x @width float32, in standard deviations:
 *   how much each place speaks for (> 0) or against (< 0) the class
 * @n_tracks: number of tonals followed; recipe lines only
 * @tracks: (nullable): @n_tracks #GstSonarTrack
 * @track_frequencies: (nullable): @n_tracks x @width float32, Hz in each
 *   column, NaN outside the frame's valid columns
 * @track_levels: (nullable): the same, power over background in a row of the
 *   frame, dB; %GST_SONAR_TRACK_SILENT where it is silent
 * @valid: %FALSE when there is no mask: @values are all 0
 *
 * Confidence that a pixel belongs to the class (paper IV-C, IV-D). Immutable
 * once added; copies of the buffer share what it points to.
 */
typedef struct _GstSonarMaskMeta {
  GstMeta meta;
  const gchar *recipe;
  gchar *label;
  gfloat score;
  gfloat threshold;
  guint width;
  guint height;
  GBytes *values;
  GBytes *explanation;
  guint n_tracks;
  GBytes *tracks;
  GBytes *track_frequencies;
  GBytes *track_levels;
  gboolean valid;
} GstSonarMaskMeta;

#define GST_SONAR_MASK_META_API_TYPE (gst_sonar_mask_meta_api_get_type())

GType gst_sonar_mask_meta_api_get_type(void);
const GstMetaInfo *gst_sonar_mask_meta_get_info(void);

/* Copies @content's label and takes references on its bytes; @recipe must be
 * a static string. Returns NULL when the bytes do not hold @width x @height
 * floats, or those of the tracks what they say. */
GstSonarMaskMeta *gst_buffer_add_sonar_mask_meta(
    GstBuffer *buffer, const GstSonarMaskMeta *content);
GstSonarMaskMeta *gst_buffer_get_sonar_mask_meta(GstBuffer *buffer);

G_END_DECLS
