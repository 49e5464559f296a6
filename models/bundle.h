/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sonar/core/recipe.h"

namespace sonar::models {

/** How the masks of a model are made unless the user says otherwise. */
enum class MaskRecipe {
  kReleased,
  kReverse,
  kSubband,
  kEvidence,
  kLines,
  kShare,
  kContact,
  // what one would use instead, for comparison
  kTpsw,
  kMedian,
  kWiener,
  kGateStationary,
  kGateNonstationary,
  kTemplate,
  kGradCam,
  kAutoencoder,
  kDncnn,
  kDncnnSure,
  kNoise2noise,
};
/** Every recipe once: its name in files, properties and flags, and what it is
 *  in a line. */
struct MaskRecipeInfo {
  MaskRecipe recipe;
  const char *nick, *blurb;
};
const std::vector<MaskRecipeInfo> &mask_recipes();
const char *nick(MaskRecipe) noexcept;
/** Whether a mask costs a forward pass per feature map. */
bool runs_masked_forwards(MaskRecipe) noexcept;
/** Whether it learns from the recording and not from classes, so that no model
 *  can make it. */
bool learns_from_recording(MaskRecipe) noexcept;

/** What a user's own network sees of a picture: gray, 0 at @p low_db and 1 at
 *  @p high_db, cut off there; from it the mean is taken and the rest divided by
 *  the deviation, channel by channel. */
struct GrayScaling {
  double low_db = 0, high_db = 0;
  std::vector<double> mean, deviation;  ///< one a channel
};

/** Which network, and its sizes. Those of Spec-CNN are as in docs/method.md
 *  section 2. */
struct Architecture {
  enum class Network {
    kSpecCnn,      ///< convolutions; see speccnn.h
    kHarmonics,    ///< lines, bands and a harmonic comb; see harmonic_network.h
    kTorchScript,  ///< a user's own; see own_settings.h
  };
  Network network = Network::kSpecCnn;
  enum class Head {
    kFlat,   ///< mean over time, every frequency row kept: narrow classes
    kBands,  ///< 16 frequency bands, mean and max over time: broad classes
  };
  int input_channels = 1;
  std::vector<int> conv_channels = {8, 16, 32};
  Head head = Head::kFlat;
  std::vector<int> dense = {128, 64};  ///< the second is the embedding
  bool exclusive = true;               ///< softmax; false: a sigmoid per class
  bool statistics = false;  ///< a linear head on statistics of the picture too
  int members = 8;          ///< kHarmonics: networks whose logits are averaged
  GrayScaling scaling;      ///< kTorchScript
};
const char *nick(Architecture::Network) noexcept;

/** Everything in a model file that is not a weight. */
struct Settings {
  std::string name;  ///< file stem at training time
  std::vector<std::string> labels;
  Recipe recipe;
  Architecture architecture;
  MaskRecipe mask_recipe = MaskRecipe::kSubband;
  double threshold = 0.75;      ///< operating point of the mask
  double min_confidence = 0.5;  ///< below it the class is unknown
  std::string made_with;        ///< program and version
  std::string training_json;    ///< summary of data, figures, seed (an object)
};

struct Tensor {
  std::vector<std::int64_t> shape;
  std::vector<float> values;
};

/**
 * The model file: safetensors (weights that cannot run code), float32, its
 * settings as JSON in the header's `__metadata__`, and a CRC-32 of the whole
 * file in `__metadata__.crc32` (computed with its own digits as zeros).
 *
 * Tensors: the network's under `net.`; `class.profile`, `class.template`,
 * `class.gate` [classes, height]; `class.mask` and, where asked for,
 * `class.mask_centroids` [classes, height, width]; `lines.*` as line_tensors.h
 * says; `denoise.KIND.*` of the denoisers that were added (denoiser.h);
 * `share.*` of the share network (sharenet.h).
 */
struct Bundle {
  Settings settings;
  std::map<std::string, Tensor> tensors;
};

constexpr int kFormatVersion = 2;

/** Reads and checks the header and the settings only: no weights, no torch,
 *  so everything but the CRC and the weights' own values is checked. Also of a
 *  user's own model (own_settings.h), none of whose code runs.
 *  Throws Error(kNotFound) for a missing file, kBadModel for one that is
 *  empty, truncated, foreign, of another version or corrupt. */
Settings read_settings(const std::string &path);
/** Reads and checks everything, NaN and infinity in a weight included. Throws
 *  as read_settings(), and Error(kBadModel) for a user's own model. */
Bundle read_bundle(const std::string &path);
/** Writes under a temporary name beside @p path, then renames.
 *  Throws Error(kResource), kBadArgument for settings that could not be read
 *  back. */
void write_bundle(const std::string &path, const Bundle &bundle);

/**
 * The file of a model: @p name_or_path itself when it holds a slash or names a
 * file, else NAME.safetensors, or NAME.pt, in GST_SONAR_MODEL_PATH
 * (colon-separated), then in the installed models' folder. Throws
 * Error(kNotFound) listing where it looked and which models are there.
 */
std::string resolve_model(const std::string &name_or_path);

}  // namespace sonar::models
