/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "extractsettings.h"

namespace sonar::extract {

Properties<Settings> properties;

namespace {

GType detection_get_type() {
  static const GEnumValue values[] = {
      {int(Detection::kMask), "The mask that the frame carries", "mask"},
      {int(Detection::kExcess), "Lines over the noise, of whatever class",
       "excess"},
      {0, nullptr, nullptr}};
  static const GType type =
      g_enum_register_static("GstSignatureExtractDetection", values);
  return type;
}

GType tonals_get_type() {
  static const GEnumValue values[] = {
      {int(Tonals::kAuto), "With detection=excess, and where rows are bins",
       "auto"},
      {int(Tonals::kOn), "Looked for", "on"},
      {int(Tonals::kOff), "Not looked for", "off"},
      {0, nullptr, nullptr}};
  static const GType type =
      g_enum_register_static("GstSignatureExtractTonals", values);
  return type;
}

GType output_get_type() {
  static const GEnumValue values[] = {
      {int(Output::kSignature), "The kept pixels", "signature"},
      {int(Output::kMask), "The binary mask", "mask"},
      {int(Output::kOriginal), "The frame as it came", "original"},
      {0, nullptr, nullptr}};
  static const GType type =
      g_enum_register_static("GstSignatureExtractOutput", values);
  return type;
}

GType background_get_type() {
  static const GEnumValue values[] = {
      {int(Background::kWhite), "White", "white"},
      {int(Background::kBlack), "Black", "black"},
      {int(Background::kTransparent), "Transparent (BGRA frames)",
       "transparent"},
      {0, nullptr, nullptr}};
  static const GType type =
      g_enum_register_static("GstSignatureExtractBackground", values);
  return type;
}

void install_tonal_properties() {
  const Settings defaults;
  /**
   * GstSignatureExtract:detection:
   *
   * Which pixels are kept: those of the frame's mask, or lines over the noise,
   * which need no network. The latter puts a mask of its own, of recipe
   * "excess", in place of the frame's.
   */
  properties.add(
      g_param_spec_enum("detection", "Detection", "Which pixels are kept",
                        detection_get_type(), int(defaults.detection),
                        changeable(GST_PARAM_MUTABLE_READY)),
      [](Settings & s) -> auto & { return s.detection; });
  /**
   * GstSignatureExtract:excess-threshold:
   *
   * Mean power over the noise from which a pixel is kept with
   * detection=excess; also the least that a tonal must have.
   */
  properties.add(
      g_param_spec_double("excess-threshold", "Excess threshold",
                          "dB over the noise from which detection=excess "
                          "keeps a pixel",
                          0, 60, defaults.excess_threshold_db,
                          changeable(GST_PARAM_MUTABLE_PLAYING)),
      [](Settings & s) -> auto & { return s.excess_threshold_db; });
  /**
   * GstSignatureExtract:excess-hysteresis:
   *
   * Also keeps pixels down to so many dB below it that touch a kept one.
   */
  properties.add(
      g_param_spec_double("excess-hysteresis", "Excess hysteresis",
                          "dB below the excess threshold for pixels that "
                          "touch a kept one",
                          0, 60, defaults.excess_hysteresis_db,
                          changeable(GST_PARAM_MUTABLE_PLAYING)),
      [](Settings & s) -> auto & { return s.excess_hysteresis_db; });
  /**
   * GstSignatureExtract:tonals:
   *
   * Whether tonals and harmonic families are looked for among the kept pixels;
   * auto: with detection=excess and where rows are bins, not bands.
   */
  properties.add(
      g_param_spec_enum("tonals", "Tonals",
                        "Whether tonals and harmonic families are looked for",
                        tonals_get_type(), int(defaults.tonals),
                        changeable(GST_PARAM_MUTABLE_PLAYING)),
      [](Settings & s) -> auto & { return s.tonals; });
  /**
   * GstSignatureExtract:tonal-gap:
   *
   * Seconds of silence after which a tonal has ended.
   */
  properties.add(
      g_param_spec_double("tonal-gap", "Tonal gap",
                          "Seconds of silence after which a tonal has ended", 0,
                          3600, defaults.tonal_gap_seconds,
                          changeable(GST_PARAM_MUTABLE_READY)),
      [](Settings & s) -> auto & { return s.tonal_gap_seconds; });
  /**
   * GstSignatureExtract:tonal-duration:
   *
   * Seconds that a tonal lasts at least; five windows in any case.
   */
  properties.add(
      g_param_spec_double("tonal-duration", "Shortest tonal",
                          "Seconds a tonal lasts at least; not below five "
                          "analysis windows",
                          0, 3600, defaults.tonal_duration_seconds,
                          changeable(GST_PARAM_MUTABLE_READY)),
      [](Settings & s) -> auto & { return s.tonal_duration_seconds; });
}

}  // namespace

void install_properties(GObjectClass *klass) {
  const Settings defaults;
  install_tonal_properties();
  /**
   * GstSignatureExtract:threshold:
   *
   * Smallest mask value that is kept; 0 keeps every pixel, -1 stands for the
   * operating point that the mask names. It means something only together
   * with the mask's recipe.
   */
  properties.add(
      g_param_spec_float("threshold", "Threshold",
                         "Smallest mask value that is kept (-1 = the mask's "
                         "own, usually 0.75)",
                         -1, 1, defaults.threshold,
                         changeable(GST_PARAM_MUTABLE_PLAYING)),
      [](Settings & s) -> auto & { return s.threshold; });
  /**
   * GstSignatureExtract:hysteresis:
   *
   * Also keeps pixels down to threshold - hysteresis that touch a kept one.
   */
  properties.add(
      g_param_spec_float(
          "hysteresis", "Hysteresis",
          "Also keep pixels this far below the threshold that touch a kept one",
          0, 1, defaults.hysteresis, changeable(GST_PARAM_MUTABLE_PLAYING)),
      [](Settings & s) -> auto & { return s.hysteresis; });
  /**
   * GstSignatureExtract:min-region:
   *
   * Pixels a region must have to be kept.
   */
  properties.add(
      g_param_spec_uint("min-region", "Smallest region",
                        "Pixels a connected region must have to be kept", 0,
                        G_MAXUINT, defaults.min_region,
                        changeable(GST_PARAM_MUTABLE_PLAYING)),
      [](Settings & s) -> auto & { return s.min_region; });
  /**
   * GstSignatureExtract:region-messages:
   *
   * Posts a message `sonar-region` about each region when it has ended.
   */
  properties.add(
      g_param_spec_boolean("region-messages", "Region messages",
                           "Post a message about each region that has ended",
                           defaults.region_messages,
                           changeable(GST_PARAM_MUTABLE_PLAYING)),
      [](Settings & s) -> auto & { return s.region_messages; });
  /**
   * GstSignatureExtract:output:
   *
   * What the frame shows.
   */
  properties.add(
      g_param_spec_enum("output", "Output", "What the frame shows",
                        output_get_type(), int(defaults.output),
                        changeable(GST_PARAM_MUTABLE_PLAYING)),
      [](Settings & s) -> auto & { return s.output; });
  /**
   * GstSignatureExtract:background:
   *
   * What is painted over the other pixels; transparent gives BGRA frames.
   */
  properties.add(
      g_param_spec_enum("background", "Background",
                        "What replaces the pixels not kept",
                        background_get_type(), int(defaults.background),
                        changeable(GST_PARAM_MUTABLE_READY)),
      [](Settings & s) -> auto & { return s.background; });
  properties.install(klass);
  gst_type_mark_as_plugin_api(detection_get_type(), GstPluginAPIFlags(0));
  gst_type_mark_as_plugin_api(tonals_get_type(), GstPluginAPIFlags(0));
  gst_type_mark_as_plugin_api(output_get_type(), GstPluginAPIFlags(0));
  gst_type_mark_as_plugin_api(background_get_type(), GstPluginAPIFlags(0));
}

}  // namespace sonar::extract
