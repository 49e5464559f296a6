/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "audiotime.h"

#include <string>

#include "sonar/core/error.h"

namespace sonar {

void require_time(const GstSegment &segment, const char *element) {
  if (segment.format != GST_FORMAT_TIME)
    throw Error(
        Errc::kBadArgument,
        std::string("The audio's segment is in ") +
            gst_format_get_name(segment.format) +
            ", needed time; put a parser (wavparse, decodebin) before " +
            element + ".");
}

AudioMap::AudioMap(GstBuffer *buffer) : buffer_(buffer) {
  if (!gst_buffer_map(buffer, &map_, GST_MAP_READ))
    throw Error(Errc::kResource, "Could not map an audio buffer.");
}

AudioTime::AudioTime(int rate_hz)
    : rate_hz_(rate_hz),
      align_(
          gst_audio_stream_align_new(rate_hz, 40 * GST_MSECOND, GST_SECOND)) {}
AudioTime::~AudioTime() { gst_audio_stream_align_free(align_); }

void AudioTime::restart() {
  gst_audio_stream_align_mark_discont(align_);
  started_ = false;
}

GstClockTime AudioTime::expected() const {
  return gst_audio_stream_align_get_timestamp_at_discont(align_) +
         gst_util_uint64_scale(
             gst_audio_stream_align_get_samples_since_discont(align_),
             GST_SECOND, guint64(rate_hz_));
}

bool AudioTime::breaks_at(GstBuffer *buffer, guint frames) {
  bool discont = GST_BUFFER_IS_DISCONT(buffer) || !started_;
  GstClockTime pts = GST_BUFFER_PTS(buffer);
  if (!GST_CLOCK_TIME_IS_VALID(pts) && !discont &&
      GST_CLOCK_TIME_IS_VALID(begin_))
    pts = expected();
  if (GST_CLOCK_TIME_IS_VALID(pts)) {
    GstClockTime aligned = pts, duration = 0;
    discont = gst_audio_stream_align_process(align_, discont, pts, frames,
                                             &aligned, &duration, nullptr);
  }
  if (discont) begin_ = pts;
  started_ = true;
  return discont;
}

}  // namespace sonar
