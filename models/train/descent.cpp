/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/train/descent.h"

#include <ATen/ATen.h>

#include <chrono>
#include <cmath>

#include "models/train/optimizer.h"
#include "models/train/schedule.h"
#include "sonar/core/error.h"

namespace sonar::models {

double run_epochs(int epochs, const std::function<double(int)> &run_epoch,
                  const std::function<void(const LossReport &)> &report) {
  const auto start = std::chrono::steady_clock::now();
  double loss = 0;
  for (int epoch = 1; epoch <= epochs; ++epoch) {
    loss = run_epoch(epoch);
    const std::chrono::duration<double> spent =
        std::chrono::steady_clock::now() - start;
    if (report)
      report({epoch, epochs, loss, spent.count() / epoch * (epochs - epoch)});
  }
  return loss;
}

double Descent::run_epoch(int epoch, int batches,
                          const std::function<at::Tensor(int)> &loss_of) const {
  double sum = 0;
  for (int i = 0; i < batches; ++i) {
    if (interrupted)
      throw Error(Errc::kResource,
                  "interrupted in epoch " + std::to_string(epoch));
    const at::Tensor loss = loss_of(i);
    loss.backward();
    const double at = epoch - 1 + double(i) / batches;
    optimizer.step(weights, one_cycle(at / epochs, learning_rate));
    sum += loss.item<double>();
    if (!std::isfinite(sum))
      throw Error(Errc::kNumeric,
                  "training diverged in epoch " + std::to_string(epoch) +
                      ": the loss is not finite; lower the learning rate");
  }
  return sum / batches;
}

}  // namespace sonar::models
