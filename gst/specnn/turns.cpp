/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "turns.h"

#include "sonar/core/worker_pool.h"

namespace sonar::specnn {
namespace {

constexpr double kMemory = 16;  // frames

}  // namespace

Turns &Turns::shared() {
  static Turns turns(int(WorkerPool::shared().size()));
  return turns;
}

Turns::Work Turns::begin(const void *who, const std::function<Frame()> &look,
                         bool must) {
  const Frame frame = look();
  std::unique_lock<std::mutex> hold(lock_);
  if (!may_work(who, frame) && !must) return count(who, false);
  const guint64 ticket = next_ticket_++;
  changed_.wait(hold,
                [&] { return served_ == ticket && working_ < at_a_time_; });
  hold.unlock();
  const Frame later = look();
  hold.lock();
  const bool works = may_work(who, later) || must;
  ++served_;
  working_ += works;
  changed_.notify_all();
  return count(who, works);
}

/* With the lock held. */
bool Turns::may_work(const void *who, const Frame &frame) {
  Stream &own = streams_[who];
  own.last = frame;
  bool behind = false;
  double skipped = 0, count = 0;
  for (const auto &[key, stream] : streams_) {
    if (stream.last.clock != frame.clock || stream.last.expires < frame.now)
      continue;
    behind = behind || stream.last.behind;
    skipped += stream.skipped;
    ++count;
  }
  // rounding must not make a stream wait for its own share
  const double least = skipped / count - 1e-9;
  return !frame.late && (!behind || own.skipped >= least);
}

/* With the lock held. */
Turns::Work Turns::count(const void *who, bool works) {
  double &skipped = streams_[who].skipped;
  skipped += ((works ? 0.0 : 1.0) - skipped) / kMemory;
  return Work(works ? this : nullptr);
}

void Turns::end() {
  std::lock_guard<std::mutex> hold(lock_);
  --working_;
  changed_.notify_all();
}

void Turns::leave(const void *who) {
  std::lock_guard<std::mutex> hold(lock_);
  streams_.erase(who);
}

}  // namespace sonar::specnn
