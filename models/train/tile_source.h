/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <set>
#include <string>

#include "models/synth/random.h"
#include "sonar/core/image.h"

namespace sonar::models {

/** Where training finds tiles that nobody recorded. */
class TileSource {
 public:
  virtual ~TileSource() = default;
  /** A tile of class @p label (as the data set counts them), height x width of
   *  its recipe, in dB over background. */
  virtual Image draw(std::size_t label, synth::Random &random) const = 0;
  /** Groups of recordings that it has learnt from: none of them may judge a
   *  model that was trained on it. */
  virtual const std::set<std::string> &groups() const = 0;
  /** Tells it from any other. */
  virtual std::string fingerprint() const = 0;
};

}  // namespace sonar::models
