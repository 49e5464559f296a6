/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <string>

#include "meta/gstsonarspectrogrammeta.h"
#include "sonar/core/error.h"
#include "sonar/core/recipe.h"

namespace sonar::specnn {

/**
 * Throws Error(kBadArgument) when the frame was made with other settings than
 * a model made for @p needed, named @p model, can take. @p checked holds the
 * last settings found to fit: frames of a stream differ seldom.
 */
inline void require_fit(const GstSonarSpectrogramMeta &meta,
                        const Recipe &needed, const std::string &model,
                        std::string &checked) {
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
