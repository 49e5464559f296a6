/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the painter keeps from frame to frame, and its outlines, against a
 * painter that keeps nothing and a slow rule. */
#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "sonar/render/scene.h"
#include "sonar/render/waterfall.h"
#include "support/testing.h"

using namespace sonar;
using namespace sonar::render;

using Pixels = std::vector<std::uint32_t>;

static constexpr int kWidth = 480, kHeight = 270;
static constexpr std::size_t kRows = 40, kPicture = 32, kAdvance = 5;

static Axes axes_at(double column0_seconds) {
  Axes axes;
  for (std::size_t i = 0; i <= kRows; ++i)
    axes.row_edges_hz.push_back(
        7000 * std::pow(60.0 / 7000, double(i) / double(kRows)));
  axes.column0_seconds = column0_seconds;
  axes.column_seconds = 0.032;
  axes.unit = "dB re background";
  return axes;
}

static Pixels drawn(Painter &painter, const Scene &scene, const Axes &axes) {
  Pixels pixels(std::size_t(kWidth * kHeight), 0x5A5A5A5A);
  painter.draw(scene, axes, reinterpret_cast<std::uint8_t *>(pixels.data()),
               4 * std::size_t(kWidth));
  return pixels;
}

static Image noise(std::mt19937 &random) {
  Image image(kRows, kPicture);
  for (std::size_t i = 0; i < image.size(); ++i)
    image.data()[i] = float(random() % 1000) / 1000 * 18;
  return image;
}

/* A run of rows in each column: whatever it leaves out is one piece, so that no
 * hole is small. Row 0 and the last one stay free. */
static mask::Binary ragged(std::mt19937 &random, std::size_t columns) {
  mask::Binary mask{kRows, columns, std::vector<std::uint8_t>(kRows * columns)};
  for (std::size_t x = 0; x < columns; ++x) {
    if (random() % 4 == 0) continue;
    const std::size_t begin = 1 + random() % (kRows - 2);
    const std::size_t end = begin + 1 + random() % 9;
    for (std::size_t y = begin; y < std::min(end, kRows - 1); ++y)
      mask.values[y * columns + x] = 1;
  }
  return mask;
}

/* As the element does it: the style is set anew for each frame. */
GST_START_TEST(a_scrolling_recording_looks_as_if_each_frame_was_the_first) {
  for (const std::size_t history :
       {kPicture, std::size_t(150), std::size_t(900)}) {
    std::mt19937 random(3);
    Style style;
    Painter kept(kWidth, kHeight);
    Waterfall fall(kRows, history);
    for (int frame = 0; frame < 12; ++frame) {
      const Image value = noise(random), explanation = noise(random);
      const mask::Binary signature = ragged(random, kPicture);
      const std::int64_t first = std::int64_t(kAdvance) * frame;
      fall.put(first, {0, kPicture}, value, &signature, &explanation);
      if (frame == 6) style.low_db = -5;
      if (frame == 9) style.show_contours = false;
      Scene scene;
      scene.value_db = &fall.value_db();
      scene.valid = fall.valid();
      scene.signature = &fall.signature();
      if (frame % 3) scene.explanation = &fall.explanation();
      scene.label = frame < 4 ? "vessel 0.93" : "unknown";
      const Axes axes = axes_at(0.032 * double(fall.first_column()));
      kept.set_style(style);
      Painter fresh(kWidth, kHeight);
      fresh.set_style(style);
      fail_unless(drawn(kept, scene, axes) == drawn(fresh, scene, axes));
    }
  }
}
GST_END_TEST

/* Whether a pixel within @p reach of (x, y), each way, is kept. */
static bool kept_near(const std::vector<bool> &kept, const Painter::Rect &plot,
                      int x, int y, int reach) {
  for (int dy = -reach; dy <= reach; ++dy)
    for (int dx = -reach; dx <= reach; ++dx) {
      const int px = x + dx, py = y + dy;
      if (px >= 0 && py >= 0 && px < plot.width && py < plot.height &&
          kept[std::size_t(py * plot.width + px)])
        return true;
    }
  return false;
}

/* Columns fewer than pixels, and more of them than pixels. */
GST_START_TEST(
    the_outline_is_a_pixel_around_the_signature_and_a_halo_around_it) {
  for (const std::size_t columns : {std::size_t(70), std::size_t(700)}) {
    std::mt19937 random(5);
    const Image value(kRows, columns, 9.0f);
    const mask::Binary signature = ragged(random, columns);
    Scene scene;
    scene.value_db = &value;
    scene.valid = {3, columns};
    scene.signature = &signature;
    Style style;
    Painter with(kWidth, kHeight), without(kWidth, kHeight);
    style.show_contours = false;
    style.show_label = false;
    without.set_style(style);
    style.show_contours = true;
    with.set_style(style);
    const Painter::Rect plot = with.plot_area();

    std::vector<bool> kept(std::size_t(plot.width * plot.height));
    for (std::size_t c = scene.valid.begin; c < columns; ++c)
      for (std::size_t r = 0; r < kRows; ++r) {
        if (!signature.at(r, c)) continue;
        const auto edge = [](std::size_t i, int size, std::size_t cells) {
          return int(i * std::size_t(size) / cells);
        };
        const int x0 = edge(c, plot.width, columns);
        const int x1 = std::max(x0 + 1, edge(c + 1, plot.width, columns));
        for (int y = edge(r, plot.height, kRows);
             y < edge(r + 1, plot.height, kRows); ++y)
          for (int x = x0; x < x1; ++x)
            kept[std::size_t(y * plot.width + x)] = true;
      }

    const Pixels got = drawn(with, scene, axes_at(0));
    const Pixels bare = drawn(without, scene, axes_at(0));
    std::size_t lines = 0, halos = 0;
    for (int y = 0; y < plot.height; ++y)
      for (int x = 0; x < plot.width; ++x) {
        const auto at = std::size_t((plot.y + y) * kWidth + plot.x + x);
        const bool is_kept = kept[std::size_t(y * plot.width + x)];
        const bool line = !is_kept && kept_near(kept, plot, x, y, 1);
        const bool halo = !is_kept && !line && kept_near(kept, plot, x, y, 2);
        const bool right = line   ? got[at] == 0xFFFFFFFF
                           : halo ? got[at] != bare[at] && got[at] != 0xFFFFFFFF
                                  : got[at] == bare[at];
        if (!right)
          ck_abort_msg("%zu columns, pixel (%d, %d): %08x, bare %08x, %s",
                       columns, x, y, got[at], bare[at],
                       line   ? "line"
                       : halo ? "halo"
                              : "neither");
        lines += line;
        halos += halo;
      }
    fail_unless(lines > 500 && halos > 500);
  }
}
GST_END_TEST

static Suite *render_scroll_suite() {
  Suite *s = suite_create("render_scroll");
  TCase *frames = tcase_create("frames");
  suite_add_tcase(s, frames);
  tcase_add_test(frames,
                 a_scrolling_recording_looks_as_if_each_frame_was_the_first);
  tcase_add_test(
      frames, the_outline_is_a_pixel_around_the_signature_and_a_halo_around_it);
  return s;
}
GST_CHECK_MAIN(render_scroll);
