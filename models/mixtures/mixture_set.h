/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "models/synth/random.h"
#include "models/synth/set_writer.h"
#include "models/train/dataset.h"
#include "sonar/core/recipe.h"

namespace sonar::models {

/** A stretch of a recording, of the length of one picture. */
struct Stretch {
  std::size_t recording = 0;   ///< of the source's
  std::vector<float> samples;  ///< a short recording repeats
};

/**
 * Draws stretches of labelled recordings. They are read when they are first
 * drawn, and kept. One instance per thread.
 */
class StretchSource {
 public:
  /** Throws Error(kBadArgument) where there are fewer than two classes. */
  StretchSource(std::vector<Recording> recordings, const Recipe &recipe);

  const std::vector<Recording> &recordings() const { return recordings_; }
  const std::vector<std::string> &labels() const {
    return labels_;
  }  ///< sorted
  /** Groups that hold @p label, sorted. Throws Error(kBadArgument) for a label
   *  that is not there. */
  std::vector<std::string> groups_of(const std::string &label) const;

  /** A stretch of one of the class's recordings of @p group. Throws as
   *  load_audio(). */
  Stretch draw(const std::string &label, const std::string &group,
               synth::Random &random);
  /** A stretch of another class and of another group than those of recording
   *  @p than: first the class is drawn, then the group, then the recording.
   *  Throws Error(kBadArgument) where there is none. */
  Stretch draw_other(std::size_t than, synth::Random &random);

 private:
  const std::vector<float> &audio(std::size_t recording);

  std::vector<Recording> recordings_;
  std::vector<std::string> labels_;
  std::vector<std::vector<float>> audio_;  ///< empty until it is asked for
  int rate_hz_;
  std::size_t length_;
};

/** @p target + @p other with the target @p snr_db above it in the recipe's
 *  band, at a peak of half of full scale, and what is known of it: the target
 *  wave is the target's own_signature() alone. Throws Error(kBadArgument) when
 *  one of them is silent there. */
KnownSound mix(const std::vector<float> &target,
               const std::vector<float> &other, double snr_db,
               const Recipe &recipe);

struct MixtureSetOptions {
  Recipe recipe;
  std::vector<std::string> targets;  ///< classes; empty: all
  std::vector<double> snr_db = {-5, 0, 5};
  int per_class = 8;  ///< targets of a class, each at every SNR
  std::uint64_t seed = 0;
};

/**
 * Writes mixtures of two recordings each as a SetWriter's folder: NAME =
 * CLASS_000_-5dB, labelled with the target's class and group, and in further
 * columns the interferer's class and the two recordings. A class's groups take
 * turns. Throws as StretchSource, SetWriter and load_audio(), and
 * Error(kBadArgument) for options out of range. @p progress(done, total) may be
 * empty.
 */
void write_mixtures(
    const std::string &folder, const std::vector<Recording> &recordings,
    const MixtureSetOptions &options,
    const std::function<void(std::size_t, std::size_t)> &progress = {});

}  // namespace sonar::models
