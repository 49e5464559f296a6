/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <algorithm>
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

/** Logits of @p count inputs, count x classes; write(i, out) makes input i. */
template <class Write>
std::vector<float> logits_of(const Network &network, std::size_t count,
                             std::size_t batch_size, Write write) {
  const std::size_t size = network.input().size();
  std::vector<float> batch(std::min(batch_size, count) * size);
  std::vector<float> out;
  out.reserve(count * network.classes());
  for (std::size_t first = 0; first < count; first += batch_size) {
    const std::size_t n = std::min(batch_size, count - first);
    for (std::size_t i = 0; i < n; ++i)
      write(first + i, batch.data() + i * size);
    const Network::Output result =
        network.forward(batch.data(), n, Network::Want::kLogits);
    out.insert(out.end(), result.logits.begin(), result.logits.end());
  }
  return out;
}

/** Margin of each of @p count inputs; as logits_of(). */
template <class Write>
std::vector<double> margins(const Network &network, std::size_t count,
                            std::size_t target, std::size_t batch_size,
                            Write write) {
  const std::vector<float> logits =
      logits_of(network, count, batch_size, write);
  std::vector<double> out;
  for (std::size_t i = 0; i < count; ++i)
    out.push_back(margin(logits.data() + i * network.classes(),
                         network.classes(), target));
  return out;
}

}  // namespace sonar::nn
