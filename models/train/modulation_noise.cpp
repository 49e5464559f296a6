/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/train/modulation_noise.h"

#include <algorithm>

#include "models/train/augment.h"
#include "models/train/spectra.h"
#include "sonar/dsp/level.h"

namespace sonar::models {
namespace {

/** Normal numbers as a Hann window correlates a transform's neighbours:
 *  weights -1/4, 1/2, -1/4, power 3/8. */
void add_transform(std::vector<float> &power, std::vector<float> &normals,
                   synth::Random &random) {
  normals.resize(power.size() + 2);
  for (float &v : normals) v = float(random.normal());
  for (std::size_t i = 0; i < power.size(); ++i) {
    const float v = normals[i + 1] / 2 - (normals[i] + normals[i + 2]) / 4;
    power[i] += v * v;
  }
}

/** Mean power of the valid columns, lowest row first. */
std::vector<float> mean_power(const Tile &tile, const Recipe &recipe) {
  const Decoded picture = decode(tile, recipe);
  const std::size_t height = picture.value_db.height();
  std::vector<float> out(height), column(height);
  for (std::size_t x = tile.valid.begin; x < tile.valid.end; ++x) {
    for (std::size_t y = 0; y < height; ++y)
      column[height - 1 - y] =
          picture.value_db.at(y, x) + picture.background_db.at(y, x);
    dsp::db_to_power(column.data(), height, column.data());
    for (std::size_t i = 0; i < height; ++i)
      out[i] += column[i] / float(tile.valid.count());
  }
  return out;
}

void copy_column(const Tile &from, std::size_t width, std::size_t to_column,
                 Tile &to) {
  for (std::size_t y = 0; y < to.background_db.height(); ++y) {
    to.pixels[y * width + to_column] = from.pixels[y * width];
    to.background_db.at(y, to_column) = from.background_db.at(y, 0);
  }
}

}  // namespace

std::vector<float> averaged_noise(std::size_t rows, int transforms,
                                  synth::Random &random) {
  constexpr float kHannPower = 3.0f / 8;
  std::vector<float> power(rows), normals;
  for (int t = 0; t < 2 * transforms; ++t)  // real and imaginary parts
    add_transform(power, normals, random);
  for (float &p : power) p /= 2 * float(transforms) * kHannPower;
  return power;
}

Tile seen_again(const Tile &tile, const Recipe &recipe, int columns,
                int transforms, synth::Random &random) {
  const std::vector<float> power = mean_power(tile, recipe);
  Tile out;
  for (int x = 0; x < columns; ++x) {
    std::vector<float> seen = averaged_noise(power.size(), transforms, random);
    for (std::size_t i = 0; i < power.size(); ++i) seen[i] *= power[i];
    Tile column = spectrum_tile(seen.data(), recipe);
    if (x == 0)
      out = std::move(column);
    else
      copy_column(column, std::size_t(recipe.width), std::size_t(x), out);
  }
  out.valid = {0, std::size_t(columns)};
  out.label = tile.label;
  out.group = tile.group;
  out.recording = tile.recording;
  return out;
}

Dataset as_streamed(const Dataset &data, const Recipe &recipe,
                    std::uint64_t seed) {
  Dataset out = data;
  for (std::size_t i = 0; i < out.tiles.size(); ++i) {
    synth::Random random(seed, i);
    out.tiles[i] =
        seen_again(data.tiles[i], recipe, recipe.width, recipe.average, random);
  }
  return out;
}

}  // namespace sonar::models
