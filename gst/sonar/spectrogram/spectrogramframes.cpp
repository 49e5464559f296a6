/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spectrogramframes.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "common/frame.h"
#include "meta/gstsonarspectrogrammeta.h"
#include "sonar/core/error.h"
#include "sonar/dsp/calibration.h"
#include "sonar/dsp/gray.h"

namespace sonar::spectrogram {
namespace {

GBytes *edges_of(const Recipe &recipe) {
  const auto edges = recipe.row_edges_hz();
  return g_bytes_new(edges.data(), edges.size() * sizeof(double));
}

/* Signed: before the first sample's where the picture begins before it. */
gint64 utc_of_column0(Stream &stream, const dsp::Picture &picture) {
  const Recipe &recipe = stream.recipe();
  const gint64 old = recipe.width - recipe.advance;
  const gint64 newest = (picture.first_column + old) * recipe.column_samples();
  const gint64 utc = stream.utc.at(double(newest));
  stream.utc.forget_before(newest);
  if (utc == G_MININT64) return G_MININT64;
  const gint64 before =
      old * recipe.column_samples() - recipe.span_samples() / 2;
  return utc - gint64(std::llround(double(before) * 1e9 / recipe.rate_hz));
}

/* Takes the picture's images. */
void describe(Stream &stream, GstBuffer *frame, dsp::Picture &picture) {
  const Recipe &recipe = stream.recipe();
  GstSonarSpectrogramMeta meta{};
  meta.recipe = const_cast<gchar *>(stream.recipe_json.c_str());
  const bool has_background = !picture.background_db.empty();
  meta.level_unit = stream.levels.unit();
  meta.unit = has_background ? recipe.unit() : meta.level_unit;
  meta.width = guint(recipe.width);
  meta.height = guint(recipe.height());
  meta.floor_db = picture.floor_db;
  meta.range_db = picture.range_db;
  meta.auto_range = recipe.auto_range_percent > 0;
  meta.rate = guint(recipe.rate_hz);
  meta.fft_size = guint(recipe.window_samples() * recipe.decimation);
  meta.hop_size = guint(recipe.column_samples());
  meta.span_size = guint(recipe.span_samples());
  meta.row_edges = stream.row_edges;
  meta.column0_time =
      time_of_sample(stream, picture.first_column * recipe.column_samples() +
                                 recipe.span_samples() / 2);
  meta.column0_utc = utc_of_column0(stream, picture);
  meta.first_column = picture.first_column;
  meta.new_columns = guint(picture.new_columns);
  meta.valid_begin = guint(picture.valid.begin);
  meta.valid_end = guint(picture.valid.end);
  meta.fine_rows = guint(picture.fine_db.height());
  g_autoptr(GBytes) background = nullptr, dbfs = nullptr;
  if (has_background && !stream.levels.are_dbfs()) {
    auto level = dsp::plus_offsets(picture.background_db, stream.level_offsets);
    dbfs = frame::take_image(std::move(picture.background_db));
    background = frame::take_image(std::move(level));
  } else if (has_background) {
    background = frame::take_image(std::move(picture.background_db));
  }
  meta.background = background;
  meta.background_dbfs = dbfs;
  g_autoptr(GBytes) fine = nullptr;
  if (!picture.fine_db.empty())
    fine = frame::take_image(std::move(picture.fine_db));
  meta.fine = fine;
  meta.fine_fft_size = guint(recipe.evidence_fft_size * recipe.decimation);
  meta.first_sample = stream.first_sample;
  g_autoptr(GBytes) samples = stream.take_samples(
      std::size_t(picture.new_columns * recipe.column_samples()));
  meta.samples = samples;
  gst_buffer_add_sonar_spectrogram_meta(frame, &meta);
}

/* A frame of the picture's own memory. */
GstBuffer *wrap_pixels(std::vector<std::uint16_t> &&pixels) {
  auto *own = new std::vector<std::uint16_t>(std::move(pixels));
  const gsize size = own->size() * sizeof(std::uint16_t);
  return gst_buffer_new_wrapped_full(
      GstMemoryFlags(0), own->data(), size, 0, size, own,
      [](gpointer data) { delete static_cast<decltype(own)>(data); });
}

GstBuffer *copy_pixels(const Stream &stream, const GstVideoInfo &video,
                       const dsp::Picture &picture) {
  const Recipe &recipe = stream.recipe();
  GstBuffer *frame =
      gst_buffer_new_allocate(nullptr, GST_VIDEO_INFO_SIZE(&video), nullptr);
  if (!frame)
    throw Error(Errc::kResource, "Could not allocate a spectrogram frame.");
  const frame::Map map(frame, video, GST_MAP_WRITE);
  dsp::store_gray(picture.pixels.data(), std::size_t(recipe.height()),
                  std::size_t(recipe.width), frame::gray_bits(video),
                  map.pixels(), map.stride());
  return frame;
}

}  // namespace

Stream::Stream(const Recipe &recipe, const Levels &scale)
    : levels(scale),
      level_offsets(
          dsp::level_offsets_db(recipe, scale.calibration, scale.type)),
      spectrograph(recipe, level_offsets),
      utc(recipe.rate_hz),
      recipe_json(recipe.to_json()),
      row_edges(edges_of(recipe)) {}

Stream::~Stream() { g_bytes_unref(row_edges); }

void Stream::restart() {
  spectrograph.reset();
  utc.restart();
  samples = 0;
  base = GST_CLOCK_TIME_NONE;
  started = false;
  discont = true;
  news.reset();
  heard_.clear();
  carried_ = 0;
  first_sample = 0;
}

void Stream::hear(const float *from, std::size_t count) {
  // moves no more than was carried since the last time
  if (carried_ >= heard_.size() - carried_) {
    heard_.erase(heard_.begin(), heard_.begin() + std::ptrdiff_t(carried_));
    carried_ = 0;
  }
  heard_.insert(heard_.end(), from, from + count);
}

GBytes *Stream::take_samples(std::size_t count) {
  count = std::min(count, heard_.size() - carried_);
  if (count == 0) return nullptr;
  GBytes *samples =
      g_bytes_new(heard_.data() + carried_, count * sizeof(float));
  carried_ += count;
  first_sample += gint64(count);
  return samples;
}

gint64 time_of_sample(const Stream &stream, gint64 sample) {
  if (!GST_CLOCK_TIME_IS_VALID(stream.base)) return G_MININT64;
  const auto ns = gint64(gst_util_uint64_scale(guint64(ABS(sample)), GST_SECOND,
                                               stream.recipe().rate_hz));
  return gint64(stream.base) + (sample < 0 ? -ns : ns);
}

GstBuffer *make_frame(Stream &stream, const GstVideoInfo &video,
                      dsp::Picture &picture) {
  const Recipe &recipe = stream.recipe();
  // where rows need no filling up
  const bool fits = frame::gray_bits(video) == 16 &&
                    GST_VIDEO_INFO_SIZE(&video) ==
                        picture.pixels.size() * sizeof(std::uint16_t);
  GstBuffer *frame = fits ? wrap_pixels(std::move(picture.pixels))
                          : copy_pixels(stream, video, picture);
  const gint64 newest = picture.first_column + recipe.width - recipe.advance;
  const gint64 begin = time_of_sample(stream, newest * recipe.column_samples());
  const gint64 end = time_of_sample(
      stream, (newest + picture.new_columns) * recipe.column_samples());
  if (begin != G_MININT64) {
    GST_BUFFER_PTS(frame) = GstClockTime(begin);
    GST_BUFFER_DURATION(frame) = GstClockTime(end - begin);
  }
  if (stream.discont) GST_BUFFER_FLAG_SET(frame, GST_BUFFER_FLAG_DISCONT);
  stream.discont = false;
  describe(stream, frame, picture);
  return frame;
}

}  // namespace sonar::spectrogram
