/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source.h"

namespace sonar::recorder {

namespace {

GstCaps *unix_time() {
  static GstCaps *caps = gst_caps_new_empty_simple("timestamp/x-unix");
  return caps;
}

GstCaps *ntp_time() {
  static GstCaps *caps = gst_caps_new_empty_simple("timestamp/x-ntp");
  return caps;
}

constexpr guint kWaitingBytes = 16u << 20;

constexpr std::int64_t kNtpEpochNs =
    -2'208'988'800 * std::int64_t(1'000'000'000);

/* The source's own, where it has one. */
std::optional<std::int64_t> known_utc(GstBuffer *buffer) {
  if (const auto *meta =
          gst_buffer_get_reference_timestamp_meta(buffer, unix_time()))
    return std::int64_t(meta->timestamp);
  if (const auto *meta =
          gst_buffer_get_reference_timestamp_meta(buffer, ntp_time()))
    return std::int64_t(meta->timestamp) + kNtpEpochNs;
  return std::nullopt;
}

}  // namespace

bool read_audio_info(const GstCaps *caps, GstAudioInfo &info) {
  g_autoptr(GstCaps) complete = gst_caps_copy(caps);
  GstStructure *about = gst_caps_get_structure(complete, 0);
  gint channels = 0;
  if (gst_structure_get_int(about, "channels", &channels) && channels > 2 &&
      !gst_structure_has_field(about, "channel-mask"))
    gst_structure_set(about, "channel-mask", GST_TYPE_BITMASK, guint64(0),
                      nullptr);
  return gst_audio_info_from_caps(&info, complete);
}

std::int64_t buffer_utc(GstBuffer *buffer) {
  return known_utc(buffer).value_or(0);
}

void add_utc(GstBuffer *buffer, std::int64_t utc_ns) {
  gst_buffer_add_reference_timestamp_meta(
      buffer, unix_time(), GstClockTime(utc_ns), GST_CLOCK_TIME_NONE);
}

std::string describe_source(const Options &o) {
  const std::string from = o.uri.empty()
                               ? o.source
                               : "uridecodebin name=remote caps=audio/x-raw "
                                 "expose-all-streams=false uri=" +
                                     quoted(o.uri);
  // without limits: nothing behind it may make a live source lose samples
  return from +
         " ! queue name=intake max-size-buffers=0 max-size-bytes=0 "
         "max-size-time=0 ! appsink name=out sync=false "
         "caps=audio/x-raw,layout=interleaved";
}

Source::Source(const Options &options, Take take, Busy busy)
    : take_(std::move(take)),
      busy_(std::move(busy)),
      once_(options.once),
      start_utc_(options.start_utc),
      pipeline_(describe_source(options), "The source"),
      heard_us_(g_get_monotonic_time()) {
  const ElementPtr intake = pipeline_.find("intake");
  g_autoptr(GstPad) pad = gst_element_get_static_pad(intake.get(), "sink");
  gst_pad_add_probe(pad,
                    GstPadProbeType(GST_PAD_PROBE_TYPE_BUFFER |
                                    GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM),
                    on_captured, this, nullptr);
  if (const ElementPtr remote = pipeline_.find("remote"))
    g_signal_connect(remote.get(), "source-setup", G_CALLBACK(on_source_setup),
                     nullptr);
  const ElementPtr out = pipeline_.find("out");
  GstAppSinkCallbacks callbacks{};
  callbacks.new_sample = on_sample;
  gst_app_sink_set_callbacks(GST_APP_SINK(out.get()), &callbacks, this,
                             nullptr);
}

Source::~Source() { stop(); }

/* RTSP: over TCP no packet is lost, and a server that is gone is missed. */
void Source::on_source_setup(GstElement *, GstElement *source, gpointer) {
  const auto set = [&](const char *name, const char *value) {
    if (g_object_class_find_property(G_OBJECT_GET_CLASS(source), name))
      gst_util_set_object_arg(G_OBJECT(source), name, value);
  };
  set("protocols", "tcp");
  set("add-reference-timestamp-meta", "true");
  set("tcp-timeout", "5000000");
}

