/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <vector>

#include "models/wgan.h"
#include "sonar/core/image.h"
#include "sonar/nn/network.h"

namespace sonar::models {

/**
 * Embeddings to pictures (paper VI, Fig. 10): the encoder is a trained
 * classifier up to its second dense layer and stays as it is; the decoder is
 * built like the generator of the GAN.
 */
class Autoencoder {
 public:
  /** A decoder with fresh weights; @p encoder must outlive it. */
  Autoencoder(const nn::Network &encoder, std::uint64_t seed);

  /** @p input: one picture as the network sees it. */
  std::vector<float> encode(const std::vector<float> &input) const;
  /** The picture of an embedding: height x width, first input channel, 0..1. */
  Image decode(const std::vector<float> &embedding) const;

  /** Mean binary cross-entropy per pixel in training mode. @p embeddings:
   *  N x embedding; @p pictures: N x 1 x height x width in 0..1. */
  at::Tensor loss(const at::Tensor &embeddings, const at::Tensor &pictures);
  Weights &weights() { return decoder_.weights(); }  ///< the decoder's

 private:
  const nn::Network &encoder_;
  mutable at::Generator random_;  ///< of fresh weights only
  TileDecoder decoder_;
};

}  // namespace sonar::models
