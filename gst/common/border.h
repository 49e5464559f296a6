/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/gst.h>

#include <exception>
#include <utility>

#include "sonar/core/error.h"

namespace sonar::border {

/** Posts @p error as the one ERROR message of a failure; @p element must not
 *  be locked. */
void post(GstElement *element, const sonar::Error &error) noexcept;
/** Posts a WARNING instead: of what failed and leaves the element running. */
void warn(GstElement *element, const sonar::Error &warning) noexcept;
void post_unexpected(GstElement *element, const char *what) noexcept;

/**
 * Runs @p body, the C++ half of a GStreamer vfunc. No exception leaves: each
 * becomes exactly one ERROR message on the bus and @p on_error is returned.
 * Never call it with the object lock held: posting takes that lock.
 */
template <typename R, typename Body>
R guard(GstElement *element, R on_error, Body &&body) noexcept {
  try {
    return std::forward<Body>(body)();
  } catch (const sonar::Error &e) {
    post(element, e);
  } catch (const std::exception &e) {
    post_unexpected(element, e.what());
  } catch (...) {
    post_unexpected(element, "not a std::exception");
  }
  return on_error;
}

}  // namespace sonar::border
