/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "masksettings.h"

#include <vector>

#include "models/bundle.h"
#include "sonar/mask/combine.h"

namespace sonar::specnn {

using models::ClassMask;
using models::MaskOptions;
using Settings = MaskSettings;

Properties<MaskSettings> mask_properties;

namespace {

/* The library's list of recipes as an enum; its strings live as long as it. */
GType recipe_get_type() {
  static const std::vector<GEnumValue> values = [] {
    std::vector<GEnumValue> all{{kModelsOwn, "As the model says", "auto"}};
    for (const auto &info : sonar::models::mask_recipes())
      all.push_back({int(info.recipe), info.blurb, info.nick});
    all.push_back({0, nullptr, nullptr});
    return all;
  }();
  static const GType type =
      g_enum_register_static("GstScoreCamMaskRecipe", values.data());
  return type;
}

GType combine_get_type() {
  static const std::vector<GEnumValue> values = [] {
    std::vector<GEnumValue> all;
    for (const auto &info : sonar::mask::combinations())
      all.push_back({int(info.how), info.blurb, info.nick});
    all.push_back({0, nullptr, nullptr});
    return all;
  }();
  static const GType type =
      g_enum_register_static("GstScoreCamMaskCombine", values.data());
  return type;
}

GType class_mask_get_type() {
  static const GEnumValue values[] = {
      {int(ClassMask::kRepresentatives),
       "Of the recordings nearest to the class' clusters",
       nick(ClassMask::kRepresentatives)},
      {int(ClassMask::kCentroids), "Of the clusters' centres, decoded",
       nick(ClassMask::kCentroids)},
      {0, nullptr, nullptr}};
  static const GType type =
      g_enum_register_static("GstScoreCamMaskClassMask", values);
  return type;
}

GType score_cam_get_type() {
  static const std::vector<GEnumValue> values = [] {
    std::vector<GEnumValue> all;
    for (const auto &info : sonar::nn::score_cam_presets())
      all.push_back({int(info.preset), info.blurb, info.nick});
    all.push_back({0, nullptr, nullptr});
    return all;
  }();
  static const GType type =
      g_enum_register_static("GstScoreCamMaskScoreCam", values.data());
  return type;
}

GType precision_get_type() {
  static const GEnumValue values[] = {
      {int(nn::Precision::kAuto),
       "16 bits where they are much quicker and give the same mask", "auto"},
      {int(nn::Precision::kFloat32), "float32 throughout", "float32"},
      {int(nn::Precision::kLower), "16 bits where the machine has them",
       "lower"},
      {0, nullptr, nullptr}};
  static const GType type =
      g_enum_register_static("GstScoreCamMaskPrecision", values);
  return type;
}

void install_contact_properties() {
  const ContactStretch defaults;
  /**
   * GstScoreCamMask:contact-begin:
   *
   * Stream time where a stretch begins in which the contact dominates; recipe
   * `contact` only. None: the stretch with the strongest steady lines so far.
   */
  mask_properties.add(
      g_param_spec_uint64(
          "contact-begin", "Contact begin",
          "Stream time in ns where the contact's stretch begins; none = find "
          "it (recipe contact)",
          0, G_MAXUINT64, defaults.begin,
          changeable(GST_PARAM_MUTABLE_PLAYING)),
      [](Settings & s) -> auto & { return s.contact.begin; });
  /**
   * GstScoreCamMask:contact-end:
   *
   * Stream time where it ends. None: #GstScoreCamMask:contact-seconds after its
   * begin.
   */
  mask_properties.add(
      g_param_spec_uint64(
          "contact-end", "Contact end",
          "Stream time in ns where the contact's stretch ends; none = "
          "contact-seconds after its begin (recipe contact)",
          0, G_MAXUINT64, defaults.end, changeable(GST_PARAM_MUTABLE_PLAYING)),
      [](Settings & s) -> auto & { return s.contact.end; });
  /**
   * GstScoreCamMask:contact-seconds:
   *
   * Length of a stretch whose end is not set, in seconds.
   */
  mask_properties.add(
      g_param_spec_double(
          "contact-seconds", "Contact seconds",
          "Length of the contact's stretch where its end is not set, in "
          "seconds (recipe contact)",
          0.1, 600, defaults.seconds, changeable(GST_PARAM_MUTABLE_PLAYING)),
      [](Settings & s) -> auto & { return s.contact.seconds; });
}

}  // namespace

const char *mask_name(models::MaskRecipe recipe, const MaskOptions &options) {
  if (!models::runs_masked_forwards(recipe) ||
      options.score_cam == MaskOptions().score_cam)
    return nick(recipe);
  const std::string name =
      std::string(nick(recipe)) + "/" + nick(options.score_cam);
  return g_intern_string(name.c_str());
}

void install_mask_properties(GObjectClass *klass) {
  const MaskOptions defaults;
  /**
   * GstScoreCamMask:model:
   *
   * Model file, or the name of a shipped model. Unset: the one that classified
   * the frame, through all changes of it. Set from PAUSED on, it is loaded
   * aside as specnnclassify's.
   */
  mask_properties.add(
      g_param_spec_string(
          "model", "Model",
          "Model file, or a shipped model's name (default: the classifier's)",
          nullptr, changeable(GST_PARAM_MUTABLE_PLAYING)),
      [](Settings & s) -> auto & { return s.model; });
  /**
   * GstScoreCamMask:device:
   *
   * Where the network runs: cpu, cuda or cuda:N. Unset: where the classifier's
   * does, and cpu for a model of its own.
   */
  mask_properties.add(
      g_param_spec_string("device", "Device",
                          "Where the network runs: cpu, cuda or cuda:N "
                          "(default: the classifier's)",
                          nullptr, changeable(GST_PARAM_MUTABLE_READY)),
      [](Settings & s) -> auto & { return s.device; });
  /**
   * GstScoreCamMask:recipe:
   *
   * How the mask is made.
   */
  mask_properties.add(
      g_param_spec_enum("recipe", "Recipe", "How the mask is made",
                        recipe_get_type(), kModelsOwn,
                        changeable(GST_PARAM_MUTABLE_PLAYING)),
      [](Settings & s) -> auto & { return s.recipe; });
  /**
   * GstScoreCamMask:target:
   *
   * Class the mask is made for: `predicted`, a label, or a label's number.
   */
  mask_properties.add(
      g_param_spec_string("target", "Target",
                          "Class of the mask: predicted, a label or its number",
                          kPredicted, changeable(GST_PARAM_MUTABLE_PLAYING)),
      [](Settings & s) -> auto & { return s.target; });
  /**
   * GstScoreCamMask:combine:
   *
   * How the class mask and the image's map become one (paper IV-D, VII);
   * recipes `released`, `reverse` and `grad-cam` only.
   */
  mask_properties.add(
      g_param_spec_enum(
          "combine", "Combine",
          "How class mask and image map become one (recipes released, "
          "reverse, grad-cam)",
          combine_get_type(), int(defaults.combine),
          changeable(GST_PARAM_MUTABLE_PLAYING)),
      [](Settings & s) -> auto & { return s.options.combine; });
  /**
   * GstScoreCamMask:class-mask:
   *
   * Pictures that the class mask comes from (paper IV-B, VI); recipe
   * `released` only. `centroids` needs a model made with --centroids.
   */
  mask_properties.add(
      g_param_spec_enum(
          "class-mask", "Class mask",
          "Pictures that the class mask comes from (recipe released)",
          class_mask_get_type(), int(defaults.class_mask),
          changeable(GST_PARAM_MUTABLE_PLAYING)),
      [](Settings & s) -> auto & { return s.options.class_mask; });
  /**
   * GstScoreCamMask:score-cam:
   *
   * Whose Score-CAM the image's map is, step by step; recipes `released` and
   * `reverse` only. The class masks were made by the model's trainer and stay.
   */
  mask_properties.add(
      g_param_spec_enum(
          "score-cam", "Score-CAM",
          "Whose Score-CAM the image's map is (recipes released, reverse)",
          score_cam_get_type(), int(defaults.score_cam),
          changeable(GST_PARAM_MUTABLE_PLAYING)),
      [](Settings & s) -> auto & { return s.options.score_cam; });
  /**
   * GstScoreCamMask:interval:
   *
   * Runs the masked forward passes (recipes `released` and `reverse`, and the
   * explanations) for every n-th frame only; between, the last map moves with
   * the columns.
   */
  mask_properties.add(
      g_param_spec_uint(
          "interval", "Interval",
          "Frames from one run of the masked forward passes to the next", 1,
          10000, 1, changeable(GST_PARAM_MUTABLE_PLAYING)),
      [](Settings & s) -> auto & { return s.interval; });
  /**
   * GstScoreCamMask:max-lateness:
   *
   * How late a frame of a live pipeline may come, beyond the announced latency,
   * and still have its masked forward passes. 0: the duration of the frame, so
   * that the next one waits already; the largest value: the clock is not
   * looked at, and streams do not take turns. QoS events of sinks count in any
   * case.
   */
  mask_properties.add(
      g_param_spec_uint64(
          "max-lateness", "Greatest lateness",
          "Nanoseconds that a live frame may come late and still have its "
          "masked forward passes; 0 = its duration",
          0, GST_CLOCK_TIME_NONE, kOneFrame,
          changeable(GST_PARAM_MUTABLE_PLAYING)),
      [](Settings & s) -> auto & { return s.max_lateness; });
  /**
   * GstScoreCamMask:max-channels:
   *
   * Feature maps used, those of largest deviation; 0 is all. Recipes
   * `released` and `reverse` only.
   */
  mask_properties.add(
      g_param_spec_uint("max-channels", "Most channels",
                        "Feature maps used, largest deviation first; 0 = all "
                        "(recipes released, reverse)",
                        0, 65536, guint(defaults.max_channels),
                        changeable(GST_PARAM_MUTABLE_PLAYING)),
      [](Settings & s) -> auto & { return s.options.max_channels; });
  /**
   * GstScoreCamMask:batch-size:
   *
   * Masked inputs per forward pass; changes memory and speed, never the
   * result.
   */
  mask_properties.add(
      g_param_spec_uint(
          "batch-size", "Batch size",
          "Masked inputs per forward pass; never changes the result", 1, 4096,
          guint(defaults.effort.batch_size),
          changeable(GST_PARAM_MUTABLE_PLAYING)),
      [](Settings & s) -> auto & { return s.options.effort.batch_size; });
  /**
   * GstScoreCamMask:threads:
   *
   * Threads of the process' pool that a mask may take; 0 is all of them.
   */
  mask_properties.add(
      g_param_spec_uint("threads", "Threads",
                        "Threads of the shared pool a mask may take; 0 = all",
                        0, 1024, guint(defaults.effort.threads),
                        changeable(GST_PARAM_MUTABLE_PLAYING)),
      [](Settings & s) -> auto & { return s.options.effort.threads; });
  /**
   * GstScoreCamMask:precision:
   *
   * What the masked inputs are convolved in (recipes `released` and `reverse`).
   */
  mask_properties.add(
      g_param_spec_enum(
          "precision", "Precision",
          "What masked inputs are convolved in (recipes released, reverse)",
          precision_get_type(), int(defaults.effort.precision),
          changeable(GST_PARAM_MUTABLE_PLAYING)),
      [](Settings & s) -> auto & { return s.options.effort.precision; });
  /**
   * GstScoreCamMask:explain:
   *
   * Also adds the class map: how much each place speaks for or against the
   * class, by keeping one patch at a time. 33 forward passes.
   */
  mask_properties.add(
      g_param_spec_boolean(
          "explain", "Explain",
          "Also say how much each place speaks for or against the class", FALSE,
          changeable(GST_PARAM_MUTABLE_PLAYING)),
      [](Settings & s) -> auto & { return s.explain; });
  /**
   * GstScoreCamMask:track-gap:
   *
   * How long a tonal may be silent and still be the same track when it sounds
   * again; recipe `lines` only. 0: the length of a frame.
   */
  mask_properties.add(
      g_param_spec_double(
          "track-gap", "Track gap",
          "Seconds that a tonal may be silent and keep its track's id; 0 = the "
          "length of a frame (recipe lines)",
          0, 3600, 0, changeable(GST_PARAM_MUTABLE_PLAYING)),
      [](Settings & s) -> auto & { return s.track_gap_seconds; });
  /**
   * GstScoreCamMask:explain-structures:
   *
   * Also says for each strong line, call or ping how much it speaks for or
   * against the class, by keeping and removing it. Two forward passes each, at
   * most 66.
   */
  mask_properties.add(
      g_param_spec_boolean(
          "explain-structures", "Explain structures",
          "Also say how much each strong structure speaks for or against the "
          "class",
          FALSE, changeable(GST_PARAM_MUTABLE_PLAYING)),
      [](Settings & s) -> auto & { return s.explain_structures; });
  install_contact_properties();
  mask_properties.install(klass);
  gst_type_mark_as_plugin_api(recipe_get_type(), GstPluginAPIFlags(0));
  gst_type_mark_as_plugin_api(combine_get_type(), GstPluginAPIFlags(0));
  gst_type_mark_as_plugin_api(class_mask_get_type(), GstPluginAPIFlags(0));
  gst_type_mark_as_plugin_api(score_cam_get_type(), GstPluginAPIFlags(0));
  gst_type_mark_as_plugin_api(precision_get_type(), GstPluginAPIFlags(0));
}

}  // namespace sonar::specnn
