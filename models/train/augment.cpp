/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/train/augment.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "sonar/dsp/level.h"
#include "sonar/nn/input.h"

namespace sonar::models {
namespace {

constexpr double kMixed = 0.5;    // share of examples with a second tile
constexpr double kPatched = 0.3;  // docs/method.md section 3
constexpr int kStripes = 2, kPatches = 3;
constexpr int kKnots = 8;
constexpr double kKnotDb = 2.5, kTiltDb = 5.0;

float power(float db) { return std::pow(10.0f, 0.1f * db); }
float decibel(float power) { return 10.0f * std::log10(power); }

Image shifted(const Image &image, int columns) {
  Image out(image.height(), image.width());
  for (std::size_t y = 0; y < image.height(); ++y)
    std::rotate_copy(image.row(y), image.row(y) + columns,
                     image.row(y) + image.width(), out.row(y));
  return out;
}

/** Sets @p rows x @p columns pixels at a random place to background. */
void remove_patch(Image &value, int rows, int columns, synth::Random &random) {
  const int height = int(value.height()), width = int(value.width());
  const int top = random.below(height - rows + 1);
  const int left = random.below(width - columns + 1);
  for (int y = top; y < top + rows; ++y)
    std::fill_n(value.row(std::size_t(y)) + left, columns, 0.0f);
}

void spec_augment(Image &value, synth::Random &random) {
  const int height = int(value.height()), width = int(value.width());
  for (int i = 0; i < kStripes; ++i) {
    remove_patch(value, height, random.below(width / 8 + 1), random);
    remove_patch(value, random.below(height / 8 + 1), width, random);
  }
}

void remove_patches(Image &value, synth::Random &random) {
  const int height = int(value.height()), width = int(value.width());
  const int count = 1 + random.below(kPatches);
  for (int i = 0; i < count; ++i)
    remove_patch(value, 1 + random.below(height / 4),
                 1 + random.below(width / 4), random);
}

/** Random colour of the recording chain: ripple and tilt per row, in dB. */
void equalize(Image &background, synth::Random &random) {
  double knots[kKnots];
  for (double &knot : knots) knot = kKnotDb * random.normal();
  const double tilt = kTiltDb * random.normal();
  const std::size_t height = background.height();
  for (std::size_t y = 0; y < height; ++y) {
    const double at = double(y) / double(height - 1);
    const double knot = at * (kKnots - 1);
    const int below = std::min(int(knot), kKnots - 2);
    const double gain = knots[below] +
                        (knot - below) * (knots[below + 1] - knots[below]) +
                        tilt * (at - 0.5);
    for (std::size_t x = 0; x < background.width(); ++x)
      background.at(y, x) += float(gain);
  }
}

}  // namespace

Decoded decode(const Tile &tile, const Recipe &recipe) {
  const std::size_t height = std::size_t(recipe.height());
  const std::size_t width = std::size_t(recipe.width);
  Decoded out{Image(height, width), {}};
  const bool with_background = !tile.background_db.empty();
  if (with_background) out.background_db = Image(height, width);
  for (std::size_t x = 0; x < width; ++x) {
    const std::size_t from = repeated_column(x, tile.valid);
    for (std::size_t y = 0; y < height; ++y) {
      out.value_db.at(y, x) = dsp::decode_db(tile.pixels[y * width + from],
                                             recipe.floor_db, recipe.range_db);
      if (with_background)
        out.background_db.at(y, x) = tile.background_db.at(y, from);
    }
  }
  return out;
}

Image decode_fine(const Tile &tile, const Recipe &recipe) {
  if (tile.fine_pixels.empty()) return {};
  Image out(tile.fine_pixels.size() / std::size_t(recipe.width),
            std::size_t(recipe.width));
  for (std::size_t i = 0; i < out.size(); ++i)
    out.data()[i] =
        dsp::decode_db(tile.fine_pixels[i], recipe.floor_db, recipe.range_db);
  return out;
}

std::vector<float> drawing_probabilities(
    const Dataset &data, const std::vector<std::size_t> &tiles) {
  std::vector<std::map<std::size_t, std::size_t>> counts(data.labels.size());
  for (const std::size_t i : tiles)
    ++counts[data.tiles[i].label][data.tiles[i].group];
  double classes = 0;
  for (const auto &groups : counts) classes += std::sqrt(double(groups.size()));
  std::vector<float> out;
  for (const std::size_t i : tiles) {
    const auto &groups = counts[data.tiles[i].label];
    const double group_share = 1 / (classes * std::sqrt(double(groups.size())));
    out.push_back(float(group_share / double(groups.at(data.tiles[i].group))));
  }
  return out;
}

Augmenter::Augmenter(const Dataset &data, const std::vector<std::size_t> &tiles,
                     const TrainOptions &options)
    : data_(data),
      recipe_(options.settings.recipe),
      architecture_(options.settings.architecture),
      mix_(options.mix),
      distort_(options.distort),
      equalizer_(options.equalizer),
      generated_(options.augment),
      generated_share_(options.augment_share) {
  std::vector<std::map<std::size_t, std::vector<std::size_t>>> sorted(
      data.labels.size());
  for (const std::size_t i : tiles)
    sorted[data.tiles[i].label][data.tiles[i].group].push_back(i);
  double limit = 0;
  for (auto &groups : sorted) {
    by_class_group_.emplace_back();
    for (auto &[group, members] : groups)
      by_class_group_.back().push_back(std::move(members));
    limit += std::sqrt(double(groups.size()));
    class_limit_.push_back(limit);
  }
  const std::vector<double> edges = recipe_.row_edges_hz();
  for (std::size_t y = 0; y + 1 < edges.size(); ++y)
    bandwidth_.push_back((edges[y] - edges[y + 1]) /
                         (edges.front() - edges.back()));
}

const Tile &Augmenter::draw_tile(synth::Random &random) const {
  const double at = random.uniform() * class_limit_.back();
  const std::size_t label = std::size_t(
      std::upper_bound(class_limit_.begin(), class_limit_.end(), at) -
      class_limit_.begin());
  const auto &groups = by_class_group_[label];
  const auto &tiles = groups[std::size_t(random.below(int(groups.size())))];
  return data_.tiles[tiles[std::size_t(random.below(int(tiles.size())))]];
}

Decoded Augmenter::draw_shifted(const Tile &tile, synth::Random &random) const {
  const int columns = distort_ ? random.below(recipe_.width) : 0;
  Decoded out = decode(tile, recipe_);
  if (generated_ && random.chance(generated_share_))
    out.value_db = generated_->draw(tile.label, random);
  out.value_db = shifted(out.value_db, columns);
  if (!out.background_db.empty())
    out.background_db = shifted(out.background_db, columns);
  return out;
}

void Augmenter::max_mix(Decoded &picture, const Tile &own,
                        std::vector<float> &labels,
                        synth::Random &random) const {
  const Tile &tile = draw_tile(random);
  const Decoded other = draw_shifted(tile, random);
  const float gain = float(random.uniform());
  for (std::size_t i = 0; i < picture.value_db.size(); ++i)
    picture.value_db.data()[i] =
        std::max(picture.value_db.data()[i],
                 gain * std::max(0.0f, other.value_db.data()[i]));
  labels[own.label] = 1 / (1 + gain);
  labels[tile.label] += gain / (1 + gain);
}

double Augmenter::mean_power(const Decoded &picture) const {
  double sum = 0;
  for (std::size_t y = 0; y < picture.value_db.height(); ++y) {
    double row = 0;
    for (std::size_t x = 0; x < picture.value_db.width(); ++x)
      row += double(
          power(picture.value_db.at(y, x) + picture.background_db.at(y, x)));
    sum += row * bandwidth_[y];
  }
  return sum / double(picture.value_db.width());
}

void Augmenter::power_mix(Decoded &picture, std::vector<float> &labels,
                          synth::Random &random) const {
  const Tile &tile = draw_tile(random);
  const Decoded other = draw_shifted(tile, random);
  const double gain_db = random.uniform(-15, 5);
  const float scale = float(mean_power(picture) / mean_power(other) *
                            std::pow(10.0, 0.1 * gain_db));
  for (std::size_t i = 0; i < picture.value_db.size(); ++i) {
    float &value = picture.value_db.data()[i];
    float &background = picture.background_db.data()[i];
    const float b1 = power(background);
    const float b2 = scale * power(other.background_db.data()[i]);
    const float sum = b1 * power(value) + b2 * power(other.value_db.data()[i]);
    background = decibel(b1 + b2);
    value = decibel(sum / (b1 + b2));
  }
  labels[tile.label] = std::max(
      labels[tile.label], float(1 / (1 + std::exp(-(gain_db + 8) / 2.5))));
}

Augmenter::Example Augmenter::draw(synth::Random &random) const {
  const Tile &tile = draw_tile(random);
  Decoded picture = draw_shifted(tile, random);
  Example out;
  out.labels.assign(data_.labels.size(), 0.0f);
  out.labels[tile.label] = 1.0f;
  const bool mixed = mix_ && random.chance(kMixed);
  if (architecture_.exclusive) {
    if (mixed) max_mix(picture, tile, out.labels, random);
    if (distort_) spec_augment(picture.value_db, random);
  } else {
    if (mixed) power_mix(picture, out.labels, random);
    if (distort_ && random.chance(kPatched))
      remove_patches(picture.value_db, random);
  }
  if (equalizer_) equalize(picture.background_db, random);
  out.input = nn::make_input(picture.value_db, picture.background_db,
                             {0, picture.value_db.width()},
                             std::size_t(architecture_.input_channels));
  return out;
}

}  // namespace sonar::models
