/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <map>
#include <string>

#include "models/weights.h"

namespace sonar::models {

/** Shapes of a TileDecoder. */
struct DecoderShape {
  int inputs;         ///< numbers that a tile is made from
  int height, width;  ///< of the tile; any
  bool pixel_noise;   ///< noise of its own at every scale
};

/**
 * A vector to a picture: the generator (paper Fig. 2) and the decoder (paper
 * Fig. 10). As in Spec-CNN every row is kept from end to end and only time is
 * scaled, so a line keeps its row:
 *
 *   dense to 8 maps of height x width / 16, BN, ReLU
 *   four times: columns doubled, conv 3x3 to 8, 8, 8, 4 maps, + noise, BN, ReLU
 *   conv 3x3 to 1 map, cut to the width
 *
 * The noise (StyleGAN's; Karras et al. 2019) makes what no latent vector of 100
 * numbers can hold: the speckle of the background.
 */
class TileDecoder {
 public:
  /** Fresh weights from @p generator. */
  TileDecoder(const DecoderShape &shape, at::Generator &generator);
  /** Weights `PREFIX...` of a file. Throws as load_weights(). */
  TileDecoder(const DecoderShape &shape, const std::string &prefix,
              const std::map<std::string, Tensor> &tensors);

  /** @p x: N x inputs. Returns N x 1 x height x width, any values. In training
   *  mode batch normalisation uses and updates batch statistics; else a tile
   *  does not depend on its batch. Without pixel_noise @p noise is unused. */
  at::Tensor forward(const at::Tensor &x, bool training,
                     at::Generator &noise) const;

  const DecoderShape &shape() const { return shape_; }
  Weights &weights() { return weights_; }

 private:
  DecoderShape shape_;
  Weights weights_;
};

/** What the generator makes a tile from. @p latent: N x any in -1..1;
 *  @p classes: N x classes, one hot. The class is made as loud as the latent
 *  numbers together, else most training steps go by until it is heard. */
at::Tensor generator_input(const at::Tensor &latent, const at::Tensor &classes);

/** What the generator's last layer says, as network input: cut to 0..1. Most
 *  pixels of a real tile lie at or below the background and are exactly 0. The
 *  gradient passes as if nothing were cut, else what is dark could never learn
 *  to light up. */
at::Tensor to_input_scale(const at::Tensor &decoded);

/** Shapes of a Critic. */
struct CriticShape {
  int height, width;   ///< of the tile; any
  int classes;         ///< the score is asked for one of these
  bool spectral_norm;  ///< each weight by its largest singular value
};

/**
 * Scores tiles: the higher, the more real (paper Fig. 2, Algorithm 1's f).
 *
 *   conv 3x5 to 8 maps, time halved; conv 3x5 to 16, then 32 maps, frequency
 *   and time halved; mean over time to 4 columns; dense 64: the features h
 *   score = w h + b + v_class h         (projection; Miyato and Koyama 2018)
 *
 * with leaky ReLU (0.2) and no batch normalisation, which would make a tile's
 * score depend on its batch (Gulrajani et al. 2017, section 4).
 */
class Critic {
 public:
  Critic(const CriticShape &shape, at::Generator &generator);

  /** @p tiles: N x 1 x height x width in 0..1; @p classes: N x classes, one
   *  hot. Returns N scores. With spectral_norm (Miyato et al. 2018) a call in
   *  training mode also takes one step of the power iteration. */
  at::Tensor forward(const at::Tensor &tiles, const at::Tensor &classes,
                     bool training);

  Weights &weights() { return weights_; }

 private:
  at::Tensor weight(const std::string &name, bool training);

  CriticShape shape_;
  Weights weights_;
};

/**
 * Mean over a batch of (|gradient of the score at x| - 1)^2 at random points x
 * between the pairs of @p real and @p generated tiles (Gulrajani et al. 2017,
 * equation 3 without its factor lambda). @p mix: N x 1 x 1 x 1 in 0..1.
 */
at::Tensor gradient_penalty(Critic &critic, const at::Tensor &real,
                            const at::Tensor &generated,
                            const at::Tensor &classes, const at::Tensor &mix);

}  // namespace sonar::models
