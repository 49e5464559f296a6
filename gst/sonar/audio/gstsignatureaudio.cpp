/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * SECTION:element-signatureaudio
 * @short_description: makes a signature sound again
 *
 * Gives out the audio that sonarspectrogram was given, its spectrum times the
 * gains of the masked pixels: the samples come with the frames, go through a
 * short-time Fourier transform and back by weighted overlap-add with the phase
 * that they had. Sample for sample at the input's time stamps.
 *
 * With #GstSignatureAudio:output `complement` what was removed comes out
 * instead; both together are the input.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 filesrc location=ship.wav ! decodebin ! audioconvert !
 *   audioresample ! sonarspectrogram model=hydrophone !
 *   specnnclassify model=hydrophone ! scorecammask ! signatureextract !
 *   signatureaudio ! audioconvert ! wavenc ! filesink location=signature.wav
 * ]|
 */
#include "gstsignatureaudio.h"

#include <gst/audio/audio.h>
#include <gst/video/video.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/border.h"
#include "common/frame.h"
#include "sonar/mask/threshold.h"
#include "soundrun.h"
#include "soundsettings.h"

GST_DEBUG_CATEGORY_STATIC(signature_audio_debug);
#define GST_CAT_DEFAULT signature_audio_debug

using sonar::Errc;
using sonar::Error;
using sonar::sound::Gate;
using sonar::sound::Output;
using sonar::sound::properties;
using sonar::sound::Run;
using sonar::sound::Settings;

namespace {

constexpr gint64 kLongestSilence = 1 << 16;  // samples in a buffer

struct Impl {
  std::mutex lock;
  Settings settings;         // guarded by lock
  GstClockTime latency = 0;  // guarded by lock

  GstPad *sink = nullptr, *src = nullptr;  // owned by the element
  GstVideoInfo info{};                     // streaming thread from here on
  std::optional<Run> run;
  std::string recipe;            // of `grid`
  sonar::dsp::SoundGrid grid;    // of the last frame
  int rate = 0;                  // of the caps that were sent; 0: none were
  bool discont = true;           // flag of the next buffer
  std::vector<GstEvent *> held;  // until there are caps

  ~Impl() { forget(); }
  void forget() {
    run.reset();
    recipe.clear();
    rate = 0;
    discont = true;
    for (GstEvent *event : held) gst_event_unref(event);
    held.clear();
  }
};

GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE(
    "sink", GST_PAD_SINK, GST_PAD_ALWAYS,
    GST_STATIC_CAPS(GST_VIDEO_CAPS_MAKE("{ GRAY16_LE, GRAY8, BGRA }")));
GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE(
    "src", GST_PAD_SRC, GST_PAD_ALWAYS,
    GST_STATIC_CAPS("audio/x-raw, format = " GST_AUDIO_NE(
        F32) ", layout = interleaved, channels = 1, rate = [ 1, MAX ]"));

}  // namespace

struct _GstSignatureAudio {
  GstElement parent;
  Impl *impl;  // owned: new in _init, deleted in _finalize
};

G_DEFINE_TYPE_WITH_CODE(GstSignatureAudio, gst_signature_audio,
                        GST_TYPE_ELEMENT,
                        GST_DEBUG_CATEGORY_INIT(signature_audio_debug,
                                                "signatureaudio", 0,
                                                "signatures made sound"))
GST_ELEMENT_REGISTER_DEFINE(signatureaudio, "signatureaudio", GST_RANK_NONE,
                            GST_TYPE_SIGNATURE_AUDIO)

/* Buffers */

static GstFlowReturn push_samples(Impl &impl, std::vector<float> &&samples,
                                  gint64 first_sample, bool silence) {
  if (samples.empty()) return GST_FLOW_OK;
  auto *own = new std::vector<float>(std::move(samples));
  const gsize size = own->size() * sizeof(float);
  GstBuffer *buffer = gst_buffer_new_wrapped_full(
      GstMemoryFlags(0), own->data(), size, 0, size, own,
      [](gpointer data) { delete static_cast<decltype(own)>(data); });
  const gint64 end = first_sample + gint64(own->size());
  GST_BUFFER_PTS(buffer) = impl.run->time_of(first_sample);
  if (GST_BUFFER_PTS_IS_VALID(buffer))
    GST_BUFFER_DURATION(buffer) =
        impl.run->time_of(end) - GST_BUFFER_PTS(buffer);
  GST_BUFFER_OFFSET(buffer) = guint64(first_sample);
  GST_BUFFER_OFFSET_END(buffer) = guint64(end);
  if (impl.discont) GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DISCONT);
  if (silence) GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_GAP);
  impl.discont = false;
  return gst_pad_push(impl.src, buffer);
}

