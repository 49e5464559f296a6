/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <gst/audio/audio.h>

#include <cstdint>
#include <optional>
#include <string>

#include "class_log.h"
#include "fragments.h"
#include "journal.h"
#include "options.h"
#include "page.h"
#include "pipeline.h"
#include "sidecar.h"

namespace sonar::recorder {

/** gst-launch's words for the analysis of @p channels channels. */
std::string describe_analysis(const Options &options, int channels);

/**
 * Fails as the analysis would, before anything is recorded; while it lives the
 * model stays loaded, so that a new run's analysis starts at once.
 */
class AnalysisCheck {
 public:
  /** Throws Error. */
  explicit AnalysisCheck(const Options &options);

 private:
  Pipeline pipeline_;
};

/**
 * Video, tables and page of a run. May fall behind the sound by ten seconds;
 * then it skips some, and says so.
 */
class Analysis {
 public:
  /** @p run_utc: of stream time 0. @p page may be null. Throws Error. */
  Analysis(const Options &options, const GstAudioInfo &info,
           std::int64_t run_utc, const Fragments &fragments, Sidecar &sidecar,
           DiskSync &disk, Page *page);
  ~Analysis();

  /** Never waits. In one thread. */
  void push(GstBuffer *buffer);  // takes the reference
  void finish();
  /** In the main loop, once it has ended: the last findings. */
  void close();
  bool ended() const { return pipeline_.ended(); }
  std::string error() const { return pipeline_.error(); }
  double skipped_seconds() const { return double(skipped_ns_) * 1e-9; }

 private:
  static GstFlowReturn on_row(GstAppSink *sink, gpointer self);
  static GstFlowReturn on_video(GstAppSink *sink, gpointer self);
  static GstPadProbeReturn on_frame(GstPad *, GstPadProbeInfo *, gpointer self);
  static GstPadProbeReturn on_encoder_frame(GstPad *, GstPadProbeInfo *,
                                            gpointer self);
  static gchar *name_video(GstElement *, guint, GstSample *, gpointer self);
  void connect(const char *name, GstFlowReturn (*take)(GstAppSink *, gpointer));
  void prepare_video();
  void take_message(GstMessage *message);
  void take_class(std::optional<ClassLog::Record> record);
  void put(std::int64_t end_ns, const nlohmann::ordered_json &record);
  void note_skipped();

  const Fragments &fragments_;
  Sidecar &sidecar_;
  DiskSync &disk_;
  Page *page_;
  int stream_ = 0;    // of the page's video
  ClassLog classes_;  // the main loop's
  // the pushing thread's
  std::int64_t skipped_ns_ = 0, gap_begin_ns_ = -1, gap_end_ns_ = 0;
  // the encoder's thread's: the newest key frame, the next split
  GstClockTime key_frame_ = GST_CLOCK_TIME_NONE, split_ = 0;
  Pipeline pipeline_;
  ElementPtr in_, files_;
};

}  // namespace sonar::recorder
