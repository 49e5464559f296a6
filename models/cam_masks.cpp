/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/cam_masks.h"

#include <algorithm>

#include "sonar/core/error.h"
#include "sonar/nn/gradcam.h"
#include "sonar/nn/scorecam.h"

namespace sonar::models {
namespace {

Image class_mask(const CamSources &sources, std::size_t target) {
  const std::vector<std::int64_t> &shape = sources.class_masks->shape;
  Image out{std::size_t(shape[1]), std::size_t(shape[2])};
  if (!out.same_shape(sources.value_db))
    throw Error(Errc::kBadArgument,
                "the picture has " + shape_text(sources.value_db) +
                    " pixels (height x width), the class masks have " +
                    shape_text(out) + "; use a model made for this recipe");
  std::copy_n(sources.class_masks->values.data() + target * out.size(),
              out.size(), out.data());
  return out;
}

std::vector<Image> image_masks(const CamSources &sources,
                               const std::vector<std::size_t> &targets,
                               const MaskOptions &options) {
  std::vector<Image> out;
  if (options.recipe == MaskRecipe::kGradCam) {
    for (const std::size_t target : targets) {
      out.push_back(
          nn::grad_cam(sources.network, sources.seen->maps.data(), target).map);
      mask::normalize_min_max(out.back());
    }
    return out;
  }
  for (nn::ScoreCam &cam : nn::score_cams(
           sources.network, sources.seen->input.data(),
           sources.seen->maps.data(), targets,
           {options.effort, options.max_channels, options.score_cam})) {
    mask::normalize_min_max(cam.map);
    out.push_back(std::move(cam.map));
  }
  return out;
}

}  // namespace

std::vector<Image> released_masks(const CamSources &sources,
                                  const std::vector<std::size_t> &targets,
                                  const MaskOptions &options) {
  const mask::CombineInfo &uses = mask::about(options.combine);
  std::vector<Image> of_image(targets.size());
  if (uses.uses_image) of_image = image_masks(sources, targets, options);
  std::vector<Image> out;
  for (std::size_t i = 0; i < targets.size(); ++i)
    out.push_back(mask::combine(
        uses.uses_class ? class_mask(sources, targets[i]) : Image(),
        of_image[i], sources.value_db, sources.valid, options.combine));
  return out;
}

Image reverse_mask(const CamSources &sources, std::size_t target,
                   const MaskOptions &options) {
  std::vector<std::size_t> others;
  for (std::size_t c = 0; c < sources.network.classes(); ++c)
    if (c != target) others.push_back(c);
  Image out(sources.value_db.height(), sources.value_db.width(), 1.0f);
  for (const Image &claimed : released_masks(sources, others, options))
    for (std::size_t i = 0; i < out.size(); ++i)
      out.data()[i] = std::min(out.data()[i], 1.0f - claimed.data()[i]);
  return out;
}

}  // namespace sonar::models