static GstFlowReturn push_ready(Impl &impl) {
  const gint64 first = impl.run->next_out();
  return push_samples(impl, impl.run->pop(), first, false);
}

static GstFlowReturn drain(Impl &impl) {
  if (!impl.run) return GST_FLOW_OK;
  impl.run->drain();
  const GstFlowReturn flow = push_ready(impl);
  impl.run.reset();
  impl.discont = true;
  return flow;
}

/* Silence in place of samples that were lost on the way, so that what follows
 * stays at its time. */
static GstFlowReturn fill_up(GstSignatureAudio *self, gint64 first_sample) {
  Impl &impl = *self->impl;
  gint64 lost = impl.run->lost_before(first_sample);
  if (lost <= 0) return GST_FLOW_OK;
  GST_ELEMENT_WARNING(
      self, STREAM, FORMAT,
      ("%" G_GINT64_FORMAT " samples (%.3f s) were lost before signatureaudio "
       "and are silent; a queue in between drops frames: let it not leak.",
       lost, double(lost) / impl.grid.rate_hz),
      (nullptr));
  impl.run->drain();
  GstFlowReturn flow = push_ready(impl);
  for (; lost > 0 && flow == GST_FLOW_OK; lost -= kLongestSilence) {
    const gint64 count = std::min(lost, kLongestSilence);
    const gint64 first = impl.run->next_out();
    impl.run->pass_over(count);
    flow = push_samples(impl, std::vector<float>(gsize(count)), first, true);
  }
  impl.run->resume(first_sample);
  return flow;
}

/* Negotiation */

static void update_latency(GstSignatureAudio *self,
                           const GstSonarSpectrogramMeta &meta, guint64 wait) {
  Impl &impl = *self->impl;
  const gint64 samples = sonar::dsp::sound_latency_samples(
      impl.grid, sonar::sound::columns_to_wait(meta, wait));
  const GstClockTime latency =
      gst_util_uint64_scale_ceil(guint64(samples), GST_SECOND, meta.rate);
  {
    std::lock_guard<std::mutex> hold(impl.lock);
    if (impl.latency == latency) return;
    impl.latency = latency;
  }
  gst_element_post_message(GST_ELEMENT(self),
                           gst_message_new_latency(GST_OBJECT(self)));
}

static bool send_caps(Impl &impl, int rate) {
  if (rate == impl.rate) return true;
  GstAudioInfo info;
  gst_audio_info_set_format(&info, GST_AUDIO_FORMAT_F32, rate, 1, nullptr);
  g_autoptr(GstCaps) caps = gst_audio_info_to_caps(&info);
  if (!gst_pad_set_caps(impl.src, caps)) return false;
  impl.rate = rate;
  const std::vector<GstEvent *> held = std::move(impl.held);
  impl.held.clear();
  for (GstEvent *event : held) gst_pad_push_event(impl.src, event);
  return true;
}

/* Gains */

static sonar::Image gains_of(GstBuffer *frame, const GstVideoInfo &info,
                             Gate gate) {
  if (gate == Gate::kSoft) {
    const auto &mask = sonar::frame::require_mask(frame, info);
    return sonar::mask::soft_gain(
        sonar::frame::read_image(mask.values, mask.height, mask.width));
  }
  const auto *signature = gst_buffer_get_sonar_signature_meta(frame);
  if (!signature)
    throw Error(Errc::kBadArgument,
                "gate=binary lets kept pixels through, and the frame carries "
                "none; put signatureextract before signatureaudio, or set "
                "gate=soft.");
  if (gint(signature->width) != GST_VIDEO_INFO_WIDTH(&info) ||
      gint(signature->height) != GST_VIDEO_INFO_HEIGHT(&info))
    throw Error(
        Errc::kBadArgument,
        "The signature is " +
            sonar::frame::size_text(signature->width, signature->height) +
            " but the frame is " +
            sonar::frame::size_text(guint(GST_VIDEO_INFO_WIDTH(&info)),
                                    guint(GST_VIDEO_INFO_HEIGHT(&info))) +
            " (width x height); do not rescale or crop frames between the "
            "sonar elements.");
  sonar::Image gain(signature->height, signature->width);
  const auto *kept =
      static_cast<const guint8 *>(g_bytes_get_data(signature->kept, nullptr));
  std::copy(kept, kept + gain.size(), gain.data());
  return gain;
}

/* Frames */

