/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <string>

namespace at {
class Tensor;
}

namespace sonar::models {

class Optimizer;

/** How far a training is that has a loss and nothing else to tell. */
struct LossReport {
  int epoch, epochs;  ///< epoch: the one that is done, from 1
  double loss, seconds_left;
};

/** Runs epochs 1 to @p epochs; @p run_epoch returns the mean loss of one.
 *  @p report may be empty. Returns the last loss. */
double run_epochs(int epochs, const std::function<double(int)> &run_epoch,
                  const std::function<void(const LossReport &)> &report);

/** Steps down a loss along the one-cycle schedule. */
struct Descent {
  std::map<std::string, at::Tensor> &weights;
  Optimizer &optimizer;
  double learning_rate;  ///< one_cycle()'s maximum
  int epochs;
  const std::atomic<bool> &interrupted;

  /** One step a batch, @p loss_of given its index; returns the mean loss.
   *  @p epoch from 1. Throws Error(kResource) when interrupted and
   *  Error(kNumeric) on a loss that is not finite. */
  double run_epoch(int epoch, int batches,
                   const std::function<at::Tensor(int)> &loss_of) const;
};

}  // namespace sonar::models
