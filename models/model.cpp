/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/model.h"

#include <algorithm>

#include "sonar/core/error.h"
#include "sonar/mask/evidence.h"
#include "sonar/nn/input.h"
#include "sonar/nn/perturb.h"
#include "sonar/nn/scorecam.h"

namespace sonar::models {
namespace {

// docs/method.md section 5.4: 8 x 4 patches were as good as more, at 33
// forwards.
constexpr std::size_t kPatchRows = 8, kPatchColumns = 4;

std::string text(const nn::Shape &s) {
  return std::to_string(s.channels) + " channels x " +
         std::to_string(s.height) + " rows x " + std::to_string(s.width) +
         " columns";
}

void check_class_tensor(const std::string &name, const Tensor &tensor,
                        const std::vector<std::int64_t> &needed) {
  std::size_t count = 1;
  for (const std::int64_t n : needed) count *= std::size_t(n);
  if (tensor.shape != needed || tensor.values.size() != count)
    throw Error(Errc::kBadModel, "tensor " + name +
                                     " does not fit the model's labels and "
                                     "picture size; train the model again");
}

/** A flat mask says nothing: all zero, and false. */
bool keep_unless_flat(Image &mask, ColumnRange valid) {
  float low = 1, high = 0;
  for (std::size_t y = 0; y < mask.height(); ++y)
    for (std::size_t x = valid.begin; x < valid.end; ++x) {
      low = std::min(low, mask.at(y, x));
      high = std::max(high, mask.at(y, x));
    }
  if (high > low) return true;
  mask = Image(mask.height(), mask.width());
  return false;
}

void blank_outside(Image &mask, ColumnRange valid) {
  for (std::size_t y = 0; y < mask.height(); ++y) {
    std::fill(mask.row(y), mask.row(y) + valid.begin, 0.0f);
    std::fill(mask.row(y) + valid.end, mask.row(y) + mask.width(), 0.0f);
  }
}

const Tensor &class_tensor(const std::map<std::string, Tensor> &tensors,
                           const std::string &name, MaskRecipe recipe) {
  const auto found = tensors.find(name);
  if (found == tensors.end())
    throw Error(Errc::kBadArgument, std::string("mask recipe ") + nick(recipe) +
                                        " needs the tensor " + name +
                                        ", which this model lacks: choose "
                                        "another recipe or train it again");
  return found->second;
}

}  // namespace

const char *nick(ClassMask mask) noexcept {
  return mask == ClassMask::kCentroids ? "centroids" : "representatives";
}

Model::Model(Settings settings, std::unique_ptr<nn::Network> network,
             std::map<std::string, Tensor> class_tensors)
    : settings_(std::move(settings)),
      network_(std::move(network)),
      class_(std::move(class_tensors)) {
  const nn::Shape got = network_->input();
  const nn::Shape needed{std::size_t(settings_.architecture.input_channels),
                         std::size_t(settings_.recipe.height()),
                         std::size_t(settings_.recipe.width)};
  if (got.channels != needed.channels || got.height != needed.height ||
      got.width != needed.width ||
      network_->classes() != settings_.labels.size())
    throw Error(Errc::kBadModel, "the network takes " + text(got) + " to " +
                                     std::to_string(network_->classes()) +
                                     " classes, its settings say " +
                                     text(needed) + " to " +
                                     std::to_string(settings_.labels.size()));
  const auto classes = std::int64_t(settings_.labels.size());
  const auto height = std::int64_t(needed.height);
  for (const auto &[name, tensor] : class_)
    check_class_tensor(
        name, tensor,
        name == "class.mask" || name == "class.mask_centroids"
            ? std::vector<std::int64_t>{classes, height,
                                        std::int64_t(needed.width)}
            : std::vector<std::int64_t>{classes, height});
}

std::vector<Classification> Model::classify(
    const std::vector<PictureView> &pictures) const {
  const nn::Shape in = network_->input(), map = network_->maps();
  std::vector<Classification> out(pictures.size());
  std::vector<float> batch;
  batch.reserve(pictures.size() * in.size());
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    const PictureView &p = pictures[i];
    out[i].input =
        nn::make_input(*p.value_db, *p.background_db, p.valid, in.channels);
    if (p.value_db->height() != in.height || p.value_db->width() != in.width)
      throw Error(Errc::kBadArgument,
                  "the picture has " + std::to_string(p.value_db->height()) +
                      " rows x " + std::to_string(p.value_db->width()) +
                      " columns, the model needs " + text(in));
    batch.insert(batch.end(), out[i].input.begin(), out[i].input.end());
  }
  const nn::Network::Output result = network_->forward(
      batch.data(), pictures.size(), nn::Network::Want::kEverything);
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    Classification &c = out[i];
    c.probabilities =
        network_->probabilities(result.logits.data() + i * network_->classes());
    c.best = std::size_t(
        std::max_element(c.probabilities.begin(), c.probabilities.end()) -
        c.probabilities.begin());
    const float *maps = result.maps.data() + i * map.size();
    c.maps.assign(maps, maps + map.size());
  }
  return out;
}

