/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "models/bundle.h"
#include "models/train/dataset.h"
#include "sonar/nn/network.h"

namespace sonar::models {

struct CentroidOptions {
  Recipe recipe;
  int epochs = 200;     ///< paper VI
  int batch_size = 40;  ///< paper VI
  double learning_rate = 1e-3;
  std::uint64_t seed = 0;
};

/**
 * `class.mask_centroids` (paper VI, "AE centroids"): the decoder of an
 * Autoencoder is trained on @p tiles, the centres of each class' clusters
 * (@p centres: per class any number of embeddings, one after the other) are
 * decoded to pictures that nobody recorded, and the mean of their min-max
 * scaled Score-CAMs, scaled by min-max, is the class' mask. With two input
 * channels the pictures lie on a flat background.
 *
 * [classes, height, width]. Same arguments: same bits. @p stage and
 * @p interrupted as train(). Throws Error(kBadArgument) below one epoch or a
 * batch of two.
 */
Tensor centroid_masks(const nn::Network &network, const Dataset &data,
                      const std::vector<std::size_t> &tiles,
                      const std::vector<std::vector<float>> &centres,
                      const CentroidOptions &options,
                      const std::function<void(const std::string &)> &stage,
                      const std::atomic<bool> &interrupted);

}  // namespace sonar::models
