/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <map>
#include <memory>
#include <string>

#include "models/bundle.h"
#include "models/weights.h"
#include "sonar/nn/share.h"

namespace sonar::models {

/** What the names of its tensors begin with. */
constexpr char kSharePrefix[] = "share.";

/**
 * U-Net (Ronneberger et al. 2015) on nn::make_share_input() of pictures of any
 * size from 8 x 8 on: four levels of 12, 24, 32 and 48 channels, each half the
 * size of the one before (max-pool 2 x 2); one convolution 3 x 5 (frequency x
 * time) at the first, two 3 x 3 at the others; on the way back nearest, the
 * level's own channels beside them, one 3 x 3. BN and ReLU after each. Then a
 * logit a class, 1 x 1. 99,042 parameters with six classes.
 *
 * Functional, as SpecCnn.
 */
class ShareNet {
 public:
  /** Fresh weights (He initialisation) from @p seed. */
  ShareNet(std::size_t classes, std::uint64_t seed);
  /** Weights of a model file. Throws Error(kBadModel) on a missing tensor or a
   *  wrong shape, naming it. */
  ShareNet(std::size_t classes, const std::map<std::string, Tensor> &tensors);

  /** @p x: N x 5 x height x width; the logits: N x classes x height x width. In
   *  training mode batch normalisation uses and updates batch statistics, and
   *  whole channels of the lowest level are dropped out as @p generator
   *  draws. */
  at::Tensor forward(const at::Tensor &x) const;
  at::Tensor forward(const at::Tensor &x, at::Generator &generator) const;

  Weights &weights() { return weights_; }
  /** Named as in a model file. */
  std::map<std::string, Tensor> to_tensors() const;

 private:
  at::Tensor block(const at::Tensor &x, const std::string &name,
                   bool training) const;
  at::Tensor run(const at::Tensor &x, at::Generator *generator) const;

  Weights weights_;
};

/** The share network of a model file; null where it holds none. @p device as
 *  models::open(). Throws as ShareNet's constructor. */
std::unique_ptr<nn::ShareNetwork> make_share_network(
    std::size_t classes, const std::map<std::string, Tensor> &tensors,
    const std::string &device);

}  // namespace sonar::models