double Source::silent_seconds() const {
  return double(g_get_monotonic_time() - heard_us_) * 1e-6;
}

void Source::stop() {
  stopping_ = true;
  pipeline_.stop();
}

void Source::finish() {
  // not by way of the source: one that hangs would not pass it on
  const ElementPtr intake = pipeline_.find("intake");
  // one that waits holds the pad
  g_object_set(intake.get(), "max-size-bytes", 0u, nullptr);
  g_autoptr(GstPad) pad = gst_element_get_static_pad(intake.get(), "sink");
  gst_pad_send_event(pad, gst_event_new_eos());
}

void Source::stamp(GstBuffer *buffer) {
  const std::int64_t samples =
      std::int64_t(gst_buffer_get_size(buffer)) / info_.bpf;
  if (!clock_ || GST_BUFFER_IS_DISCONT(buffer)) {
    clock_.emplace(unsigned(info_.rate));
    captured_ = 0;
  }
  clock_->put(captured_, samples, g_get_real_time() * 1000);
  if (!known_utc(buffer)) {
    const std::int64_t utc =
        start_utc_
            ? *start_utc_ +
                  std::int64_t(gst_util_uint64_scale(
                      guint64(all_captured_), GST_SECOND, guint64(info_.rate)))
            : clock_->at(captured_);
    add_utc(buffer, utc);
  }
  captured_ += samples;
  all_captured_ += samples;
}

/* A file is read faster than it was recorded: when its samples arrive says
 * nothing but of the first. (A stream by http is not live either, to
 * GStreamer.) */
void Source::begin(GstPad *pad) {
  live_ = is_live(pad);
  if (live_) return;
  limit_intake();
  if (once_ && !start_utc_) start_utc_ = g_get_real_time() * 1000;
}

GstPadProbeReturn Source::on_captured(GstPad *pad, GstPadProbeInfo *info,
                                      gpointer data) {
  auto &self = *static_cast<Source *>(data);
  if (GST_IS_EVENT(info->data)) {
    GstEvent *event = GST_PAD_PROBE_INFO_EVENT(info);
    if (GST_EVENT_TYPE(event) == GST_EVENT_CAPS) {
      GstCaps *caps;
      gst_event_parse_caps(event, &caps);
      read_audio_info(caps, self.info_);
      self.clock_.reset();
    }
    return GST_PAD_PROBE_OK;
  }
  if (self.info_.bpf <= 0) return GST_PAD_PROBE_OK;
  self.heard_us_ = g_get_monotonic_time();
  if (self.all_captured_ == 0) self.begin(pad);
  GstBuffer *buffer = gst_buffer_make_writable(GST_PAD_PROBE_INFO_BUFFER(info));
  self.stamp(buffer);
  info->data = buffer;
  return GST_PAD_PROBE_OK;
}

bool Source::is_live(GstPad *pad) {
  g_autoptr(GstQuery) query = gst_query_new_latency();
  gboolean live = TRUE;
  if (gst_pad_peer_query(pad, query))
    gst_query_parse_latency(query, &live, nullptr, nullptr);
  return live;
}

/* What can wait is not read into memory either. */
void Source::limit_intake() {
  const ElementPtr intake = pipeline_.find("intake");
  g_object_set(intake.get(), "max-size-bytes", kWaitingBytes, nullptr);
}

void Source::wait_while_busy() {
  while (!stopping_ && busy_()) {
    heard_us_ = g_get_monotonic_time();  // it is not the source that is silent
    g_usleep(10000);
  }
}

GstFlowReturn Source::on_sample(GstAppSink *sink, gpointer data) {
  g_autoptr(GstSample) sample = gst_app_sink_pull_sample(sink);
  if (!sample) return GST_FLOW_EOS;
  auto &self = *static_cast<Source *>(data);
  if (!gst_sample_get_caps(sample)) {
    self.pipeline_.fail(
        "it gives bytes without saying what they are; put decodebin, or "
        "rawaudioparse with their format, behind it");
    return GST_FLOW_ERROR;
  }
  if (!self.live_) self.wait_while_busy();
  self.take_(sample);
  return GST_FLOW_OK;
}

}  // namespace sonar::recorder
