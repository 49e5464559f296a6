/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/gst.h>

#include <optional>
#include <string>

#include "recipeproperties.h"
#include "sonar/dsp/calibration.h"

/* What sonarspectrogram's levels are of, as GObject properties. */
namespace sonar {

/** What the user set. */
struct LevelSettings {
  std::optional<double> sensitivity_db, gain_db, full_scale_voltage;
  std::string frequency_response;  ///< file; empty: flat
  dsp::LevelType type = dsp::LevelType::kSoundPressure;
};

/** The settings with their file read. */
struct Levels {
  std::optional<dsp::Calibration>
      calibration;  ///< none: relative to full scale
  dsp::LevelType type = dsp::LevelType::kSoundPressure;

  const char *unit() const {
    return dsp::level_unit(calibration.has_value(), type);
  }
  /** Whether levels are plain dBFS, as models are trained on. */
  bool are_dbfs() const {
    return !calibration && type == dsp::LevelType::kSoundPressure;
  }
};

/** Reads the frequency response. Throws Error: a value out of its domain, a
 *  gain, voltage or response without a sensitivity, a file that is no
 *  response. */
Levels read_levels(const LevelSettings &settings);

/** Posts a WARNING where the sensitivity is that of no hydrophone. */
void warn_of_levels(GstElement *element, const Levels &levels);

/** Gives pixels that are levels a floor and a range that suit their unit, where
 *  the user set none. */
void scale_for_levels(Recipe &recipe, const RecipeOverrides &overrides,
                      const Levels &levels);

/** Throws Error(kBadArgument) where @p model, called @p name, was trained on
 *  pixels that are levels of another unit. */
void require_levels_of(const Recipe &model, const std::string &name,
                       const Levels &levels);

enum LevelProp {
  kPropSensitivity = 10,
  kPropGain,
  kPropFullScaleVoltage,
  kPropFrequencyResponse,
  kPropLevelType,
};

void install_level_properties(GObjectClass *klass);
/** Both return false for an id that is not theirs. */
bool set_level_property(LevelSettings &settings, guint id, const GValue *value);
bool get_level_property(const LevelSettings &settings, guint id, GValue *value);

}  // namespace sonar
