/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "models/bundle.h"
#include "models/train/clean_pictures.h"
#include "models/train/dataset.h"
#include "models/train/descent.h"

namespace sonar::models {

struct DenoiserOptions {
  MaskRecipe kind = MaskRecipe::kDncnn;  ///< of denoiser_recipes()
  int epochs = 8;
  int batch_size = 8;
  double learning_rate = 2e-3;  ///< the one-cycle's maximum
  std::uint64_t seed = 0;
  std::string data_name;  ///< of the data set, for the model's settings
};

struct TrainedDenoiser {
  std::map<std::string, Tensor> tensors;  ///< under denoiser_prefix(kind)
  double operating_point_db = 0;
  std::string about_json;  ///< data, options, seed and figures (an object)
};

/**
 * Trains a denoiser on patches of at most 64 x 64 pixels, as many an epoch as
 * cover the pictures once.
 *
 * autoencoder, dncnn   mean squared error against the clean picture; need
 *                      @p clean, one a tile. The operating point is where F1
 *                      against the truth is best on these training pictures
 * dncnn-sure           sure_loss(); columns must not overlap by more than half,
 *                      so that their noise is independent
 * noise2noise          neighbour_loss() of columns half a window or more apart
 *
 * The last two see no truth; their operating point is 10 log10 2 dB over the
 * median of the denoised training pictures, most of which are noise: a tone
 * as strong as the noise doubles the power.
 *
 * Same data, options and seed: same tensors. @p interrupted is looked at per
 * batch; when set, Error(kResource, "interrupted ...") is thrown. @p report may
 * be empty. Throws Error(kBadArgument) for options out of their domain, a kind
 * that is none, clean pictures that are missing.
 */
TrainedDenoiser train_denoiser(
    const Dataset &data, const Recipe &recipe,
    const std::vector<CleanPicture> &clean, const DenoiserOptions &options,
    const std::function<void(const LossReport &)> &report,
    const std::atomic<bool> &interrupted);

/** Puts a denoiser into a model, in the place of one of the same kind: its
 *  tensors, and what it was trained on under training.denoisers.KIND. */
void add_denoiser(Bundle &model, MaskRecipe kind,
                  const TrainedDenoiser &denoiser);

}  // namespace sonar::models
