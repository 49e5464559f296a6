/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/render/charts.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "sonar/core/error.h"
#include "sonar/render/canvas.h"
#include "sonar/render/ticks.h"

namespace sonar::render {
namespace {

constexpr std::uint32_t kPaper = 0xFFFFFFFF, kInk = 0xFF1B1F24,
                        kFaint = 0xFF59636E, kGrid = 0xFFE4E7EB,
                        kGuide = 0xFF8C959F, kDarkest = 0xFF00406B;
/* Okabe and Ito 2008, without the yellow that white paper swallows. */
constexpr std::uint32_t kColours[] = {0xFF0072B2, 0xFFD55E00, 0xFF009E73,
                                      0xFFCC79A7, 0xFF000000, 0xFF56B4E9,
                                      0xFFE69F00};
constexpr std::size_t kColourCount = std::size(kColours), kMarkCount = 5;
constexpr int kLeastWidth = 240, kLeastHeight = 180;
constexpr double kFont = 14;  // of a tick's text, at any size of picture

using Range = std::pair<double, double>;
using Kind = Series::Kind;

[[noreturn]] void refuse(const std::string &what) {
  throw Error(Errc::kBadArgument, "cannot draw a chart: " + what);
}

void check_size(int width, int height) {
  if (width < kLeastWidth || height < kLeastHeight)
    refuse("the picture is " + std::to_string(width) + " x " +
           std::to_string(height) + " pixels (width x height); give at least " +
           std::to_string(kLeastWidth) + " x " + std::to_string(kLeastHeight));
}

std::vector<double> dashes(std::size_t series) {
  switch (series % 4) {
    case 1:
      return {8, 4};
    case 2:
      return {2, 3};
    case 3:
      return {9, 3, 2, 3};
    default:
      return {};
  }
}

void draw_mark(Canvas &canvas, std::size_t series, double x, double y,
               double r) {
  const std::uint32_t colour = kColours[series % kColourCount];
  switch (series % kMarkCount) {
    case 1:
      return canvas.fill(x - r, y - r, 2 * r, 2 * r, colour);
    case 2:
      return canvas.polygon(
          {{x, y - 1.3 * r}, {x + 1.2 * r, y + r}, {x - 1.2 * r, y + r}},
          colour);
    case 3:
      return canvas.polygon({{x, y - 1.4 * r},
                             {x + 1.4 * r, y},
                             {x, y + 1.4 * r},
                             {x - 1.4 * r, y}},
                            colour);
    case 4:
      canvas.polyline({{x - r, y - r}, {x + r, y + r}}, 0.7 * r, colour);
      return canvas.polyline({{x - r, y + r}, {x + r, y - r}}, 0.7 * r, colour);
    default:
      return canvas.disc(x, y, r, colour);
  }
}

/** A chart's plot and its scales. */
struct Plot {
  Painter::Rect at{};
  Range x, y;
  bool geometric = false;

