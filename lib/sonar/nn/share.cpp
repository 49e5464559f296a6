/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/nn/share.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "sonar/core/error.h"
#include "sonar/mask/confidence.h"
#include "sonar/mask/evidence.h"

namespace sonar::nn {
namespace {

constexpr int kSmoothColumns = 3;

void require_arguments(const Image &value_db, const Image &background_db,
                       ColumnRange valid) {
  mask::require_valid("the share network's input", value_db, valid);
  if (valid.count() == 0)
    throw Error(Errc::kBadArgument,
                "the share network's input needs at least one valid column");
  if (!background_db.same_shape(value_db))
    throw Error(Errc::kBadArgument,
                "the share network needs the background of its picture: got " +
                    shape_text(background_db) +
                    " pixels (height x width), needed " + shape_text(value_db) +
                    "; use a spectrogram with a background normaliser");
}

/** The picture with its valid columns repeated. */
Image repeated(const Image &image, ColumnRange valid) {
  Image out(image.height(), image.width());
  for (std::size_t y = 0; y < out.height(); ++y)
    for (std::size_t x = 0; x < out.width(); ++x)
      out.at(y, x) = image.at(y, repeated_column(x, valid));
  return out;
}

double mean_of(const Image &image) {
  double sum = 0;
  for (std::size_t i = 0; i < image.size(); ++i) sum += image.data()[i];
  if (!std::isfinite(sum))
    throw Error(Errc::kNumeric,
                "the picture has a value that is not finite; needed dB values, "
                "so check the audio for NaN or Inf");
  return sum / double(image.size());
}

float scaled(float value, float low, float high, float unit) {
  return std::clamp(value, low, high) / unit;
}

}  // namespace

std::vector<float> make_share_input(const Image &value_db,
                                    const Image &background_db,
                                    ColumnRange valid) {
  require_arguments(value_db, background_db, valid);
  const Image value = repeated(value_db, valid);
  Image level = repeated(background_db, valid);
  for (std::size_t i = 0; i < level.size(); ++i)
    level.data()[i] += value.data()[i];
  const auto mean = float(mean_of(level));
  const Image smooth =
      mask::line_evidence(value, {0, value.width()}, kSmoothColumns);
  std::vector<float> out(kShareChannels * value.size());
  const auto plane = [&](std::size_t c) {
    return out.data() + c * value.size();
  };
  for (std::size_t y = 0, i = 0; y < value.height(); ++y) {
    std::vector<float> sorted(level.row(y), level.row(y) + level.width());
    const float middle = mask::median(sorted);
    const float row =
        value.height() > 1 ? 2 * float(y) / float(value.height() - 1) - 1 : 0;
    for (std::size_t x = 0; x < value.width(); ++x, ++i) {
      const float here = level.at(y, x);
      plane(0)[i] = scaled(value.at(y, x), -10, 25, 8);
      plane(1)[i] = scaled(smooth.at(y, x), -5, 12, 5);
      plane(2)[i] = scaled(here - middle, -15, 20, 8);
      plane(3)[i] = scaled(here - mean, -40, 40, 20);
      plane(4)[i] = row;
    }
  }
  return out;
}

}  // namespace sonar::nn
