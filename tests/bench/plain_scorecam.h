/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "models/bundle.h"

namespace sonar::bench {

/**
 * Score-CAM's weights as the Python packages compute them, in plain ATen: the
 * network layer by layer with its batch normalisation, all maps upsampled
 * before the first forward pass, masked inputs in batches. torch-cam's batch is
 * 32 and pytorch-grad-cam's 16.
 */
class PlainScoreCam {
 public:
  /** @p tensors: those of a model file. */
  PlainScoreCam(const models::Architecture &architecture, int height, int width,
                int classes,
                const std::map<std::string, models::Tensor> &tensors);
  ~PlainScoreCam();

  /** Probability of class @p target seen through each feature map; @p input:
   *  channels x height x width. */
  std::vector<float> weights(const std::vector<float> &input,
                             std::size_t target, std::size_t batch) const;

 private:
  struct Impl;
  Impl *impl_;
};

/** Products of matrices of @p size squared on @p threads threads, FLOP/s: the
 *  best of some runs of LibTorch's BLAS and of oneDNN, whose rates differ
 * tenfold where one does not know the processor. */
double gemm_rate(std::size_t size, std::size_t threads);

/** Threads LibTorch may take from now on. */
void set_torch_threads(std::size_t threads);

}  // namespace sonar::bench
