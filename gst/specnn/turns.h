/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/gst.h>

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <utility>

namespace sonar::specnn {

/**
 * Takes turns among the live streams of a process.
 *
 * By its own lateness alone a stream cannot be fair: where streams are served
 * in a fixed order, the first ones are never late and the last ones always. So,
 * while any of them is behind, the work goes to those that had less of it
 * lately than the mean. And no more of it is done at a time than there are
 * processors, first come, first served: all at once, each would take as long as
 * all of them, and all would be late together.
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

  /** Work that goes on until it is destroyed. */
  class Work {
   public:
    Work() = default;
    Work(Work &&o) noexcept : turns_(std::exchange(o.turns_, nullptr)) {}
    Work &operator=(Work &&o) noexcept {
      return std::swap(turns_, o.turns_), *this;
    }
    ~Work() {
      if (turns_) turns_->end();
    }
    explicit operator bool() const { return turns_ != nullptr; }

   private:
    friend class Turns;
    explicit Work(Turns *turns) : turns_(turns) {}
    Turns *turns_ = nullptr;
  };

  /** For @p at_a_time works, at least 1. */
  explicit Turns(int at_a_time) : at_a_time_(at_a_time) {}
  /** The process's, for as many works at a time as there are processors. */
  static Turns &shared();

  /**
   * The work for a frame of the stream @p who; empty where it must do without.
   * Waits for its turn, so @p look is asked for the frame once or twice, in the
   * calling thread. @p must: it never must do without.
   */
  Work begin(const void *who, const std::function<Frame()> &look, bool must);
  /** The stream has nothing to do from here on. */
  void leave(const void *who);

 private:
  struct Stream {
    Frame last{};
    double skipped = 0;  ///< share of the latest frames
  };

  bool may_work(const void *who, const Frame &frame);
  Work count(const void *who, bool works);
  void end();

  const int at_a_time_;
  std::mutex lock_;  // guards all below
  std::condition_variable changed_;
  std::map<const void *, Stream> streams_;
  guint64 next_ticket_ = 0, served_ = 0;  // of those that wait
  int working_ = 0;
};

}  // namespace sonar::specnn
