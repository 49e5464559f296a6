/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis.h"

#include <gst/video/video.h>

#include <cmath>

#include "archive.h"
#include "heard.h"
#include "sonar/core/error.h"
#include "sonar/core/utc.h"

namespace sonar::recorder {

namespace {

constexpr GstClockTime kMostBehind = 10 * GST_SECOND;
constexpr GstClockTime kKeyFrameEvery = 2 * GST_SECOND - GST_MSECOND;

}  // namespace

AnalysisCheck::AnalysisCheck(const Options &options)
    : pipeline_(describe_analysis(options, 1), "The analysis") {
  if (gst_element_set_state(pipeline_.element(), GST_STATE_READY) !=
      GST_STATE_CHANGE_FAILURE)
    return;
  g_autoptr(GstBus) bus = gst_element_get_bus(pipeline_.element());
  g_autoptr(GstMessage) message = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR);
  g_autoptr(GError) error = nullptr;
  if (message) gst_message_parse_error(message, &error, nullptr);
  throw Error(Errc::kBadArgument,
              error ? error->message : "The analysis does not start.");
}

Analysis::Analysis(const Options &options, const GstAudioInfo &info,
                   std::int64_t run_utc, const Fragments &fragments,
                   Sidecar &sidecar, DiskSync &disk, Page *page)
    : fragments_(fragments),
      sidecar_(sidecar),
      disk_(disk),
      page_(page),
      classes_(fragments),
      pipeline_(describe_analysis(options, info.channels), "The analysis"),
      in_(pipeline_.find("in")) {
  g_autoptr(GstCaps) caps = gst_audio_info_to_caps(&info);
  g_object_set(in_.get(), "caps", caps, nullptr);
  for (const char *rows : {"regions", "tonals", "families"})
    connect(rows, on_row);
  connect("web", on_video);
  prepare_video();
  const ElementPtr tonal = pipeline_.find("tonal");
  g_autoptr(GstPad) pad = gst_element_get_static_pad(tonal.get(), "src");
  if (page_)
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, on_frame, this, nullptr);
  pipeline_.on_message = [this](GstMessage *m) { take_message(m); };
  if (page_) stream_ = page_->video().begin(run_utc);
  pipeline_.play();
}

// before what its threads use goes
Analysis::~Analysis() { pipeline_.stop(); }

void Analysis::connect(const char *name,
                       GstFlowReturn (*take)(GstAppSink *, gpointer)) {
  const ElementPtr sink = pipeline_.find(name);
  if (!sink) return;
  GstAppSinkCallbacks callbacks{};
  callbacks.new_sample = take;
  gst_app_sink_set_callbacks(GST_APP_SINK(sink.get()), &callbacks, this,
                             nullptr);
}

/* Key frames by the clock, not by their number: frame rates differ by fifty.
 * Splits at the fragments' limits, asked for while they are still to come. */
GstPadProbeReturn Analysis::on_encoder_frame(GstPad *pad, GstPadProbeInfo *info,
                                             gpointer data) {
  auto &self = *static_cast<Analysis *>(data);
  const GstClockTime now = GST_BUFFER_PTS(GST_PAD_PROBE_INFO_BUFFER(info));
  const GstClockTime length =
      self.fragments_.fragment_samples() / self.fragments_.rate() * GST_SECOND;
  if (self.split_ == 0) self.split_ = now / length * length + length;
  for (; self.files_ && self.split_ <= now + length; self.split_ += length)
    g_signal_emit_by_name(self.files_.get(), "split-at-running-time",
                          self.split_);
  if (GST_CLOCK_TIME_IS_VALID(self.key_frame_) &&
      now < self.key_frame_ + kKeyFrameEvery)
    return GST_PAD_PROBE_OK;
  self.key_frame_ = now;
  g_autoptr(GstElement) encoder = gst_pad_get_parent_element(pad);
  g_autoptr(GstPad) out = gst_element_get_static_pad(encoder, "src");
  gst_pad_send_event(out, gst_video_event_new_upstream_force_key_unit(
                              GST_CLOCK_TIME_NONE, TRUE, 0));
  return GST_PAD_PROBE_OK;
}

void Analysis::prepare_video() {
  if (const ElementPtr encoder = pipeline_.find("encoder")) {
    g_autoptr(GstPad) pad = gst_element_get_static_pad(encoder.get(), "sink");
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, on_encoder_frame, this,
                      nullptr);
  }
  files_ = pipeline_.find("files");
  if (!files_) return;
  // a fragment a key frame while it grows, an ordinary MP4 when it is whole
  GstElement *muxer = gst_element_factory_make("mp4mux", nullptr);
  if (muxer) {
    g_object_set(muxer, "fragment-duration", 1000, nullptr);
    gst_util_set_object_arg(G_OBJECT(muxer), "fragment-mode",
                            "first-moov-then-finalise");
  }
  prepare_files(pipeline_, "recorded", "video", muxer);
  g_signal_connect(files_.get(), "format-location-full", G_CALLBACK(name_video),
                   this);
}

/* Sound in */

