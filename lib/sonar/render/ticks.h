/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
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

}  // namespace sonar::render
