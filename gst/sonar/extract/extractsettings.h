/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "common/properties.h"

/* What the user sets on signatureextract. */
namespace sonar::extract {

constexpr float kMasksOwn = -1;  // threshold: as the mask says

enum class Detection { kMask, kExcess };
enum class Tonals { kAuto, kOn, kOff };
enum class Output { kSignature, kMask, kOriginal };
enum class Background { kWhite, kBlack, kTransparent };

struct Settings {
  Detection detection = Detection::kMask;
  double excess_threshold_db = 4, excess_hysteresis_db = 2;
  Tonals tonals = Tonals::kAuto;
  double tonal_gap_seconds = 2, tonal_duration_seconds = 0;
  float threshold = kMasksOwn, hysteresis = 0;
  guint min_region = 16;
  bool region_messages = true;
  Output output = Output::kSignature;
  Background background = Background::kWhite;
};

extern Properties<Settings> properties;

/** Fills the table and hands it over to the class of the element. */
void install_properties(GObjectClass *klass);

}  // namespace sonar::extract
