/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/render/ticks.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "sonar/core/utc.h"

namespace sonar::render {
namespace detail {

TickStep decimal_step(double span, std::size_t max_count) {
  const double wanted = span / double(std::max<std::size_t>(1, max_count));
  const double decade = std::pow(10.0, std::floor(std::log10(wanted)));
  const TickStep ladder[] = {{1, 0.2}, {2, 0.5}, {5, 1}, {10, 2}};
  for (const TickStep &step : ladder)
    if (step.major * decade >= wanted * (1 - 1e-9))
      return {step.major * decade, step.minor * decade};
  return {10 * decade, 2 * decade};
}

std::vector<Tick> ticks_every(TickStep step, double low, double high,
                              std::string (*format)(double)) {
  std::vector<Tick> ticks;
  const double slack = 1e-6 * step.minor;
  // Values are multiples of the step, not sums of it, so that 0.3 reads 0.3.
  for (const bool major : {true, false}) {
    const double by = major ? step.major : step.minor;
    for (double i = std::ceil((low - slack) / by); i * by <= high + slack;
         ++i) {
      const bool on_major =
          std::fabs(std::remainder(i * by, step.major)) < slack * 10;
      if (major || !on_major)
        ticks.push_back({i * by, major ? format(i * by) : std::string()});
    }
  }
  return ticks;
}

}  // namespace detail

namespace {

/** Clock steps above ten seconds, where 20 and 50 would read badly. */
TickStep clock_step(double span, std::size_t max_count) {
  const double wanted = span / double(std::max<std::size_t>(1, max_count));
  if (wanted <= 10) return detail::decimal_step(span, max_count);
  const TickStep ladder[] = {{15, 5},      {30, 10},     {60, 15},
                             {120, 30},    {300, 60},    {600, 120},
                             {900, 300},   {1800, 600},  {3600, 900},
                             {7200, 1800}, {14400, 3600}};
  for (const TickStep &step : ladder)
    if (step.major >= wanted) return step;
  const TickStep hours = detail::decimal_step(span / 3600, max_count);
  return {hours.major * 3600, hours.minor * 3600};
}

/** The same in whole days beyond four hours. */
TickStep day_step(double span, std::size_t max_count) {
  const double wanted = span / double(std::max<std::size_t>(1, max_count));
  if (wanted <= 14400) return clock_step(span, max_count);
  for (const TickStep &step :
       {TickStep{21600, 3600}, TickStep{43200, 10800}, TickStep{86400, 21600}})
    if (step.major >= wanted) return step;
  const TickStep days = detail::decimal_step(span / 86400, max_count);
  return {days.major * 86400, days.major * 21600};
}

/** The time of day, as fine as ticks @p step_s apart need it. */
std::string time_of_day(std::int64_t utc_ns, double step_s) {
  const utc::Civil c = utc::civil_of(utc_ns);
  char text[48];
  if (step_s >= 60)
    std::snprintf(text, sizeof text, "%02d:%02d", c.hour, c.minute);
  else
    std::snprintf(text, sizeof text, "%02d:%02d:%02d", c.hour, c.minute,
                  c.second);
  if (step_s >= 1) return text;
  char decimals[16];
  std::snprintf(decimals, sizeof decimals, ".%03d", c.nanosecond / 1000000);
  const std::size_t places = step_s >= 0.1 ? 1 : step_s >= 0.01 ? 2 : 3;
  return text + std::string(decimals, 1 + places);
}

/** 1-2-5 of every decade, or 1-3, or 1, whichever fits; minor ticks at every
 *  digit; then the ends, unless another label is too close. */
std::vector<Tick> decade_ticks(double low, double high, std::size_t max_count) {
  const auto labelled = [](int digit, int thinning) {
    return digit == 1 || (thinning == 0 && (digit == 2 || digit == 5)) ||
           (thinning == 1 && digit == 3);
  };
  std::vector<Tick> ticks;
  for (int thinning = 0; thinning < 3; ++thinning) {
    ticks.clear();
    std::size_t count = 0;
    for (double decade = std::pow(10.0, std::floor(std::log10(low)));
         decade <= high; decade *= 10)
      for (int digit = 1; digit < 10; ++digit) {
        const double hz = digit * decade;
        if (hz < low * (1 - 1e-9) || hz > high * (1 + 1e-9)) continue;
        const bool major = labelled(digit, thinning);
        count += major;
        ticks.push_back({hz, major ? format_hz(hz) : std::string()});
      }
    if (count <= max_count) break;
  }
  const double apart = std::log(high / low) / double(max_count + 1);
  for (const double end : {low, high}) {
    const bool room =
        std::none_of(ticks.begin(), ticks.end(), [&](const Tick &tick) {
          return !tick.text.empty() &&
                 std::fabs(std::log(tick.value / end)) < apart;
        });
    const double digits = std::pow(10.0, std::floor(std::log10(end)) - 2);
    if (room)
      ticks.push_back({end, format_hz(std::round(end / digits) * digits)});
  }
  return ticks;
}

}  // namespace

bool is_geometric(const std::vector<double> &edges) {
  if (edges.size() < 3 || edges.back() <= 0) return false;
  const double top = edges[0] - edges[1],
               bottom = edges[edges.size() - 2] - edges.back();
  return top > 1.01 * bottom;
}

std::vector<Tick> frequency_ticks(double low_hz, double high_hz,
                                  std::size_t max_count, bool geometric) {
  // Under a third of a decade holds too few round digits.
  if (geometric && high_hz > 4 * low_hz)
    return decade_ticks(low_hz, high_hz, max_count);
  return detail::ticks_every(detail::decimal_step(high_hz - low_hz, max_count),
                             low_hz, high_hz, format_hz);
}

std::vector<Tick> time_ticks(double low_s, double high_s,
                             std::size_t max_count) {
  return detail::ticks_every(clock_step(high_s - low_s, max_count), low_s,
                             high_s, format_seconds);
}

std::vector<Tick> utc_ticks(std::int64_t low_ns, double span_s,
                            std::size_t max_count) {
  const TickStep step = day_step(span_s, max_count);
  // counted from a midnight, so that days begin at a tick
  const utc::Civil c = utc::civil_of(low_ns);
  const double low =
      c.hour * 3600 + c.minute * 60 + c.second + double(c.nanosecond) / 1e9;
  auto ticks = detail::ticks_every(step, low, low + span_s,
                                   [](double) { return std::string("at"); });
  for (Tick &tick : ticks) {
    tick.value -= low;
    if (tick.text.empty()) continue;
    // a millisecond's rounding would show as 05:48:49.999
    const std::int64_t ms =
        std::llround(double(low_ns % 1000000000) / 1e6 + tick.value * 1e3);
    tick.text =
        time_of_day((low_ns / 1000000000 * 1000 + ms) * 1000000, step.major);
  }
  return ticks;
}

}  // namespace sonar::render
