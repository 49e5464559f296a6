/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "models/bundle.h"
#include "models/train/dataset.h"

namespace sonar::models {

/** How generator and critic are set against each other (paper IV-A). */
enum class GanVariant {
  kClip,  ///< Algorithm 1: Wasserstein loss, clipped weights, RMSProp
          ///< (Arjovsky et al. 2017)
  kGp,    ///< Wasserstein loss with gradient penalty, Adam (Gulrajani et al.
          ///< 2017)
  kBce,   ///< binary cross-entropy, Adam (Goodfellow et al. 2014; Radford et
          ///< al. 2016)
};
const char *nick(GanVariant) noexcept;

struct GanOptions {
  Settings settings;  ///< name, recipe, made_with; labels are filled in
  GanVariant variant = GanVariant::kGp;
  int epochs = 100;     ///< at most; of as many generator steps as the data set
                        ///< has batches
  int batch_size = 20;  ///< paper IV-A
  int latent = 100;     ///< paper IV-A; numbers drawn from -1..1
  int critic_steps = 2;  ///< per generator step
  double learning_rate = 1e-3;
  double clip = 0.01;          ///< largest weight of the critic; kClip only
  double penalty = 10;         ///< lambda; kGp only
  bool pixel_noise = true;     ///< DecoderShape::pixel_noise
  bool spectral_norm = false;  ///< CriticShape::spectral_norm
  bool stop = true;            ///< by gan_has_converged()
  double validation_fraction = 0.2;  ///< as TrainOptions
  std::uint64_t seed = 0;
  std::string data_name, checkpoint;  ///< as TrainOptions
};

/** The values of a variant. kClip as Algorithm 1 (RMSProp at 5e-5, five critic
 *  steps), kBce as Radford et al. 2016, both without pixel noise; kGp with our
 *  own (docs/method.md section 3.1). */
GanOptions gan_defaults(GanVariant variant);

/** One epoch; floats, so that a checkpoint holds all of it. */
struct GanEpoch {
  float distance;  ///< the critic's mean score of real less generated tiles;
                   ///< with Wasserstein loss it estimates their distance (up to
                   ///< the critic's Lipschitz constant)
  float accuracy_real, accuracy_generated;  ///< see judge()
  float critic_loss, generator_loss;        ///< means over the epoch
};

/** Distance and accuracies from scores. Above @p threshold a tile is called
 *  real, at it or below generated. Both vectors hold something. */
GanEpoch judge(const std::vector<float> &real,
               const std::vector<float> &generated, double threshold);
/** Halfway between both means: a Wasserstein critic has no zero of its own. */
double midway(const std::vector<float> &real,
              const std::vector<float> &generated);

/**
 * Whether training has reached its end. With windows of ten epochs:
 *
 * clip, gp  the mean distance changed by less than 2 % of its largest window
 *           from the window before, and lies below 90 % of that largest one
 *           (where it turns round it is flat, too)
 * bce       the mean accuracy is 0.5 +- 0.05 (paper V-B: "about 50 %")
 */
bool gan_has_converged(const std::vector<GanEpoch> &history,
                       GanVariant variant);

struct GanReport {
  int epoch, epochs;
  GanEpoch figures;
  double seconds_left;  ///< if nothing stops it before
};

/**
 * Trains a class-conditional generator on the training groups of @p data: the
 * same ones as train() with the same validation_fraction and seed. Tiles are
 * the first channel of the network's input, circularly shifted in time.
 *
 * Returns a file of the generator: tensors `gan.*`, `curves` [epochs, 5] in
 * GanEpoch's order, and under "gan" in the settings' training object what
 * open_gan() needs. Same data, options and seed: same bits, also through an
 * interruption; @p report, @p stage, @p interrupted and the checkpoint as
 * train(). Throws Error(kBadArgument) for options out of their domain.
 */
Bundle train_gan(const Dataset &data, const GanOptions &options,
                 const std::function<void(const GanReport &)> &report,
                 const std::function<void(const std::string &)> &stage,
                 const std::atomic<bool> &interrupted);

}  // namespace sonar::models
