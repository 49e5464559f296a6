/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "models/bundle.h"
#include "models/weights.h"
#include "sonar/core/image.h"
#include "sonar/nn/denoiser.h"

namespace sonar::models {

/** The recipes whose mask comes from a denoising network. */
const std::vector<MaskRecipe> &denoiser_recipes();
/** Whether @p kind learns from clean pictures, that is from truth. */
bool is_supervised(MaskRecipe kind);
/** What the names of its tensors begin with: "denoise.KIND.". */
std::string denoiser_prefix(MaskRecipe kind);
/** The tensor, one value, of its operating point in dB. */
std::string operating_point_name(MaskRecipe kind);

/**
 * A denoising network on amplitudes over background, any height and width.
 *
 * autoencoder    three convolutions 3x5 (frequency x time), 16, 32 and 32
 *                channels, each halving the time, BN, ReLU; then three that
 *                double it again (nearest), 32, 16 and 1 channels, BN and ReLU
 *                but for the last. Nothing is pooled in frequency
 * the others     DnCNN (Zhang et al. 2017): eight convolutions 3x3 of 32
 *                channels, ReLU, BN on all but the first and the last; its
 *                output is taken off the input
 *
 * Functional, as SpecCnn.
 */
class DenoiserNet {
 public:
  /** Fresh weights (He initialisation) from @p seed. */
  DenoiserNet(MaskRecipe kind, std::uint64_t seed);
  /** Weights of a model file. Throws Error(kBadModel) on a missing tensor or a
   *  wrong shape, naming it. */
  DenoiserNet(MaskRecipe kind, const std::map<std::string, Tensor> &tensors);

  /** @p x and the result: N x 1 x height x width amplitudes. In training mode
   *  batch normalisation uses and updates batch statistics. */
  at::Tensor forward(const at::Tensor &x, bool training) const;

  Weights &weights() { return weights_; }
  /** Named as in a model file. */
  std::map<std::string, Tensor> to_tensors() const;

 private:
  at::Tensor autoencode(const at::Tensor &x, bool training) const;
  at::Tensor residual(const at::Tensor &x, bool training) const;
  at::Tensor convolve(const at::Tensor &x, int layer) const;
  at::Tensor normalize(const at::Tensor &x, int layer, bool training) const;

  MaskRecipe kind_;
  Weights weights_;
};

constexpr float kLargestAmplitude = 4;  ///< 12 dB

/**
 * The networks' scale: 10^(value/20), at most kLargestAmplitude. Noise has
 * nearly the same deviation at every level in it, which is not so in dB or in
 * power. Columns outside @p valid, which is not empty, repeat the valid ones in
 * turn. Throws Error(kNumeric) at a NaN or Inf in a valid column.
 */
std::vector<float> to_amplitudes(const Image &value_db, ColumnRange valid);
/** Back to dB over background, -60 at least. */
float from_amplitude(float amplitude);

/** The denoiser of a model file. @p device as models::open(). Throws as
 *  DenoiserNet's constructor, and Error(kBadModel) without an operating
 *  point. */
std::unique_ptr<nn::Denoiser> make_denoiser(
    MaskRecipe kind, const std::map<std::string, Tensor> &tensors,
    const std::string &device);
/** All that the tensors of a model file hold. */
std::map<MaskRecipe, std::unique_ptr<nn::Denoiser>> make_denoisers(
    const std::map<std::string, Tensor> &tensors, const std::string &device);

}  // namespace sonar::models
