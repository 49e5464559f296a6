/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/report/figures.h"

#include <algorithm>

namespace sonar::models::report {
namespace {

// three beside each other on a page; twice as fine as shown, for print
constexpr int kTileWidth = 370, kTileHeight = 330, kFiner = 2;
constexpr double kTileFont = 9.4;
// as the network's input is clipped, nn::make_input()
constexpr double kLowDb = 0, kHighDb = 18;

render::Axes axes_of(const Recipe &recipe, const std::string &unit) {
  render::Axes axes;
  axes.row_edges_hz = recipe.row_edges_hz();
  axes.column0_seconds = 0.5 * double(recipe.span_samples()) / recipe.rate_hz;
  axes.column_seconds = recipe.column_seconds();
  axes.unit = unit;
  return axes;
}

Picture draw_panel(const Context &context, render::Panel panel,
                   const Image &value, const std::string &unit,
                   const Words &words) {
  panel.scene.value_db = &value;
  panel.scene.valid = {0, value.width()};
  panel.style.show_contours = false;
  panel.style.font_px = kFiner * kTileFont;
  Picture out{context.folder.next_figure(panel.title), kTileWidth, kTileHeight,
              words.alt, words.caption};
  render::write_panels_png(context.folder.path(out.file), {panel},
                           axes_of(context.recipe(), unit), kFiner * out.width,
                           kFiner * out.height);
  return out;
}

}  // namespace

Picture draw_chart(const Context &context, const std::string &name,
                   const render::Chart &chart, const Words &words, int width,
                   int height) {
  Picture out{context.folder.next_figure(name), width, height, words.alt,
              words.caption};
  render::write_chart_png(context.folder.path(out.file), chart, width, height);
  return out;
}

Picture draw_heat_map(const Context &context, const std::string &name,
                      const render::HeatMap &map, const Words &words) {
  const int width = std::clamp(180 + 90 * int(map.columns.size()), 360, 1000);
  const int height = std::clamp(110 + 44 * int(map.rows.size()), 240, 900);
  Picture out{context.folder.next_figure(name), width, height, words.alt,
              words.caption};
  render::write_heat_map_png(context.folder.path(out.file), map, width, height);
  return out;
}

Picture draw_spectrogram(const Context &context, const std::string &title,
                         const Image &value_db, const Words &words) {
  render::Panel panel;
  panel.title = title;
  panel.style.low_db = kLowDb;
  panel.style.high_db = kHighDb;
  return draw_panel(context, panel, value_db, context.recipe().unit(), words);
}

Picture draw_confidence(const Context &context, const std::string &title,
                        const Image &confidence, const Words &words,
                        const std::string &unit) {
  render::Panel panel;
  panel.title = title;
  panel.style.colormap = render::ColorMap::kCividis;
  panel.style.low_db = 0;
  panel.style.high_db = 1;
  return draw_panel(context, panel, confidence, unit, words);
}

Picture draw_signature(const Context &context, const std::string &title,
                       const Image &value_db, const mask::Binary &kept,
                       const Words &words) {
  render::Panel panel;
  panel.title = title;
  panel.scene.signature = &kept;
  panel.style.low_db = kLowDb;
  panel.style.high_db = kHighDb;
  panel.style.show_original = false;
  return draw_panel(context, panel, value_db, context.recipe().unit(), words);
}

Picture draw_explanation(const Context &context, const std::string &said,
                         const Image &value_db, const Image *explanation,
                         const render::StructureMap *structures,
                         const Words &words) {
  render::Panel panel;
  panel.title = said;
  panel.scene.explanation = explanation;
  panel.scene.structures = structures;
  panel.style.low_db = kLowDb;
  panel.style.high_db = kHighDb;
  return draw_panel(context, panel, value_db, context.recipe().unit(), words);
}

render::ChartAxis frequency_axis(const Recipe &recipe) {
  const std::vector<double> edges = recipe.row_edges_hz();
  return {"frequency (Hz)",
          std::pair{std::max(edges.back(), 1e-3), edges.front()},
          recipe.axis == FrequencyAxis::kGeometric};
}

}  // namespace sonar::models::report
