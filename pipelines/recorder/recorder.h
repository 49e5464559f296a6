/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>

#include "analysis.h"
#include "journal.h"
#include "options.h"
#include "page.h"
#include "run.h"
#include "source.h"
#include "space.h"

namespace sonar::recorder {

/**
 * Records without end: a source that is started again whenever it is lost, and
 * a run for each unbroken stretch of its sound. Lives in the main loop's
 * thread; take() is called in the source's.
 */
class Recorder {
 public:
  /** Throws Error for what the user must correct. */
  explicit Recorder(Options options);

  /** Until stop(), or with options.once the source's end. Throws Error when
   *  that source fails. */
  void record();
  /** Ends the recording behind what was captured. From a signal handler. */
  void stop() { interrupted_ = true; }

 private:
  std::unique_ptr<Source> make_source();
  static gboolean on_tick(gpointer self);
  void tick();
  void start_source();
  void watch_source();
  void lose_source(const std::string &why);
  void begin_stop();
  void end_once();
  void watch_run();
  void close_runs();
  void once_a_second();
  void make_room();

  void take(GstSample *sample);
  bool breaks(GstBuffer *buffer, const GstAudioInfo &info);
  void begin_run(GstBuffer *buffer, const GstAudioInfo &info);
  void end_run(const std::string &why);
  void note_gap(std::int64_t end_utc);
  void say(const std::string &words);
  void note(const nlohmann::ordered_json &record);

  const Options options_;
  DiskSync disk_;
  Journal manifest_;
  std::unique_ptr<Page> page_;
  std::unique_ptr<AnalysisCheck> model_;  // keeps it loaded
  Shared shared_;
  SpaceWatch space_;
  GMainLoop *loop_ = nullptr;
  std::atomic<bool> interrupted_{false};
  // the main loop's
  std::unique_ptr<Source> source_;
  std::string failure_;
  bool stopping_ = false;
  int attempts_ = 0;
  gint64 source_retry_us_ = 0, stop_by_us_ = 0, second_us_ = 0;
  int seconds_ = 0;
  std::mutex lock_;
  // guarded by lock_
  std::unique_ptr<Run> run_;
  std::list<std::unique_ptr<Run>> closing_;
  std::string gap_reason_;
  std::int64_t gap_begin_utc_ = 0;
  gint64 run_retry_us_ = 0;
  GstClockTime expected_ = GST_CLOCK_TIME_NONE;
};

}  // namespace sonar::recorder
