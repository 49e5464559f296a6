/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "sonar/core/error.h"
#include "sonar/nn/network.h"

/* What the explanations by perturbation share. */
namespace sonar::nn {

/** Throws Error(kBadArgument) unless @p target can be explained against the
 *  other classes, with a batch of at least 1. */
inline void require_target(const Network &network, std::size_t target,
                           std::size_t batch_size) {
  if (network.classes() >= 2 && target < network.classes() && batch_size > 0)
    return;
  throw Error(Errc::kBadArgument,
              "explaining a class against the others needs at least 2 "
              "classes, a target among them and a batch of at least 1; got " +
                  std::to_string(network.classes()) + " classes, target " +
                  std::to_string(target) + ", batch " +
                  std::to_string(batch_size));
}

/** Target logit minus the mean of the others. */
inline double margin(const float *logits, std::size_t classes,
                     std::size_t target) {
  double others = 0;
  for (std::size_t c = 0; c < classes; ++c)
    if (c != target) others += logits[c];
  return logits[target] - others / double(classes - 1);
}

/** Margin of each of @p count inputs; as Network::logits_near(). */
inline std::vector<double> margins(const Network &network, const float *base,
                                   std::size_t count, std::size_t target,
                                   const Network::Change &change,
                                   const Effort &effort) {
  const std::vector<float> logits =
      network.logits_near(base, count, change, effort);
  std::vector<double> out;
  for (std::size_t i = 0; i < count; ++i)
    out.push_back(margin(logits.data() + i * network.classes(),
                         network.classes(), target));
  return out;
}

}  // namespace sonar::nn
