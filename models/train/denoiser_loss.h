/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <functional>
#include <vector>

#include "models/weights.h"

namespace sonar::models {

/** A denoiser: N x 1 x height x width to the same. */
using Denoise = std::function<at::Tensor(const at::Tensor &)>;

/**
 * Deviation of the noise of a picture (height x width) out of the picture
 * alone: the median of the differences of columns @p lag apart, where steady
 * lines cancel and the noise does not.
 */
double noise_level(const at::Tensor &picture, std::int64_t lag);

/** Correlation of the noise of neighbouring rows of @p pictures (N x 1 x height
 *  x width), out of the same differences, within 0 to 0.65: a window's lobe is
 *  wider than a row. */
double row_correlation(const at::Tensor &pictures, std::int64_t lag);

/** Gaussian noise of deviation 1 whose neighbouring rows have @p correlation
 *  (below 0.7): white noise through a filter of three rows. */
at::Tensor coloured_noise(at::IntArrayRef sizes, double correlation,
                          at::Generator &generator);

/**
 * Stein's unbiased estimate of the squared error of f(y), a pixel, without the
 * clean picture (Soltanayev and Chun 2018): mean (f(y) - y)^2 - s^2 + 2 s^2 d,
 * d the divergence of f by one Monte-Carlo probe b, b (f(y + e b) - f(y)) / e.
 * The probe has the noise's own correlation of rows, so that d is the trace of
 * covariance times Jacobian: with a white one, leaving the noise of a lobe
 * as it is would look like denoising. Exact for Gaussian noise of one level,
 * which that of a spectrogram is not. It needs a density: where many pixels
 * hold one value, as at the picture's floor and at the amplitudes' cap, a
 * network can fall steeply at that value alone and call it a negative error.
 * @p levels: deviation of the noise of each of the N pictures of @p y.
 * @p counted: 1 for the pixels to take the mean over, 0 for the others; shape
 * of y.
 */
at::Tensor sure_loss(const Denoise &f, const at::Tensor &y,
                     const at::Tensor &counted, const at::Tensor &levels,
                     double correlation, at::Generator &generator);

/**
 * Noise2Noise (Lehtinen et al. 2018) of one recording: the picture's columns
 * @p lag apart are two looks at the same slow lines in independent noise, so
 * one half of them is the target of the other (as the pixels of Neighbor2-
 * Neighbor, Huang et al. 2021). Neighbouring rows would not do: one line and
 * one noise reach over a window's lobe of several. y has a multiple of 2 lag
 * columns; @p swapped: which half is the target.
 */
at::Tensor neighbour_loss(const Denoise &f, const at::Tensor &y,
                          std::int64_t lag, bool swapped);

}  // namespace sonar::models