  double across(double value) const {
    const auto on = [&](double v) { return geometric ? std::log(v) : v; };
    return at.x +
           (on(value) - on(x.first)) / (on(x.second) - on(x.first)) * at.width;
  }
  double up(double value) const {
    return at.y + at.height -
           (value - y.first) / (y.second - y.first) * at.height;
  }
};

/** Ends of the points, rounded out by a twentieth. */
Range range_of(const ChartAxis &axis, const std::vector<Series> &series,
               std::vector<double> Series::*values) {
  if (axis.range) {
    if (!(axis.range->first < axis.range->second) ||
        (axis.geometric && !(axis.range->first > 0)))
      refuse("the axis \"" + axis.label + "\" goes from " +
             std::to_string(axis.range->first) + " to " +
             std::to_string(axis.range->second) +
             "; give a low end below the high end" +
             (axis.geometric ? " and above 0" : ""));
    return *axis.range;
  }
  double low = INFINITY, high = -INFINITY;
  for (const Series &s : series)
    for (const double v : s.*values)
      if (std::isfinite(v)) {
        low = std::min(low, v);
        high = std::max(high, v);
      }
  if (!(low <= high)) return {0, 1};
  if (axis.geometric) return {low / 1.05, high * 1.05};
  const double margin = low < high ? 0.05 * (high - low) : 0.5;
  return {low - margin, high + margin};
}

struct LegendEntry {
  std::size_t series;
  double x, y;  ///< left, middle
};

/** Rows of entries below the title; @p bottom becomes where they end. */
std::vector<LegendEntry> legend(Canvas &canvas, const Chart &chart, int width,
                                double &bottom) {
  std::vector<LegendEntry> entries;
  double x = kFont, y = chart.title.empty() ? kFont : 2.9 * kFont;
  canvas.font(0.93 * kFont);
  for (std::size_t i = 0; i < chart.series.size(); ++i) {
    const Series &s = chart.series[i];
    if (s.kind == Kind::kGuide || s.name.empty()) continue;
    const double wide = 3.8 * kFont + canvas.width_of(s.name);
    if (x > kFont && x + wide > width) {
      x = kFont;
      y += 1.4 * kFont;
    }
    entries.push_back({i, x, y});
    x += wide;
  }
  bottom = entries.empty() ? (chart.title.empty() ? 0.6 : 2.3) * kFont
                           : y + 0.9 * kFont;
  return entries;
}

Painter::Rect area_below(double top, int width, int height) {
  const int left = int(4.9 * kFont), right = int(1.2 * kFont),
            bottom = int(3.3 * kFont);
  return {left, int(top), width - left - right,
          std::max(1, height - int(top) - bottom)};
}

std::string plain(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value + 0.0);
  return text;
}

void draw_axes(Canvas &canvas, const Chart &chart, const Plot &plot) {
  const Painter::Rect &at = plot.at;
  canvas.font(kFont);
  const auto across = std::size_t(std::max(2.0, at.width / (4.5 * kFont)));
  const std::vector<Tick> x_ticks =
      plot.geometric
          ? frequency_ticks(plot.x.first, plot.x.second, across, true)
          : detail::ticks_every(
                detail::decimal_step(plot.x.second - plot.x.first, across),
                plot.x.first, plot.x.second, plain);
  const int bottom = at.y + at.height;
  for (const Tick &tick : x_ticks) {
    if (tick.text.empty()) continue;
    const double x = std::round(plot.across(tick.value));
    canvas.fill(x, at.y, 1, at.height + 0.35 * kFont, kGrid);
    canvas.text(x, bottom + 1.05 * kFont, tick.text, kInk, Align::kCentre);
  }
  const auto upwards = std::size_t(std::max(2.0, at.height / (2.4 * kFont)));
  for (const Tick &tick : detail::ticks_every(
           detail::decimal_step(plot.y.second - plot.y.first, upwards),
           plot.y.first, plot.y.second, plain)) {
    if (tick.text.empty()) continue;
    const double y = std::round(plot.up(tick.value));
    canvas.fill(at.x - 0.35 * kFont, y, at.width + 0.35 * kFont, 1, kGrid);
    canvas.text(at.x - 0.6 * kFont, y, tick.text, kInk, Align::kRight);
  }
  canvas.text(at.x + at.width / 2.0, bottom + 2.5 * kFont,
              canvas.fitted(chart.x.label, at.width + at.x), kFaint,
              Align::kCentre);
  canvas.text_upwards(0.9 * kFont, at.y + at.height / 2.0,
                      canvas.fitted(chart.y.label, at.height + 2.0 * at.y),
                      kFaint);
}

void draw_line(Canvas &canvas, const Plot &plot, const Series &s,
               std::size_t index) {
  const bool guide = s.kind == Kind::kGuide;
  std::vector<std::pair<double, double>> run;
  const auto finish = [&] {
    if (run.size() > 1)
      canvas.polyline(run, guide ? 1 : 2,
                      guide ? kGuide : kColours[index % kColourCount],
                      guide ? std::vector<double>{4, 4} : dashes(index));
    run.clear();
  };
  for (std::size_t i = 0; i < s.x.size(); ++i) {
    if (!std::isfinite(s.x[i]) || !std::isfinite(s.y[i]))
      finish();
    else
      run.emplace_back(plot.across(s.x[i]), plot.up(s.y[i]));
  }
  finish();
}

void draw_points(Canvas &canvas, const Plot &plot, const Series &s,
                 std::size_t index) {
  const double radius = s.kind == Kind::kStems ? 3.5 : 3.2;
  for (std::size_t i = 0; i < s.x.size(); ++i) {
    if (!std::isfinite(s.x[i]) || !std::isfinite(s.y[i])) continue;
    const double x = plot.across(s.x[i]), y = plot.up(s.y[i]);
    if (s.kind == Kind::kStems)
      canvas.polyline({{x, double(plot.at.y + plot.at.height)}, {x, y}}, 2,
                      kColours[index % kColourCount], dashes(index));
    draw_mark(canvas, index, x, y, radius);
  }
}

void draw_series(Canvas &canvas, const Plot &plot, const Series &s,
                 std::size_t index) {
  if (s.kind == Kind::kLine || s.kind == Kind::kMarked ||
      s.kind == Kind::kGuide)
    draw_line(canvas, plot, s, index);
  if (s.kind == Kind::kMarked || s.kind == Kind::kDots ||
      s.kind == Kind::kStems)
    draw_points(canvas, plot, s, index);
}

void draw_legend(Canvas &canvas, const Chart &chart,
                 const std::vector<LegendEntry> &entries) {
  canvas.font(0.93 * kFont);
  for (const LegendEntry &e : entries) {
    const Series &s = chart.series[e.series];
    const double end = e.x + 1.9 * kFont;
    if (s.kind != Kind::kDots)
      canvas.polyline({{e.x, e.y}, {end, e.y}}, 2,
                      kColours[e.series % kColourCount], dashes(e.series));
    if (s.kind != Kind::kLine)
      draw_mark(canvas, e.series, (e.x + end) / 2, e.y, 3.5);
    canvas.text(end + 0.5 * kFont, e.y, s.name, kInk);
  }
}

void draw_title(Canvas &canvas, const std::string &title, int width) {
  canvas.font(1.1 * kFont, true);
  canvas.text(kFont, 1.3 * kFont, canvas.fitted(title, width - 2 * kFont),
              kInk);
}

void check(const HeatMap &map) {
  const auto fits = [&](const auto &table) {
    return table.size() == map.rows.size() &&
           std::all_of(table.begin(), table.end(), [&](const auto &row) {
             return row.size() == map.columns.size();
           });
  };
  if (map.rows.empty() || map.columns.empty() || !fits(map.values) ||
      !fits(map.texts))
    refuse("a table of " + std::to_string(map.rows.size()) + " rows and " +
           std::to_string(map.columns.size()) +
           " columns needs at least one of each and a value and a text for "
           "every cell");
}

double widest(Canvas &canvas, const std::vector<std::string> &names) {
  double most = 0;
  for (const std::string &name : names)
    most = std::max(most, canvas.width_of(name));
  return most;
}

Painter::Rect cells_of(Canvas &canvas, const HeatMap &map, int width,
                       int height) {
  canvas.font(kFont);
  const int left = int(3.0 * kFont +
                       std::min(widest(canvas, map.rows), width * 0.3)),
            top = int((map.title.empty() ? 3.4 : 5.2) * kFont);
  return {left, top, std::max(1, width - left - int(kFont)),
          std::max(1, height - top - int(kFont))};
}

/** Text on a cell of @p colour that can be read. */
std::uint32_t contrast(std::uint32_t colour) {
  const double luma = 0.2126 * (colour >> 16 & 255) +
                      0.7152 * (colour >> 8 & 255) + 0.0722 * (colour & 255);
  return luma > 110 ? kInk : kPaper;
}

/** White for 0 to dark blue for 1, so that empty cells cost no ink. */
std::uint32_t shade(double value) {
  std::uint32_t out = 0xFF;
  for (const int byte : {16, 8, 0}) {
    const double dark = kDarkest >> byte & 255;
    out = out << 8 | std::uint32_t(std::lround(255 + value * (dark - 255)));
  }
  return out;
}

void draw_cells(Canvas &canvas, const HeatMap &map, const Painter::Rect &at) {
  const auto rows = int(map.rows.size()), columns = int(map.columns.size());
  for (int r = 0; r < rows; ++r)
    for (int c = 0; c < columns; ++c) {
      const double value =
          std::clamp(map.values[std::size_t(r)][std::size_t(c)], 0.0, 1.0);
      const std::uint32_t colour = shade(value);
      const int x0 = at.x + c * at.width / columns,
                x1 = at.x + (c + 1) * at.width / columns,
                y0 = at.y + r * at.height / rows,
                y1 = at.y + (r + 1) * at.height / rows;
      canvas.fill(x0, y0, x1 - x0, y1 - y0, colour);
      canvas.frame(x0, y0, x1 - x0 + 1, y1 - y0 + 1, kGrid);
      canvas.text((x0 + x1) / 2.0, (y0 + y1) / 2.0,
                  map.texts[std::size_t(r)][std::size_t(c)], contrast(colour),
                  Align::kCentre);
    }
}

}  // namespace

