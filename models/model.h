/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "models/bundle.h"
#include "sonar/core/image.h"
#include "sonar/mask/combine.h"
#include "sonar/nn/network.h"

namespace sonar::models {

/** One picture to classify; shapes height x width of the recipe. */
struct PictureView {
  const Image *value_db, *background_db;
  ColumnRange valid;
};

struct Classification {
  std::vector<float> probabilities;
  std::size_t best = 0;
  /** What the mask needs of this forward pass, so nothing runs twice. */
  std::vector<float> input, maps;
};

/** Which pictures the class mask of `released` comes from (paper IV-B, VI). */
enum class ClassMask {
  kRepresentatives,  ///< recordings nearest to the centres: `class.mask`
  kCentroids,        ///< the centres, decoded: `class.mask_centroids`
};
const char *nick(ClassMask) noexcept;

struct MaskOptions {
  MaskRecipe recipe = MaskRecipe::kSubband;
  mask::Combine combine = mask::Combine::kAdd;         ///< `released` only
  ClassMask class_mask = ClassMask::kRepresentatives;  ///< `released` only
  std::size_t batch_size = 32;
  std::size_t max_channels = 0;  ///< `released` only; 0 = all
  std::size_t threads = 0;       ///< `released` only; see ScoreCamOptions
  bool explain = false;          ///< also the keep-one class map
};

struct MaskResult {
  Image confidence;    ///< 0..1
  Image explanation;   ///< empty unless asked for
  bool valid = false;  ///< false: flat, all zero
};

/**
 * A loaded model: the network, the class masks and profiles. Immutable, so any
 * number of elements and threads share one. Free of torch in its face.
 */
class Model {
 public:
  Model(Settings settings, std::unique_ptr<nn::Network> network,
        std::map<std::string, Tensor> class_tensors);

  const Settings &settings() const noexcept { return settings_; }
  const nn::Network &network() const noexcept { return *network_; }

  /** Classes of some pictures, in one forward pass. Throws
   *  Error(kBadArgument) when a shape is not the recipe's. */
  std::vector<Classification> classify(
      const std::vector<PictureView> &pictures) const;
  Classification classify(const Image &value_db, const Image &background_db,
                          ColumnRange valid) const;

  /**
   * Confidence mask of one picture for class @p target. @p seen: the result of
   * classify() on the same picture, or null (then it is computed if needed).
   * Throws Error(kBadArgument) for an unknown target or a recipe whose class
   * tensors the model lacks.
   */
  MaskResult make_mask(const Image &value_db, const Image &background_db,
                       ColumnRange valid, std::size_t target,
                       const Classification *seen,
                       const MaskOptions &options) const;

  /** Index of a label. Throws Error(kBadArgument) naming those there are. */
  std::size_t label_index(const std::string &label) const;

 private:
  Settings settings_;
  std::unique_ptr<nn::Network> network_;
  std::map<std::string, Tensor> class_;
};

}  // namespace sonar::models
