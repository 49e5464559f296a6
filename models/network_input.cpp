/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/network_input.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "sonar/core/error.h"
#include "sonar/nn/input.h"

namespace sonar::models {
namespace {

bool is_gray(const Settings &s) {
  return s.architecture.network == Architecture::Network::kTorchScript;
}

void require_valid(const PictureData &p) {
  const std::size_t width = p.value_db.width();
  if (p.valid.begin >= p.valid.end || p.valid.end > width)
    throw Error(Errc::kBadArgument,
                "the network's input needs at least one valid column inside "
                "the picture of " +
                    std::to_string(width) + " columns, got " +
                    std::to_string(p.valid.begin) + " to " +
                    std::to_string(p.valid.end) + " (half-open)");
  for (std::size_t y = 0; y < p.value_db.height(); ++y)
    for (std::size_t x = p.valid.begin; x < p.valid.end; ++x)
      if (!std::isfinite(p.value_db.at(y, x)))
        throw Error(Errc::kNumeric,
                    "the picture has a value that is not finite at row " +
                        std::to_string(y) + ", column " + std::to_string(x) +
                        "; needed dB values, so check the audio for NaN or "
                        "Inf");
}

/** One channel of 0..1, then its copies, each scaled as the network wants. */
template <class Gray>
std::vector<float> scaled(const Settings &settings, std::size_t pixels,
                          const Gray &gray) {
  const GrayScaling &scaling = settings.architecture.scaling;
  std::vector<float> out;
  out.reserve(scaling.mean.size() * pixels);
  for (std::size_t c = 0; c < scaling.mean.size(); ++c)
    for (std::size_t i = 0; i < pixels; ++i)
      out.push_back(
          float((double(gray(i)) - scaling.mean[c]) / scaling.deviation[c]));
  return out;
}

float gray_of(float value_db, const GrayScaling &scaling) {
  return float(std::clamp(
      (double(value_db) - scaling.low_db) / (scaling.high_db - scaling.low_db),
      0.0, 1.0));
}

}  // namespace

std::vector<float> network_input(const Settings &settings,
                                 const PictureData &p) {
  if (!is_gray(settings))
    return nn::make_input(p.value_db, p.background_db, p.valid,
                          std::size_t(settings.architecture.input_channels));
  require_valid(p);
  const std::size_t width = p.value_db.width();
  return scaled(settings, p.value_db.size(), [&](std::size_t i) {
    return gray_of(
        p.value_db.at(i / width, repeated_column(i % width, p.valid)),
        settings.architecture.scaling);
  });
}

std::vector<float> network_blank(const Settings &settings,
                                 const PictureData &p) {
  if (!is_gray(settings))
    return nn::make_blank(p.value_db, p.background_db, p.valid,
                          std::size_t(settings.architecture.input_channels));
  require_valid(p);
  const GrayScaling &scaling = settings.architecture.scaling;
  const float blank = settings.recipe.has_background()
                          ? gray_of(0, scaling)
                          : gray_of(float(scaling.low_db), scaling);
  return scaled(settings, p.value_db.size(),
                [&](std::size_t) { return blank; });
}

}  // namespace sonar::models
