/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * SECTION:element-sonarspectrogram
 * @short_description: hydrophone audio to spectrogram frames
 *
 * Turns mono float audio into grey video frames: time to the right, frequency
 * upwards, the value of a pixel in dB over the local background (or dBFS with
 * normalizer=none). Each frame carries a #GstSonarSpectrogramMeta that says
 * what its pixels mean. A frame comes every #GstSonarSpectrogram:advance
 * columns; its time stamp is the first sample of its newest columns.
 *
 * With #GstSonarSpectrogram:model the settings are the model's, and the sink
 * pad asks for the model's sample rate, so that an audioresample upstream
 * settles on it by itself.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 filesrc location=ship.wav ! decodebin ! audioconvert !
 *   audioresample ! sonarspectrogram model=hydrophone ! signatureoverlay !
 *   videoconvert ! autovideosink
 * ]|
 * |[
 * gst-launch-1.0 audiotestsrc num-buffers=200 ! audioconvert !
 *   sonarspectrogram advance=256 ! videoconvert ! pngenc !
 *   multifilesink location=spectrogram-%03d.png
 * ]|
 */
#include "gstsonarspectrogram.h"

#include <gst/audio/audio.h>
#include <gst/video/video.h>

#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "calibrationproperties.h"
#include "common/border.h"
#include "common/frame.h"
#include "common/modelmessage.h"
#include "framerecipe.h"
#include "meta/gstsonarspectrogrammeta.h"
#include "propulsion.h"
#include "sonar/dsp/spectrograph.h"
#include "sonar/tonal/demongram.h"
#include "spectrogramframes.h"
#include "time/audiotime.h"

GST_DEBUG_CATEGORY_STATIC(sonar_spectrogram_debug);
#define GST_CAT_DEFAULT sonar_spectrogram_debug

using sonar::Errc;
using sonar::Error;
using sonar::Recipe;
using sonar::spectrogram::make_frame;
using sonar::spectrogram::Stream;
using sonar::spectrogram::time_of_sample;

namespace {

enum Prop { kPropModel = 1 };

/* What the application may set at any time. */
struct Settings {
  sonar::LevelSettings levels;
  sonar::ClockSettings clock;
};

struct Impl {
  std::mutex lock;
  Settings settings;          // guarded by lock
  sonar::FrameRecipe recipe;  // thread-safe; its model is read in READY
  sonar::Levels levels;       // set in READY
  sonar::StreamClock clock;   // set in READY
  GstClockTime latency = GST_CLOCK_TIME_NONE;  // guarded by lock

  GstPad *sink = nullptr, *src = nullptr;  // owned by the element
  GstSegment segment{};                    // streaming thread from here on
  GstAudioInfo audio{};
  GstVideoInfo video{};
  bool refused = false;                  // the caps in audio, and said so
  std::optional<Stream> stream;          // set by caps
  std::optional<sonar::AudioTime> time;  // the same