void Analysis::push(GstBuffer *buffer) {
  auto *in = GST_APP_SRC(in_.get());
  const std::int64_t begin = std::int64_t(GST_BUFFER_PTS(buffer)),
                     length = std::int64_t(GST_BUFFER_DURATION(buffer));
  const bool behind = gst_app_src_get_current_level_time(in) > kMostBehind;
  // once it skips, it skips until half is done: few long gaps
  const bool catching_up =
      gap_begin_ns_ >= 0 &&
      gst_app_src_get_current_level_time(in) > kMostBehind / 2;
  if (behind || catching_up) {
    if (gap_begin_ns_ < 0) gap_begin_ns_ = begin;
    gap_end_ns_ = begin + length;
    skipped_ns_ += length;
    gst_buffer_unref(buffer);
    return;
  }
  if (gap_begin_ns_ >= 0) {
    note_skipped();
    buffer = gst_buffer_make_writable(buffer);
    GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DISCONT);
  }
  gst_app_src_push_buffer(in, buffer);
}

void Analysis::note_skipped() {
  nlohmann::ordered_json record;
  record["kind"] = "skipped";
  record["begin_s"] = double(gap_begin_ns_) * 1e-9;
  record["end_s"] = double(gap_end_ns_) * 1e-9;
  record["begin_utc"] =
      sonar::utc::format_iso8601(fragments_.utc_at(gap_begin_ns_));
  record["end_utc"] =
      sonar::utc::format_iso8601(fragments_.utc_at(gap_end_ns_));
  put(gap_end_ns_, record);
  gap_begin_ns_ = -1;
}

void Analysis::finish() {
  if (gap_begin_ns_ >= 0) note_skipped();
  gst_app_src_end_of_stream(GST_APP_SRC(in_.get()));
}

void Analysis::close() {
  take_class(classes_.finish());
  if (page_) page_->video().finish(stream_);
}

/* Findings out */

void Analysis::put(std::int64_t end_ns, const nlohmann::ordered_json &record) {
  try {
    sidecar_.put(end_ns, record);
    if (page_) page_->add(record);
  } catch (const std::exception &e) {
    pipeline_.fail(e.what());
  }
}

GstFlowReturn Analysis::on_row(GstAppSink *sink, gpointer data) {
  auto &self = *static_cast<Analysis *>(data);
  g_autoptr(GstSample) sample = gst_app_sink_pull_sample(sink);
  if (!sample) return GST_FLOW_EOS;
  GstBuffer *buffer = gst_sample_get_buffer(sample);
  std::string text(gst_buffer_get_size(buffer), '\0');
  gst_buffer_extract(buffer, 0, text.data(), text.size());
  const auto record = nlohmann::ordered_json::parse(text, nullptr, false);
  if (record.is_object())
    self.put(std::llround(record.value("end_s", 0.0) * 1e9), record);
  return GST_FLOW_OK;
}

GstFlowReturn Analysis::on_video(GstAppSink *sink, gpointer data) {
  auto &self = *static_cast<Analysis *>(data);
  g_autoptr(GstSample) sample = gst_app_sink_pull_sample(sink);
  if (!sample) return GST_FLOW_EOS;
  try {
    GstBuffer *buffer = gst_sample_get_buffer(sample);
    const std::int64_t utc =
        GST_BUFFER_PTS_IS_VALID(buffer)
            ? self.fragments_.utc_at(std::int64_t(GST_BUFFER_PTS(buffer)))
            : 0;
    self.page_->video().put(self.stream_, buffer, utc);
  } catch (const std::exception &e) {
    self.pipeline_.fail(e.what());
    return GST_FLOW_ERROR;
  }
  return GST_FLOW_OK;
}

GstPadProbeReturn Analysis::on_frame(GstPad *, GstPadProbeInfo *info,
                                     gpointer data) {
  static_cast<Analysis *>(data)->page_->set_frame(
      describe_frame(GST_PAD_PROBE_INFO_BUFFER(info)));
  return GST_PAD_PROBE_OK;
}

gchar *Analysis::name_video(GstElement *, guint, GstSample *first,
                            gpointer data) {
  auto &self = *static_cast<Analysis *>(data);
  GstBuffer *buffer = first ? gst_sample_get_buffer(first) : nullptr;
  // x264enc's time stamps begin a thousand hours on, and its segment with them
  const std::int64_t ns = buffer ? std::int64_t(gst_segment_to_running_time(
                                       gst_sample_get_segment(first),
                                       GST_FORMAT_TIME, GST_BUFFER_PTS(buffer)))
                                 : std::int64_t(0);
  const std::string path =
      self.fragments_.free_path(self.fragments_.number_at(ns), "mp4");
  self.disk_.add(path);
  return g_strdup(path.c_str());
}

void Analysis::take_class(std::optional<ClassLog::Record> record) {
  if (record) put(record->end_ns, record->json);
}

void Analysis::take_message(GstMessage *message) {
  const GstStructure *about = gst_message_get_structure(message);
  if (!about) return;
  if (gst_structure_has_name(about, "sonar-class")) {
    take_class(classes_.put(about));
    if (page_) page_->set_class(classes_.label(), classes_.confidence());
  } else if (gst_structure_has_name(about, "splitmuxsink-fragment-closed")) {
    disk_.finish(gst_structure_get_string(about, "location"));
  }
}

}  // namespace sonar::recorder
