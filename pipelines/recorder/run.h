/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/audio/audio.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "analysis.h"
#include "archive.h"
#include "fragments.h"
#include "journal.h"
#include "options.h"
#include "page.h"
#include "sidecar.h"

namespace sonar::recorder {

/* What all runs of a recorder share. */
struct Shared {
  const Options &options;
  DiskSync &disk;
  Page *page;                                    ///< may be null
  std::function<void(const std::string &)> say;  ///< a line for people
  /** A line of the manifest. Does not throw. */
  std::function<void(const nlohmann::ordered_json &)> note;
  std::mutex lock;
  std::string newest;             ///< stem of a fragment; guarded by lock
  double bytes = 0, seconds = 0;  ///< of whole fragments; guarded by lock
};

/** An unbroken stretch of samples of one kind, and its files. */
class Run {
 public:
  /** Throws Error. */
  Run(Shared &shared, const GstAudioInfo &info, std::int64_t utc_ns);

  /** In the source's thread: a buffer of a Source. Throws Error. */
  void push(GstBuffer *buffer);
  /** In the main loop: starts an analysis that has failed anew. */
  void tick();
  /** Nothing more comes. */
  void finish();
  /** In the main loop: whether all files are whole, or never will be. */
  bool done();

  std::string error() const { return archive_.error(); }
  bool is_behind() const { return archive_.is_behind(); }
  const GstAudioInfo &info() const { return info_; }
  /** UTC behind the last sample; of a run that failed, behind the last one in
   *  a whole fragment: the manifest promises no more. */
  std::int64_t end_utc() const;

 private:
  void push_part(GstBuffer *part, std::int64_t utc, std::int64_t samples);
  void begin_fragment(std::int64_t number, std::int64_t utc);
  void take_closed(std::int64_t number, const std::string &path);
  void count(std::int64_t number, const std::string &path,
             const Fragment &fragment);
  void start_analysis();
  void remove_empty();

  Shared &shared_;
  GstAudioInfo info_;
  std::int64_t utc_ns_;
  Fragments fragments_;
  Sidecar sidecar_;
  Archive archive_;
  std::mutex analysis_lock_;
  std::unique_ptr<Analysis> analysis_;  // guarded by analysis_lock_
  gint64 retry_us_ = 0;                 // the main loop's, as the next two
  int failures_ = 0;
  gint64 give_up_us_ = 0;  // after finish()
  bool empties_removed_ = false;
  std::atomic<std::int64_t> whole_{0};  // fragments
  // the source's thread's
  std::int64_t position_ = 0, end_utc_ = 0;
};

}  // namespace sonar::recorder
