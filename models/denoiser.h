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
 * A denoising network on pictures of any height and width, in to_scale().
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

  /** @p x and the result: N x 1 x height x width. In training mode
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

/**
 * The networks' scale is a power of the power P over background, P^exponent, in
 * which noise has nearly the same deviation at every level, as it has neither
 * in dB nor in P: the amplitude (1/2), and for `dncnn-sure` P^0.28. There the
 * noise is nearly Gaussian as well (a Weibull distribution of shape 3.6). An
 * amplitude's, of Rayleigh, has an infinite Fisher information, which SURE
 * turns into a risk without a lower bound.
 */
double scale_exponent(MaskRecipe kind);
/** Of a value in dB over background, taken as 12 at most. */
float to_scale(float value_db, double exponent);
/** Of a picture. Columns outside @p valid, which is not empty, repeat the valid
 *  ones in turn. Throws Error(kNumeric) at a NaN or Inf in a valid column. */
std::vector<float> to_scale(const Image &value_db, ColumnRange valid,
                            double exponent);
/** Back to dB over background, -60 at least. */
float from_scale(float x, double exponent);

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
