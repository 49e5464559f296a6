/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * SECTION:element-sonarsignature
 * @short_description: sound to a picture of its signature, all in one
 *
 * The whole chain in a bin: audioconvert, audioresample, #GstSonarSpectrogram,
 * #GstSpecNnClassify, #GstScoreCamMask, #GstSignatureExtract and
 * #GstSignatureOverlay. Takes any raw audio and works as a player's
 * visualization (playbin's `vis-plugin`), beside a video in compositor, and
 * wherever GStreamer's own visualizers do. With an empty
 * #GstSonarSignature:model there is no network: lines over the noise are
 * outlined and measured.
 *
 * The elements inside are there by name: `convert`, `resample`, `spectrogram`,
 * `classify`, `mask`, `extract` and `overlay`, so that
 * `sonarsignature overlay::colormap=magma` sets what the bin has no property
 * for.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 playbin uri=file:///home/me/ship.flac flags=audio+vis \
 *   vis-plugin=sonarsignature
 * ]|
 */
#include "gstsonarsignature.h"

#include <mutex>
#include <string>
#include <vector>

#include "common/border.h"
#include "common/properties.h"
#include "overlay/overlaysettings.h"
#include "signaturechain.h"
#include "sonar/core/error.h"

GST_DEBUG_CATEGORY_STATIC(sonar_signature_debug);
#define GST_CAT_DEFAULT sonar_signature_debug

using sonar::Errc;
using sonar::Error;

namespace {

/* Without a model: as narrow as lines can be told within the second of sound
 * that players are ahead by. */
constexpr double kPlayersResolutionHz = 4;

const std::vector<std::string> kWithoutModel = {
    "convert", "resample", "spectrogram", "extract", "overlay"};

struct Settings {
  std::string model = "hydrophone", device = "cpu", target = "predicted",
              recipe = "auto";
  float threshold = -1;
  bool explain = false;
  double history_seconds = 30;
  int width = 1280, height = 720;
};

struct Impl {
  explicit Impl(GstBin *bin) : chain(bin) {}

  std::mutex lock;
  Settings settings;            // guarded by lock
  sonar::SignatureChain chain;  // state changes only from here on
  bool without_model = false;   // what the spectrogram is set to

