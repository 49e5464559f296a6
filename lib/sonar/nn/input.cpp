/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/nn/input.h"

#include <algorithm>
#include <cmath>
#include <string>

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

/** Mean level over valid columns; refuses what is not finite. */
double mean_level(const Image &value_db, const Image *background_db,
                  ColumnRange valid) {
  double sum = 0;
  for (std::size_t y = 0; y < value_db.height(); ++y)
    for (std::size_t x = valid.begin; x < valid.end; ++x) {
      const double level =
          double(value_db.at(y, x)) +
          (background_db ? double(background_db->at(y, x)) : 0.0);
      if (!std::isfinite(level))
        throw Error(Errc::kNumeric,
                    "the picture has a value that is not finite at row " +
                        std::to_string(y) + ", column " + std::to_string(x) +
                        "; needed dB values, so check the audio for NaN or "
                        "Inf");
      sum += level;
    }
  return sum / double(value_db.height() * valid.count());
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
  float *const value_out = out.data();
  float *const level_out = out.data() + value_db.size();
  for (std::size_t y = 0, i = 0; y < value_db.height(); ++y)
    for (std::size_t x = 0; x < value_db.width(); ++x, ++i) {
      const std::size_t from = repeated_column(x, valid);
      const float value = value_gain * value_db.at(y, from);
      value_out[i] = std::clamp(value, 0.0f, kInputRangeDb) / kInputRangeDb;
      if (two)
        level_out[i] =
            std::clamp(float((value + background_db.at(y, from) - mean) / 20.0),
                       -2.0f, 2.0f);
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
