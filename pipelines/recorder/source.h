/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/app/gstappsink.h>
#include <gst/audio/audio.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "arrival_clock.h"
#include "options.h"
#include "pipeline.h"

namespace sonar::recorder {

/** gst-launch's words for where the sound comes from. */
std::string describe_source(const Options &options);

/**
 * What is recorded: a pipeline that ends in raw sound, whose buffers carry the
 * UTC of their first samples (GstReferenceTimestampMeta, timestamp/x-unix).
 * UTC is that of the source's own reference timestamps, else of start_utc, else
 * of arrival.
 */
class Source {
 public:
  /** Called in a streaming thread of the source; may take its time: what
   *  comes meanwhile waits in a queue without limit. */
  using Take = std::function<void(GstSample *)>;
  /** Called before it: whether a source that can wait (a file) has to. */
  using Busy = std::function<bool()>;

  /** Throws Error(kBadArgument). */
  Source(const Options &options, Take take, Busy busy);
  ~Source();

  /** Throws Error(kResource). */
  void play() { pipeline_.play(); }
  /** Ends the stream behind what was captured; then ended(). */
  void finish();
  void stop();

  bool ended() const { return pipeline_.ended(); }
  std::string error() const { return pipeline_.error(); }
  /** Since the last buffer, or since the start. */
  double silent_seconds() const;

 private:
  static GstPadProbeReturn on_captured(GstPad *, GstPadProbeInfo *info,
                                       gpointer self);
  static GstFlowReturn on_sample(GstAppSink *sink, gpointer self);
  static void on_source_setup(GstElement *, GstElement *source, gpointer);
  void begin(GstPad *pad);
  void stamp(GstBuffer *buffer);
  bool is_live(GstPad *pad);
  void limit_intake();
  void wait_while_busy();

  Take take_;
  Busy busy_;
  bool once_;
  std::optional<std::int64_t> start_utc_;
  Pipeline pipeline_;
  std::atomic<gint64> heard_us_;  // monotonic
  std::atomic<bool> stopping_{false};
  // the capturing thread's
  GstAudioInfo info_{};
  std::optional<ArrivalClock> clock_;
  std::int64_t captured_ = 0;  // samples since the last discontinuity
  std::int64_t all_captured_ = 0;
  std::atomic<bool> live_{true};  // known with the first buffer
};

/** What raw sound is, also of several channels that stand for no loudspeaker
 *  and do not say so. False where @p caps are something else. */
bool read_audio_info(const GstCaps *caps, GstAudioInfo &info);

/** Of a buffer that a Source gave. */
std::int64_t buffer_utc(GstBuffer *buffer);
void add_utc(GstBuffer *buffer, std::int64_t utc_ns);

}  // namespace sonar::recorder
