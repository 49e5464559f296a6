/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/render/notes.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <string>

#include "sonar/render/canvas.h"
#include "sonar/render/raster.h"

namespace sonar::render {
namespace {

constexpr std::uint32_t kGround = 0xFF0B0E12;
constexpr int kClearance = 4;  ///< pixels: an outline and its halo

bool inside(const Painter::Rect &a, const Painter::Rect &b) {
  return a.x >= b.x && a.y >= b.y && a.x + a.width <= b.x + b.width &&
         a.y + a.height <= b.y + b.height;
}

bool touch(const Painter::Rect &a, const Painter::Rect &b) {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height &&
         b.y < a.y + a.height;
}

/** Above the structure, else below it; of no width where neither is free. */
Painter::Rect place(const StructureNote &note, std::size_t rows,
                    std::size_t columns, const Painter::Rect &plot, int width,
                    int height, const std::vector<Painter::Rect> &taken) {
  const auto at = [](std::size_t i, std::size_t count, int pixels) {
    return int(i * std::size_t(pixels) / count);
  };
  const int x = plot.x + at(note.column_begin, columns, plot.width);
  const int above =
      plot.y + at(note.row_begin, rows, plot.height) - height - kClearance;
  const int below = plot.y + at(note.row_end, rows, plot.height) + kClearance;
  for (const int y : {above, below}) {
    const Painter::Rect box{x, y, width, height};
    const bool free = std::none_of(
        taken.begin(), taken.end(),
        [&](const Painter::Rect &other) { return touch(box, other); });
    if (free && inside(box, plot)) return box;
  }
  return {};
}

}  // namespace

void draw_notes(const std::vector<StructureNote> &notes, std::size_t rows,
                std::size_t columns, const Painter::Rect &plot, double font_px,
                std::uint8_t *pixels, std::size_t stride) {
  std::vector<const StructureNote *> order;
  for (const StructureNote &note : notes)
    if (mask::speaks(note.score) != mask::Speaks::kNothing)
      order.push_back(&note);
  if (order.empty()) return;
  std::stable_sort(order.begin(), order.end(),
                   [](const StructureNote *a, const StructureNote *b) {
                     return std::fabs(a->score) > std::fabs(b->score);
                   });
  Canvas ruler(1, 1);
  ruler.font(font_px);
  const int width = int(std::ceil(ruler.width_of("+0.00") + 0.4 * font_px)),
            height = int(std::ceil(1.1 * font_px));
  Canvas canvas(width, height);
  canvas.font(font_px);
  std::vector<Painter::Rect> taken;
  for (const StructureNote *note : order) {
    const Painter::Rect box =
        place(*note, rows, columns, plot, width, height, taken);
    if (box.width == 0) continue;
    taken.push_back(box);
    char text[16];
    std::snprintf(text, sizeof text, "%+.2f", double(note->score));
    canvas.fill(0, 0, width, height, kGround);
    canvas.text(0.2 * font_px, height / 2.0, text,
                note->score > 0 ? kWarm : kAgainst);
    canvas.flush();
    for (int y = 0; y < height; ++y)
      std::memcpy(
          pixels + std::size_t(box.y + y) * stride + 4 * std::size_t(box.x),
          canvas.row(y), 4 * std::size_t(width));
  }
}

}  // namespace sonar::render
