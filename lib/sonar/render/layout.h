/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "sonar/core/utc.h"
#include "sonar/render/scene.h"
#include "sonar/render/ticks.h"

namespace sonar::render {

/** Where things are; lengths follow from the size of a tick's text. */
struct Layout {
  double em = 0;
  int width = 0, height = 0;
  Painter::Rect plot{}, bar{};
  Painter::Rect combs{};  ///< of no width without families

  Layout() = default;
  Layout(int w, int h, const Style &style) : width(w), height(h) {
    // 15 px at 1280 x 720, but no wider than a narrow picture has room for,
    // and never too small to read.
    em = style.font_px > 0 ? style.font_px
                           : std::max(9.0, std::min(h / 48.0, w / 38.0));
    const bool axes = style.show_axes;
    const int left = !axes ? 0 : px(style.show_frequency_labels ? 5.6 : 1.5);
    const int comb = axes && style.show_families ? px(7.6) : 0;
    const int right = axes ? px(6.1) + comb : 0;
    const int bottom = axes ? px(style.show_utc ? 3.6 : 2.4) : 0;
    const int names = style.show_families ? px(1.5) : 0;
    const int top = style.show_label ? px(4.6) + names : axes ? px(1) : 0;
    plot = {left, top, std::max(1, w - left - right),
            std::max(1, h - top - bottom)};
    bar = {plot.x + plot.width + comb + px(0.9), top, px(1), plot.height};
    // a little higher than the plot: numbers stand beside its edges
    if (comb > 0)
      combs = {plot.x + plot.width + px(0.35), top - px(0.5), comb - px(0.2),
               std::min(plot.height + px(1), h - top + px(0.5))};
  }
  int px(double ems) const { return int(std::lround(ems * em)); }
  int plot_right() const { return plot.x + plot.width; }
  int plot_bottom() const { return plot.y + plot.height; }
};

/** Pixels from the top of the plot area to a frequency. */
inline double frequency_depth(const std::vector<double> &edges, double hz,
                              int height) {
  const auto rows = edges.size() - 1;
  auto below = std::upper_bound(edges.begin(), edges.end(), hz,
                                [](double a, double b) { return a > b; });
  const auto y = std::size_t(
      std::clamp<std::ptrdiff_t>(below - edges.begin() - 1, 0, rows - 1));
  const double part = (edges[y] - hz) / (edges[y] - edges[y + 1]);
  return (double(y) + std::clamp(part, 0.0, 1.0)) * height / double(rows);
}

/** A tick of the time axis, at a pixel column. */
struct TimeMark {
  int x = 0;
  std::string text;
  std::string date;  ///< below it, where a day is new
  bool operator==(const TimeMark &o) const {
    return x == o.x && text == o.text && date == o.date;
  }
};

/** Ticks of the time axis as seconds after the picture's left edge. */
inline std::vector<Tick> relative_ticks(const Layout &at, const Axes &axes,
                                        double left, double span, bool by_utc) {
  const auto most = [&](double ems) {
    return std::size_t(std::max(2.0, at.plot.width / (ems * at.em)));
  };
  if (by_utc)
    return utc_ticks(
        *axes.column0_utc_ns - std::llround(axes.column_seconds / 2 * 1e9),
        span, most(8));
  auto ticks = time_ticks(left, left + span, most(6.5));
  for (Tick &tick : ticks) tick.value -= left;
  return ticks;
}

inline std::vector<TimeMark> time_marks(const Layout &at, const Axes &axes,
                                        std::size_t columns, bool show_utc) {
  std::vector<TimeMark> marks;
  const bool by_utc = show_utc && axes.column0_utc_ns;
  std::string day;
  if (columns == 0) return marks;
  const double left = axes.column0_seconds - axes.column_seconds / 2;
  const double span = axes.column_seconds * double(columns);
  for (Tick &tick : relative_ticks(at, axes, left, span, by_utc)) {
    if (left + tick.value < -1e-9) continue;  // before the recording
    const double part = tick.value / span;
    const int x =
        at.plot.x + std::clamp(int(part * at.plot.width), 0, at.plot.width - 1);
    TimeMark mark{x, std::move(tick.text), {}};
    if (by_utc && !mark.text.empty()) {
      const double after = tick.value - axes.column_seconds / 2;
      const std::string iso =
          utc::format_iso8601(*axes.column0_utc_ns + std::llround(after * 1e9));
      if (day != iso.substr(0, 10)) {
        mark.date = iso.substr(0, 10) + (day.empty() ? " UTC" : "");
        day = iso.substr(0, 10);
      }
    }
    marks.push_back(std::move(mark));
  }
  return marks;
}

}  // namespace sonar::render
