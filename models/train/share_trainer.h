/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "models/bundle.h"
#include "models/train/dataset.h"
#include "models/train/descent.h"

namespace sonar::models {

struct ShareOptions {
  int mixtures = 4000;  ///< that are made to learn from
  int epochs = 3;       ///< passes over them
  int batch_size = 12;
  double learning_rate = 3e-3;  ///< the one-cycle's maximum
  double weight_decay = 1e-3;
  std::uint64_t seed = 0;
  std::string data_name;  ///< of the data set, for the model's settings
};

struct TrainedShare {
  std::map<std::string, Tensor> tensors;  ///< under kSharePrefix
  std::string about_json;  ///< data, options, seed and figures (an object)
};

/**
 * Trains a ShareNet on mixtures of two labelled recordings of other classes and
 * groups, whose truth is known because they were mixed here: no clean example,
 * labels alone.
 *
 * A mixture: class ~ sqrt(number of its groups), group, recording, stretch of a
 * picture's length; another one of another class and group; each coloured
 * (ripple of 9 knots over log frequency, 3 dB, and a tilt of 6 dB from the
 * middle to the ends, standard deviations); mixed at -10 to 10 dB, 15 % at 10
 * to 30 dB. Drawn again in each epoch with another ripple (2.5 dB) and tilt
 * (5 dB) of the level, shifted circularly in time, moved up or down by 6 rows
 * at most, and half of the time turned round in time.
 *
 * The loss is the binary cross-entropy of the logits of the two classes that
 * are there against mixture_truth(), pixels that count neither way left out: so
 * an output is the answer given that its class is there. Labels that the model
 * lacks interfere and are not learnt.
 *
 * Same recordings, options and seed: same tensors. @p made(done, total) is
 * called while mixtures are made; it and @p report may be empty. @p interrupted
 * is looked at per batch; when set, Error(kResource, "interrupted ...") is
 * thrown. Throws Error(kBadArgument) for options out of their domain, a recipe
 * without a normalizer and recordings of none of the model's classes, and as
 * StretchSource.
 */
TrainedShare train_share(
    const std::vector<Recording> &recordings, const Settings &model,
    const ShareOptions &options,
    const std::function<void(std::size_t, std::size_t)> &made,
    const std::function<void(const LossReport &)> &report,
    const std::atomic<bool> &interrupted);

/** Puts a share network into a model, in the place of one that is there: its
 *  tensors, and what it was trained on under training.share. */
void add_share(Bundle &model, const TrainedShare &share);

}  // namespace sonar::models
