/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "models/weights.h"

namespace sonar::models {

/** Steps down the gradients of some weights. All of its memory is in the open,
 *  so that a checkpoint can hold it: restored, it goes on to the bit. */
class Optimizer {
 public:
  virtual ~Optimizer() = default;
  /** Uses up the gradients: each trained weight must have one. */
  virtual void step(Weights &weights, double rate) = 0;

  std::map<std::string, Weights> averages;  ///< by name, one per weight
  std::int64_t steps = 0;

 protected:
  void add_average(const std::string &name, const Weights &weights);
};

/** AdamW (Loshchilov and Hutter 2019), PyTorch's defaults; without decay it is
 *  Adam (Kingma and Ba 2015). */
class AdamW : public Optimizer {
 public:
  AdamW(const Weights &weights, double weight_decay, double beta1 = 0.9,
        double beta2 = 0.999);
  void step(Weights &weights, double rate) override;

 private:
  double weight_decay_, beta1_, beta2_;
};

/** RMSProp (Tieleman and Hinton 2012), PyTorch's defaults. */
class RmsProp : public Optimizer {
 public:
  explicit RmsProp(const Weights &weights);
  void step(Weights &weights, double rate) override;
};

}  // namespace sonar::models
