/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <random>
#include <string>

#include "models/train/dataset.h"
#include "sonar/dsp/level.h"

/* A data set that trains in a second. */
constexpr std::size_t kRows = 16, kColumns = 16;
constexpr std::size_t kLine[] = {4, 11};  // row of each class' line

inline sonar::Recipe tiny_recipe() {
  sonar::Recipe r;
  r.rate_hz = 1024;
  r.fft_size = 32;
  r.hop_size = 16;
  r.axis = sonar::FrequencyAxis::kLinear;
  r.min_frequency_hz = 32;
  r.max_frequency_hz = 512;
  r.width = int(kColumns);
  return r;
}

/* Two classes: a line of 12 dB in noise, each class on its row; a group per
 * recording. */
inline sonar::models::Dataset tiny_data() {
  const sonar::Recipe recipe = tiny_recipe();
  sonar::models::Dataset data;
  data.labels = {"a", "b"};
  std::mt19937 random(1);
  for (std::size_t i = 0; i < 40; ++i) {
    const std::string name = "r" + std::to_string(10 + i);
    data.groups.push_back(name);
    data.recordings.push_back(
        {"/where/ever/" + name + ".wav", data.labels[i % 2], name});
    sonar::models::Tile tile{
        {}, sonar::Image(kRows, kColumns, -40), {0, kColumns}, i % 2, i, i};
    for (std::size_t p = 0; p < kRows * kColumns; ++p) {
      const bool line = p / kColumns == kLine[i % 2];
      const float db = float(random() % 400) / 100 - 3 + (line ? 12.0f : 0.0f);
      tile.pixels.push_back(
          sonar::dsp::encode_db(db, recipe.floor_db, recipe.range_db));
    }
    data.tiles.push_back(std::move(tile));
  }
  return data;
}
