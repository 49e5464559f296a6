/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * GstSonarSpectrogramMeta:
 * @meta: parent
 * @recipe: the analysis settings as a JSON object
 * @unit: unit of the values: "dB re background" with a normaliser, else
 *   @level_unit
 * @width: columns (time), equal to the frame's width
 * @height: rows (frequency, highest first), equal to the frame's height
 * @floor_db: value of pixel 0, which may change from frame to frame
 * @range_db: dB from pixel 0 to the largest pixel (255 or 65535)
 * @auto_range: whether the two were chosen to show this frame's values
 * @rate: samples of the audio a second
 * @fft_size: samples of the audio in an analysis window
 * @hop_size: samples of the audio from one column to the next
 * @span_size: samples of the audio a column covers: an analysis window, or
 *   more where a column is an average
 * @row_edges: @height + 1 float64 in Hz, highest first; row y spans [y+1]..[y]
 * @column0_time: centre of column 0's analysis window in nanoseconds, on the
 *   buffer's own clock (that of its PTS); may be negative before the stream's
 *   start; %G_MININT64 where the stream carries no time
 * @first_column: number of column 0 since the stream's start or discontinuity
 * @new_columns: columns that no earlier frame held; they begin at @width less
 *   the recipe's advance
 * @valid_begin: first column that holds signal
 * @valid_end: one past the last column that holds signal
 * @background: (nullable): @height x @width float32, level of the background
 *   that was divided out, row-major; a level is value + background
 * @fine_rows: rows of @fine; 0 where there is none
 * @fine: (nullable): a second, finer spectrum on the same columns, @fine_rows x
 *   @width float32, dB over its own background, highest frequency first; its
 *   lowest row is bin 1
 * @fine_fft_size: samples of its analysis window
 * @level_unit: unit of a level: "dBFS", "dBFS/Hz", "dB re 1 uPa" (mean-square
 *   sound pressure level) or "dB re 1 uPa^2/Hz" (mean-square sound pressure
 *   spectral density level)
 * @background_dbfs: (nullable): where @background is not in dBFS, the same in
 *   dBFS: what networks are trained on
 * @column0_utc: UTC of @column0_time's sample in nanoseconds since
 *   1970-01-01T00:00:00Z, leap seconds not counted; %G_MININT64 where it is not
 *   known
 * @first_sample: number of the first of @samples since the stream's start or
 *   discontinuity
 * @samples: (nullable): the audio from the frame's PTS on for its duration,
 *   float32 at @rate: what came with its new columns. Those of a run of frames
 *   follow on each other without a gap; what is left behind the last one comes
 *   as a gst_event_new_sonar_samples()
 *
 * What the pixels of a spectrogram frame mean. Immutable once added; copies of
 * the buffer share what it points to.
 */
typedef struct _GstSonarSpectrogramMeta {
  GstMeta meta;
  gchar *recipe;
  const gchar *unit;
  guint width;
  guint height;
  gdouble floor_db;
  gdouble range_db;
  gboolean auto_range;
  guint rate;
  guint fft_size;
  guint hop_size;
  guint span_size;
  GBytes *row_edges;
  gint64 column0_time;
  gint64 first_column;
  guint new_columns;
  guint valid_begin;
  guint valid_end;
  GBytes *background;
  guint fine_rows;
  GBytes *fine;
  guint fine_fft_size;
  const gchar *level_unit;
  GBytes *background_dbfs;
  gint64 column0_utc;
  gint64 first_sample;
  GBytes *samples;
} GstSonarSpectrogramMeta;

#define GST_SONAR_SPECTROGRAM_META_API_TYPE \
  (gst_sonar_spectrogram_meta_api_get_type())

GType gst_sonar_spectrogram_meta_api_get_type(void);
/**
 * gst_sonar_spectrogram_meta_get_info: (skip)
 */
const GstMetaInfo *gst_sonar_spectrogram_meta_get_info(void);

/**
 * gst_buffer_add_sonar_spectrogram_meta: (skip)
 * @buffer: a writable buffer
 * @content: what it says; its GstMeta part is not looked at
 *
 * Copies @content's strings and takes references on its bytes. NULL when
 * @fine does not hold @fine_rows x @width floats.
 *
 * Returns: (transfer none) (nullable): the meta added
 */
GstSonarSpectrogramMeta *gst_buffer_add_sonar_spectrogram_meta(
    GstBuffer *buffer, const GstSonarSpectrogramMeta *content);

/**
 * gst_buffer_get_sonar_spectrogram_meta:
 * @buffer: a buffer
 *
 * Returns: (transfer none) (nullable): the meta of @buffer, which lives as
 *   long as the buffer
 */
GstSonarSpectrogramMeta *gst_buffer_get_sonar_spectrogram_meta(
    GstBuffer *buffer);

/**
 * gst_event_new_sonar_samples:
 * @first_sample: number of the first one since the stream's start or
 *   discontinuity
 * @samples: float32
 *
 * A serialized event that sonarspectrogram sends at the end of a run of frames:
 * the samples behind its last frame's.
 *
 * Returns: (transfer full): the event
 */
GstEvent *gst_event_new_sonar_samples(gint64 first_sample, GBytes *samples);

/**
 * gst_event_parse_sonar_samples:
 * @event: any event
 * @first_sample: (out): as in gst_event_new_sonar_samples()
 * @samples: (out) (transfer full): the same
 *
 * Returns: whether it is such an event
 */
gboolean gst_event_parse_sonar_samples(GstEvent *event, gint64 *first_sample,
                                       GBytes **samples);

G_END_DECLS
