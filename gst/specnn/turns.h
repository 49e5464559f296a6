/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/gst.h>

#include <map>
#include <mutex>

namespace sonar::specnn {

/**
 * Takes turns among the streams of a process that share one clock and, of
 * course, the processors. By its own lateness alone a stream cannot be fair:
 * where streams are served in a fixed order, the first ones are never late and
 * the last ones always. So, while any of them is behind, the work goes to those
 * that had less of it lately than the mean.
 */
class Turns {
 public:
  /** A stream's frame; times in ns of @p clock. */
  struct Frame {
    GstClock *clock;       ///< compared, never used
    GstClockTime now;      ///< when it is looked at
    GstClockTime expires;  ///< when the stream, without another one, is gone
    bool behind;           ///< half as late as is allowed, or later
    bool late;             ///< later than is allowed
  };

  static Turns &shared();

  /** Whether the stream @p who may do the work for its frame. */
  bool take(const void *who, const Frame &frame);
  void leave(const void *who);

 private:
  struct Stream {
    Frame last{};
    double skipped = 0;  ///< share of the latest frames
  };

  std::mutex lock_;
  std::map<const void *, Stream> streams_;  // guarded by lock
};

}  // namespace sonar::specnn
