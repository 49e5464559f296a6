/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/base/gstbasetransform.h>

#include <mutex>

#include "turns.h"

/* Whether a stream is behind, for an element that can do less. */
namespace sonar::specnn {

/** Allowed lateness that means the duration of the frame. */
constexpr GstClockTime kOneFrame = 0;

/**
 * Tells which frames of a stream must make do with less, from what sinks say
 * (QoS events) and, in a live pipeline, from the clock: so it works where no
 * sink synchronises, as before a file. A file that is read as fast as it goes
 * is never late by the clock. Live streams of one process that share a clock
 * take turns while one of them is behind.
 */
class Lateness {
 public:
  ~Lateness();
  /** A QOS event from downstream. Any thread. */
  void take_qos(GstEvent *event);
  /** Announced latencies have changed. Any thread. */
  void forget_latency();
  /** Flush, new segment or stop: what was is of the past. */
  void reset();

  /** What may be done for a frame. */
  struct Verdict {
    bool skip = false;          ///< it must make do with less
    GstClockTimeDiff late = 0;  ///< ns, where it must
    Turns::Work work;           ///< to be held while more is done
  };
  /**
   * On the frame at @p running (ns of running time, or none) and of
   * @p duration (ns, or none). By the clock it must make do with less when it
   * comes more than @p allowed ns later than the elements before have
   * announced (kOneFrame: its own duration, which means that the next one
   * waits already; GST_CLOCK_TIME_NONE: the clock is not looked at), or when it
   * is the others' turn. @p must: it must not. Waits for the turn, streaming
   * thread only; queries upstream.
   */
  Verdict judge(GstBaseTransform *element, GstClockTime running,
                GstClockTime duration, GstClockTime allowed, bool must);

 private:
  bool is_live(GstBaseTransform *element);

  std::mutex lock_;
  GstClockTime earliest_ = 0;   // guarded by lock; running time, by QoS
  bool latency_known_ = false;  // guarded by lock
  bool live_ = false;           // streaming thread from here on
  GstClockTime announced_ = 0;
};

}  // namespace sonar::specnn
