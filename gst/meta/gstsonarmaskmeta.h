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

#define GST_TYPE_SONAR_TRACK (gst_sonar_track_get_type())
GType gst_sonar_track_get_type(void);

/**
 * GST_SONAR_TRACK_SILENT: (value -40.0)
 *
 * Level of a track in a column where it does not sound, dB. A track that is
 * silent for longer than scorecammask's track-gap has ended.
 */
#define GST_SONAR_TRACK_SILENT (-40.0f)

/**
 * GstSonarStructure:
 * @row_begin: first row, 0 the highest frequency
 * @row_end: row after the last
 * @column_begin: first column
 * @column_end: column after the last
 * @pixels: how many pixels are its own
 * @mean_db: their mean value, dB over background
 * @which: which of the classes that the mask's label joins with "+" it speaks
 *   for most, from 0
 * @score: how much it speaks for (> 0) or against (< 0) that class, -1..1:
 *   2 P - 1, P the probability that it is the class' and not another source's
 *   where both were equally likely before
 *
 * One strong connected piece of a frame and what it says of the class.
 */
typedef struct _GstSonarStructure {
  guint row_begin;
  guint row_end;
  guint column_begin;
  guint column_end;
  guint pixels;
  gfloat mean_db;
  guint which;
  gfloat score;
} GstSonarStructure;

#define GST_TYPE_SONAR_STRUCTURE (gst_sonar_structure_get_type())
GType gst_sonar_structure_get_type(void);

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
 * @n_structures: number of strong structures explained
 * @structures: (nullable): @n_structures #GstSonarStructure, the largest first
 * @structure_owners: (nullable): @height x @width guint16: of each pixel 1 +
 * the index of its structure, 0 in none; with it and 0 @n_structures the frame
 * was explained and has none
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
  guint n_structures;
  GBytes *structures;
  GBytes *structure_owners;
  gboolean valid;
} GstSonarMaskMeta;

#define GST_SONAR_MASK_META_API_TYPE (gst_sonar_mask_meta_api_get_type())

GType gst_sonar_mask_meta_api_get_type(void);
/**
 * gst_sonar_mask_meta_get_info: (skip)
 */
const GstMetaInfo *gst_sonar_mask_meta_get_info(void);

/**
 * gst_buffer_add_sonar_mask_meta: (skip)
 * @buffer: a writable buffer
 * @content: what it says; its GstMeta part is not looked at
 *
 * Copies @content's label and takes references on its bytes; @recipe must be
 * a static string. NULL when the bytes do not hold @width x @height floats, or
 * those of tracks and structures what they say.
 *
 * Returns: (transfer none) (nullable): the meta added
 */
GstSonarMaskMeta *gst_buffer_add_sonar_mask_meta(
    GstBuffer *buffer, const GstSonarMaskMeta *content);

/**
 * gst_buffer_get_sonar_mask_meta:
 * @buffer: a buffer
 *
 * Returns: (transfer none) (nullable): the meta of @buffer, which lives as
 *   long as the buffer
 */
GstSonarMaskMeta *gst_buffer_get_sonar_mask_meta(GstBuffer *buffer);

/**
 * gst_sonar_mask_meta_get_tracks:
 * @meta: a mask meta
 *
 * Returns: (transfer full) (element-type GstSonarTrack): copies of its
 *   tracks, as in the field; they outlive the buffer
 */
GList *gst_sonar_mask_meta_get_tracks(const GstSonarMaskMeta *meta);

/**
 * gst_sonar_mask_meta_get_structures:
 * @meta: a mask meta
 *
 * Returns: (transfer full) (element-type GstSonarStructure): copies of its
 *   structures, the largest first; they outlive the buffer
 */
GList *gst_sonar_mask_meta_get_structures(const GstSonarMaskMeta *meta);

G_END_DECLS
