/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arrival_clock.h"

#include <algorithm>

namespace sonar::recorder {

namespace {
constexpr int kWindowSeconds = 10;
}

std::int64_t ArrivalClock::at(std::int64_t sample) const {
  const std::int64_t from = sample - sample_;
  // whole seconds apart: their nanoseconds would not fit for long
  return utc_ns_ + from / rate_ * 1'000'000'000 +
         from % rate_ * 1'000'000'000 / rate_;
}

void ArrivalClock::put(std::int64_t first, std::int64_t samples,
                       std::int64_t utc_ns) {
  const std::int64_t end = first + samples;
  if (!begun_) {
    begun_ = true;
    sample_ = end;
    utc_ns_ = utc_ns;
    window_begin_ = end;
    return;
  }
  const std::int64_t late = utc_ns - at(end);
  least_late_ns_ = std::min(least_late_ns_, late);
  const bool impossible = late < 0;  // before it was taken: the guess was late
  if (!impossible && end - window_begin_ < std::int64_t(kWindowSeconds) * rate_)
    return;
  utc_ns_ = at(end) + least_late_ns_;
  sample_ = end;
  window_begin_ = end;
  least_late_ns_ = INT64_MAX;
}

}  // namespace sonar::recorder
