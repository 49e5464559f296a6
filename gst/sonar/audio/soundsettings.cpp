/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "soundsettings.h"

namespace sonar::sound {

Properties<Settings> properties;

static GType gate_get_type() {
  static const GEnumValue values[] = {
      {int(Gate::kSoft), "The mask's confidence as a gain", "soft"},
      {int(Gate::kBinary), "1 where a pixel was kept, else 0", "binary"},
      {0, nullptr, nullptr}};
  static const GType type =
      g_enum_register_static("GstSignatureAudioGate", values);
  return type;
}

static GType output_get_type() {
  static const GEnumValue values[] = {
      {int(Output::kSignature), "What the gate lets through", "signature"},
      {int(Output::kComplement), "What it removes", "complement"},
      {0, nullptr, nullptr}};
  static const GType type =
      g_enum_register_static("GstSignatureAudioOutput", values);
  return type;
}

void install_properties(GObjectClass *klass) {
  /**
   * GstSignatureAudio:gate:
   *
   * What a pixel's gain is made of.
   */
  properties.add(
      g_param_spec_enum("gate", "Gate", "What a pixel's gain is made of",
                        gate_get_type(), int(Settings{}.gate),
                        changeable(GST_PARAM_MUTABLE_PLAYING)),
      [](Settings & s) -> auto & { return s.gate; });
  /**
   * GstSignatureAudio:output:
   *
   * What comes out: the signature, or the input less it.
   */
  properties.add(
      g_param_spec_enum("output", "Output", "What comes out", output_get_type(),
                        int(Settings{}.output),
                        changeable(GST_PARAM_MUTABLE_READY)),
      [](Settings & s) -> auto & { return s.output; });
  /**
   * GstSignatureAudio:floor-db:
   *
   * Least gain, that of what is outside of the mask.
   */
  properties.add(
      g_param_spec_double("floor-db", "Floor",
                          "Least gain, outside of the mask, in dB",
                          -G_MAXDOUBLE, 0, Settings{}.floor_db,
                          changeable(GST_PARAM_MUTABLE_PLAYING)),
      [](Settings & s) -> auto & { return s.floor_db; });
  /**
   * GstSignatureAudio:attack:
   *
   * Time constant with which gains rise.
   */
  properties.add(
      g_param_spec_uint64("attack", "Attack",
                          "Time constant with which gains rise, in ns", 0,
                          G_MAXUINT64, Settings{}.attack,
                          changeable(GST_PARAM_MUTABLE_PLAYING)),
      [](Settings & s) -> auto & { return s.attack; });
  /**
   * GstSignatureAudio:release:
   *
   * Time constant with which gains fall.
   */
  properties.add(
      g_param_spec_uint64("release", "Release",
                          "Time constant with which gains fall, in ns", 0,
                          G_MAXUINT64, Settings{}.release,
                          changeable(GST_PARAM_MUTABLE_PLAYING)),
      [](Settings & s) -> auto & { return s.release; });
  /**
   * GstSignatureAudio:wait:
   *
   * How long later frames may change the mask of a moment before it is heard;
   * the largest value: until frames have moved past it. Part of the latency.
   */
  properties.add(
      g_param_spec_uint64(
          "wait", "Wait",
          "How long later frames may change a moment's mask, in ns; the "
          "largest value: as long as they hold it",
          0, G_MAXUINT64, Settings{}.wait, changeable(GST_PARAM_MUTABLE_READY)),
      [](Settings & s) -> auto & { return s.wait; });
  properties.install(klass);
  gst_type_mark_as_plugin_api(gate_get_type(), GstPluginAPIFlags(0));
  gst_type_mark_as_plugin_api(output_get_type(), GstPluginAPIFlags(0));
}

}  // namespace sonar::sound
