/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/gst.h>

#include <deque>
#include <optional>
#include <string>

#include "sonar/core/utc.h"

/* When sonarspectrogram's samples were heard, in UTC: nanoseconds since 1970,
 * G_MININT64 where it is not known. */
namespace sonar {

/** What the user set; at most one of the two. */
struct ClockSettings {
  std::string start_datetime;    ///< ISO 8601, or "now"
  std::string datetime_pattern;  ///< of the recording's name
};

enum ClockProp {
  kPropStartDatetime = 20,
  kPropDatetimePattern,
};

void install_clock_properties(GObjectClass *klass);
/** Both return false for an id that is not theirs. */
bool set_clock_property(ClockSettings &settings, guint id, const GValue *value);
bool get_clock_property(const ClockSettings &settings, guint id, GValue *value);

/**
 * Where the settings say the stream's time comes from. It tells the UTC of
 * stream time; reference timestamps of buffers take precedence.
 */
class StreamClock {
 public:
  StreamClock() = default;
  /** Throws Error(kBadArgument) for text that is no time or pattern. */
  explicit StreamClock(const ClockSettings &settings);

  /** The recording may be another one: its name is asked anew. */
  void new_segment() {
    named_.reset();
    is_live_ = false;
  }
  /** Whether it should be asked at each buffer, as the two clocks drift. */
  bool follows_system() const { return now_; }
  /**
   * UTC of @p pts, a time of @p segment, on which @p sink got a buffer.
   * Throws Error where a pattern is set and upstream tells no name or the name
   * does not match, or where "now" is set and upstream is not live.
   */
  gint64 utc_of(GstElement *element, GstPad *sink, const GstSegment &segment,
                GstClockTime pts);

 private:
  std::optional<gint64> start_;  // of stream time 0
  bool now_ = false;             // by the system's clock
  bool is_live_ = false;         // as far as was asked
  std::optional<utc::NamePattern> pattern_;
  std::string pattern_text_;
  std::optional<gint64> named_;  // of stream time 0, by the recording's name
};

/**
 * UTC of what is counted at a nominal rate from a discontinuity on, samples or
 * columns, by points where it is known. Between them the nominal rate holds, so
 * that a clock that drifts is corrected at each.
 */
class RunClock {
 public:
  /** A point is kept where it differs from what the one before it says by more
   *  than @p tolerance_ns. */
  explicit RunClock(double rate_hz, gint64 tolerance_ns = 0)
      : rate_hz_(rate_hz), tolerance_ns_(tolerance_ns) {}
  void restart() { *this = RunClock(rate_hz_, tolerance_ns_); }

  /** Number @p index was heard at @p utc_ns; indices rise. A @p reference puts
   *  aside what is not. G_MININT64 says nothing. */
  void put(gint64 index, gint64 utc_ns, bool reference);
  /** By the last point at or before @p index, else the first. */
  gint64 at(double index) const;
  /** Nothing before @p index will be asked for. */
  void forget_before(gint64 index);

 private:
  struct Point {
    gint64 index, utc_ns;
  };
  gint64 from(const Point &point, double index) const;

  double rate_hz_;
  gint64 tolerance_ns_;
  bool reference_ = false;
  std::deque<Point> points_;
};

/** What a recording is called, without its folders; empty where nothing
 *  upstream of @p sink tells. */
std::string recording_name(GstPad *sink);

/** UTC of a buffer's first sample by its reference timestamp (caps
 *  timestamp/x-unix or timestamp/x-ntp), if it has one. */
std::optional<gint64> reference_utc(GstBuffer *buffer);

}  // namespace sonar
