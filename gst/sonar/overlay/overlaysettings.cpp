/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "overlaysettings.h"

namespace sonar::overlay {

using render::ColorMap;

Properties<Settings> properties;

namespace {

GType colormap_get_type() {
  static const GEnumValue values[] = {
      {int(ColorMap::kViridis), "Viridis", nick(ColorMap::kViridis)},
      {int(ColorMap::kInferno), "Inferno", nick(ColorMap::kInferno)},
      {int(ColorMap::kMagma), "Magma", nick(ColorMap::kMagma)},
      {int(ColorMap::kCividis), "Cividis", nick(ColorMap::kCividis)},
      {int(ColorMap::kGray), "Grey", nick(ColorMap::kGray)},
      {0, nullptr, nullptr}};
  static const GType type =
      g_enum_register_static("GstSignatureOverlayColormap", values);
  return type;
}

}  // namespace

void install_properties(GObjectClass *klass) {
  const Settings defaults;
  /**
   * GstSignatureOverlay:width:
   *
   * Width of the drawing, unless downstream asks for another.
   */
  properties.add(
      g_param_spec_int("width", "Width", "Width of the drawing in pixels",
                       kMinWidth, kMaxSize, defaults.width,
                       changeable(GST_PARAM_MUTABLE_READY)),
      [](Settings & s) -> auto & { return s.width; });
  /**
   * GstSignatureOverlay:height:
   *
   * Height of the drawing, unless downstream asks for another.
   */
  properties.add(
      g_param_spec_int("height", "Height", "Height of the drawing in pixels",
                       kMinHeight, kMaxSize, defaults.height,
                       changeable(GST_PARAM_MUTABLE_READY)),
      [](Settings & s) -> auto & { return s.height; });
  /**
   * GstSignatureOverlay:history:
   *
   * Seconds the picture reaches back; at least one frame of the spectrogram.
   */
  properties.add(
      g_param_spec_double(
          "history", "History",
          "Seconds the picture reaches back, at least one spectrogram frame", 0,
          3600, defaults.history_seconds,
          changeable(GST_PARAM_MUTABLE_PLAYING)),
      [](Settings & s) -> auto & { return s.history_seconds; });
  /**
   * GstSignatureOverlay:colormap:
   *
   * Colours of the spectrogram.
   */
  properties.add(
      g_param_spec_enum("colormap", "Colour map", "Colours of the spectrogram",
                        colormap_get_type(), int(defaults.style.colormap),
                        changeable(GST_PARAM_MUTABLE_PLAYING)),
      [](Settings & s) -> auto & { return s.style.colormap; });
  /**
   * GstSignatureOverlay:min-db:
   *
   * Value at the dark end of the colour map. Where it is not below max-db, both
   * ends are chosen to suit the unit.
   */
  properties.add(
      g_param_spec_double("min-db", "Dark end",
                          "dB at the dark end of the colour map", -400, 400, 0,
                          changeable(GST_PARAM_MUTABLE_PLAYING)),
      [](Settings & s) -> auto & { return s.style.low_db; });
  /**
   * GstSignatureOverlay:max-db:
   *
   * Value at the bright end of the colour map.
   */
  properties.add(
      g_param_spec_double("max-db", "Bright end",
                          "dB at the bright end of the colour map; not above "
                          "min-db = automatic",
                          -400, 400, 0, changeable(GST_PARAM_MUTABLE_PLAYING)),
      [](Settings & s) -> auto & { return s.style.high_db; });
  /**
   * GstSignatureOverlay:show-axes:
   *
   * Draws axes and colour bar.
   */
  properties.add(
      g_param_spec_boolean("show-axes", "Show axes", "Draw axes and colour bar",
                           defaults.style.show_axes,
                           changeable(GST_PARAM_MUTABLE_PLAYING)),
      [](Settings & s) -> auto & { return s.style.show_axes; });
  /**
   * GstSignatureOverlay:show-label:
   *
   * Draws class, score and mask settings.
   */
  properties.add(
      g_param_spec_boolean(
          "show-label", "Show label", "Draw class, score and mask settings",
          defaults.style.show_label, changeable(GST_PARAM_MUTABLE_PLAYING)),
      [](Settings & s) -> auto & { return s.style.show_label; });
  /**
   * GstSignatureOverlay:show-contours:
   *
   * Draws the outline of the signature.
   */
  properties.add(
      g_param_spec_boolean(
          "show-contours", "Show contours", "Draw the outline of the signature",
          defaults.style.show_contours, changeable(GST_PARAM_MUTABLE_PLAYING)),
      [](Settings & s) -> auto & { return s.style.show_contours; });
  /**
   * GstSignatureOverlay:show-tracks:
   *
   * Draws the tonals that were followed.
   */
  properties.add(
      g_param_spec_boolean(
          "show-tracks", "Show tracks", "Draw the tonals that were followed",
          defaults.style.show_tracks, changeable(GST_PARAM_MUTABLE_PLAYING)),
      [](Settings & s) -> auto & { return s.style.show_tracks; });
  /**
   * GstSignatureOverlay:show-families:
   *
   * Draws the tonals of signatureextract and marks its harmonic families.
   */
  properties.add(
      g_param_spec_boolean("show-families", "Show families",
                           "Draw tonals and mark harmonic families",
                           defaults.show_families,
                           changeable(GST_PARAM_MUTABLE_PLAYING)),
      [](Settings & s) -> auto & { return s.show_families; });
  /**
   * GstSignatureOverlay:show-structures:
   *
   * Outlines the strong structures by what they say of the class, where
   * scorecammask explained them.
   */
  properties.add(
      g_param_spec_boolean("show-structures", "Show structures",
                           "Outline the structures by what they say of the "
                           "class",
                           defaults.style.show_structures,
                           changeable(GST_PARAM_MUTABLE_PLAYING)),
      [](Settings & s) -> auto & { return s.style.show_structures; });
  /**
   * GstSignatureOverlay:show-original:
   *
   * Shows the whole spectrogram below the outline; otherwise only the
   * signature, on white.
   */
  properties.add(
      g_param_spec_boolean("show-original", "Show original",
                           "Show the whole spectrogram, not only the signature",
                           defaults.style.show_original,
                           changeable(GST_PARAM_MUTABLE_PLAYING)),
      [](Settings & s) -> auto & { return s.style.show_original; });
  /**
   * GstSignatureOverlay:opacity:
   *
   * Opacity of outlines and explanation.
   */
  properties.add(
      g_param_spec_double(
          "opacity", "Opacity", "Opacity of outlines and explanation", 0, 1,
          defaults.style.opacity, changeable(GST_PARAM_MUTABLE_PLAYING)),
      [](Settings & s) -> auto & { return s.style.opacity; });
  properties.install(klass);
  gst_type_mark_as_plugin_api(colormap_get_type(), GstPluginAPIFlags(0));
}

}  // namespace sonar::overlay
