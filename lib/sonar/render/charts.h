/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sonar/render/scene.h"

namespace sonar::render {

/** Points of a chart that belong together. */
struct Series {
  enum class Kind {
    kLine,    ///< the points joined in order
    kMarked,  ///< the same with a mark at each
    kDots,    ///< marks alone
    kStems,   ///< from the bottom of the plot up to each point
    kGuide,   ///< a thin grey line to compare with, not in the legend
  };
  std::string name;
  std::vector<double> x, y;  ///< of one length; a NaN in y breaks a line
  Kind kind = Kind::kLine;
};

struct ChartAxis {
  std::string label;  ///< with its unit
  /** Ends; from the points where absent. */
  std::optional<std::pair<double, double>> range;
  /** Equal ratios take equal room; values are Hz. Of the x axis only. */
  bool geometric = false;
};

/**
 * Lines and points over two axes, dark on white so that they print. Series
 * differ in colour (Okabe and Ito's, which colour-blind readers tell apart),
 * dashes and marks, so that they stay apart in grey too.
 */
struct Chart {
  std::string title;
  ChartAxis x, y;
  std::vector<Series> series;
};

/** Where write_chart_png() puts the plot: x.range[0] lies at its left edge,
 *  y.range[0] at its bottom edge. */
Painter::Rect chart_area(const Chart &chart, int width, int height);

/**
 * Written under a temporary name and renamed. Throws Error(kBadArgument) for a
 * picture below 240 x 180 pixels, series whose x and y differ in length, a
 * range that is empty or, on a geometric axis, not above 0, and
 * Error(kResource) when the file cannot be written.
 */
void write_chart_png(const std::string &path, const Chart &chart, int width,
                     int height);

/** A table of coloured cells, such as a confusion matrix. */
struct HeatMap {
  std::string title, row_label, column_label;
  std::vector<std::string> rows, columns;
  std::vector<std::vector<double>> values;      ///< [row][column], 0 to 1
  std::vector<std::vector<std::string>> texts;  ///< what the cells say
};

/** Where write_heat_map_png() puts the cells, row 0 at the top: cell (r, c)
 *  fills x + c * width / columns to x + (c + 1) * width / columns, likewise
 *  down. */
Painter::Rect heat_map_area(const HeatMap &map, int width, int height);

/** As write_chart_png(); Error(kBadArgument) also for a table without cells or
 *  one whose parts differ in shape. */
void write_heat_map_png(const std::string &path, const HeatMap &map, int width,
                        int height);

}  // namespace sonar::render
