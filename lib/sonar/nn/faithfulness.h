/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>

#include "sonar/core/image.h"
#include "sonar/nn/network.h"

namespace sonar::nn {

struct FaithfulnessOptions {
  std::size_t steps = 32;  ///< of insertion and deletion
  std::size_t batch_size = 32;
};

/**
 * How well a map tells which pixels made a network say a class. Every score is
 * the class' probability; "removed" pixels become those of the blank input
 * (pure background), where the authors take black or a blur.
 */
struct Faithfulness {
  double score = 0;       ///< of the input as it is
  double kept_score = 0;  ///< of the input times the map's positive part,
                          ///< scaled to a maximum of 1
  /** max(0, score - kept_score) / score: its mean is the average drop
   *  (Chattopadhay et al., Grad-CAM++, 2018); smaller is better. */
  double drop = 0;
  /** kept_score > score: its share is the average increase. */
  bool increase = false;
  /** Area under the score over the share of pixels put back into the blank
   *  input, or taken from the whole one, in order of the map (Petsiuk et al.,
   *  RISE, 2018): the larger insertion and the smaller deletion, the better. */
  double insertion = 0, deletion = 0;
};

/**
 * @p input, @p blank: network.input().size() floats; @p map: the input's height
 * x width. Pixels of one value come in an order that has nothing to do with
 * where they are. 2 steps + 3 forwards.
 * Throws Error(kBadArgument) for an unknown target, a map of another shape, 0
 * steps and a batch size of 0.
 */
Faithfulness faithfulness(const Network &network, const float *input,
                          const float *blank, std::size_t target,
                          const Image &map, const FaithfulnessOptions &options);

}  // namespace sonar::nn
