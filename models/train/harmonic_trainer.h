/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "models/bundle.h"
#include "models/train/dataset.h"
#include "models/train/trainer.h"
#include "sonar/nn/network.h"

namespace sonar::models {

/** A trained network, before there are masks or figures of validation. */
struct TrainedNetwork {
  std::map<std::string, Tensor> tensors;  ///< `net.*`
  std::unique_ptr<nn::Network> network;
  nlohmann::json history = nlohmann::json::object();  ///< figures an epoch
};

/**
 * Trains the network harmonics (harmonic_network.h) on @p split.train.
 *
 * Every picture is there as it is, and with TrainOptions::distort also as
 * streams of other lengths would show it (seen_again(): one column of 3 to 40
 * transforms, one to recipe.width columns of recipe.average each). Drawn are a
 * class, one as likely as the other, in it a group ~ root of its pictures, in
 * it a picture. With TrainOptions::mix two are mixed, the shares drawn from
 * Beta(1/2, 1/2) (Zhang et al. 2018), features get noise of 0.3 standard
 * deviations and dropout of 0.2, 0.4 and 0.4 before the layers. The members
 * see draws of their own.
 */
TrainedNetwork train_harmonics(
    const Dataset &data, const Split &split, const TrainOptions &options,
    const std::function<void(const EpochReport &)> &report,
    const std::atomic<bool> &interrupted);

}  // namespace sonar::models
