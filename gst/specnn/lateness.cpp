/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lateness.h"

namespace sonar::specnn {
namespace {

constexpr GstClockTime kGoneAfterFrames = 4;  // without another one

/* The clock while the element plays, or null. The state says that the base time
 * is the one that goes with the clock. */
GstClock *playing_clock(GstElement *element) {
  return GST_STATE(element) == GST_STATE_PLAYING
             ? gst_element_get_clock(element)
             : nullptr;
}

}  // namespace

Lateness::~Lateness() { Turns::shared().leave(this); }

void Lateness::take_qos(GstEvent *event) {
  GstClockTimeDiff late;
  GstClockTime at;
  gst_event_parse_qos(event, nullptr, nullptr, &late, &at);
  std::lock_guard<std::mutex> hold(lock_);
  // as GstVideoDecoder: far enough ahead to catch up, not only to break even
  earliest_ =
      late > 0 && GST_CLOCK_TIME_IS_VALID(at) ? at + 2 * GstClockTime(late) : 0;
}

void Lateness::forget_latency() {
  std::lock_guard<std::mutex> hold(lock_);
  latency_known_ = false;
}

void Lateness::reset() {
  std::lock_guard<std::mutex> hold(lock_);
  earliest_ = 0;
  latency_known_ = false;
  Turns::shared().leave(this);
}

/* The query may wait for a source that is capturing, hence not for each
 * frame. */
bool Lateness::is_live(GstBaseTransform *element) {
  {
    std::lock_guard<std::mutex> hold(lock_);
    if (latency_known_) return live_;
    latency_known_ = true;  // an event from here on makes it unknown again
  }
  g_autoptr(GstQuery) query = gst_query_new_latency();
  gboolean live = FALSE;
  announced_ = 0;
  if (gst_pad_peer_query(GST_BASE_TRANSFORM_SINK_PAD(element), query))
    gst_query_parse_latency(query, &live, &announced_, nullptr);
  return live_ = live;
}

Lateness::Verdict Lateness::judge(GstBaseTransform *element,
                                  GstClockTime running, GstClockTime duration,
                                  GstClockTime allowed, bool must) {
  Verdict verdict;
  if (!GST_CLOCK_TIME_IS_VALID(running)) return verdict;
  {
    std::lock_guard<std::mutex> hold(lock_);
    verdict.late = GST_CLOCK_DIFF(running, earliest_);
  }
  verdict.skip = verdict.late > 0 && !must;
  if (allowed == kOneFrame) allowed = duration;
  g_autoptr(GstClock) clock = playing_clock(GST_ELEMENT(element));
  if (verdict.skip || !GST_CLOCK_TIME_IS_VALID(allowed) || !clock ||
      !is_live(element))
    return verdict;
  const GstClockTime due =
      gst_element_get_base_time(GST_ELEMENT(element)) + running + announced_;
  const auto limit = GstClockTimeDiff(allowed);
  const GstClockTime spacing =
      GST_CLOCK_TIME_IS_VALID(duration) ? duration : allowed;
  const auto look = [&] {
    const GstClockTime now = gst_clock_get_time(clock);
    verdict.late = GST_CLOCK_DIFF(due, now);
    return Turns::Frame{clock, now, now + kGoneAfterFrames * spacing,
                        verdict.late > limit / 2, verdict.late > limit};
  };
  verdict.work = Turns::shared().begin(this, look, must);
  verdict.skip = !verdict.work;
  return verdict;
}

}  // namespace sonar::specnn
