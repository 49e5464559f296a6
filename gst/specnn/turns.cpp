/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "turns.h"

namespace sonar::specnn {
namespace {

constexpr double kMemory = 16;  // frames

}  // namespace

Turns &Turns::shared() {
  static Turns turns;
  return turns;
}

bool Turns::take(const void *who, const Frame &frame) {
  std::lock_guard<std::mutex> hold(lock_);
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
  const bool taken = !frame.late && (!behind || own.skipped >= least);
  own.skipped += ((taken ? 0.0 : 1.0) - own.skipped) / kMemory;
  return taken;
}

void Turns::leave(const void *who) {
  std::lock_guard<std::mutex> hold(lock_);
  streams_.erase(who);
}

}  // namespace sonar::specnn
