/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * SECTION:element-specnnclassify
 * @short_description: names the class of a spectrogram frame
 *
 * Runs a Spec-CNN (paper IV-B) on each frame of a sonarspectrogram and adds a
 * #GstSonarClassMeta. The pixels pass unchanged. A class whose probability is
 * below #GstSpecNnClassify:min-confidence is reported as unknown.
 *
 * Posts an element message `sonar-class` per frame with `label`, `confidence`
 * and the #GstSpecNnClassify:top-k best `labels` and `probabilities`.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 -m filesrc location=ship.wav ! decodebin ! audioconvert !
 *   audioresample ! sonarspectrogram model=hydrophone !
 *   specnnclassify model=hydrophone ! fakesink
 * ]|
 */
#include "gstspecnnclassify.h"

#include <gst/video/video.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <mutex>
#include <numeric>
#include <string>
#include <vector>

#include "common/border.h"
#include "common/frame.h"
#include "common/properties.h"
#include "fit.h"
#include "lineview.h"
#include "meta/gstsonarclassmeta.h"
#include "modelmeta.h"
#include "models/verdict.h"
#include "modelslot.h"
#include "modeltrial.h"
#include "picture.h"

GST_DEBUG_CATEGORY_STATIC(spec_nn_classify_debug);
#define GST_CAT_DEFAULT spec_nn_classify_debug

using sonar::Errc;
using sonar::Error;
using sonar::models::Classification;
using sonar::specnn::ModelSlot;
using sonar::specnn::OpenModel;

namespace {

constexpr guint kPropModel = 1;  // the first of the properties
constexpr const char *kDefaultDevice = "cpu";
constexpr float kModelsOwn = -1;  // min-confidence: as the model says

struct Settings {
  std::string model, device = kDefaultDevice;
  guint batch_size = 1, top_k = 1;
  float min_confidence = kModelsOwn;
};

sonar::Properties<Settings> properties;  // filled by class_init

struct Impl {
  std::mutex lock;
  Settings settings;                // guarded by lock
  GstClockTime frame_duration = 0;  // guarded by lock
  ModelSlot slot;
  GstVideoInfo info{};         // streaming thread from here on
  std::string checked_recipe;  // the last recipe found to fit the last model
  std::shared_ptr<const sonar::models::Model> checked_model;
  std::deque<GstBuffer *> waiting, done;  // owned; not and already classified

