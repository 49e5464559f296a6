/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/render/trail_lines.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace sonar::render {
namespace {

struct Plot {
  int width, height, thick;
  std::uint8_t *pixels;
  std::size_t stride;
  std::uint32_t colour = kTrail;

  /* Pixels of column @p x from depth @p a to @p b, in any order. */
  void stroke(int x, double a, double b) const {
    if (x < 0 || x >= width) return;
    const int from = std::max(int(std::floor(std::min(a, b))), 0);
    const int to = std::min(int(std::floor(std::max(a, b))) + thick, height);
    for (int y = from; y < to; ++y)
      std::memcpy(pixels + std::size_t(y) * stride + 4 * std::size_t(x),
                  &colour, 4);
  }
};

struct Point {
  double x, y;
};

void join(const Plot &plot, Point from, Point to) {
  const int first = int(std::floor(from.x)), last = int(std::floor(to.x));
  const double slope = to.x > from.x ? (to.y - from.y) / (to.x - from.x) : 0;
  for (int x = std::max(first, 0); x <= std::min(last, plot.width - 1); ++x) {
    const double left = std::max(double(x), from.x);
    const double right = std::min(double(x + 1), to.x);
    plot.stroke(x, from.y + slope * (left - from.x),
                from.y + slope * (right - from.x));
  }
}

}  // namespace

void draw_trails(const std::vector<Trail> &trails,
                 const std::vector<double> &row_edges_hz, std::size_t columns,
                 int thick, const Layout &at, std::uint8_t *pixels,
                 std::size_t stride) {
  Plot plot{at.plot.width, at.plot.height, thick, pixels, stride};
  const double column_px = double(plot.width) / double(columns);
  for (const Trail &trail : trails) {
    plot.colour = trail.colour ? trail.colour : kTrail;
    const auto is_drawn = [&](std::size_t i) {
      return i < trail.hz.size() &&
             double(trail.hz[i]) >= row_edges_hz.back() &&
             double(trail.hz[i]) <= row_edges_hz.front();
    };
    Point before{};
    for (std::size_t i = 0; i < trail.hz.size(); ++i) {
      if (!is_drawn(i)) continue;
      const double left = double(trail.first + std::ptrdiff_t(i)) * column_px;
      const double y =
          frequency_depth(row_edges_hz, double(trail.hz[i]), plot.height);
      const Point middle{left + column_px / 2, y};
      // from edge to edge of its column, where it begins and ends
      join(plot, i > 0 && is_drawn(i - 1) ? before : Point{left, y}, middle);
      if (!is_drawn(i + 1)) join(plot, middle, {left + column_px - 1e-6, y});
      before = middle;
    }
  }
}

}  // namespace sonar::render
