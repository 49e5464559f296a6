/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/train/gan_source.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "models/train/fingerprint.h"
#include "models/wgan.h"
#include "sonar/core/error.h"
#include "sonar/nn/input.h"

namespace sonar::models {
namespace {

using nlohmann::json;

/** Index among @p known of each of @p labels. */
std::vector<std::size_t> match_labels(const std::string &path,
                                      const std::vector<std::string> &known,
                                      const std::vector<std::string> &labels) {
  std::vector<std::size_t> out;
  for (const std::string &label : labels) {
    const auto found = std::find(known.begin(), known.end(), label);
    if (found == known.end()) {
      std::string all;
      for (const std::string &k : known) all += (all.empty() ? "" : ", ") + k;
      throw Error(Errc::kBadArgument, "the generator " + path + " makes " +
                                          all + ", but not " + label +
                                          ": train it on the same classes");
    }
    out.push_back(std::size_t(found - known.begin()));
  }
  return out;
}

class Gan : public TileSource {
 public:
  Gan(const std::string &path, const Bundle &bundle, const json &about,
      const Recipe &recipe, const std::vector<std::string> &labels)
      : latent_(about.at("latent").get<std::int64_t>()),
        classes_(std::int64_t(bundle.settings.labels.size())),
        label_(match_labels(path, bundle.settings.labels, labels)),
        groups_(about.at("groups").get<std::set<std::string>>()),
        decoder_({int(latent_ + classes_), recipe.height(), recipe.width,
                  about.at("pixel_noise").get<bool>()},
                 "gan.", bundle.tensors) {
    Fingerprint print;
    for (const auto &[name, tensor] : bundle.tensors) {
      print.add(name);
      print.add(tensor.values.data(), sizeof(float) * tensor.values.size());
    }
    fingerprint_ = print.hex();
  }

  Image draw(std::size_t label, synth::Random &random) const override {
    at::InferenceMode guard;
    const at::Tensor latent = at::empty({1, latent_});
    float *values = latent.data_ptr<float>();
    for (std::int64_t i = 0; i < latent_; ++i)
      values[i] = float(random.uniform(-1, 1));
    const at::Tensor classes = at::zeros({1, classes_});
    classes.data_ptr<float>()[label_.at(label)] = 1;
    at::Generator noise = at::detail::createCPUGenerator(
        std::uint64_t(random.uniform() * double(1ull << 52)));
    const at::Tensor tile =
        to_input_scale(
            decoder_.forward(generator_input(latent, classes), false, noise)) *
        double(nn::kInputRangeDb);
    Image out(std::size_t(tile.size(2)), std::size_t(tile.size(3)));
    std::copy_n(tile.contiguous().data_ptr<float>(), out.size(), out.data());
    return out;
  }
  const std::set<std::string> &groups() const override { return groups_; }
  std::string fingerprint() const override { return fingerprint_; }

 private:
  std::int64_t latent_, classes_;
  std::vector<std::size_t> label_;
  std::set<std::string> groups_;
  TileDecoder decoder_;
  std::string fingerprint_;
};

}  // namespace

std::shared_ptr<const TileSource> open_gan(
    const std::string &path, const Recipe &recipe,
    const std::vector<std::string> &labels) {
  const Bundle bundle = read_bundle(path);
  const json about = json::parse(bundle.settings.training_json);
  if (!about.contains("gan"))
    throw Error(Errc::kBadModel,
                "model file " + path +
                    " holds no generator: make one with sonar-model augment");
  const std::string mismatch =
      describe_mismatch(recipe, bundle.settings.recipe);
  if (!mismatch.empty())
    throw Error(Errc::kBadArgument, "the tiles of the generator " + path +
                                        " do not fit: " + mismatch);
  try {
    return std::make_shared<Gan>(path, bundle, about.at("gan"), recipe, labels);
  } catch (const json::exception &) {
    throw Error(Errc::kBadModel, "model file " + path +
                                     " describes no generator: make it again "
                                     "with sonar-model augment");
  }
}

}  // namespace sonar::models
