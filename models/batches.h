/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <c10/util/Exception.h>

#include <algorithm>
#include <cstdint>

namespace sonar::models {

/** Calls @p run(first, end) for 0..@p count in parts of @p batch (1 or more);
 *  halves them from the part on for which the device has too little memory,
 *  down to one at a time. */
template <class Run>
void in_batches(std::int64_t count, std::int64_t batch, const Run &run) {
  for (std::int64_t first = 0; first < count;) {
    const std::int64_t end = std::min(first + batch, count);
    try {
      run(first, end);
      first = end;
    } catch (const c10::OutOfMemoryError &) {
      if (end - first == 1) throw;
      batch = (end - first) / 2;
    }
  }
}

}  // namespace sonar::models
