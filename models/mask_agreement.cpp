/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/mask_agreement.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "models/synth/random.h"
#include "sonar/core/error.h"
#include "sonar/mask/combine.h"
#include "sonar/nn/scorecam.h"

namespace sonar::models {
namespace {

constexpr float kThreshold = 0.75f;
// in units of nn::make_input(): what a picture at sea is like
constexpr double kNoise = 0.3;
constexpr float kLine = 1;
constexpr std::size_t kRowsPerLine = 16;

std::vector<float> generated_picture(const nn::Shape &shape) {
  synth::Random random(1, 0);
  std::vector<float> out(shape.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::size_t row = i / shape.width % shape.height;
    out[i] = float(kNoise * random.normal()) +
             (row % kRowsPerLine == kRowsPerLine / 2 ? kLine : 0);
  }
  return out;
}

/** Of the pixels that either mask has, how many both have. */
double overlap(Image a, Image b) {
  mask::normalize_min_max(a);
  mask::normalize_min_max(b);
  std::size_t both = 0, either = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const bool in_a = a.data()[i] >= kThreshold;
    const bool in_b = b.data()[i] >= kThreshold;
    both += in_a && in_b;
    either += in_a || in_b;
  }
  return either == 0 ? 1 : double(both) / double(either);
}

}  // namespace

double mask_agreement(const nn::Network &exact, nn::Precision of_exact,
                      const nn::Network &other, nn::Precision of_other) {
  const std::vector<float> input = generated_picture(exact.input());
  const std::vector<float> maps =
      exact.forward(input.data(), 1, nn::Network::Want::kEverything).maps;
  std::vector<std::size_t> targets(exact.classes());
  std::iota(targets.begin(), targets.end(), std::size_t(0));
  const auto masks = [&](const nn::Network &network, nn::Precision precision) {
    nn::ScoreCamOptions options;
    options.effort.precision = precision;
    return nn::score_cams(network, input.data(), maps.data(), targets, options);
  };
  try {
    const auto wanted = masks(exact, of_exact), got = masks(other, of_other);
    double least = 1;
    for (std::size_t c = 0; c < targets.size(); ++c)
      least = std::min(least, overlap(wanted[c].map, got[c].map));
    return least;
  } catch (const Error &e) {
    if (e.code() != Errc::kNumeric) throw;
    return 0;
  }
}

std::unique_ptr<nn::Network> keep_lower(std::unique_ptr<nn::Network> exact,
                                        std::unique_ptr<nn::Network> lower) {
  const double agreement = mask_agreement(*exact, nn::Precision::kFloat32,
                                          *lower, nn::Precision::kLower);
  return agreement >= kLeastAgreement ? std::move(lower) : std::move(exact);
}

}  // namespace sonar::models