  void clear() {
    refused = false;
    stream.reset();
    time.reset();
  }
};

GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE(
    "sink", GST_PAD_SINK, GST_PAD_ALWAYS,
    GST_STATIC_CAPS("audio/x-raw, format = " GST_AUDIO_NE(
        F32) ", layout = interleaved, channels = 1, rate = [ 1, MAX ]"));
GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE(
    "src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS(SONAR_GRAY_CAPS));

}  // namespace

struct _GstSonarSpectrogram {
  GstElement parent;
  Impl *impl;  // owned: new in _init, deleted in _finalize
};

G_DEFINE_TYPE_WITH_CODE(
    GstSonarSpectrogram, gst_sonar_spectrogram, GST_TYPE_ELEMENT,
    GST_DEBUG_CATEGORY_INIT(sonar_spectrogram_debug, "sonarspectrogram", 0,
                            "hydrophone audio to spectrogram frames"))
GST_ELEMENT_REGISTER_DEFINE(sonarspectrogram, "sonarspectrogram", GST_RANK_NONE,
                            GST_TYPE_SONAR_SPECTROGRAM)

/* Frames */

/* The propeller in the picture, beside it and, where it is news, on the bus. */
static void tell_propulsion(Impl &impl, GstBuffer *frame,
                            const sonar::dsp::Picture &picture,
                            const sonar::tonal::Propulsion &found) {
  const Recipe &recipe = impl.stream->recipe();
  const gint64 begin = picture.first_column + gint64(picture.valid.begin);
  const gint64 last = picture.first_column + gint64(picture.valid.end) - 1;
  sonar::attach_propulsion(
      frame, found,
      time_of_sample(*impl.stream, begin * recipe.column_samples()),
      time_of_sample(*impl.stream,
                     last * recipe.column_samples() + recipe.span_samples()));
  if (impl.stream->news.is_news(found))
    sonar::post_propulsion(GST_ELEMENT_CAST(GST_PAD_PARENT(impl.src)),
                           impl.segment, frame, found);
}

static GstFlowReturn push_frames(Impl &impl) {
  sonar::dsp::Picture picture;
  const Recipe &recipe = impl.stream->recipe();
  while (impl.stream->spectrograph.pop(picture)) {
    std::optional<sonar::tonal::Propulsion> found;
    if (recipe.mode == sonar::Mode::kDemon)
      found = sonar::tonal::find_propulsion(picture, recipe);
    GstBuffer *frame = make_frame(*impl.stream, impl.video, picture);
    if (found) tell_propulsion(impl, frame, picture, *found);
    const GstFlowReturn flow = gst_pad_push(impl.src, frame);
    if (flow != GST_FLOW_OK) return flow;
  }
  return GST_FLOW_OK;
}

/* What lies behind the last frame's samples. */
static void push_last_samples(Impl &impl) {
  const gint64 first = impl.stream->first_sample;
  g_autoptr(GBytes) samples = impl.stream->take_samples(G_MAXSIZE);
  if (samples)
    gst_pad_push_event(impl.src, gst_event_new_sonar_samples(first, samples));
}

/* Ends the run of columns: what is left goes out, the next sample is a new
 * sample 0. */
static GstFlowReturn drain(Impl &impl) {
  if (!impl.stream || !impl.stream->started) return GST_FLOW_OK;
  impl.stream->spectrograph.drain();
  const GstFlowReturn flow = push_frames(impl);
  if (flow == GST_FLOW_OK) push_last_samples(impl);
  impl.stream->restart();
  return flow;
}

static void forget(Impl &impl) {
  if (impl.time) impl.time->restart();
  if (impl.stream) impl.stream->restart();
}

/* Restarts the columns where the buffer does not follow on the last one. */
static GstFlowReturn follow_time(Impl &impl, GstBuffer *buffer) {
  const guint samples = guint(gst_buffer_get_size(buffer) / sizeof(float));
  GstFlowReturn flow = GST_FLOW_OK;
  if (impl.time->breaks_at(buffer, samples)) flow = drain(impl);
  if (!impl.stream->started) {
    impl.stream->started = true;
    impl.stream->base = impl.time->begin();
  }
  return flow;
}

/* Takes in when the buffer's first sample was heard, @p reference_utc by its
 * meta. */
static void follow_utc(GstSonarSpectrogram *self, GstBuffer *buffer,
                       std::optional<gint64> reference_utc) {
  Impl &impl = *self->impl;
  Stream &stream = *impl.stream;
  const bool begins = stream.samples == 0;
  if (reference_utc)
    stream.utc.put(stream.samples, *reference_utc, true);
  else if (begins || impl.clock.follows_system())
    stream.utc.put(
        stream.samples,
        impl.clock.utc_of(GST_ELEMENT(self), impl.sink, impl.segment,
                          begins ? stream.base : GST_BUFFER_PTS(buffer)),
        false);
  stream.samples += gint64(gst_buffer_get_size(buffer) / sizeof(float));
}

static GstFlowReturn gst_sonar_spectrogram_chain(GstPad *, GstObject *parent,
                                                 GstBuffer *buffer) {
  auto *self = GST_SONAR_SPECTROGRAM(parent);
  Impl &impl = *self->impl;
  auto heard = sonar::reference_utc(buffer);
  const GstClockTime unclipped = GST_BUFFER_PTS(buffer);
  if (impl.stream && impl.segment.format == GST_FORMAT_TIME)
    buffer = gst_audio_buffer_clip(buffer, &impl.segment, impl.audio.rate,
                                   GST_AUDIO_INFO_BPF(&impl.audio));
  if (!buffer) return GST_FLOW_OK;
  if (heard && GST_CLOCK_TIME_IS_VALID(unclipped))
    *heard += GST_CLOCK_DIFF(unclipped, GST_BUFFER_PTS(buffer));
  const GstFlowReturn flow =
      sonar::border::guard(GST_ELEMENT(self), GST_FLOW_ERROR, [&] {
        if (!impl.stream) return GST_FLOW_NOT_NEGOTIATED;
        // asked per buffer: an event that fails is sent again before each
        // buffer, and would post its error again
        sonar::require_time(impl.segment, "sonarspectrogram");
        const GstFlowReturn drained = follow_time(impl, buffer);
        if (drained != GST_FLOW_OK) return drained;
        follow_utc(self, buffer, heard);
        const sonar::AudioMap map(buffer);
        const auto *samples = reinterpret_cast<const float *>(map.data());
        impl.stream->spectrograph.push(samples, map.size() / sizeof(float));
        impl.stream->hear(samples, map.size() / sizeof(float));
        return push_frames(impl);
      });
  gst_buffer_unref(buffer);
  // the end of stream that follows on an error must not bring more frames
  if (flow == GST_FLOW_ERROR) forget(impl);
  return flow;
}

/* Negotiation */

static bool set_src_caps(Impl &impl, const Recipe &recipe) {
  g_autoptr(GstCaps) allowed = gst_pad_get_allowed_caps(impl.src);
  const char *format = "GRAY16_LE";
  if (allowed && !gst_caps_is_empty(allowed)) {
    g_autoptr(GstCaps) wide =
        gst_caps_from_string("video/x-raw, format=GRAY16_LE");
    if (!gst_caps_can_intersect(allowed, wide)) format = "GRAY8";
  }
  gint numerator = recipe.rate_hz, denominator = 1;
  // reduces rate / (advance * hop) without overflow
  gst_util_fraction_multiply(recipe.rate_hz, gint(recipe.column_samples()), 1,
                             recipe.advance, &numerator, &denominator);
  g_autoptr(GstCaps) caps = gst_caps_new_simple(
      "video/x-raw", "format", G_TYPE_STRING, format, "width", G_TYPE_INT,
      recipe.width, "height", G_TYPE_INT, recipe.height(), "framerate",
      GST_TYPE_FRACTION, numerator, denominator, "pixel-aspect-ratio",
      GST_TYPE_FRACTION, 1, 1, "interlace-mode", G_TYPE_STRING, "progressive",
      nullptr);
  return gst_video_info_from_caps(&impl.video, caps) &&
         gst_pad_set_caps(impl.src, caps);
}

static void update_latency(GstSonarSpectrogram *self, const Stream &stream) {
  const GstClockTime latency =
      gst_util_uint64_scale_ceil(guint64(stream.spectrograph.latency_samples()),
                                 GST_SECOND, stream.recipe().rate_hz);
  {
    std::lock_guard<std::mutex> hold(self->impl->lock);
    if (self->impl->latency == latency) return;
    self->impl->latency = latency;
  }
  gst_element_post_message(GST_ELEMENT(self),
                           gst_message_new_latency(GST_OBJECT(self)));
}

static gboolean take_caps(GstSonarSpectrogram *self, GstCaps *caps) {
  Impl &impl = *self->impl;
  GstAudioInfo audio;
  if (!gst_audio_info_from_caps(&audio, caps)) return FALSE;
  const bool same = gst_audio_info_is_equal(&audio, &impl.audio);
  if (same && impl.refused) return FALSE;
  if (same && impl.stream) return TRUE;
  drain(impl);
  impl.clear();
  impl.audio = audio;
  // a refused event comes again before each buffer; one error is enough
  impl.refused = true;
  const Recipe recipe = impl.recipe.begin(audio.rate, impl.levels);
  impl.refused = false;
  impl.stream.emplace(recipe, impl.levels);
  impl.time.emplace(audio.rate);
  update_latency(self, *impl.stream);
  return set_src_caps(impl, recipe);
}

static gboolean gst_sonar_spectrogram_sink_event(GstPad *pad, GstObject *parent,
                                                 GstEvent *event) {
  auto *self = GST_SONAR_SPECTROGRAM(parent);
  Impl &impl = *self->impl;
  const bool go_on = sonar::border::guard(GST_ELEMENT(self), false, [&] {
    switch (GST_EVENT_TYPE(event)) {
      case GST_EVENT_CAPS: {
        GstCaps *caps;
        gst_event_parse_caps(event, &caps);
        return bool(take_caps(self, caps));
      }
      case GST_EVENT_SEGMENT:
        drain(impl);
        forget(impl);
        gst_event_copy_segment(event, &impl.segment);
        impl.clock.new_segment();
        return true;
      case GST_EVENT_GAP:
      case GST_EVENT_EOS:
        drain(impl);
        forget(impl);
        return true;
      case GST_EVENT_FLUSH_STOP:
        forget(impl);
        gst_segment_init(&impl.segment, GST_FORMAT_UNDEFINED);
        return true;
      default:
        return true;
    }
  });
  // our own caps have been sent in place of the audio's
  if (!go_on || GST_EVENT_TYPE(event) == GST_EVENT_CAPS) {
    gst_event_unref(event);
    return go_on;
  }
  return gst_pad_event_default(pad, parent, event);
}

/* What the sink pad asks for: the model's rate, and nothing else where upstream
 * can give it. Where not, the other rates stay listed, so that a chain without
 * a resampler reaches take_caps() and its error. */
static GstCaps *sink_caps(GstSonarSpectrogram *self, GstCaps *filter) {
  Impl &impl = *self->impl;
  g_autoptr(GstCaps) caps = gst_pad_get_pad_template_caps(impl.sink);
  const int rate = impl.recipe.model_rate_hz();
  if (rate > 0) {
    g_autoptr(GstCaps) any = g_steal_pointer(&caps);
    caps = gst_caps_copy(any);
    gst_caps_set_simple(caps, "rate", G_TYPE_INT, rate, nullptr);
    g_autoptr(GstCaps) upstream = gst_pad_peer_query_caps(impl.sink, caps);
    if (!gst_pad_is_linked(impl.sink) || gst_caps_is_empty(upstream))
      caps = gst_caps_merge(g_steal_pointer(&caps), g_steal_pointer(&any));
  }
  // intersected in our order of preference, not in that of the filter
  return filter
             ? gst_caps_intersect_full(caps, filter, GST_CAPS_INTERSECT_FIRST)
             : g_steal_pointer(&caps);
}

static gboolean gst_sonar_spectrogram_sink_query(GstPad *pad, GstObject *parent,
                                                 GstQuery *query) {
  if (GST_QUERY_TYPE(query) != GST_QUERY_CAPS)
    return gst_pad_query_default(pad, parent, query);
  GstCaps *filter;
  gst_query_parse_caps(query, &filter);
  g_autoptr(GstCaps) caps = sink_caps(GST_SONAR_SPECTROGRAM(parent), filter);
  gst_query_set_caps_result(query, caps);
  return TRUE;
}

static gboolean gst_sonar_spectrogram_src_query(GstPad *pad, GstObject *parent,
                                                GstQuery *query) {
  Impl &impl = *GST_SONAR_SPECTROGRAM(parent)->impl;
  if (GST_QUERY_TYPE(query) != GST_QUERY_LATENCY)
    return gst_pad_query_default(pad, parent, query);
  if (!gst_pad_peer_query(impl.sink, query)) return FALSE;
  gboolean live;
  GstClockTime min, max, own;
  gst_query_parse_latency(query, &live, &min, &max);
  {
    std::lock_guard<std::mutex> hold(impl.lock);
    own = impl.latency;
  }
  if (GST_CLOCK_TIME_IS_VALID(own)) {
    min += own;
    if (GST_CLOCK_TIME_IS_VALID(max)) max += own;
  }
  gst_query_set_latency(query, live, min, max);
  return TRUE;
}

/* States */

static void change_model(GstSonarSpectrogram *self, const std::string &name) {
  Impl &impl = *self->impl;
  if (impl.recipe.set_model(name)) return;
  std::optional<Error> failure;
  try {
    impl.recipe.change_model(name, impl.levels);
  } catch (const Error &e) {
    failure = e;
  }
  sonar::post_model_change(GST_ELEMENT(self), impl.recipe.model(), name,
                           failure ? &*failure : nullptr);
}

/* What the settings name, but for the model. No data flows yet. */
static void load_levels_and_clock(Impl &impl) {
  std::unique_lock<std::mutex> hold(impl.lock);
  const Settings s = impl.settings;
  hold.unlock();
  impl.levels = sonar::read_levels(s.levels);
  impl.clock = sonar::StreamClock(s.clock);
}

static GstStateChangeReturn gst_sonar_spectrogram_change_state(
    GstElement *element, GstStateChange change) {
  Impl &impl = *GST_SONAR_SPECTROGRAM(element)->impl;
  // again before PAUSED: the model may have been set in READY
  if (change == GST_STATE_CHANGE_NULL_TO_READY ||
      change == GST_STATE_CHANGE_READY_TO_PAUSED) {
    const bool loaded = sonar::border::guard(element, false, [&] {
      load_levels_and_clock(impl);
      impl.recipe.load(change == GST_STATE_CHANGE_READY_TO_PAUSED);
      return true;
    });
    if (!loaded) return GST_STATE_CHANGE_FAILURE;
    if (change == GST_STATE_CHANGE_READY_TO_PAUSED)
      sonar::warn_of_levels(element, impl.levels);
  }
  const GstStateChangeReturn result =
      GST_ELEMENT_CLASS(gst_sonar_spectrogram_parent_class)
          ->change_state(element, change);
  if (change == GST_STATE_CHANGE_PAUSED_TO_READY) {
    impl.clear();
    gst_segment_init(&impl.segment, GST_FORMAT_UNDEFINED);
    impl.recipe.stop();
    std::lock_guard<std::mutex> hold(impl.lock);
    impl.latency = GST_CLOCK_TIME_NONE;
  }
  return result;
}

/* Properties */

static void gst_sonar_spectrogram_set_property(GObject *object, guint id,
                                               const GValue *value,
                                               GParamSpec *pspec) {
  Impl &impl = *GST_SONAR_SPECTROGRAM(object)->impl;
  if (id == kPropModel) {
    const gchar *model = g_value_get_string(value);
    change_model(GST_SONAR_SPECTROGRAM(object), model ? model : "");
    return;
  }
  if (impl.recipe.set(id, value)) return;
  std::lock_guard<std::mutex> hold(impl.lock);
  if (!sonar::set_level_property(impl.settings.levels, id, value) &&
      !sonar::set_clock_property(impl.settings.clock, id, value)) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
  }
}