Painter::Rect chart_area(const Chart &chart, int width, int height) {
  check_size(width, height);
  Canvas canvas(width, height);
  double bottom = 0;
  legend(canvas, chart, width, bottom);
  return area_below(bottom, width, height);
}

void write_chart_png(const std::string &path, const Chart &chart, int width,
                     int height) {
  check_size(width, height);
  for (const Series &s : chart.series)
    if (s.x.size() != s.y.size())
      refuse("series \"" + s.name + "\" has " + std::to_string(s.x.size()) +
             " x and " + std::to_string(s.y.size()) + " y; give one each");
  Canvas canvas(width, height);
  canvas.fill(0, 0, width, height, kPaper);
  double bottom = 0;
  const std::vector<LegendEntry> entries = legend(canvas, chart, width, bottom);
  const Plot plot{area_below(bottom, width, height),
                  range_of(chart.x, chart.series, &Series::x),
                  range_of(chart.y, chart.series, &Series::y),
                  chart.x.geometric};
  if (!chart.title.empty()) draw_title(canvas, chart.title, width);
  draw_legend(canvas, chart, entries);
  draw_axes(canvas, chart, plot);
  const Painter::Rect &at = plot.at;
  canvas.clip(at.x - 4, at.y - 4, at.width + 8, at.height + 8);
  for (std::size_t i = 0; i < chart.series.size(); ++i)
    draw_series(canvas, plot, chart.series[i], i);
  canvas.unclip();
  canvas.frame(at.x - 1, at.y - 1, at.width + 2, at.height + 2, kFaint);
  canvas.write_png(path);
}

