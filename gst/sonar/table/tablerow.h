/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/gst.h>

#include <string>
#include <utility>
#include <vector>

#include "meta/gstsonarmaskmeta.h"
#include "meta/gstsonarsignaturemeta.h"
#include "meta/gstsonarspectrogrammeta.h"
#include "sonar/core/record.h"
#include "time/clock.h"

/* What the rows of signaturetable have in common. */
namespace sonar::table {

/** The analysis that a row is by; from the newest frame of a run. */
struct Analysis {
  Analysis() = default;
  Analysis(const GstSonarSpectrogramMeta &picture, const GstSonarMaskMeta &mask,
           const GstSonarSignatureMeta &signature);

  /** Time of stream column @p column's centre; ns. */
  gint64 time_of(double column) const;
  double columns_per_second() const { return double(rate) / hop_size; }

  std::vector<double> row_edges_hz;
  gint64 origin = 0;  ///< centre of stream column 0's window; ns
  guint rate = 1, fft_size = 0, hop_size = 1;
  bool normalized = false;
  std::string recipe, level_unit;
  float threshold = 0;
};

/** The signature meta of a frame. Throws Error(kBadArgument) when there is none
 *  or its size is not the picture's; @p element: who needs it. */
const GstSonarSignatureMeta &require_signature(
    GstBuffer *buffer, const GstSonarSpectrogramMeta &picture,
    const char *element);

/** A row and the stream columns of what it is about, half-open. */
struct Row {
  gint64 column_begin = 0, column_end = 0;
  Record record;
};

/** A number in the C locale, whatever the application's. */
Field number(const char *name, double value, const char *format);
Field whole(const char *name, guint64 value);
/** The same, unknown where it is 0. */
Field number_if_any(const char *name, double value, const char *format);
Field whole_if_any(const char *name, guint64 value);
Field text(const char *name, std::string value);
Field numbers(const char *name, const std::vector<guint64> &values);

/** begin_s and end_s of stream columns. */
Record time_fields(const Analysis &analysis, gint64 begin, gint64 end);
/** fft_size, hop_size and level_unit. */
Record analysis_fields(const Analysis &analysis);
/** begin_utc, end_utc and Raven's Begin Date and Begin Clock Time; unknown
 *  where @p utc is. */
Record clock_fields(const RunClock &utc, gint64 begin, gint64 end);

/** Appends @p more to @p record. */
void append(Record &record, Record more);

/** Items of a meta's bytes; null for null. */
template <class T>
const T *items_of(GBytes *bytes) {
  return bytes ? static_cast<const T *>(g_bytes_get_data(bytes, nullptr))
               : nullptr;
}

}  // namespace sonar::table