static void gst_sonar_spectrogram_get_property(GObject *object, guint id,
                                               GValue *value,
                                               GParamSpec *pspec) {
  Impl &impl = *GST_SONAR_SPECTROGRAM(object)->impl;
  if (id == kPropModel) {
    const std::string model = impl.recipe.model();
    g_value_set_string(value, model.empty() ? nullptr : model.c_str());
    return;
  }
  if (impl.recipe.get(id, value)) return;
  std::lock_guard<std::mutex> hold(impl.lock);
  if (!sonar::get_level_property(impl.settings.levels, id, value) &&
      !sonar::get_clock_property(impl.settings.clock, id, value)) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
  }
}

/* Lifecycle */

static void gst_sonar_spectrogram_finalize(GObject *object) {
  delete GST_SONAR_SPECTROGRAM(object)->impl;
  G_OBJECT_CLASS(gst_sonar_spectrogram_parent_class)->finalize(object);
}

static void gst_sonar_spectrogram_init(GstSonarSpectrogram *self) {
  self->impl = new Impl;
  Impl &impl = *self->impl;
  impl.clear();
  impl.sink = gst_pad_new_from_static_template(&sink_template, "sink");
  gst_pad_set_chain_function(impl.sink,
                             GST_DEBUG_FUNCPTR(gst_sonar_spectrogram_chain));
  gst_pad_set_event_function(
      impl.sink, GST_DEBUG_FUNCPTR(gst_sonar_spectrogram_sink_event));
  gst_pad_set_query_function(
      impl.sink, GST_DEBUG_FUNCPTR(gst_sonar_spectrogram_sink_query));
  // any rate is accepted, so that take_caps() can say which one is needed
  GST_PAD_SET_ACCEPT_TEMPLATE(impl.sink);
  gst_element_add_pad(GST_ELEMENT(self), impl.sink);
  impl.src = gst_pad_new_from_static_template(&src_template, "src");
  gst_pad_set_query_function(
      impl.src, GST_DEBUG_FUNCPTR(gst_sonar_spectrogram_src_query));
  gst_pad_use_fixed_caps(impl.src);
  gst_element_add_pad(GST_ELEMENT(self), impl.src);
}

