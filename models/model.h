/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "models/bundle.h"
#include "models/picture.h"
#include "sonar/core/image.h"
#include "sonar/lines/continuation.h"
#include "sonar/lines/evidence.h"
#include "sonar/lines/hypothesis.h"
#include "sonar/mask/combine.h"
#include "sonar/nn/denoiser.h"
#include "sonar/nn/network.h"
#include "sonar/nn/scorecam_preset.h"
#include "sonar/nn/share.h"

namespace sonar::models {

/** The lines' view of a picture, in which classes are recognised and tracks
 *  followed. */
struct LineView {
  std::vector<float> profile_db;  ///< lines::mean_profile()
  lines::LineMap map;
};

struct Classification {
  /** Of each class. With a line model: that the class is there beside those
   *  that are more probable; else of the network. */
  std::vector<float> probabilities;
  std::size_t best = 0;  ///< with a line model, the loudest that is there
  /** With a line model: what speaks for each class, all lines counted. */
  std::vector<lines::Hypothesis> hypotheses;
  /** What the mask needs of this forward pass, so nothing runs twice. Without
   *  input and maps (both or none) or the view, a mask makes its own. */
  std::vector<float> input, maps;
  std::shared_ptr<const LineView> line_view;  ///< with a line model
};

/** Which pictures the class masks of `released` and `reverse` come from (paper
 *  IV-B, VI). */
enum class ClassMask {
  kRepresentatives,  ///< recordings nearest to the centres: `class.mask`
  kCentroids,        ///< the centres, decoded: `class.mask_centroids`
};
const char *nick(ClassMask) noexcept;

struct MaskOptions {
  MaskRecipe recipe = MaskRecipe::kSubband;
  /** `released`, `reverse` and `grad-cam`. */
  mask::Combine combine = mask::Combine::kAdd;
  ClassMask class_mask = ClassMask::kRepresentatives;  ///< the same
  /** `released` and `reverse`: whose Score-CAM the image's map is. */
  nn::ScoreCamPreset score_cam = nn::ScoreCamPreset::kReleased;
  nn::Effort effort;
  std::size_t max_channels = 0;  ///< `released` and `reverse`; 0 = all
  bool explain = false;          ///< also the keep-one class map
  /** `share`: what is believed of each class, 0 or more, where the target was
   *  guessed; the mask is then that of the classes so weighted. Empty: the
   *  target is known. */
  std::vector<float> class_weights = {};
};

/** A tonal that was followed through a picture. */
struct TonalTrack {
  double nominal_hz = 0;  ///< of the class, at its mean speed
  bool moving = false;    ///< scales with the speed
  float presence = 0;     ///< probability that it is there
  std::uint64_t id = 0;   ///< the same in all pictures of a stream that have it
  std::int64_t begin_column = 0;  ///< of the stream, where it first sounded
  std::size_t class_number = 0;   ///< where masks of several classes are one
  /** Per valid column: frequency in Hz, power over background in a bin of the
   *  picture in dB; kSilentDb where it is silent. */
  std::vector<float> frequency_hz, snr_db;
};

/** The level of a track where it is silent. */
constexpr float kSilentDb = -40;

struct MaskResult {
  Image confidence;                ///< 0..1
  Image explanation;               ///< empty unless asked for
  bool valid = false;              ///< false: flat, all zero
  std::vector<TonalTrack> tracks;  ///< recipe `lines` only
};

/**
 * A loaded model: the network, the class masks and profiles. Immutable, so any
 * number of elements and threads share one. Free of torch in its face.
 */
class Model {
 public:
  using Denoisers = std::map<MaskRecipe, std::unique_ptr<nn::Denoiser>>;

  /** @p tensors: those of the model file, without_networks(). */
  Model(Settings settings, std::unique_ptr<nn::Network> network,
        std::map<std::string, Tensor> tensors, Denoisers denoisers = {},
        std::unique_ptr<nn::ShareNetwork> share = nullptr);

  const Settings &settings() const noexcept { return settings_; }
  const nn::Network &network() const noexcept { return *network_; }
  /** Whether the model knows its classes' lines. */
  bool has_lines() const noexcept { return recognizer_ != nullptr; }
  /** Whether there is one class at most in a recording, as far as the model
   *  knows: its probabilities sum to 1. */
  bool exclusive() const noexcept {
    return settings_.architecture.exclusive && !has_lines();
  }

  /** Classes of some pictures, in one forward pass. Throws
   *  Error(kBadArgument) when a shape is not the recipe's. */
  std::vector<Classification> classify(
      const std::vector<PictureData> &pictures) const;
  Classification classify(const PictureData &picture) const;

  /**
   * Confidence mask of one picture for class @p target. @p seen: the result of
   * classify() on the same picture, or null (then it is computed if needed).
   * @p stream: of the pictures before this one, whose tracks go on in it
   * (recipe `lines`); without it the picture stands alone.
   * Throws Error(kBadArgument) for an unknown target, a recipe whose class
   * tensors or denoiser the model lacks, or one that needs the fine spectrum
   * where the picture has none.
   */
  MaskResult make_mask(const PictureData &picture, std::size_t target,
                       const Classification *seen, const MaskOptions &options,
                       lines::TrackContinuation *stream = nullptr) const;

  /** Index of a label. Throws Error(kBadArgument) naming those there are. */
  std::size_t label_index(const std::string &label) const;

 private:
  std::shared_ptr<const LineView> view_lines(const PictureData &picture) const;
  void recognize_lines(const PictureData &picture,
                       Classification &result) const;
  /** Probability that each class is there, @p first being so for sure. */
  std::vector<float> presence(const std::vector<lines::Hypothesis> &all,
                              std::size_t first) const;
  void follow_lines(const PictureData &picture, std::size_t target,
                    const Classification *seen,
                    lines::TrackContinuation *stream, MaskResult &result) const;

  Settings settings_;
  std::unique_ptr<nn::Network> network_;
  std::map<std::string, Tensor> class_;
  Denoisers denoisers_;
  std::unique_ptr<nn::ShareNetwork> share_;              ///< or null
  std::shared_ptr<const lines::Recognizer> recognizer_;  ///< or null
};

/** The tensors of a model file that a Model takes itself: all but the weights
 * of its networks. */
std::map<std::string, Tensor> without_networks(
    std::map<std::string, Tensor> tensors);

/** From this probability on a class is named beside a louder one, unless it is
 *  fainter by more (then it is one of the sea's other sounds). */
constexpr double kNamedBeside = 0.9, kFainterDb = 3;

}  // namespace sonar::models
