/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "models/bundle.h"
#include "models/train/dataset.h"
#include "sonar/cluster/representatives.h"
#include "sonar/nn/network.h"

namespace sonar::models {

struct ClassModelOptions {
  Recipe recipe;
  int subband_masks = 16;  ///< per tile
  std::uint64_t seed = 0;
  cluster::Method cluster = cluster::Method::kKMeans;
  std::size_t clusters = 0;  ///< per class; 0: at the elbow
};

/** What the class model knows about one class. */
struct ClassSummary {
  std::vector<double> curve;                 ///< see cluster::Representatives
  std::vector<std::size_t> members;          ///< tiles per cluster
  std::vector<float> centres;                ///< clusters x embedding
  std::vector<std::size_t> representatives;  ///< tiles, one per cluster
  /** A recording's embedding (mean over its tiles) on the class' two principal
   *  axes, and the cluster of most of its tiles, -1 for none. */
  struct Place {
    std::size_t recording;
    float x, y;
    int cluster;
  };
  std::vector<Place> places;     ///< ascending by recording
  std::vector<double> variance;  ///< share of the two axes, 0..1
};

struct ClassModel {
  std::map<std::string, Tensor> tensors;  ///< `class.*`, see Bundle
  std::vector<ClassSummary> classes;
};

/**
 * The class masks (paper IV-B to IV-D) and what docs/method.md section 4 puts
 * in their place, from training tiles alone, without any truth:
 *
 * class.mask      mean of the min-max scaled Score-CAMs of the class'
 *                 representatives (tiles nearest to the centres that
 *                 options.cluster finds in its embeddings), scaled by min-max
 * class.profile   sub-band Score-CAM over all tiles of the class (row effects
 *                 less two standard errors), ReLU, divided by its maximum
 * class.template  mean spectrum over background, maximum 1, less the mean of
 *                 the other classes' ones, ReLU, divided by its maximum
 * class.gate      template + 0.3 root of the profile, at most 1
 *
 * Every class needs a tile. @p stage and @p interrupted as train().
 */
ClassModel build_class_model(
    const nn::Network &network, const Dataset &data,
    const std::vector<std::size_t> &tiles, const ClassModelOptions &options,
    const std::function<void(const std::string &)> &stage,
    const std::atomic<bool> &interrupted);

}  // namespace sonar::models
