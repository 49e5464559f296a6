/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/audio/audio.h>

namespace sonar {

/** Throws Error(kBadArgument) where @p segment is not in time; @p element: who
 *  needs that. */
void require_time(const GstSegment &segment, const char *element);

/** A buffer of audio mapped to be read for as long as this lives. Throws
 *  Error(kResource). */
class AudioMap {
 public:
  explicit AudioMap(GstBuffer *buffer);
  ~AudioMap() { gst_buffer_unmap(buffer_, &map_); }
  AudioMap(const AudioMap &) = delete;
  AudioMap &operator=(const AudioMap &) = delete;

  const guint8 *data() const { return map_.data; }
  gsize size() const { return map_.size; }  ///< bytes

 private:
  GstBuffer *buffer_;
  GstMapInfo map_;
};

/**
 * Tells where audio breaks off and what time its samples have: a difference
 * between time stamps and samples of more than 40 ms that lasts for a second is
 * a break, as with GStreamer's own elements; until then samples are counted.
 */
class AudioTime {
 public:
  explicit AudioTime(int rate_hz);
  ~AudioTime();
  AudioTime(const AudioTime &) = delete;
  AudioTime &operator=(const AudioTime &) = delete;

  /** What comes next is a beginning. */
  void restart();
  /** Takes in a buffer of @p frames; whether it does not follow on the last
   *  one. */
  bool breaks_at(GstBuffer *buffer, guint frames);
  /** Time stamp of the first sample since the last break;
   *  GST_CLOCK_TIME_NONE where it came without one. */
  GstClockTime begin() const { return begin_; }

 private:
  GstClockTime expected() const;

  int rate_hz_;
  GstAudioStreamAlign *align_;
  bool started_ = false;
  GstClockTime begin_ = GST_CLOCK_TIME_NONE;
};

}  // namespace sonar
