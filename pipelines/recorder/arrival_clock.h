/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstdint>

namespace sonar::recorder {

/**
 * UTC of samples from the times at which their buffers arrive. A buffer
 * arrives once its last sample is taken, or later, never earlier; so the least
 * late buffer of each ten seconds tells how the source's clock runs against
 * UTC. Follows drift, whatever the machine's load; a step of the system's
 * clock is followed too.
 */
class ArrivalClock {
 public:
  explicit ArrivalClock(unsigned rate) : rate_(rate) {}

  /** @p samples from @p first on arrived at @p utc_ns. */
  void put(std::int64_t first, std::int64_t samples, std::int64_t utc_ns);
  /** UTC at which @p sample was taken; ns. After the first put(). */
  std::int64_t at(std::int64_t sample) const;

 private:
  unsigned rate_;
  bool begun_ = false;
  std::int64_t sample_ = 0, utc_ns_ = 0;  // a sample whose time is known
  std::int64_t window_begin_ = 0, least_late_ns_ = INT64_MAX;
};

}  // namespace sonar::recorder
