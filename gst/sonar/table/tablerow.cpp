/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tablerow.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "common/frame.h"
#include "sonar/core/error.h"
#include "sonar/core/utc.h"

namespace sonar::table {

using Kind = Field::Kind;

Analysis::Analysis(const GstSonarSpectrogramMeta &picture,
                   const GstSonarMaskMeta &mask,
                   const GstSonarSignatureMeta &signature)
    : rate(picture.rate),
      fft_size(picture.fft_size),
      hop_size(picture.hop_size),
      normalized(picture.background != nullptr),
      recipe(mask.recipe),
      level_unit(picture.level_unit),
      threshold(signature.threshold) {
  const auto *edges = items_of<double>(picture.row_edges);
  row_edges_hz.assign(edges, edges + picture.height + 1);
  // without time stamps a run begins at zero
  const gint64 column0 =
      picture.column0_time == G_MININT64
          ? gint64((double(picture.first_column) * picture.hop_size +
                    picture.span_size / 2.0) *
                   1e9 / picture.rate)
          : picture.column0_time;
  origin = column0 - time_of(double(picture.first_column));
}

gint64 Analysis::time_of(double column) const {
  return origin + gint64(std::llround(column * hop_size * 1e9 / rate));
}

const GstSonarSignatureMeta &require_signature(
    GstBuffer *buffer, const GstSonarSpectrogramMeta &picture,
    const char *element) {
  const auto *meta = gst_buffer_get_sonar_signature_meta(buffer);
  if (!meta)
    throw Error(Errc::kBadArgument,
                std::string("The frame carries no signature; put "
                            "signatureextract before ") +
                    element + ".");
  if (meta->width != picture.width || meta->height != picture.height)
    throw Error(Errc::kBadArgument,
                "The signature is " +
                    frame::size_text(meta->width, meta->height) +
                    " but the spectrogram is " +
                    frame::size_text(picture.width, picture.height) +
                    " (width x height); do not rescale or crop frames between "
                    "the sonar elements.");
  return *meta;
}

static std::string digits(double value, const char *format) {
  char text[G_ASCII_DTOSTR_BUF_SIZE];
  return g_ascii_formatd(text, sizeof text, format, value);
}

Field number(const char *name, double value, const char *format) {
  return {name, digits(value, format), Kind::kNumber};
}

Field whole(const char *name, guint64 value) {
  return {name, std::to_string(value), Kind::kNumber};
}

Field number_if_any(const char *name, double value, const char *format) {
  return {name, value > 0 ? digits(value, format) : std::string(),
          Kind::kNumber};
}

Field whole_if_any(const char *name, guint64 value) {
  return {name, value ? std::to_string(value) : std::string(), Kind::kNumber};
}

Field text(const char *name, std::string value) {
  return {name, std::move(value), Kind::kText};
}

Field numbers(const char *name, const std::vector<guint64> &values) {
  std::string list;
  for (const guint64 value : values)
    list += (list.empty() ? "" : " ") + std::to_string(value);
  return {name, list, Kind::kNumbers};
}

Record time_fields(const Analysis &analysis, gint64 begin, gint64 end) {
  const auto seconds = [&](gint64 column) {
    return double(analysis.time_of(double(column) - 0.5)) / 1e9;
  };
  return {number("begin_s", seconds(begin), "%.4f"),
          number("end_s", seconds(end), "%.4f")};
}

Record analysis_fields(const Analysis &analysis) {
  return {whole("fft_size", analysis.fft_size),
          whole("hop_size", analysis.hop_size),
          text("level_unit", analysis.level_unit)};
}

Record clock_fields(const RunClock &utc, gint64 begin, gint64 end) {
  const gint64 begin_ns = utc.at(double(begin) - 0.5),
               end_ns = utc.at(double(end) - 0.5);
  std::string begin_text, end_text, date, time;
  if (begin_ns != G_MININT64) {
    begin_text = utc::format_iso8601(begin_ns);
    end_text = utc::format_iso8601(end_ns);
    date = begin_text.substr(0, 10);
    std::replace(date.begin(), date.end(), '-', '/');
    time = begin_text.substr(11, begin_text.size() - 12);
  }
  return {text("begin_utc", begin_text), text("end_utc", end_text),
          text("Begin Date", date), text("Begin Clock Time", time)};
}

void append(Record &record, Record more) {
  record.insert(record.end(), std::make_move_iterator(more.begin()),
                std::make_move_iterator(more.end()));
}

}  // namespace sonar::table
