/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <string>

#include "meta/gstsonarspectrogrammeta.h"
#include "sonar/core/error.h"
#include "sonar/core/recipe.h"

namespace sonar::specnn {

/** Throws Error(kBadArgument) where pixels are levels of another unit than
 * those that the model was trained on. */
inline void require_dbfs(const GstSonarSpectrogramMeta &meta,
                         const Recipe &needed, const std::string &model) {
  if (needed.has_background() || !meta.level_unit) return;
  if (std::string(meta.level_unit) != needed.unit())
    throw Error(Errc::kBadArgument,
                "The spectrogram's pixels are levels in " +
                    std::string(meta.level_unit) + ", model " + model +
                    " was trained on " + needed.unit() +
                    "; leave the sensitivity and level-type of "
                    "sonarspectrogram unset, or use a model with a normalizer, "
                    "whose pixels no calibration changes.");
}

/**
 * Throws Error(kBadArgument) when the frame was made with other settings than
 * a model made for @p needed, named @p model, can take. @p checked holds the
 * last settings found to fit: frames of a stream differ seldom.
 */
inline void require_fit(const GstSonarSpectrogramMeta &meta,
                        const Recipe &needed, const std::string &model,
                        std::string &checked) {
  require_dbfs(meta, needed, model);
  if (checked == meta.recipe) return;
  const std::string difference =
      describe_mismatch(Recipe::from_json(meta.recipe), needed);
  if (!difference.empty())
    throw Error(Errc::kBadArgument,
                "The spectrogram does not fit the model: " + difference +
                    ". Set model=" + model +
                    " on sonarspectrogram too, with no setting beside it that "
                    "differs.");
  checked = meta.recipe;
}

}  // namespace sonar::specnn
