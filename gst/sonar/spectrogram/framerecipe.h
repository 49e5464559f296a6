/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/gst.h>

#include <mutex>
#include <optional>
#include <string>

#include "calibrationproperties.h"
#include "recipeproperties.h"
#include "sonar/core/recipe.h"

namespace sonar {

/**
 * The recipe that sonarspectrogram makes frames by: what the user set over what
 * a model says. The model may be another while frames flow, if that one is made
 * for their pixels. Thread-safe.
 */
class FrameRecipe {
 public:
  /** As those of RecipeOverrides. */
  bool set(guint id, const GValue *value);
  bool get(guint id, GValue *value) const;

  std::string model() const;  ///< as it was set; may be empty
  int model_rate_hz() const;  ///< 0 without a model
  /** Sets the model where none is in use yet; false where one is. */
  bool set_model(const std::string &name);

  /** Reads what the model says. With @p live it is in use from then on. Throws
   *  as models::read_settings(). */
  void load(bool live);
  /** No frames flow and no model is in use any more. */
  void stop();
  /** Recipe of audio at @p rate_hz: frames flow by it from now on. Throws
   *  Error(kBadArgument) where settings, model and rate do not fit. */
  Recipe begin(int rate_hz, const Levels &levels);
  /** Takes another model. Throws as load() and begin(), and Error(kBadArgument)
   *  where the frames that flow are not made for it; the old one stays then. */
  void change_model(const std::string &name, const Levels &levels);

 private:
  Recipe resolve(const Recipe *model, const std::string &name, int rate_hz,
                 const Levels &levels) const;

  mutable std::mutex lock_;  // guards all below
  RecipeOverrides overrides_;
  std::string model_;
  std::optional<Recipe> model_recipe_;
  std::optional<Recipe> running_;  // of the frames that flow
  bool live_ = false;
};

}  // namespace sonar
