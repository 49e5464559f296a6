/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/nn/gradcam.h"

#include <algorithm>
#include <numeric>
#include <string>

#include "sonar/core/error.h"
#include "sonar/nn/resize.h"

namespace sonar::nn {

GradCam grad_cam(const Network &network, const float *maps,
                 std::size_t target) {
  if (target >= network.classes())
    throw Error(Errc::kBadArgument, "Grad-CAM needs a target below the " +
                                        std::to_string(network.classes()) +
                                        " classes, got " +
                                        std::to_string(target));
  const Shape in = network.input(), shape = network.maps();
  const std::size_t area = shape.height * shape.width;
  const std::vector<float> gradients = network.map_gradients(maps, 1, target);
  GradCam cam;
  std::vector<double> sum(area, 0.0);
  for (std::size_t c = 0; c < shape.channels; ++c) {
    const float *const own = gradients.data() + c * area;
    const double weight = std::accumulate(own, own + area, 0.0) / double(area);
    cam.weights.push_back(float(weight));
    for (std::size_t i = 0; i < area; ++i)
      sum[i] += weight * maps[c * area + i];
  }
  std::vector<float> kept(area);
  std::transform(sum.begin(), sum.end(), kept.begin(),
                 [](double v) { return float(std::max(v, 0.0)); });
  cam.map = resize_bilinear(kept.data(), shape.height, shape.width, in.height,
                            in.width);
  const auto ends =
      std::minmax_element(cam.map.data(), cam.map.data() + cam.map.size());
  cam.valid = cam.map.size() > 0 && *ends.second > *ends.first;
  if (!cam.valid) std::fill_n(cam.map.data(), cam.map.size(), 0.0f);
  return cam;
}

}  // namespace sonar::nn