static void gst_sonar_spectrogram_class_init(GstSonarSpectrogramClass *klass) {
  auto *object_class = G_OBJECT_CLASS(klass);
  auto *element_class = GST_ELEMENT_CLASS(klass);

  object_class->set_property = gst_sonar_spectrogram_set_property;
  object_class->get_property = gst_sonar_spectrogram_get_property;
  object_class->finalize = gst_sonar_spectrogram_finalize;
  element_class->change_state = gst_sonar_spectrogram_change_state;

  sonar::install_recipe_properties(object_class);
  sonar::install_level_properties(object_class);
  sonar::install_clock_properties(object_class);
  /**
   * GstSonarSpectrogram:model:
   *
   * Model whose analysis settings are used: a file, or the name of a shipped
   * model. Settings given beside it take precedence. From PAUSED on only a
   * model whose pixels are those that flow is taken; an element message
   * `sonar-model` tells.
   */
  g_object_class_install_property(
      object_class, kPropModel,
      g_param_spec_string(
          "model", "Model",
          "Model whose settings are used: a file or a shipped model's name",
          nullptr,
          static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
                                   GST_PARAM_MUTABLE_PLAYING)));

  gst_element_class_add_static_pad_template(element_class, &sink_template);
  gst_element_class_add_static_pad_template(element_class, &src_template);
  gst_element_class_set_static_metadata(
      element_class, "Sonar spectrogram", "Filter/Analyzer/Audio",
      "Turns hydrophone audio into spectrogram frames", "gst-sonar developers");
}
