/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <algorithm>
#include <memory>

#include "sonar/core/error.h"
#include "sonar/render/canvas.h"
#include "sonar/render/scene.h"

namespace sonar::render {

namespace {

struct Margins {
  int left, right;
};

/** What a panel needs beside its plot area, for text of @p style's size. */
Margins margins(const Style &style, int height) {
  constexpr int kProbeWidth = 1000;
  Painter probe(kProbeWidth, height);
  probe.set_style(style);
  const Painter::Rect plot = probe.plot_area();
  return {plot.x, kProbeWidth - plot.x - plot.width};
}

}  // namespace

void write_panels_png(const std::string &path, const std::vector<Panel> &panels,
                      const Axes &axes, int panel_width, int height) {
  if (panels.empty())
    throw Error(Errc::kBadArgument,
                "cannot draw a figure of 0 panels; give at least one");
  if (panel_width < 240 || height < 120)
    throw Error(Errc::kBadArgument,
                "cannot draw a figure with panels of " +
                    std::to_string(panel_width) + " x " +
                    std::to_string(height) +
                    " pixels (width x height); give at least 240 x 120");
  const int count = int(panels.size()), width = count * panel_width;
  Style first = panels.front().style;
  // One text size for all, though the first panel is wider.
  if (first.font_px <= 0)
    first.font_px = std::max(9.0, std::min(height / 48.0, panel_width / 40.0));
  Style other = first;
  other.show_frequency_labels = false;
  const Margins m0 = margins(first, height), m1 = margins(other, height);
  const int taken = m0.left + m0.right + (count - 1) * (m1.left + m1.right);
  const int plot_width = (width - taken) / count;

  std::unique_ptr<cairo_surface_t, decltype(&cairo_surface_destroy)> picture(
      cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height),
      &cairo_surface_destroy);
  if (const auto status = cairo_surface_status(picture.get()))
    throw Error(Errc::kResource,
                "no memory for a figure of " + std::to_string(width) + " x " +
                    std::to_string(height) + " pixels (width x height): " +
                    cairo_status_to_string(status));
  const auto stride =
      std::size_t(cairo_image_surface_get_stride(picture.get()));
  std::uint8_t *pixels = cairo_image_surface_get_data(picture.get());

  int x = 0;
  for (int i = 0; i < count; ++i) {
    const Panel &panel = panels[std::size_t(i)];
    const Margins &m = i == 0 ? m0 : m1;
    // The last one takes what whole pixels per panel leave over.
    const int wide = i + 1 == count ? width - x : m.left + plot_width + m.right;
    Style style = panel.style;
    style.font_px = first.font_px;
    style.show_frequency_labels = i == 0;
    style.show_clock = false;
    style.show_label = true;
    Scene scene = panel.scene;
    scene.label = panel.title;
    Axes own = axes;
    if (!panel.unit.empty()) own.unit = panel.unit;
    Painter painter(wide, height);
    painter.set_style(style);
    painter.draw(scene, own, pixels + 4 * x, stride);
    x += wide;
  }
  cairo_surface_mark_dirty(picture.get());
  write_png(picture.get(), path);
}

}  // namespace sonar::render
