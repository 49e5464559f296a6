/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/gst.h>

#include <optional>

#include "sonar/core/recipe.h"

/* The analysis settings of sonarspectrogram as GObject properties. */
namespace sonar {

/** What the user set; what is unset comes from the model, else the default. */
struct RecipeOverrides {
  std::optional<int> fft_size, hop_size, bands, width, advance;
  std::optional<int> evidence_fft_size;
  std::optional<double> min_frequency_hz, max_frequency_hz, floor_db, range_db;
  std::optional<Window> window;
  std::optional<FrequencyAxis> axis;
  std::optional<Normalizer> normalizer;

  /** The recipe for audio at @p rate_hz. Throws Error(kBadArgument) when the
   *  settings do not fit together. @p model may be null. */
  Recipe resolve(const Recipe *model, int rate_hz) const;
};

enum RecipeProp {
  kPropFftSize = 1,
  kPropHopSize,
  kPropWindow,
  kPropAxis,
  kPropBands,
  kPropMinFrequency,
  kPropMaxFrequency,
  kPropWidth,
  kPropAdvance,
  kPropNormalizer,
  kPropFloorDb,
  kPropRangeDb,
  kPropEvidenceFftSize,
  kRecipePropEnd,
};

void install_recipe_properties(GObjectClass *klass);
/** Both return false for an id that is not theirs. */
bool set_recipe_property(RecipeOverrides &overrides, guint id,
                         const GValue *value);
bool get_recipe_property(const RecipeOverrides &overrides, const Recipe *model,
                         guint id, GValue *value);

}  // namespace sonar
