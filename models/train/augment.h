/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <vector>

#include "models/synth/random.h"
#include "models/train/dataset.h"
#include "models/train/trainer.h"

namespace sonar::models {

/** The picture of a tile in dB, columns without signal filled by repeating the
 *  others, as nn::make_input() does. */
struct Decoded {
  Image value_db, background_db;
};
Decoded decode(const Tile &tile, const Recipe &recipe);
/** The fine spectrum in dB over its background; empty where the recipe has
 *  none. */
Image decode_fine(const Tile &tile, const Recipe &recipe);

/** How likely Augmenter::draw_tile() is to draw each of @p tiles; sums to 1. */
std::vector<float> drawing_probabilities(const Dataset &data,
                                         const std::vector<std::size_t> &tiles);

/**
 * Draws training examples: class ~ sqrt(number of its groups), then a group,
 * then a tile, circularly shifted in time, and half of the time mixed with
 * another tile (TrainOptions::mix):
 *
 * exclusive (narrow)     maximum of both, the other one scaled by g in 0..1,
 *                        labels 1 / (1 + g) and g / (1 + g); then SpecAugment:
 *                        stripes in time and frequency become background
 * else (broad)           sum of the powers, the other one at g = -15..+5 dB,
 *                        its label sigmoid((g + 8) / 2.5); spectral equaliser
 *                        on the level (TrainOptions::equalizer); in 30 %,
 *                        patches become background
 *
 * Without TrainOptions::distort nothing is shifted or removed.
 * TrainOptions::augment_share of the tiles drawn, also of those mixed in, give
 * their value to a generated one of their class; the background stays.
 */
class Augmenter {
 public:
  Augmenter(const Dataset &data, const std::vector<std::size_t> &tiles,
            const TrainOptions &options);

  struct Example {
    std::vector<float> input, labels;
  };
  Example draw(synth::Random &random) const;

  /** The steps before the mixing: which tile, and where it begins. */
  const Tile &draw_tile(synth::Random &random) const;
  Decoded draw_shifted(const Tile &tile, synth::Random &random) const;

 private:
  void max_mix(Decoded &picture, const Tile &own, std::vector<float> &labels,
               synth::Random &random) const;
  void power_mix(Decoded &picture, std::vector<float> &labels,
                 synth::Random &random) const;
  double mean_power(const Decoded &picture) const;

  const Dataset &data_;
  const Recipe recipe_;
  const Architecture architecture_;
  const bool mix_, distort_, equalizer_;
  const std::shared_ptr<const TileSource> generated_;  ///< or null
  const double generated_share_;
  std::vector<std::vector<std::vector<std::size_t>>> by_class_group_;
  std::vector<double> class_limit_;  ///< cumulative sqrt(groups)
  std::vector<double> bandwidth_;    ///< share of each row, sums to 1
};

}  // namespace sonar::models