Painter::Rect heat_map_area(const HeatMap &map, int width, int height) {
  check_size(width, height);
  Canvas canvas(width, height);
  return cells_of(canvas, map, width, height);
}

void write_heat_map_png(const std::string &path, const HeatMap &map, int width,
                        int height) {
  check_size(width, height);
  check(map);
  Canvas canvas(width, height);
  canvas.fill(0, 0, width, height, kPaper);
  const Painter::Rect at = cells_of(canvas, map, width, height);
  if (!map.title.empty()) draw_title(canvas, map.title, width);
  canvas.font(kFont);
  canvas.text(at.x + at.width / 2.0, at.y - 2.4 * kFont, map.column_label,
              kFaint, Align::kCentre);
  canvas.text_upwards(0.9 * kFont, at.y + at.height / 2.0, map.row_label,
                      kFaint);
  const double column = at.width / double(map.columns.size()),
               row = at.height / double(map.rows.size());
  for (std::size_t c = 0; c < map.columns.size(); ++c)
    canvas.text(at.x + (double(c) + 0.5) * column, at.y - 0.9 * kFont,
                canvas.fitted(map.columns[c], column - 4), kInk,
                Align::kCentre);
  for (std::size_t r = 0; r < map.rows.size(); ++r)
    canvas.text(at.x - 0.5 * kFont, at.y + (double(r) + 0.5) * row,
                canvas.fitted(map.rows[r], at.x - 2.2 * kFont), kInk,
                Align::kRight);
  draw_cells(canvas, map, at);
  canvas.write_png(path);
}

}  // namespace sonar::render