  explicit Impl(GstElement *element)
      : slot(
            element, false,
            [element](const sonar::models::Model &next) {
              sonar::specnn::require_masks(element, next);
            },
            [this](const std::string &name) {
              std::lock_guard<std::mutex> hold(lock);
              settings.model = name;
            }) {}
  ~Impl() { forget(); }
  Settings snapshot() {
    std::lock_guard<std::mutex> hold(lock);
    return settings;
  }
  void forget() {
    for (GstBuffer *b : waiting) gst_buffer_unref(b);
    for (GstBuffer *b : done) gst_buffer_unref(b);
    waiting.clear();
    done.clear();
  }
};

GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE(
    "sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS(SONAR_GRAY_CAPS));
GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE(
    "src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS(SONAR_GRAY_CAPS));

/* Hands a vector over to a meta, without a copy. */
GBytes *take_floats(std::vector<float> &&values) {
  auto *own = new std::vector<float>(std::move(values));
  return g_bytes_new_with_free_func(
      own->data(), own->size() * sizeof(float),
      [](gpointer data) { delete static_cast<std::vector<float> *>(data); },
      own);
}

}  // namespace

struct _GstSpecNnClassify {
  GstBaseTransform parent;
  Impl *impl;  // owned: new in _init, deleted in _finalize
};

G_DEFINE_TYPE_WITH_CODE(GstSpecNnClassify, gst_spec_nn_classify,
                        GST_TYPE_BASE_TRANSFORM,
                        GST_DEBUG_CATEGORY_INIT(spec_nn_classify_debug,
                                                "specnnclassify", 0,
                                                "spectrogram classification"))
GST_ELEMENT_REGISTER_DEFINE(specnnclassify, "specnnclassify", GST_RANK_NONE,
                            GST_TYPE_SPEC_NN_CLASSIFY)

/* Classes */

/* Labels of the best classes, best first. */
static void post_class(GstSpecNnClassify *self, GstBuffer *frame,
                       const GstSonarClassMeta &meta,
                       const Classification &result, guint top_k) {
  std::vector<guint> order(meta.n_classes);
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(), [&](guint a, guint b) {
    return result.probabilities[a] > result.probabilities[b];
  });
  order.resize(std::min<std::size_t>(top_k, order.size()));
  GValue labels = G_VALUE_INIT, probabilities = G_VALUE_INIT;
  gst_value_array_init(&labels, guint(order.size()));
  gst_value_array_init(&probabilities, guint(order.size()));
  for (const guint i : order) {
    GValue label = G_VALUE_INIT, probability = G_VALUE_INIT;
    g_value_init(&label, G_TYPE_STRING);
    g_value_set_string(&label, meta.labels[i]);
    gst_value_array_append_and_take_value(&labels, &label);
    g_value_init(&probability, G_TYPE_DOUBLE);
    g_value_set_double(&probability, result.probabilities[i]);
    gst_value_array_append_and_take_value(&probabilities, &probability);
  }
  GstStructure *fields =
      gst_structure_new("sonar-class", "label", G_TYPE_STRING,
                        gst_sonar_class_meta_get_label(&meta), "confidence",
                        G_TYPE_DOUBLE, double(meta.confidence), nullptr);
  gst_structure_take_value(fields, "labels", &labels);
  gst_structure_take_value(fields, "probabilities", &probabilities);
  sonar::frame::post_message(GST_ELEMENT(self),
                             GST_BASE_TRANSFORM(self)->segment, frame, fields);
}

static void add_class(GstSpecNnClassify *self, GstBuffer *frame,
                      Classification &&result, const OpenModel &used,
                      const Settings &s) {
  const auto &settings = used.model->settings();
  std::vector<gchar *> labels;
  for (const std::string &label : settings.labels)
    labels.push_back(const_cast<gchar *>(label.c_str()));
  labels.push_back(nullptr);
  const float limit =
      s.min_confidence < 0 ? float(settings.min_confidence) : s.min_confidence;
  g_autoptr(GBytes) probabilities = g_bytes_new(
      result.probabilities.data(), result.probabilities.size() * sizeof(float));
  g_autoptr(GBytes) input = take_floats(std::move(result.input));
  g_autoptr(GBytes) maps = take_floats(std::move(result.maps));
  GstSonarClassMeta meta{};
  meta.model = const_cast<gchar *>(used.file.c_str());
  meta.device = const_cast<gchar *>(used.device.c_str());
  meta.labels = labels.data();
  meta.n_classes = guint(settings.labels.size());
  meta.probabilities = probabilities;
  meta.best = guint(result.best);
  meta.confidence = result.probabilities[result.best];
  meta.rejected = meta.confidence < limit;
  std::vector<guint> beside;
  if (!meta.rejected)
    for (const std::size_t c :
         sonar::models::classes_beside(*used.model, result))
      beside.push_back(guint(c));
  meta.n_beside = guint(beside.size());
  meta.beside = beside.data();
  meta.input = input;
  meta.feature_maps = maps;
  gst_buffer_add_sonar_class_meta(frame, &meta);
  sonar::specnn::leave_lines(frame, used.file, result);
  sonar::specnn::leave_model(frame, used.model);
  post_class(self, frame, *gst_buffer_get_sonar_class_meta(frame), result,
             s.top_k);
}

/* The frames of a batch have one model, whatever is asked for meanwhile. */
static void classify_waiting(GstSpecNnClassify *self) {
  Impl &impl = *self->impl;
  if (impl.waiting.empty()) return;
  const Settings s = impl.snapshot();
  const OpenModel used = impl.slot.get();
  if (impl.checked_model != used.model) impl.checked_recipe.clear();
  impl.checked_model = used.model;
  std::vector<sonar::models::PictureData> pictures;
  for (GstBuffer *frame : impl.waiting) {
    const auto &meta = sonar::frame::require_spectrogram(frame, impl.info);
    sonar::specnn::require_fit(meta, used.model->settings().recipe, used.file,
                               impl.checked_recipe);
    pictures.push_back(sonar::specnn::read_picture(frame, impl.info, meta));
  }
  impl.slot.see(used.model, impl.checked_recipe);
  auto results = used.model->classify(pictures);
  for (std::size_t i = 0; i < results.size(); ++i)
    add_class(self, impl.waiting[i], std::move(results[i]), used, s);
  impl.done.insert(impl.done.end(), impl.waiting.begin(), impl.waiting.end());
  impl.waiting.clear();
}

static GstFlowReturn gst_spec_nn_classify_transform_ip(GstBaseTransform *,
                                                       GstBuffer *) {
  return GST_FLOW_OK;  // the meta is added once a batch is complete
}

static GstFlowReturn gst_spec_nn_classify_generate_output(
    GstBaseTransform *trans, GstBuffer **out) {
  auto *self = GST_SPEC_NN_CLASSIFY(trans);
  Impl &impl = *self->impl;
  *out = nullptr;
  if (impl.done.empty()) {
    GstBuffer *frame = nullptr;
    const GstFlowReturn flow =
        GST_BASE_TRANSFORM_CLASS(gst_spec_nn_classify_parent_class)
            ->generate_output(trans, &frame);
    if (flow != GST_FLOW_OK || !frame) return flow;
    impl.waiting.push_back(frame);
    if (impl.waiting.size() < impl.snapshot().batch_size) return GST_FLOW_OK;
    const bool classified = sonar::border::guard(
        GST_ELEMENT(self), false, [&] { return classify_waiting(self), true; });
    if (!classified) return GST_FLOW_ERROR;
  }
  *out = impl.done.front();
  impl.done.pop_front();
  return GST_FLOW_OK;
}

/* Classifies and pushes an incomplete batch. */
static GstFlowReturn drain(GstSpecNnClassify *self) {
  Impl &impl = *self->impl;
  GstFlowReturn flow =
      sonar::border::guard(GST_ELEMENT(self), GST_FLOW_ERROR,
                           [&] { return classify_waiting(self), GST_FLOW_OK; });
  while (flow == GST_FLOW_OK && !impl.done.empty()) {
    GstBuffer *frame = impl.done.front();
    impl.done.pop_front();
    flow = gst_pad_push(GST_BASE_TRANSFORM_SRC_PAD(self), frame);
  }
  impl.forget();
  return flow;
}

/* A batch ends before a discontinuity: the base class would flag its first
 * frame instead of the one that follows the gap. */
static GstFlowReturn gst_spec_nn_classify_submit_input_buffer(
    GstBaseTransform *trans, gboolean is_discont, GstBuffer *frame) {
  if (GST_BUFFER_IS_DISCONT(frame)) {
    const GstFlowReturn flow = drain(GST_SPEC_NN_CLASSIFY(trans));
    if (flow != GST_FLOW_OK) {
      gst_buffer_unref(frame);
      return flow;
    }
  }
  return GST_BASE_TRANSFORM_CLASS(gst_spec_nn_classify_parent_class)
      ->submit_input_buffer(trans, is_discont, frame);
}

static gboolean gst_spec_nn_classify_sink_event(GstBaseTransform *trans,
                                                GstEvent *event) {
  auto *self = GST_SPEC_NN_CLASSIFY(trans);
  if (GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_STOP)
    self->impl->forget();
  else if (GST_EVENT_IS_SERIALIZED(event))
    drain(self);
  return GST_BASE_TRANSFORM_CLASS(gst_spec_nn_classify_parent_class)
      ->sink_event(trans, event);
}

static gboolean gst_spec_nn_classify_query(GstBaseTransform *trans,
                                           GstPadDirection direction,
                                           GstQuery *query) {
  const gboolean answered =
      GST_BASE_TRANSFORM_CLASS(gst_spec_nn_classify_parent_class)
          ->query(trans, direction, query);
  if (!answered || direction != GST_PAD_SRC ||
      GST_QUERY_TYPE(query) != GST_QUERY_LATENCY)
    return answered;
  Impl &impl = *GST_SPEC_NN_CLASSIFY(trans)->impl;
  gboolean live;
  GstClockTime min, max;
  gst_query_parse_latency(query, &live, &min, &max);
  std::lock_guard<std::mutex> hold(impl.lock);
  const GstClockTime own = (impl.settings.batch_size - 1) * impl.frame_duration;
  gst_query_set_latency(
      query, live, min + own,
      GST_CLOCK_TIME_IS_VALID(max) ? max + own : GST_CLOCK_TIME_NONE);
  return TRUE;
}

static gboolean gst_spec_nn_classify_set_caps(GstBaseTransform *trans,
                                              GstCaps *in, GstCaps *) {
  Impl &impl = *GST_SPEC_NN_CLASSIFY(trans)->impl;
  if (!gst_video_info_from_caps(&impl.info, in)) return FALSE;
  const gint n = GST_VIDEO_INFO_FPS_N(&impl.info);
  const GstClockTime duration =
      n > 0 ? gst_util_uint64_scale(GST_SECOND,
                                    guint64(GST_VIDEO_INFO_FPS_D(&impl.info)),
                                    guint64(n))
            : 0;
  bool latency_changed = false;
  {
    std::lock_guard<std::mutex> hold(impl.lock);
    latency_changed =
        duration != impl.frame_duration && impl.settings.batch_size > 1;
    impl.frame_duration = duration;
  }
  if (latency_changed)
    gst_element_post_message(GST_ELEMENT(trans),
                             gst_message_new_latency(GST_OBJECT(trans)));
  return TRUE;
}

/* States */

/* Opens the model that is set, unless it is open. With @run, from then on
 * another one is asked for, not set. */
static void open_model(Impl &impl, bool run) {
  for (;;) {
    const Settings s = impl.snapshot();
    if (s.model.empty())
      throw Error(Errc::kNotFound,
                  "No model is set; give specnnclassify a model file or the "
                  "name of a shipped model, e.g. model=hydrophone.");
    const OpenModel open = impl.slot.get();
    if (!open.model || open.name != s.model || open.device != s.device)
      impl.slot.put(sonar::specnn::open_model(s.model, s.device));
    std::lock_guard<std::mutex> hold(impl.lock);
    if (impl.settings.model != s.model) continue;  // set meanwhile
    if (run) impl.slot.run();
    return;
  }
}

static GstStateChangeReturn gst_spec_nn_classify_change_state(
    GstElement *element, GstStateChange change) {
  Impl &impl = *GST_SPEC_NN_CLASSIFY(element)->impl;
  // again before PAUSED: the model may have been set in READY
  if (change == GST_STATE_CHANGE_NULL_TO_READY ||
      change == GST_STATE_CHANGE_READY_TO_PAUSED) {
    const bool opened = sonar::border::guard(element, false, [&] {
      open_model(impl, change == GST_STATE_CHANGE_READY_TO_PAUSED);
      return true;
    });
    if (!opened) return GST_STATE_CHANGE_FAILURE;
  }
  const GstStateChangeReturn result =
      GST_ELEMENT_CLASS(gst_spec_nn_classify_parent_class)
          ->change_state(element, change);
  const bool stopped = change == GST_STATE_CHANGE_PAUSED_TO_READY ||
                       (change == GST_STATE_CHANGE_READY_TO_PAUSED &&
                        result == GST_STATE_CHANGE_FAILURE);
  if (stopped) {
    impl.slot.finish();
    impl.forget();
  }
  if (change == GST_STATE_CHANGE_READY_TO_NULL) {
    impl.slot.put({});
    impl.checked_model.reset();
    impl.checked_recipe.clear();
  }
  return result;
}

/* Properties */

/* While the element runs, another model is asked for and the property stays
 * what it is until there is one. */
static void gst_spec_nn_classify_set_property(GObject *object, guint id,
                                              const GValue *value,
                                              GParamSpec *pspec) {
  Impl &impl = *GST_SPEC_NN_CLASSIFY(object)->impl;
  std::lock_guard<std::mutex> hold(impl.lock);
  if (id == kPropModel) {
    const gchar *name = g_value_get_string(value);
    if (impl.slot.ask(name ? name : "")) return;
  }
  if (!properties.set(impl.settings, id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
}

/* Lifecycle */

static void gst_spec_nn_classify_finalize(GObject *object) {
  delete GST_SPEC_NN_CLASSIFY(object)->impl;
  G_OBJECT_CLASS(gst_spec_nn_classify_parent_class)->finalize(object);
}

static void gst_spec_nn_classify_init(GstSpecNnClassify *self) {
  self->impl = new Impl(GST_ELEMENT(self));
  gst_base_transform_set_in_place(GST_BASE_TRANSFORM(self), TRUE);
}

static void install_properties(GObjectClass *klass) {
  /**
   * GstSpecNnClassify:model:
   *
   * Model file, or the name of a shipped model; opened at READY. Set from
   * PAUSED on, it is loaded aside and takes over between two frames if it has
   * the labels of the one in use, takes the pictures that come and has what
   * the masks behind are made with; the bus says how it ended (`sonar-model`),
   * and the property is the model in use.
   */
  properties.add(
      g_param_spec_string(
          "model", "Model", "Model file, or a shipped model's name (required)",
          nullptr, sonar::changeable(GST_PARAM_MUTABLE_PLAYING)),
      [](Settings & s) -> auto & { return s.model; });
  /**
   * GstSpecNnClassify:device:
   *
   * Where the network runs: cpu, cuda or cuda:N. A device that is not there is
   * an error.
   */
  properties.add(
      g_param_spec_string(
          "device", "Device", "Where the network runs: cpu, cuda or cuda:N",
          kDefaultDevice, sonar::changeable(GST_PARAM_MUTABLE_READY)),
      [](Settings & s) -> auto & { return s.device; });
  /**
   * GstSpecNnClassify:batch-size:
   *
   * Frames classified at a time. More is faster on files and adds
   * (batch-size - 1) frames of latency; the result is the same.
   */
  properties.add(
      g_param_spec_uint(
          "batch-size", "Batch size",
          "Frames classified at a time; adds latency, never changes the result",
          1, 1024, 1, sonar::changeable(GST_PARAM_MUTABLE_READY)),
      [](Settings & s) -> auto & { return s.batch_size; });
  /**
   * GstSpecNnClassify:min-confidence:
   *
   * Probability below which the class is unknown; -1 is the model's own limit.
   */
  properties.add(
      g_param_spec_float(
          "min-confidence", "Least confidence",
          "Probability below which the class is unknown (-1 = the model's)", -1,
          1, kModelsOwn, sonar::changeable(GST_PARAM_MUTABLE_PLAYING)),
      [](Settings & s) -> auto & { return s.min_confidence; });
  /**
   * GstSpecNnClassify:top-k:
   *
   * Number of classes a bus message lists, best first. The meta has them all.
   */
  properties.add(
      g_param_spec_uint("top-k", "Top k",
                        "Classes listed in a bus message, best first", 1, 1000,
                        1, sonar::changeable(GST_PARAM_MUTABLE_PLAYING)),
      [](Settings & s) -> auto & { return s.top_k; });
  properties.install(klass);
}

static void gst_spec_nn_classify_class_init(GstSpecNnClassifyClass *klass) {
  auto *object_class = G_OBJECT_CLASS(klass);
  auto *element_class = GST_ELEMENT_CLASS(klass);
  auto *trans_class = GST_BASE_TRANSFORM_CLASS(klass);

  object_class->set_property = gst_spec_nn_classify_set_property;
  object_class->get_property =
      sonar::get_property<GstSpecNnClassify, properties>;
  object_class->finalize = gst_spec_nn_classify_finalize;
  install_properties(object_class);

  element_class->change_state = gst_spec_nn_classify_change_state;
  gst_element_class_add_static_pad_template(element_class, &sink_template);
  gst_element_class_add_static_pad_template(element_class, &src_template);
  gst_element_class_set_static_metadata(
      element_class, "Spec-CNN classifier", "Filter/Analyzer/Video",
      "Names the class of a spectrogram frame", "gst-sonar developers");

  trans_class->set_caps = GST_DEBUG_FUNCPTR(gst_spec_nn_classify_set_caps);
  trans_class->transform_ip =
      GST_DEBUG_FUNCPTR(gst_spec_nn_classify_transform_ip);
  trans_class->submit_input_buffer =
      GST_DEBUG_FUNCPTR(gst_spec_nn_classify_submit_input_buffer);
  trans_class->generate_output =
      GST_DEBUG_FUNCPTR(gst_spec_nn_classify_generate_output);
  trans_class->sink_event = GST_DEBUG_FUNCPTR(gst_spec_nn_classify_sink_event);
  trans_class->query = GST_DEBUG_FUNCPTR(gst_spec_nn_classify_query);
}