Classification Model::classify(const Image &value_db,
                               const Image &background_db,
                               ColumnRange valid) const {
  return std::move(classify({{&value_db, &background_db, valid}}).front());
}

MaskResult Model::make_mask(const Image &value_db, const Image &background_db,
                            ColumnRange valid, std::size_t target,
                            const Classification *seen,
                            const MaskOptions &options) const {
  if (target >= settings_.labels.size())
    throw Error(Errc::kBadArgument,
                "class " + std::to_string(target) +
                    " is unknown, the model "
                    "has " +
                    std::to_string(settings_.labels.size()));
  const bool image_cam = options.recipe == MaskRecipe::kReleased &&
                         options.combine != mask::Combine::kClass;
  Classification own;
  if (!seen && (image_cam || options.explain)) {
    own = classify(value_db, background_db, valid);
    seen = &own;
  }
  MaskResult out;
  const std::size_t height = value_db.height(), width = value_db.width();
  switch (options.recipe) {
    case MaskRecipe::kReleased: {
      Image of_class(height, width), of_image(height, width);
      if (options.combine != mask::Combine::kImage) {
        const Tensor &masks = class_tensor(
            class_,
            options.class_mask == ClassMask::kCentroids ? "class.mask_centroids"
                                                        : "class.mask",
            options.recipe);
        std::copy_n(masks.values.data() + target * of_class.size(),
                    of_class.size(), of_class.data());
      }
      if (image_cam) {
        of_image =
            nn::score_cam(
                *network_, seen->input.data(), seen->maps.data(), target,
                {options.batch_size, options.max_channels, options.threads})
                .map;
        mask::normalize_min_max(of_image);
      }
      out.confidence = mask::combine(of_class, of_image, options.combine);
      blank_outside(out.confidence, valid);
      break;
    }
    case MaskRecipe::kSubband: {
      const Tensor &gates = class_tensor(class_, "class.gate", options.recipe);
      const float *gate = gates.values.data() + target * height;
      out.confidence = mask::gated_confidence(
          value_db, valid, std::vector<float>(gate, gate + height));
      break;
    }
    case MaskRecipe::kEvidence:
      out.confidence = mask::blind_confidence(value_db, background_db, valid);
      break;
  }
  out.valid = keep_unless_flat(out.confidence, valid);
  if (options.explain) {
    const std::vector<float> blank = nn::make_blank(
        value_db, background_db, valid, network_->input().channels);
    out.explanation =
        nn::keep_one_map(*network_, seen->input.data(), blank.data(), target,
                         kPatchRows, kPatchColumns, options.batch_size);
  }
  return out;
}

std::size_t Model::label_index(const std::string &label) const {
  const auto &labels = settings_.labels;
  const auto found = std::find(labels.begin(), labels.end(), label);
  if (found != labels.end()) return std::size_t(found - labels.begin());
  std::string known;
  for (const std::string &l : labels) known += (known.empty() ? "" : ", ") + l;
  throw Error(Errc::kBadArgument,
              "the model has no class \"" + label + "\", it has " + known);
}

}  // namespace sonar::models
