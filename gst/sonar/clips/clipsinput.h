/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/gst.h>

#include <functional>

/* The two ends of signatureclips. */
namespace sonar::clips {

/** What an end hands over; each may throw sonar::Error. */
struct InputCalls {
  const char *allowed;  ///< caps
  bool holds_state;     ///< PAUSED is reached with its first buffer
  std::function<void(GstCaps *caps)> caps;
  std::function<void()> first;  ///< before PLAYING, with the first buffer
  std::function<void(GstBuffer *buffer, const GstSegment &segment)> buffer;
  std::function<void()> breaks;  ///< a segment or a gap
  std::function<void()> flush;
  std::function<void()> eos;
  /** Runs one of these as the body of a vfunc; false: it failed, once told. */
  std::function<bool(const std::function<void()> &body)> guard;
};

/** A sink that does not wait for the clock. Floating. */
GstElement *new_input(const char *name, InputCalls calls);

}  // namespace sonar::clips
