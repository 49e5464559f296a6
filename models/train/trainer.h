/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "models/bundle.h"
#include "models/model.h"
#include "models/train/dataset.h"
#include "models/train/tile_source.h"
#include "sonar/cluster/representatives.h"

namespace sonar::models {

struct TrainOptions {
  Settings
      settings;  ///< recipe, architecture, mask recipe; labels are filled in
  int epochs = 14;
  int batch_size = 32;
  double learning_rate = 3e-3;  ///< the one-cycle's maximum
  double weight_decay = 1e-4;
  double validation_fraction = 0.2;
  bool mix = true;         ///< max-mix (exclusive) or power mix (not)
  bool distort = true;     ///< shift in time, remove stripes or patches; false
                           ///< only to see what that is worth
  bool equalizer = false;  ///< random spectral tilt and ripple per tile
  std::shared_ptr<const TileSource> augment;  ///< generated tiles, or null
  double augment_share = 0.5;  ///< of the training draws, 0 to 1; masks and
                               ///< validation see recordings only
  int subband_masks = 16;      ///< per recording, for the class profile
  cluster::Method cluster = cluster::Method::kKMeans;  ///< of representatives
  int clusters = 0;          ///< representatives per class; 0: at the elbow
  bool centroids = false;    ///< also make class.mask_centroids
  int decoder_epochs = 200;  ///< for those; paper VI
  std::uint64_t seed = 0;
  std::string data_name;   ///< of the data set, for the model's settings
  std::string checkpoint;  ///< path, written after each epoch and the caller's
                           ///< to remove once the model is safe; empty: none
};

struct EpochReport {
  int epoch, epochs;
  double loss, train_accuracy, validation_accuracy, seconds_left;
};

/**
 * Trains a model and its class masks, profiles and templates
 * (docs/method.md sections 3 and 4; paper IV-B to IV-D), with the streams' own
 * lib/ functions. Same data, options and seed: same model, to the bit.
 *
 * Resumes from options.checkpoint when it exists and is of the same data and
 * options (else says so to @p stage and starts afresh), with the same result
 * as without the interruption: every epoch draws from a seed of its own.
 * @p interrupted is looked at per batch; when set, Error(kResource,
 * "interrupted ...") is thrown, and the checkpoint of the last whole epoch
 * stays. @p report and @p stage may be empty.
 *
 * Throws Error(kBadArgument) for options out of their domain: at least one
 * epoch, a batch of 2, pictures of 16 rows x 8 columns, an even number of
 * sub-band masks, a recipe with a normaliser, clusters for a method that takes
 * a number of them and no more than a class has training pictures, generated
 * tiles learnt from none of the validation groups.
 */
Bundle train(const Dataset &data, const TrainOptions &options,
             const std::function<void(const EpochReport &)> &report,
             const std::function<void(const std::string &)> &stage,
             const std::atomic<bool> &interrupted);

/**
 * Trains on @p tiles alone what train() makes to classify with: the network
 * and, where the recipe has a finer transform, the line model. No class masks,
 * no validation, no checkpoint, so options about those are left unused.
 * Throws as train().
 */
Model train_classifier(const Dataset &data,
                       const std::vector<std::size_t> &tiles,
                       const TrainOptions &options,
                       const std::atomic<bool> &interrupted);

}  // namespace sonar::models
