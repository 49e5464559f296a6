/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "calibrationproperties.h"

#include "common/properties.h"
#include "sonar/core/error.h"

namespace sonar {
namespace {

using dsp::LevelType;

/* From below a quiet sea to above a near ship, or to full scale. */
constexpr double kPressureFloorDb = 20, kPressureRangeDb = 120;
constexpr double kDensityFloorDb = 10, kDensityRangeDb = 120;
constexpr double kFullScaleDensityFloorDb = -160,
                 kFullScaleDensityRangeDb = 160;

GType level_type_get_type() {
  static const GEnumValue values[] = {
      {int(LevelType::kSoundPressure),
       "Mean-square sound pressure level in a row's band, dB re 1 uPa",
       nick(LevelType::kSoundPressure)},
      {int(LevelType::kSpectralDensity),
       "Mean-square sound pressure spectral density level, dB re 1 uPa^2/Hz",
       nick(LevelType::kSpectralDensity)},
      {0, nullptr, nullptr}};
  static const GType type = g_enum_register_static("GstSonarLevelType", values);
  return type;
}

constexpr GParamFlags kFlags = changeable(GST_PARAM_MUTABLE_READY);

void require_sensitivity(bool is_set, const char *name) {
  if (is_set)
    throw Error(Errc::kBadArgument,
                std::string(name) +
                    " is set and sensitivity is not: without it there is no "
                    "sound pressure; set the hydrophone's sensitivity in dB re "
                    "1 V/uPa, e.g. sensitivity=-180.");
}

}  // namespace

Levels read_levels(const LevelSettings &s) {
  Levels levels;
  levels.type = s.type;
  if (!s.sensitivity_db) {
    require_sensitivity(s.gain_db.has_value(), "gain");
    require_sensitivity(s.full_scale_voltage.has_value(), "full-scale-voltage");
    require_sensitivity(!s.frequency_response.empty(), "frequency-response");
    return levels;
  }
  dsp::Calibration c;
  c.sensitivity_db = *s.sensitivity_db;
  c.gain_db = s.gain_db.value_or(c.gain_db);
  c.full_scale_voltage = s.full_scale_voltage.value_or(c.full_scale_voltage);
  c.validate();
  if (!s.frequency_response.empty())
    c.response = dsp::FrequencyResponse::read(s.frequency_response);
  levels.calibration = c;
  return levels;
}

void warn_of_levels(GstElement *element, const Levels &levels) {
  if (!levels.calibration) return;
  const double db = levels.calibration->sensitivity_db;
  if (db <= dsp::kLargestUsualSensitivityDb) return;
  GST_ELEMENT_WARNING(
      element, LIBRARY, SETTINGS,
      ("sensitivity is %g dB re 1 V/uPa, hydrophones have about -220 to -140; "
       "if it is in dB re 1 V/Pa, subtract 120.",
       db),
      (nullptr));
}

void require_levels_of(const Recipe &model, const std::string &name,
                       const Levels &levels) {
  if (model.has_background() || levels.are_dbfs()) return;
  throw Error(Errc::kBadArgument,
              "Model " + name +
                  " was trained on pixels in dBFS, sensitivity and level-type "
                  "make them " +
                  levels.unit() +
                  "; leave those unset, or use a model with a normalizer, "
                  "whose pixels no calibration changes.");
}

void scale_for_levels(Recipe &recipe, const RecipeOverrides &overrides,
                      const Levels &levels) {
  if (recipe.has_background() || levels.are_dbfs()) return;
  const bool density = levels.type == LevelType::kSpectralDensity;
  const bool calibrated = levels.calibration.has_value();
  if (!overrides.is_set("floor-db"))
    recipe.floor_db = !calibrated ? kFullScaleDensityFloorDb
                      : density   ? kDensityFloorDb
                                  : kPressureFloorDb;
  if (!overrides.is_set("range-db"))
    recipe.range_db = !calibrated ? kFullScaleDensityRangeDb
                      : density   ? kDensityRangeDb
                                  : kPressureRangeDb;
}

void install_level_properties(GObjectClass *klass) {
  /**
   * GstSonarSpectrogram:sensitivity:
   *
   * Sensitivity of the hydrophone in dB re 1 V/uPa, below 0. Once it is set,
   * levels are of the sound pressure: dB re 1 uPa.
   */
  g_object_class_install_property(
      klass, kPropSensitivity,
      g_param_spec_double("sensitivity", "Sensitivity",
                          "Sensitivity of the hydrophone in dB re 1 V/uPa, "
                          "below 0; unset (0) = levels relative to full scale",
                          -1000, 1000, 0, kFlags));
  /**
   * GstSonarSpectrogram:gain:
   *
   * Gain between hydrophone and converter.
   */
  g_object_class_install_property(
      klass, kPropGain,
      g_param_spec_double("gain", "Gain",
                          "Gain between hydrophone and converter in dB", -1000,
                          1000, 0, kFlags));
  /**
   * GstSonarSpectrogram:full-scale-voltage:
   *
   * Peak voltage at the converter that gives the sample value 1.
   */
  g_object_class_install_property(
      klass, kPropFullScaleVoltage,
      g_param_spec_double("full-scale-voltage", "Full-scale voltage",
                          "Peak voltage at the converter that gives the sample "
                          "value 1, in V",
                          0, 1e6, dsp::Calibration{}.full_scale_voltage,
                          kFlags));
  /**
   * GstSonarSpectrogram:frequency-response:
   *
   * CSV file of Hz and dB that are added to the sensitivity.
   */
  g_object_class_install_property(
      klass, kPropFrequencyResponse,
      g_param_spec_string("frequency-response", "Frequency response",
                          "CSV file, a line \"Hz, dB\": dB to be added to the "
                          "sensitivity",
                          nullptr, kFlags));
  /**
   * GstSonarSpectrogram:level-type:
   *
   * What the level of a row is the level of.
   */
  g_object_class_install_property(
      klass, kPropLevelType,
      g_param_spec_enum(
          "level-type", "Level type", "What the level of a row is the level of",
          level_type_get_type(), int(LevelType::kSoundPressure), kFlags));
  gst_type_mark_as_plugin_api(level_type_get_type(), GstPluginAPIFlags(0));
}

bool set_level_property(LevelSettings &s, guint id, const GValue *value) {
  const gchar *file = nullptr;
  switch (id) {
    case kPropSensitivity:
      s.sensitivity_db = g_value_get_double(value);
      return true;
    case kPropGain:
      s.gain_db = g_value_get_double(value);
      return true;
    case kPropFullScaleVoltage:
      s.full_scale_voltage = g_value_get_double(value);
      return true;
    case kPropFrequencyResponse:
      file = g_value_get_string(value);
      s.frequency_response = file ? file : "";
      return true;
    case kPropLevelType:
      s.type = LevelType(g_value_get_enum(value));
      return true;
    default:
      return false;
  }
}

bool get_level_property(const LevelSettings &s, guint id, GValue *value) {
  switch (id) {
    case kPropSensitivity:
      g_value_set_double(value, s.sensitivity_db.value_or(0));
      return true;
    case kPropGain:
      g_value_set_double(value, s.gain_db.value_or(0));
      return true;
    case kPropFullScaleVoltage:
      g_value_set_double(value, s.full_scale_voltage.value_or(
                                    dsp::Calibration{}.full_scale_voltage));
      return true;
    case kPropFrequencyResponse:
      g_value_set_string(value, s.frequency_response.empty()
                                    ? nullptr
                                    : s.frequency_response.c_str());
      return true;
    case kPropLevelType:
      g_value_set_enum(value, int(s.type));
      return true;
    default:
      return false;
  }
}

}  // namespace sonar
