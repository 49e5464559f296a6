/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <ATen/ATen.h>

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "models/bundle.h"
#include "models/statistics.h"
#include "models/weights.h"
#include "sonar/nn/network.h"

namespace sonar::models {

/**
 * Spec-CNN (paper Fig. 3, with the changes docs/method.md section 2 proves
 * necessary: pooling in time only, so a line keeps its row).
 *
 *   conv 3x5 (frequency x time) BN ReLU, max-pool 1x2
 *   conv 3x5 BN ReLU, max-pool 1x2
 *   conv 1x3 (flat head) or 3x3 (bands head) BN ReLU   <- Score-CAM layer
 *   flat: max-pool 1x2, mean over time, every row and channel kept
 *   bands: mean over 16 frequency bands, mean and max over time
 *   dropout .3, dense, ReLU, dropout .3, dense, ReLU   <- embedding
 *   dense to the classes
 *   with Architecture::statistics: + dense of the PictureStatistics
 *
 * Functional: the weights are a map of tensors, so training, inference and the
 * model file share one representation.
 */
class SpecCnn {
 public:
  /** Fresh weights (He initialisation) from @p seed. */
  SpecCnn(const Architecture &architecture, int height, int width, int classes,
          std::uint64_t seed);
  /** Weights of a model file (tensors not under `net.` are passed over). Throws
   *  Error(kBadModel) on a missing tensor or a wrong shape, naming it. */
  SpecCnn(const Architecture &architecture, int height, int width, int classes,
          const std::map<std::string, Tensor> &tensors);

  struct Result {
    at::Tensor logits, maps, embedding;
  };
  /** @p x: N x channels x height x width. In training mode dropout is on and
   *  batch normalisation uses and updates batch statistics; the statistics head
   *  has no part in that. */
  Result forward(const at::Tensor &x, bool training);
  /** Restarts the draws of dropout, which are the network's own: no global
   *  random state is read or changed. */
  void seed_dropout(std::uint64_t seed);

  /** The statistics head: @p weight classes x PictureStatistics::size(), @p
   * bias classes, whose logits are added to @p share times the network's own.
   */
  void set_statistics_head(const at::Tensor &weight, const at::Tensor &bias,
                           double share);

  Weights &weights() { return weights_; }  ///< incl. running statistics
  /** The weights that training changes. */
  std::vector<at::Tensor> parameters();
  /** Named as in a model file, `net.` included. */
  std::map<std::string, Tensor> to_tensors() const;

 private:
  at::Tensor dropout(const at::Tensor &x);

  Architecture architecture_;
  std::optional<PictureStatistics> statistics_;
  Weights weights_;
  at::Generator generator_;
};

/** The network for inference: batch normalisation folded into the
 *  convolutions, no gradients. @p device as models::open(), whose errors it
 *  throws, and those of SpecCnn's constructor. */
std::unique_ptr<nn::Network> make_inference_network(
    const Architecture &architecture, int height, int width, int classes,
    const std::map<std::string, Tensor> &tensors, const std::string &device);

}  // namespace sonar::models
