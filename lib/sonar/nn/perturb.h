/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "sonar/core/image.h"
#include "sonar/nn/network.h"

namespace sonar::nn {

/**
 * Score-CAM with masks of our own instead of feature maps. "Removed" pixels
 * become @p blank, the network's input for pure background (docs/method.md
 * section 4: filling with anything else breaks the scores).
 */
struct SubbandOptions {
  std::size_t masks = 16;  ///< per recording; antithetic pairs, even
  std::size_t min_band_rows = 2, max_band_rows = 4;
  double kept_fraction = 0.4;  ///< of the bands, in the first mask of a pair;
                               ///< the second keeps exactly the others
  Effort effort;               ///< never the result
  std::uint64_t seed = 0;
};

/** What keeping a row does to the score of a class, and how sure that is. */
struct RowEffect {
  float value = 0;  ///< logit margin, kept against removed, halved
  float error = 0;  ///< its standard error
};

/**
 * Sub-band Score-CAM over the recordings of a class: random bands of rows are
 * kept or removed, and the score (target logit - mean other logit) is regressed
 * on which rows were there. A mean of scores instead would smear each line over
 * the bands' width and leave a pedestal under it (docs/method.md section 4).
 *
 * Masks come in complementary pairs, z and -z, whose half difference of scores
 * is linear in z: d = sum over rows of effect * z, solved by ridge regression.
 * The result does not depend on the batch size, nor on the machine: the masks
 * are drawn from std::mt19937_64 with mappings of our own.
 */
class SubbandProfile {
 public:
  /** Throws Error(kBadArgument) for an unknown target, fewer than 2 classes or
   *  options out of their domain. @p network must outlive this. */
  SubbandProfile(const Network &network, std::size_t target,
                 const SubbandOptions &options);

  /** Scores options.masks masks of one recording; each call draws new ones.
   *  @p input, @p blank: network.input().size() floats. */
  void add(const float *input, const float *blank);

  /** One effect per input row; zeros before the first add(). */
  std::vector<RowEffect> solve() const;

 private:
  const Network &network_;
  std::size_t target_, height_, pairs_ = 0;
  SubbandOptions options_;
  std::mt19937_64 random_;
  // sums over pairs: z z^T, z d and d^2
  std::vector<double> gram_, response_;
  double squares_ = 0;
};

/**
 * Class map of one input for display: each patch of a rows x columns grid is
 * kept alone, its score is (target logit - mean other logit) less that of
 * @p blank; bilinear over the input's height x width, divided by its standard
 * deviation (zero everywhere where all patches say the same). Positive speaks
 * for the class, negative against (docs/method.md section 5.7). The last row
 * and column of patches take what the division leaves. rows x columns + 1
 * forwards.
 */
Image keep_one_map(const Network &network, const float *input,
                   const float *blank, std::size_t target, std::size_t rows,
                   std::size_t columns, const Effort &effort);

}  // namespace sonar::nn