/* Ends the run that the frame is none of, and begins its own. */
static GstFlowReturn follow(GstSignatureAudio *self, GstBuffer *frame,
                            const GstSonarSpectrogramMeta &meta,
                            const Settings &settings) {
  Impl &impl = *self->impl;
  if (impl.recipe != meta.recipe || !impl.run) {
    impl.grid = sonar::sound::grid_of(meta);
    impl.recipe = meta.recipe;
  }
  if (impl.run && impl.run->holds(frame, meta, impl.grid))
    return fill_up(self, meta.first_sample);
  const GstFlowReturn flow = drain(impl);
  if (flow != GST_FLOW_OK) return flow;
  update_latency(self, meta, settings.wait);
  if (!send_caps(impl, int(meta.rate))) return GST_FLOW_NOT_NEGOTIATED;
  impl.run.emplace(frame, meta, impl.grid,
                   settings.output == Output::kComplement);
  if (meta.first_sample > 0)
    GST_ELEMENT_WARNING(
        self, STREAM, FORMAT,
        ("The sound begins %.3f s behind the audio's first sample: the frames "
         "before were lost or came by before signatureaudio was there.",
         double(meta.first_sample) / meta.rate),
        (nullptr));
  return GST_FLOW_OK;
}

static GstFlowReturn take_frame(GstSignatureAudio *self, GstBuffer *frame) {
  Impl &impl = *self->impl;
  Settings settings;
  {
    std::lock_guard<std::mutex> hold(impl.lock);
    settings = impl.settings;
  }
  const auto &meta = sonar::frame::require_spectrogram(frame, impl.info);
  const sonar::Image gain = gains_of(frame, impl.info, settings.gate);
  const GstFlowReturn flow = follow(self, frame, meta, settings);
  if (flow != GST_FLOW_OK) return flow;
  impl.run->set(settings.gain());
  impl.run->put(meta, gain, sonar::sound::columns_to_wait(meta, settings.wait));
  return push_ready(impl);
}

static GstFlowReturn gst_signature_audio_chain(GstPad *, GstObject *parent,
                                               GstBuffer *frame) {
  auto *self = GST_SIGNATURE_AUDIO(parent);
  const GstFlowReturn flow =
      sonar::border::guard(GST_ELEMENT(self), GST_FLOW_ERROR,
                           [&] { return take_frame(self, frame); });
  gst_buffer_unref(frame);
  // the end of stream that follows on an error must not bring more samples
  if (flow == GST_FLOW_ERROR) self->impl->run.reset();
  return flow;
}

/* Events */

/* The samples behind the last frame of a run. */
static void take_rest(GstSignatureAudio *self, gint64 first, GBytes *samples) {
  Impl &impl = *self->impl;
  if (!impl.run || impl.run->lost_before(first) < 0) return;
  if (fill_up(self, first) == GST_FLOW_OK) impl.run->push(samples);
}

static bool take_caps(Impl &impl, GstEvent *event) {
  GstCaps *caps;
  gst_event_parse_caps(event, &caps);
  GstVideoInfo info;
  if (!gst_video_info_from_caps(&info, caps)) return false;
  if (impl.info.finfo && !gst_video_info_is_equal(&info, &impl.info))
    drain(impl);
  impl.info = info;
  return true;
}

/* What must not go out before caps, which come with the first frame. */
static bool is_held(const Impl &impl, GstEvent *event) {
  return impl.rate == 0 && GST_EVENT_IS_SERIALIZED(event) &&
         GST_EVENT_TYPE(event) != GST_EVENT_STREAM_START &&
         GST_EVENT_TYPE(event) != GST_EVENT_FLUSH_STOP;
}

static void forget_held_segments(Impl &impl) {
  const auto is_segment = [](GstEvent *event) {
    const bool segment = GST_EVENT_TYPE(event) == GST_EVENT_SEGMENT;
    if (segment) gst_event_unref(event);
    return segment;
  };
  impl.held.erase(
      std::remove_if(impl.held.begin(), impl.held.end(), is_segment),
      impl.held.end());
}

/* Without a frame there are no caps, and nothing but the end to be told. */
static gboolean end(GstPad *pad, GstObject *parent, GstEvent *event) {
  Impl &impl = *GST_SIGNATURE_AUDIO(parent)->impl;
  for (GstEvent *held : impl.held) gst_event_unref(held);
  impl.held.clear();
  return gst_pad_event_default(pad, parent, event);
}

