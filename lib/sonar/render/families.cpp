/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/render/families.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

namespace sonar::render {
namespace {

constexpr std::size_t kMostLanes = 5;
constexpr std::uint32_t kText = 0xFFC7CED6;

struct Lane {
  double x = 0, width = 0;  ///< of the canvas
};

/* The lane of each family, the first with room above its lowest harmonic;
 * families come in the order of those. kMostLanes: none has. */
std::vector<std::size_t> lanes_of(const std::vector<HarmonicFamily> &families,
                                  const std::vector<double> &edges,
                                  int plot_height, double font_px) {
  std::array<double, kMostLanes> free_above;  // rows that no comb has
  free_above.fill(1e9);
  std::vector<std::size_t> lanes;
  for (const HarmonicFamily &family : families) {
    std::size_t lane = kMostLanes;
    if (!family.harmonics.empty()) {
      const auto depth = [&](const HarmonicFamily::Harmonic &h) {
        return frequency_depth(edges, h.hz, plot_height);
      };
      const double bottom = depth(family.harmonics.front()) + font_px;
      lane = 0;
      while (lane < kMostLanes && bottom >= free_above[lane]) ++lane;
      if (lane < kMostLanes)
        free_above[lane] = depth(family.harmonics.back()) - font_px;
    }
    lanes.push_back(lane);
  }
  return lanes;
}

void draw_comb(Canvas &canvas, const HarmonicFamily &family,
               const std::vector<double> &edges, const Lane &lane, double top,
               int plot_height, double font_px, double line_px) {
  canvas.font(font_px);
  const double tooth = std::round(0.4 * font_px);
  double first = 1e9, last = -1e9, above = 1e9;
  for (const HarmonicFamily::Harmonic &h : family.harmonics) {
    if (h.hz < edges.back() || h.hz > edges.front()) continue;
    const double y =
        top + std::floor(frequency_depth(edges, h.hz, plot_height));
    canvas.fill(lane.x, y, tooth, line_px, family.colour);
    first = std::min(first, y);
    last = std::max(last, y);
    const std::string number = std::to_string(h.number);
    const double room = lane.width - tooth - 0.35 * font_px;
    // low harmonics come first; the next number must stand clear above
    if (above - y < 1.05 * font_px || canvas.width_of(number) > room) continue;
    canvas.text(lane.x + tooth + 0.2 * font_px, y + line_px / 2, number,
                family.colour);
    above = y;
  }
  if (last >= first)
    canvas.fill(lane.x, first, line_px, last - first + line_px, family.colour);
}

}  // namespace

void draw_family_names(Canvas &canvas, const Layout &at,
                       const std::vector<HarmonicFamily> &families, double x,
                       double y, double right) {
  const double box = std::round(0.75 * at.em), gap = 0.45 * at.em;
  for (std::size_t i = 0; i < families.size(); ++i) {
    const std::string left_out =
        "+" + std::to_string(families.size() - i) + " more";
    const bool last = i + 1 == families.size();
    const double needed = box + gap + canvas.width_of(families[i].name) +
                          (last ? 0 : 1.4 * at.em + canvas.width_of(left_out));
    if (x + needed > right) {
      canvas.text(x, y, canvas.fitted(left_out, right - x), kText);
      return;
    }
    canvas.fill(x, std::round(y - box / 2), box, box, families[i].colour);
    canvas.text(x + box + gap, y, families[i].name, kText);
    x = std::round(x + box + gap + canvas.width_of(families[i].name) +
                   1.4 * at.em);
  }
}

void draw_combs(const std::vector<HarmonicFamily> &families,
                const std::vector<double> &row_edges_hz, const Layout &at,
                std::uint32_t background, std::uint8_t *pixels,
                std::size_t stride) {
  const Painter::Rect &to = at.combs;
  if (families.empty() || to.width <= 0) return;
  Canvas canvas(to.width, to.height);
  canvas.fill(0, 0, to.width, to.height, background);
  const double font_px = 0.75 * at.em;
  const double line_px = at.height >= 1000 ? 2 : 1;
  const double top = at.plot.y - to.y;
  const auto lanes = lanes_of(families, row_edges_hz, at.plot.height, font_px);
  // as wide as those in use leave them: more numbers fit
  std::size_t used = 1;
  for (const std::size_t lane : lanes)
    if (lane < kMostLanes) used = std::max(used, lane + 1);
  const double lane_px =
      double(to.width) / double(std::max<std::size_t>(used, 2));
  for (std::size_t i = 0; i < families.size(); ++i)
    if (lanes[i] < kMostLanes)
      draw_comb(canvas, families[i], row_edges_hz,
                {std::round(double(lanes[i]) * lane_px), lane_px}, top,
                at.plot.height, font_px, line_px);
  canvas.flush();
  for (int y = 0; y < to.height; ++y)
    std::memcpy(pixels + std::size_t(to.y + y) * stride + 4 * std::size_t(to.x),
                canvas.row(y), 4 * std::size_t(to.width));
}

}  // namespace sonar::render
