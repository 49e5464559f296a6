/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recipeproperties.h"

#include <algorithm>

namespace sonar {
namespace {

/* A display for any hydrophone; a model brings its own. */
constexpr int kFftSize = 1024, kHopSize = 512, kWidth = 256, kAdvance = 16;
constexpr double kLevelFloorDb = -120, kLevelRangeDb = 120;

Recipe plain_recipe(int rate_hz, Normalizer normalizer) {
  Recipe r;
  r.rate_hz = rate_hz;
  r.fft_size = kFftSize;
  r.hop_size = kHopSize;
  r.axis = FrequencyAxis::kLinear;
  r.min_frequency_hz = 0;
  r.max_frequency_hz = rate_hz / 2.0;
  r.width = kWidth;
  r.advance = kAdvance;
  r.normalizer = normalizer;
  if (normalizer == Normalizer::kNone) {
    r.floor_db = kLevelFloorDb;
    r.range_db = kLevelRangeDb;
  }
  return r;
}

GType window_get_type() {
  static const GEnumValue values[] = {
      {int(Window::kHann), "Hann", nick(Window::kHann)},
      {int(Window::kHamming), "Hamming", nick(Window::kHamming)},
      {int(Window::kBlackmanHarris), "Blackman-Harris, 4 terms",
       nick(Window::kBlackmanHarris)},
      {0, nullptr, nullptr}};
  static const GType type = g_enum_register_static("GstSonarWindow", values);
  return type;
}

GType axis_get_type() {
  static const GEnumValue values[] = {
      {int(FrequencyAxis::kLinear), "One row a bin",
       nick(FrequencyAxis::kLinear)},
      {int(FrequencyAxis::kGeometric), "Bands of equal ratio",
       nick(FrequencyAxis::kGeometric)},
      {0, nullptr, nullptr}};
  static const GType type =
      g_enum_register_static("GstSonarFrequencyAxis", values);
  return type;
}

GType normalizer_get_type() {
  static const GEnumValue values[] = {
      {int(Normalizer::kNone), "Levels as they are, dBFS",
       nick(Normalizer::kNone)},
      {int(Normalizer::kTpsw),
       "Two-pass split window: dB over the local background",
       nick(Normalizer::kTpsw)},
      {0, nullptr, nullptr}};
  static const GType type =
      g_enum_register_static("GstSonarNormalizer", values);
  return type;
}

constexpr auto kFlags = static_cast<GParamFlags>(
    G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);

void install_sizes(GObjectClass *klass) {
  /**
   * GstSonarSpectrogram:fft-size:
   *
   * Samples of an analysis window; even.
   */
  g_object_class_install_property(
      klass, kPropFftSize,
      g_param_spec_int("fft-size", "FFT size",
                       "Samples of an analysis window, even (default: the "
                       "model's)",
                       16, 65536, kFftSize, kFlags));
  /**
   * GstSonarSpectrogram:hop-size:
   *
   * Samples from one column to the next; at most the FFT size.
   */
  g_object_class_install_property(
      klass, kPropHopSize,
      g_param_spec_int("hop-size", "Hop size",
                       "Samples from one column to the next (default: the "
                       "model's)",
                       1, 65536, kHopSize, kFlags));
  /**
   * GstSonarSpectrogram:bands:
   *
   * Rows of a geometric frequency axis. A linear axis has a row per bin.
   */
  g_object_class_install_property(
      klass, kPropBands,
      g_param_spec_int("bands", "Bands",
                       "Rows of a geometric frequency axis (default: the "
                       "model's)",
                       1, 4096, Recipe{}.bands, kFlags));
  /**
   * GstSonarSpectrogram:width:
   *
   * Columns of a frame. A classifier needs the width of its model.
   */
  g_object_class_install_property(
      klass, kPropWidth,
      g_param_spec_int("width", "Width",
                       "Columns of a frame (default: the model's)", 1, 16384,
                       kWidth, kFlags));
  /**
   * GstSonarSpectrogram:advance:
   *
   * Columns from one frame to the next; sets the frame rate,
   * rate / (advance * hop-size), and is at most the width.
   */
  g_object_class_install_property(
      klass, kPropAdvance,
      g_param_spec_int("advance", "Advance",
                       "Columns from one frame to the next (default: the "
                       "model's)",
                       1, 16384, kAdvance, kFlags));
  /**
   * GstSonarSpectrogram:evidence-fft-size:
   *
   * Window of a second, finer transform on the same columns, which the mask
   * recipe `lines` measures tonals in; it goes into the frame's meta. 0 is
   * none. Linear axis and normalizer tpsw only.
   */
  g_object_class_install_property(
      klass, kPropEvidenceFftSize,
      g_param_spec_int("evidence-fft-size", "Evidence FFT size",
                       "Window of a second, finer transform for the mask "
                       "recipe lines; 0 = none (default: the model's)",
                       0, 65536, 0, kFlags));
}

void install_scales(GObjectClass *klass) {
  /**
   * GstSonarSpectrogram:min-frequency:
   *
   * Lower edge of the frequency axis.
   */
  g_object_class_install_property(
      klass, kPropMinFrequency,
      g_param_spec_double("min-frequency", "Lowest frequency",
                          "Lower edge of the frequency axis in Hz (default: "
                          "the model's, else 0)",
                          0, 1e6, 0, kFlags));
  /**
   * GstSonarSpectrogram:max-frequency:
   *
   * Upper edge of the frequency axis; 0 stands for half the sample rate.
   */
  g_object_class_install_property(
      klass, kPropMaxFrequency,
      g_param_spec_double("max-frequency", "Highest frequency",
                          "Upper edge of the frequency axis in Hz; 0 = half "
                          "the rate (default: the model's, else 0)",
                          0, 1e6, 0, kFlags));
  /**
   * GstSonarSpectrogram:floor-db:
   *
   * dB value of the pixel 0: over the background with a normaliser, else dBFS
   * (then -120 by default).
   */
  g_object_class_install_property(
      klass, kPropFloorDb,
      g_param_spec_double("floor-db", "Floor",
                          "dB of the darkest pixel (default: the model's, "
                          "else -10 over background or -120 dBFS)",
                          -400, 400, Recipe{}.floor_db, kFlags));
  /**
   * GstSonarSpectrogram:range-db:
   *
   * dB from the pixel 0 to the largest.
   */
  g_object_class_install_property(
      klass, kPropRangeDb,
      g_param_spec_double("range-db", "Range",
                          "dB from the darkest pixel to the brightest "
                          "(default: the model's, else 60 over background or "
                          "120 of dBFS)",
                          1, 400, Recipe{}.range_db, kFlags));
}

void install_choices(GObjectClass *klass) {
  /**
   * GstSonarSpectrogram:window:
   *
   * Analysis window, corrected for its coherent gain.
   */
  g_object_class_install_property(
      klass, kPropWindow,
      g_param_spec_enum("window", "Window",
                        "Analysis window (default: the model's)",
                        window_get_type(), int(Window::kHann), kFlags));
  /**
   * GstSonarSpectrogram:axis:
   *
   * Spacing of the rows in frequency.
   */
  g_object_class_install_property(
      klass, kPropAxis,
      g_param_spec_enum("axis", "Frequency axis",
                        "Spacing of the rows (default: the model's)",
                        axis_get_type(), int(FrequencyAxis::kLinear), kFlags));
  /**
   * GstSonarSpectrogram:normalizer:
   *
   * Divides the local background out, so that the pixels are dB over it.
   */
  g_object_class_install_property(
      klass, kPropNormalizer,
      g_param_spec_enum("normalizer", "Normaliser",
                        "What is divided out (default: the model's)",
                        normalizer_get_type(), int(Normalizer::kTpsw), kFlags));
  gst_type_mark_as_plugin_api(window_get_type(), GstPluginAPIFlags(0));
  gst_type_mark_as_plugin_api(axis_get_type(), GstPluginAPIFlags(0));
  gst_type_mark_as_plugin_api(normalizer_get_type(), GstPluginAPIFlags(0));
}

}  // namespace

Recipe RecipeOverrides::resolve(const Recipe *model, int rate_hz) const {
  Recipe r =
      model ? *model
            : plain_recipe(rate_hz, normalizer.value_or(Normalizer::kTpsw));
  r.fft_size = fft_size.value_or(r.fft_size);
  r.hop_size = hop_size.value_or(r.hop_size);
  r.window = window.value_or(r.window);
  r.axis = axis.value_or(r.axis);
  r.bands = bands.value_or(r.bands);
  r.min_frequency_hz = min_frequency_hz.value_or(r.min_frequency_hz);
  r.max_frequency_hz = max_frequency_hz.value_or(r.max_frequency_hz);
  if (r.max_frequency_hz == 0) r.max_frequency_hz = r.rate_hz / 2.0;
  r.width = width.value_or(r.width);
  // an advance that was not asked for follows a narrower width
  r.advance = advance.value_or(std::min(r.advance, r.width));
  r.normalizer = normalizer.value_or(r.normalizer);
  r.floor_db = floor_db.value_or(r.floor_db);
  r.range_db = range_db.value_or(r.range_db);
  // the model's fine spectrum goes where its analysis is given up
  const bool can_be_finer = r.axis == FrequencyAxis::kLinear &&
                            r.normalizer == Normalizer::kTpsw &&
                            r.evidence_fft_size >= r.fft_size;
  r.evidence_fft_size =
      evidence_fft_size.value_or(can_be_finer ? r.evidence_fft_size : 0);
  r.validate();
  return r;
}

void install_recipe_properties(GObjectClass *klass) {
  install_sizes(klass);
  install_scales(klass);
  install_choices(klass);
}

bool set_recipe_property(RecipeOverrides &o, guint id, const GValue *value) {
  switch (id) {
    case kPropFftSize:
      o.fft_size = g_value_get_int(value);
      return true;
    case kPropHopSize:
      o.hop_size = g_value_get_int(value);
      return true;
    case kPropWindow:
      o.window = Window(g_value_get_enum(value));
      return true;
    case kPropAxis:
      o.axis = FrequencyAxis(g_value_get_enum(value));
      return true;
    case kPropBands:
      o.bands = g_value_get_int(value);
      return true;
    case kPropMinFrequency:
      o.min_frequency_hz = g_value_get_double(value);
      return true;
    case kPropMaxFrequency:
      o.max_frequency_hz = g_value_get_double(value);
      return true;
    case kPropWidth:
      o.width = g_value_get_int(value);
      return true;
    case kPropAdvance:
      o.advance = g_value_get_int(value);
      return true;
    case kPropNormalizer:
      o.normalizer = Normalizer(g_value_get_enum(value));
      return true;
    case kPropFloorDb:
      o.floor_db = g_value_get_double(value);
      return true;
    case kPropRangeDb:
      o.range_db = g_value_get_double(value);
      return true;
    case kPropEvidenceFftSize:
      o.evidence_fft_size = g_value_get_int(value);
      return true;
    default:
      return false;
  }
}

bool get_recipe_property(const RecipeOverrides &o, const Recipe *model,
                         guint id, GValue *value) {
  // the rate only decides max-frequency, which reads 0 while it is open
  const Recipe plain =
      plain_recipe(0, o.normalizer.value_or(Normalizer::kTpsw));
  const Recipe &r = model ? *model : plain;
  switch (id) {
    case kPropFftSize:
      g_value_set_int(value, o.fft_size.value_or(r.fft_size));
      return true;
    case kPropHopSize:
      g_value_set_int(value, o.hop_size.value_or(r.hop_size));
      return true;
    case kPropWindow:
      g_value_set_enum(value, int(o.window.value_or(r.window)));
      return true;
    case kPropAxis:
      g_value_set_enum(value, int(o.axis.value_or(r.axis)));
      return true;
    case kPropBands:
      g_value_set_int(value, o.bands.value_or(r.bands));
      return true;
    case kPropMinFrequency:
      g_value_set_double(value,
                         o.min_frequency_hz.value_or(r.min_frequency_hz));
      return true;
    case kPropMaxFrequency:
      g_value_set_double(value,
                         o.max_frequency_hz.value_or(r.max_frequency_hz));
      return true;
    case kPropWidth:
      g_value_set_int(value, o.width.value_or(r.width));
      return true;
    case kPropAdvance:
      g_value_set_int(value, o.advance.value_or(r.advance));
      return true;
    case kPropNormalizer:
      g_value_set_enum(value, int(o.normalizer.value_or(r.normalizer)));
      return true;
    case kPropFloorDb:
      g_value_set_double(value, o.floor_db.value_or(r.floor_db));
      return true;
    case kPropRangeDb:
      g_value_set_double(value, o.range_db.value_or(r.range_db));
      return true;
    case kPropEvidenceFftSize:
      g_value_set_int(value, o.evidence_fft_size.value_or(r.evidence_fft_size));
      return true;
    default:
      return false;
  }
}

}  // namespace sonar
