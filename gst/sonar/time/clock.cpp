/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "clock.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "common/properties.h"
#include "sonar/core/error.h"

namespace sonar {
namespace {

/* From 1900, where NTP begins, to 1970. */
constexpr guint64 kNtpToUnixSeconds = 2208988800;

/* Time in the recording, negative before its start. */
gint64 stream_time_of(const GstSegment &segment, GstClockTime pts) {
  guint64 time = 0;
  const int sign =
      gst_segment_to_stream_time_full(&segment, GST_FORMAT_TIME, pts, &time);
  return sign == 0 ? G_MININT64 : sign * gint64(time);
}

void require_live(GstPad *sink) {
  g_autoptr(GstQuery) query = gst_query_new_latency();
  gboolean live = FALSE;
  if (gst_pad_peer_query(sink, query))
    gst_query_parse_latency(query, &live, nullptr, nullptr);
  if (!live)
    throw Error(Errc::kBadArgument,
                "start-datetime is \"now\" and the source is not live: when a "
                "recording was made is not when it is played; give its date "
                "and time, or datetime-pattern.");
}

/* Both clocks are read at once, so that it does not matter when. */
gint64 utc_of_running_time(GstElement *element, gint64 running) {
  g_autoptr(GstClock) clock = gst_element_get_clock(element);
  if (!clock) return G_MININT64;
  const gint64 elapsed = gint64(gst_clock_get_time(clock)) -
                         gint64(gst_element_get_base_time(element));
  return g_get_real_time() * 1000 - elapsed + running;
}

constexpr GParamFlags kFlags = changeable(GST_PARAM_MUTABLE_READY);

}  // namespace

void install_clock_properties(GObjectClass *klass) {
  /**
   * GstSonarSpectrogram:start-datetime:
   *
   * UTC of stream time 0, the recording's beginning: ISO 8601, or "now" for a
   * live source, which takes the system's clock.
   */
  g_object_class_install_property(
      klass, kPropStartDatetime,
      g_param_spec_string("start-datetime", "Start",
                          "When the recording begins, ISO 8601 in UTC or with "
                          "its offset; \"now\" = the system's clock, live "
                          "sources only",
                          nullptr, kFlags));
  /**
   * GstSonarSpectrogram:datetime-pattern:
   *
   * Where the recording's name holds its beginning, as of strptime.
   */
  g_object_class_install_property(
      klass, kPropDatetimePattern,
      g_param_spec_string("datetime-pattern", "Pattern of the start",
                          "How the recording's name holds its beginning in "
                          "UTC, as of strptime, e.g. %Y%m%d_%H%M%S",
                          nullptr, kFlags));
}

bool set_clock_property(ClockSettings &s, guint id, const GValue *value) {
  if (id != kPropStartDatetime && id != kPropDatetimePattern) return false;
  const gchar *text = g_value_get_string(value);
  (id == kPropStartDatetime ? s.start_datetime : s.datetime_pattern) =
      text ? text : "";
  return true;
}

bool get_clock_property(const ClockSettings &s, guint id, GValue *value) {
  if (id != kPropStartDatetime && id != kPropDatetimePattern) return false;
  const std::string &text =
      id == kPropStartDatetime ? s.start_datetime : s.datetime_pattern;
  g_value_set_string(value, text.empty() ? nullptr : text.c_str());
  return true;
}

StreamClock::StreamClock(const ClockSettings &s) {
  if (!s.start_datetime.empty() && !s.datetime_pattern.empty())
    throw Error(Errc::kBadArgument,
                "start-datetime and datetime-pattern are both set; both say "
                "when the recording begins: set one.");
  if (s.start_datetime == "now")
    now_ = true;
  else if (!s.start_datetime.empty())
    start_ = utc::parse_iso8601(s.start_datetime, "start-datetime");
  if (s.datetime_pattern.empty()) return;
  pattern_.emplace(s.datetime_pattern);
  pattern_text_ = s.datetime_pattern;
}

gint64 StreamClock::utc_of(GstElement *element, GstPad *sink,
                           const GstSegment &segment, GstClockTime pts) {
  if (!GST_CLOCK_TIME_IS_VALID(pts)) return G_MININT64;
  if (now_) {
    if (!is_live_) require_live(sink);
    is_live_ = true;
    guint64 running = 0;
    const int sign = gst_segment_to_running_time_full(&segment, GST_FORMAT_TIME,
                                                      pts, &running);
    return sign == 0 ? G_MININT64
                     : utc_of_running_time(element, sign * gint64(running));
  }
  if (pattern_ && !named_) {
    const std::string name = recording_name(sink);
    const auto found = pattern_->find(name);
    if (name.empty())
      throw Error(Errc::kBadArgument,
                  "datetime-pattern needs the recording's name, and nothing "
                  "upstream tells it (a live source has none); set "
                  "start-datetime instead.");
    if (!found)
      throw Error(Errc::kBadArgument,
                  "No time as of datetime-pattern \"" + pattern_text_ +
                      "\" is in the recording's name, \"" + name +
                      "\"; correct the pattern, or set start-datetime "
                      "instead.");
    named_ = gint64(*found);
  }
  const auto start = pattern_ ? named_ : start_;
  const gint64 stream = stream_time_of(segment, pts);
  return start && stream != G_MININT64 ? *start + stream : G_MININT64;
}

gint64 RunClock::from(const Point &point, double index) const {
  return point.utc_ns +
         gint64(std::llround((index - double(point.index)) * 1e9 / rate_hz_));
}

void RunClock::put(gint64 index, gint64 utc_ns, bool reference) {
  constexpr std::size_t kMost = 65536;  // of a clock that is all jitter
  if (utc_ns == G_MININT64 || (reference_ && !reference)) return;
  if (reference && !reference_) points_.clear();
  reference_ = reference;
  if (!points_.empty() &&
      std::llabs(from(points_.back(), double(index)) - utc_ns) <= tolerance_ns_)
    return;
  points_.push_back({index, utc_ns});
  if (points_.size() > kMost) points_.pop_front();
}

gint64 RunClock::at(double index) const {
  if (points_.empty()) return G_MININT64;
  const auto after = std::upper_bound(
      points_.begin(), points_.end(), index,
      [](double value, const Point &p) { return value < double(p.index); });
  return from(after == points_.begin() ? *after : *(after - 1), index);
}

void RunClock::forget_before(gint64 index) {
  while (points_.size() > 1 && points_[1].index <= index) points_.pop_front();
}

std::string recording_name(GstPad *sink) {
  g_autoptr(GstQuery) query = gst_query_new_uri();
  if (!gst_pad_peer_query(sink, query)) return {};
  g_autofree gchar *text = nullptr;
  gst_query_parse_uri(query, &text);
  g_autoptr(GstUri) uri = text ? gst_uri_from_string(text) : nullptr;
  g_autofree gchar *path = uri ? gst_uri_get_path(uri) : nullptr;
  if (!path) return {};
  const std::string whole = path;
  return whole.substr(whole.find_last_of('/') + 1);
}

std::optional<gint64> reference_utc(GstBuffer *buffer) {
  static GstCaps *const since_1970 =
      gst_caps_new_empty_simple("timestamp/x-unix");
  static GstCaps *const since_1900 =
      gst_caps_new_empty_simple("timestamp/x-ntp");
  const auto *meta =
      gst_buffer_get_reference_timestamp_meta(buffer, since_1970);
  if (meta && GST_CLOCK_TIME_IS_VALID(meta->timestamp))
    return gint64(meta->timestamp);
  meta = gst_buffer_get_reference_timestamp_meta(buffer, since_1900);
  if (meta && GST_CLOCK_TIME_IS_VALID(meta->timestamp))
    return gint64(meta->timestamp - kNtpToUnixSeconds * GST_SECOND);
  return {};
}

}  // namespace sonar