static gboolean gst_signature_audio_sink_event(GstPad *pad, GstObject *parent,
                                               GstEvent *event) {
  auto *self = GST_SIGNATURE_AUDIO(parent);
  Impl &impl = *self->impl;
  bool passes_on = true;
  const bool taken = sonar::border::guard(GST_ELEMENT(self), false, [&] {
    gint64 first = 0;
    g_autoptr(GBytes) samples = nullptr;
    switch (GST_EVENT_TYPE(event)) {
      case GST_EVENT_CAPS:
        passes_on = false;
        return take_caps(impl, event);
      case GST_EVENT_CUSTOM_DOWNSTREAM:
        passes_on = !gst_event_parse_sonar_samples(event, &first, &samples);
        if (samples) take_rest(self, first, samples);
        return true;
      case GST_EVENT_SEGMENT:
      case GST_EVENT_GAP:
      case GST_EVENT_EOS:
        drain(impl);
        return true;
      case GST_EVENT_FLUSH_STOP:
        impl.run.reset();
        impl.discont = true;
        forget_held_segments(impl);
        return true;
      default:
        return true;
    }
  });
  if (!taken || !passes_on) {
    gst_event_unref(event);
    return taken;
  }
  if (GST_EVENT_TYPE(event) == GST_EVENT_EOS) return end(pad, parent, event);
  if (!is_held(impl, event)) return gst_pad_event_default(pad, parent, event);
  impl.held.push_back(event);
  return TRUE;
}

/* Queries */

static gboolean gst_signature_audio_sink_query(GstPad *pad, GstObject *parent,
                                               GstQuery *query) {
  // what is downstream knows no video
  if (GST_QUERY_TYPE(query) == GST_QUERY_ALLOCATION) return FALSE;
  return gst_pad_query_default(pad, parent, query);
}

static gboolean gst_signature_audio_src_query(GstPad *pad, GstObject *parent,
                                              GstQuery *query) {
  Impl &impl = *GST_SIGNATURE_AUDIO(parent)->impl;
  if (GST_QUERY_TYPE(query) != GST_QUERY_LATENCY)
    return gst_pad_query_default(pad, parent, query);
  if (!gst_pad_peer_query(impl.sink, query)) return FALSE;
  gboolean live;
  GstClockTime min, max;
  gst_query_parse_latency(query, &live, &min, &max);
  std::lock_guard<std::mutex> hold(impl.lock);
  gst_query_set_latency(
      query, live, min + impl.latency,
      GST_CLOCK_TIME_IS_VALID(max) ? max + impl.latency : max);
  return TRUE;
}

static GstStateChangeReturn gst_signature_audio_change_state(
    GstElement *element, GstStateChange change) {
  const GstStateChangeReturn result =
      GST_ELEMENT_CLASS(gst_signature_audio_parent_class)
          ->change_state(element, change);
  if (change == GST_STATE_CHANGE_PAUSED_TO_READY) {
    Impl &impl = *GST_SIGNATURE_AUDIO(element)->impl;
    impl.forget();
    std::lock_guard<std::mutex> hold(impl.lock);
    impl.latency = 0;
  }
  return result;
}

/* Lifecycle */

static void gst_signature_audio_finalize(GObject *object) {
  delete GST_SIGNATURE_AUDIO(object)->impl;
  G_OBJECT_CLASS(gst_signature_audio_parent_class)->finalize(object);
}

static void gst_signature_audio_init(GstSignatureAudio *self) {
  self->impl = new Impl;
  Impl &impl = *self->impl;
  impl.sink = gst_pad_new_from_static_template(&sink_template, "sink");
  gst_pad_set_chain_function(impl.sink,
                             GST_DEBUG_FUNCPTR(gst_signature_audio_chain));
  gst_pad_set_event_function(impl.sink,
                             GST_DEBUG_FUNCPTR(gst_signature_audio_sink_event));
  gst_pad_set_query_function(impl.sink,
                             GST_DEBUG_FUNCPTR(gst_signature_audio_sink_query));
  gst_element_add_pad(GST_ELEMENT(self), impl.sink);
  impl.src = gst_pad_new_from_static_template(&src_template, "src");
  gst_pad_set_query_function(impl.src,
                             GST_DEBUG_FUNCPTR(gst_signature_audio_src_query));
  gst_pad_use_fixed_caps(impl.src);
  gst_element_add_pad(GST_ELEMENT(self), impl.src);
}

static void gst_signature_audio_class_init(GstSignatureAudioClass *klass) {
  auto *object_class = G_OBJECT_CLASS(klass);
  auto *element_class = GST_ELEMENT_CLASS(klass);

  object_class->set_property =
      sonar::set_property<GstSignatureAudio, properties>;
  object_class->get_property =
      sonar::get_property<GstSignatureAudio, properties>;
  object_class->finalize = gst_signature_audio_finalize;
  element_class->change_state = gst_signature_audio_change_state;

  sonar::sound::install_properties(object_class);

  gst_element_class_add_static_pad_template(element_class, &sink_template);
  gst_element_class_add_static_pad_template(element_class, &src_template);
  gst_element_class_set_static_metadata(
      element_class, "Signature audio", "Filter/Audio",
      "Makes the signature of a spectrogram sound again",
      "gst-sonar developers");
}