  Settings snapshot() {
    std::lock_guard<std::mutex> hold(lock);
    return settings;
  }
};

sonar::Properties<Settings> properties;
GstChildProxyInterface *parent_proxy = nullptr;

GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE(
    "sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS("audio/x-raw"));
GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE(
    "src", GST_PAD_SRC, GST_PAD_ALWAYS,
    GST_STATIC_CAPS("video/x-raw, format = { BGRx, xRGB }"));

}  // namespace

struct _GstSonarSignature {
  GstBin parent;
  Impl *impl;  // owned: new in _init, deleted in _finalize
};

static void child_proxy_init(gpointer iface, gpointer);

G_DEFINE_TYPE_WITH_CODE(
    GstSonarSignature, gst_sonar_signature, GST_TYPE_BIN,
    G_IMPLEMENT_INTERFACE(GST_TYPE_CHILD_PROXY, child_proxy_init);
    GST_DEBUG_CATEGORY_INIT(sonar_signature_debug, "sonarsignature", 0,
                            "sound to a picture of its signature"))
GST_ELEMENT_REGISTER_DEFINE(sonarsignature, "sonarsignature", GST_RANK_NONE,
                            GST_TYPE_SONAR_SIGNATURE)

/* The chain */

/* Sets properties of a child, where it is there. */
template <typename... Values>
static void set_child(GstSonarSignature *self, const char *name,
                      Values... values) {
  g_autoptr(GstElement) child = gst_bin_get_by_name(GST_BIN(self), name);
  if (child) g_object_set(child, values..., nullptr);
}

/* The number of recipe @p nick of scorecammask. */
static gint recipe_number(GstElement *mask, const std::string &nick) {
  auto *spec = G_PARAM_SPEC_ENUM(
      g_object_class_find_property(G_OBJECT_GET_CLASS(mask), "recipe"));
  const GEnumValue *value =
      g_enum_get_value_by_nick(spec->enum_class, nick.c_str());
  if (value) return value->value;
  std::string nicks;
  for (guint i = 0; i < spec->enum_class->n_values; ++i)
    nicks += (i > 0 ? ", " : "") +
             std::string(spec->enum_class->values[i].value_nick);
  throw Error(Errc::kBadArgument,
              "There is no mask recipe " + nick + "; there are " + nicks + ".");
}

/* What can be set while playing. */
static void apply_settings(GstSonarSignature *self, const Settings &s) {
  set_child(self, "mask", "target", s.target.c_str(), "explain",
            gboolean(s.explain));
  set_child(self, "extract", "threshold", s.threshold);
  set_child(self, "overlay", "history", s.history_seconds);
  g_autoptr(GstElement) mask = gst_bin_get_by_name(GST_BIN(self), "mask");
  if (mask)
    g_object_set(mask, "recipe", recipe_number(mask, s.recipe), nullptr);
}

static void set_target(GstSonarSignature *self, const char *ghost,
                       GstElement *child) {
  g_autoptr(GstPad) outer =
      gst_element_get_static_pad(GST_ELEMENT(self), ghost);
  g_autoptr(GstPad) inner =
      child ? gst_element_get_static_pad(child, ghost) : nullptr;
  gst_ghost_pad_set_target(GST_GHOST_PAD(outer), inner);
}

/* Makes these the chain, whose ends are the bin's pads. */
static void connect(GstSonarSignature *self,
                    const std::vector<std::string> &names) {
  Impl &impl = *self->impl;
  if (names != impl.chain.names()) {
    set_target(self, "sink", nullptr);
    set_target(self, "src", nullptr);
  }
  impl.chain.connect(names);
  set_target(self, "sink", impl.chain.require(names.front()));
  set_target(self, "src", impl.chain.require(names.back()));
}

static void set_up_network(GstSonarSignature *self, const Settings &s) {
  Impl &impl = *self->impl;
  if (impl.without_model) impl.chain.renew("spectrogram");
  impl.without_model = false;
  connect(self, {"convert", "resample", "spectrogram", "classify", "mask",
                 "extract", "overlay"});
  set_child(self, "spectrogram", "model", s.model.c_str());
  set_child(self, "classify", "model", s.model.c_str(), "device",
            s.device.c_str());
  gst_util_set_object_arg(G_OBJECT(impl.chain.require("extract")), "detection",
                          "mask");
}

static void set_up_lofar(GstSonarSignature *self) {
  Impl &impl = *self->impl;
  impl.without_model = true;
  connect(self, kWithoutModel);
  GstElement *spectrogram = impl.chain.require("spectrogram");
  gdouble resolution_hz = 0;  // where it is not set: mode lofar has one
  g_object_get(spectrogram, "resolution", &resolution_hz, nullptr);
  gst_util_set_object_arg(G_OBJECT(spectrogram), "mode", "lofar");
  g_object_set(spectrogram, "model", nullptr, nullptr);
  if (resolution_hz == 0)
    g_object_set(spectrogram, "resolution", kPlayersResolutionHz, nullptr);
  gst_util_set_object_arg(G_OBJECT(impl.chain.require("extract")), "detection",
                          "excess");
}

static void set_up(GstSonarSignature *self) {
  const Settings s = self->impl->snapshot();
  if (s.model.empty())
    set_up_lofar(self);
  else
    set_up_network(self, s);
  set_child(self, "overlay", "width", s.width, "height", s.height);
  apply_settings(self, s);
}

/* Whether downstream takes nothing but certain frame rates. */
static bool needs_rate(GstSonarSignature *self) {
  g_autoptr(GstPad) src = gst_element_get_static_pad(GST_ELEMENT(self), "src");
  g_autoptr(GstCaps) wanted = gst_pad_peer_query_caps(src, nullptr);
  if (!wanted || gst_caps_is_any(wanted) || gst_caps_is_empty(wanted))
    return false;
  for (guint i = 0; i < gst_caps_get_size(wanted); ++i) {
    const GValue *rate =
        gst_structure_get_value(gst_caps_get_structure(wanted, i), "framerate");
    if (!rate || GST_VALUE_HOLDS_FRACTION_RANGE(rate)) return false;
  }
  return true;
}

/* Frames come as often as the analysis advances, unless that will not do. */
static void set_up_rate(GstSonarSignature *self) {
  Impl &impl = *self->impl;
  std::vector<std::string> names = impl.chain.names();
  if (names.back() == "rate") names.pop_back();
  if (needs_rate(self)) names.push_back("rate");
  connect(self, names);
}

/* States */

static GstStateChangeReturn gst_sonar_signature_change_state(
    GstElement *element, GstStateChange change) {
  auto *self = GST_SONAR_SIGNATURE(element);
  if (change == GST_STATE_CHANGE_NULL_TO_READY &&
      !sonar::border::guard(element, false, [&] { return set_up(self), true; }))
    return GST_STATE_CHANGE_FAILURE;
  if (change == GST_STATE_CHANGE_READY_TO_PAUSED &&
      !sonar::border::guard(element, false,
                            [&] { return set_up_rate(self), true; }))
    return GST_STATE_CHANGE_FAILURE;
  return GST_ELEMENT_CLASS(gst_sonar_signature_parent_class)
      ->change_state(element, change);
}

/* Children, made when somebody asks for them */

static GObject *get_child_by_name(GstChildProxy *proxy, const gchar *name) {
  auto *self = GST_SONAR_SIGNATURE(proxy);
  if (g_str_equal(name, "classify") || g_str_equal(name, "mask")) try {
      self->impl->chain.require(name);
    } catch (const Error &error) {
      GST_WARNING_OBJECT(self, "%s", error.what());
    }
  return parent_proxy->get_child_by_name(proxy, name);
}

static void child_proxy_init(gpointer iface, gpointer) {
  auto *proxy = static_cast<GstChildProxyInterface *>(iface);
  parent_proxy = static_cast<GstChildProxyInterface *>(
      g_type_interface_peek_parent(iface));
  proxy->get_child_by_name = get_child_by_name;
}

/* Lifecycle */

static void gst_sonar_signature_set_property(GObject *object, guint id,
                                             const GValue *value,
                                             GParamSpec *pspec) {
  auto *self = GST_SONAR_SIGNATURE(object);
  sonar::set_property<GstSonarSignature, properties>(object, id, value, pspec);
  sonar::border::guard(GST_ELEMENT(self), false, [&] {
    return apply_settings(self, self->impl->snapshot()), true;
  });
}

static void gst_sonar_signature_finalize(GObject *object) {
  delete GST_SONAR_SIGNATURE(object)->impl;
  G_OBJECT_CLASS(gst_sonar_signature_parent_class)->finalize(object);
}

static void add_pad(GstSonarSignature *self, const char *name,
                    GstStaticPadTemplate &pad_template) {
  g_autoptr(GstPadTemplate) made = gst_static_pad_template_get(&pad_template);
  gst_element_add_pad(GST_ELEMENT(self),
                      gst_ghost_pad_new_no_target_from_template(name, made));
}

static void gst_sonar_signature_init(GstSonarSignature *self) {
  self->impl = new Impl(GST_BIN(self));
  add_pad(self, "sink", sink_template);
  add_pad(self, "src", src_template);
  // what is missing is told when the element starts
  try {
    connect(self, kWithoutModel);
  } catch (const Error &error) {
    GST_WARNING_OBJECT(self, "%s", error.what());
  }
}

static void install_network_properties() {
  const Settings defaults;
  /**
   * GstSonarSignature:model:
   *
   * Model file, or the name of a shipped model; empty: no network, lines over
   * the noise.
   */
  properties.add(
      g_param_spec_string("model", "Model",
                          "Model file, or a shipped model's name; empty = no "
                          "network, lines over the noise",
                          defaults.model.c_str(),
                          sonar::changeable(GST_PARAM_MUTABLE_READY)),
      [](Settings & s) -> auto & { return s.model; });
  /**
   * GstSonarSignature:device:
   *
   * Where the network runs: cpu, cuda or cuda:N.
   */
  properties.add(
      g_param_spec_string(
          "device", "Device", "Where the network runs: cpu, cuda or cuda:N",
          defaults.device.c_str(), sonar::changeable(GST_PARAM_MUTABLE_READY)),
      [](Settings & s) -> auto & { return s.device; });
  /**
   * GstSonarSignature:target:
   *
   * Class whose signature is cut out, as #GstScoreCamMask:target.
   */
  properties.add(
      g_param_spec_string("target", "Target",
                          "Class of the mask: predicted, a label or its number",
                          defaults.target.c_str(),
                          sonar::changeable(GST_PARAM_MUTABLE_PLAYING)),
      [](Settings & s) -> auto & { return s.target; });
  /**
   * GstSonarSignature:recipe:
   *
   * How the mask is made: a value of #GstScoreCamMask:recipe by its name.
   */
  properties.add(
      g_param_spec_string(
          "recipe", "Recipe",
          "How the mask is made: auto or a recipe of scorecammask",
          defaults.recipe.c_str(),
          sonar::changeable(GST_PARAM_MUTABLE_PLAYING)),
      [](Settings & s) -> auto & { return s.recipe; });
  /**
   * GstSonarSignature:explain:
   *
   * Also tints what speaks for and against the class.
   */
  properties.add(
      g_param_spec_boolean("explain", "Explain",
                           "Also tint what speaks for and against the class",
                           defaults.explain,
                           sonar::changeable(GST_PARAM_MUTABLE_PLAYING)),
      [](Settings & s) -> auto & { return s.explain; });
}

static void install_drawing_properties() {
  const Settings defaults;
  /**
   * GstSonarSignature:threshold:
   *
   * Mask value from which a pixel belongs to the signature; -1 is the mask's
   * own.
   */
  properties.add(
      g_param_spec_float("threshold", "Threshold",
                         "Smallest mask value that is kept (-1 = the mask's "
                         "own, usually 0.75)",
                         -1, 1, defaults.threshold,
                         sonar::changeable(GST_PARAM_MUTABLE_PLAYING)),
      [](Settings & s) -> auto & { return s.threshold; });
  /**
   * GstSonarSignature:history:
   *
   * Seconds the picture reaches back.
   */
  properties.add(
      g_param_spec_double(
          "history", "History",
          "Seconds the picture reaches back, at least one spectrogram frame", 0,
          3600, defaults.history_seconds,
          sonar::changeable(GST_PARAM_MUTABLE_PLAYING)),
      [](Settings & s) -> auto & { return s.history_seconds; });
  /**
   * GstSonarSignature:width:
   *
   * Width of the picture, unless downstream asks for another.
   */
  properties.add(
      g_param_spec_int("width", "Width", "Width of the picture in pixels",
                       sonar::overlay::kMinWidth, sonar::overlay::kMaxSize,
                       defaults.width,
                       sonar::changeable(GST_PARAM_MUTABLE_READY)),
      [](Settings & s) -> auto & { return s.width; });
  /**
   * GstSonarSignature:height:
   *
   * Height of the picture, unless downstream asks for another.
   */
  properties.add(
      g_param_spec_int("height", "Height", "Height of the picture in pixels",
                       sonar::overlay::kMinHeight, sonar::overlay::kMaxSize,
                       defaults.height,
                       sonar::changeable(GST_PARAM_MUTABLE_READY)),
      [](Settings & s) -> auto & { return s.height; });
}

static void gst_sonar_signature_class_init(GstSonarSignatureClass *klass) {
  auto *object_class = G_OBJECT_CLASS(klass);
  auto *element_class = GST_ELEMENT_CLASS(klass);

  object_class->set_property = gst_sonar_signature_set_property;
  object_class->get_property =
      sonar::get_property<GstSonarSignature, properties>;
  object_class->finalize = gst_sonar_signature_finalize;
  install_network_properties();
  install_drawing_properties();
  properties.install(object_class);

  element_class->change_state = gst_sonar_signature_change_state;
  gst_element_class_add_static_pad_template(element_class, &sink_template);
  gst_element_class_add_static_pad_template(element_class, &src_template);
  gst_element_class_set_static_metadata(
      element_class, "Sonar signature", "Visualization",
      "Shows sound as a spectrogram with class and signature",
      "gst-sonar developers");
}
