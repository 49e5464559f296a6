/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <string>

#include "common/properties.h"
#include "contact.h"
#include "lateness.h"
#include "models/model.h"

/* What the user sets on scorecammask. */
namespace sonar::specnn {

constexpr const char *kPredicted = "predicted";
constexpr int kModelsOwn = -1;  // recipe: as the model says

struct MaskSettings {
  std::string model, device, target = kPredicted;
  int recipe = kModelsOwn;
  guint interval = 1;
  guint64 max_lateness = kOneFrame;  ///< ns, see Lateness
  bool explain = false, explain_structures = false;
  double track_gap_seconds = 0;  ///< 0: the length of a picture
  models::MaskOptions options;
  ContactStretch contact;
};

/** What a mask says it was made by: the recipe and, where that is not as usual,
 *  whose Score-CAM. A threshold means something only together with both. A
 *  string that stays. */
const char *mask_name(models::MaskRecipe recipe,
                      const models::MaskOptions &options);

extern Properties<MaskSettings> mask_properties;
constexpr guint kMaskModelId = 1;  ///< of the property `model`

/** Fills the table and hands it over to the class of the element. */
void install_mask_properties(GObjectClass *klass);

}  // namespace sonar::specnn
