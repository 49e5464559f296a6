/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "sonar/render/scene.h"

namespace sonar::render {

/** A mark on an axis; a minor one has no text. */
struct Tick {
  double value = 0;
  std::string text;
};

/** From one labelled tick to the next, and from one minor tick to the next. */
struct TickStep {
  double major = 1, minor = 1;
};

namespace detail {

TickStep decimal_step(double span, std::size_t max_count);

/** Major ticks first. */
std::vector<Tick> ticks_every(TickStep step, double low, double high,
                              std::string (*format)(double));

}  // namespace detail

/** Equal ratios between edges (highest first) rather than equal steps. */
bool is_geometric(const std::vector<double> &edges);

std::vector<Tick> frequency_ticks(double low_hz, double high_hz,
                                  std::size_t max_count, bool geometric);

std::vector<Tick> time_ticks(double low_s, double high_s,
                             std::size_t max_count);

/** At round times of the day, "05:48", "05:48:50", "05:48:50.5"; values are
 *  seconds after @p low_ns, UTC as nanoseconds since 1970. */
std::vector<Tick> utc_ticks(std::int64_t low_ns, double span_s,
                            std::size_t max_count);

}  // namespace sonar::render
