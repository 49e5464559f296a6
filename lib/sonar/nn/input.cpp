/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/nn/input.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "sonar/core/clones.h"
#include "sonar/core/error.h"

namespace sonar::nn {
namespace {

void require_arguments(const Image &value_db, const Image &background_db,
                       ColumnRange valid, std::size_t channels) {
  if (channels < 1 || channels > 2)
    throw Error(Errc::kBadArgument,
                "a network's input has 1 channel (value) or 2 (value, level), "
                "got " +
                    std::to_string(channels) + "; use another model");
  if (valid.begin >= valid.end || valid.end > value_db.width())
    throw Error(Errc::kBadArgument,
                "the network's input needs at least one valid column inside "
                "the picture of " +
                    std::to_string(value_db.width()) + " columns, got " +
                    std::to_string(valid.begin) + " to " +
                    std::to_string(valid.end) + " (half-open)");
  if (channels == 2 && !background_db.same_shape(value_db))
    throw Error(Errc::kBadArgument,
                "a network of two channels needs the background of its "
                "picture: got " +
                    shape_text(background_db) +
                    " pixels (height x width), needed " + shape_text(value_db) +
                    "; use a spectrogram with a background normaliser");
}

[[noreturn]] void refuse_pixel(std::size_t row, std::size_t column) {
  throw Error(Errc::kNumeric,
              "the picture has a value that is not finite at row " +
                  std::to_string(row) + ", column " + std::to_string(column) +
                  "; needed dB values, so check the audio for NaN or Inf");
}

/** Mean level over valid columns; refuses what is not finite. */
double mean_level(const Image &value_db, const Image *background_db,
                  ColumnRange valid) {
  const auto level = [&](std::size_t y, std::size_t x) {
    return double(value_db.at(y, x)) +
           (background_db ? double(background_db->at(y, x)) : 0.0);
  };
  double sum = 0;
  for (std::size_t y = 0; y < value_db.height(); ++y)
    for (std::size_t x = valid.begin; x < valid.end; ++x) sum += level(y, x);
  if (!std::isfinite(sum))  // a finite sum has finite terms only
    for (std::size_t y = 0; y < value_db.height(); ++y)
      for (std::size_t x = valid.begin; x < valid.end; ++x)
        if (!std::isfinite(level(y, x))) refuse_pixel(y, x);
  return sum / double(value_db.height() * valid.count());
}

SONAR_CLONES
void scale_values(const float *value_db, std::size_t n, float gain,
                  float *out) {
  for (std::size_t i = 0; i < n; ++i)
    out[i] =
        std::clamp(gain * value_db[i], 0.0f, kInputRangeDb) / kInputRangeDb;
}

SONAR_CLONES
void scale_levels(const float *value_db, const float *background_db,
                  std::size_t n, float gain, double mean, float *out) {
  for (std::size_t i = 0; i < n; ++i) {
    const float level = gain * value_db[i] + background_db[i];
    out[i] = std::clamp(float((level - mean) / 20.0), -2.0f, 2.0f);
  }
}

/** Columns that hold no signal repeat those that do. */
void repeat_columns(float *row, std::size_t width, ColumnRange valid) {
  for (std::size_t x = 0; x < valid.begin; ++x)
    row[x] = row[repeated_column(x, valid)];
  for (std::size_t x = valid.end; x < width; ++x)
    row[x] = row[repeated_column(x, valid)];
}

/** The input, or with @p value_gain 0 instead of 1 that of the background. */
std::vector<float> make(const Image &value_db, const Image &background_db,
                        ColumnRange valid, std::size_t channels,
                        float value_gain) {
  require_arguments(value_db, background_db, valid, channels);
  const bool two = channels == 2;
  const double mean =
      mean_level(value_db, two ? &background_db : nullptr, valid);
  std::vector<float> out(channels * value_db.size());
  const std::size_t width = value_db.width(), first = valid.begin;
  for (std::size_t y = 0; y < value_db.height(); ++y) {
    float *const values = out.data() + y * width;
    scale_values(value_db.row(y) + first, valid.count(), value_gain,
                 values + first);
    repeat_columns(values, width, valid);
    if (!two) continue;
    float *const levels = values + value_db.size();
    scale_levels(value_db.row(y) + first, background_db.row(y) + first,
                 valid.count(), value_gain, mean, levels + first);
    repeat_columns(levels, width, valid);
  }
  return out;
}

}  // namespace

std::vector<float> make_input(const Image &value_db, const Image &background_db,
                              ColumnRange valid, std::size_t channels) {
  return make(value_db, background_db, valid, channels, 1.0f);
}

std::vector<float> make_blank(const Image &value_db, const Image &background_db,
                              ColumnRange valid, std::size_t channels) {
  return make(value_db, background_db, valid, channels, 0.0f);
}

}  // namespace sonar::nn
