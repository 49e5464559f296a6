/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace sonar::recorder {

struct Unref {
  void operator()(gpointer object) const { gst_object_unref(object); }
};
using ElementPtr = std::unique_ptr<GstElement, Unref>;

/** As gst-launch-1.0 takes it, in quotes. */
std::string quoted(const std::string &text);

/**
 * A pipeline with its bus. Messages are looked at in the main loop; what became
 * of the pipeline may be asked from any thread.
 */
class Pipeline {
 public:
  /** Throws Error(kBadArgument): @p what is the part that the user wrote. */
  Pipeline(const std::string &description, const std::string &what);
  ~Pipeline();
  Pipeline(const Pipeline &) = delete;
  Pipeline &operator=(const Pipeline &) = delete;

  /** Other messages than errors and the end; before play(). */
  std::function<void(GstMessage *)> on_message;

  GstElement *element() const { return pipeline_; }
  ElementPtr find(const char *name) const;
  /** Throws Error(kResource) with the first error's words. */
  void play();
  /** No streaming thread runs any more afterwards. */
  void stop();

  bool ended() const { return ended_; }
  /** Empty: none so far. */
  std::string error() const;
  /** As if the bus had said so. */
  void fail(const std::string &why);

 private:
  static gboolean take(GstBus *bus, GstMessage *message, gpointer self);
  void take_error(GstMessage *message);

  GstElement *pipeline_ = nullptr;
  bool watched_ = false;
  std::atomic<bool> ended_{false};
  mutable std::mutex lock_;
  std::string error_;  // guarded by lock_
};

}  // namespace sonar::recorder
