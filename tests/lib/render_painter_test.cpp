/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <cairo.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <limits>
#include <random>
#include <set>

#include "sonar/core/error.h"
#include "sonar/render/scene.h"
#include "sonar/render/ticks.h"
#include "support/testing.h"

using namespace sonar;
using namespace sonar::render;

using Pixels = std::vector<std::uint32_t>;

static Axes axes_for(std::size_t rows, double column0_seconds = 0) {
  Axes axes;
  for (std::size_t i = 0; i <= rows; ++i)
    axes.row_edges_hz.push_back(
        7000 * std::pow(60.0 / 7000, double(i) / double(rows)));
  axes.column0_seconds = column0_seconds;
  axes.column_seconds = 0.032;
  axes.unit = "dB re background";
  return axes;
}

static mask::Binary no_signature(std::size_t rows, std::size_t columns) {
  return {rows, columns, std::vector<std::uint8_t>(rows * columns)};
}

static Scene scene_of(const Image &value) {
  Scene scene;
  scene.value_db = &value;
  scene.valid = {0, value.width()};
  scene.label = "vessel 0.93";
  scene.subtitle = "recipe lines";
  return scene;
}

static Image noise(std::size_t rows, std::size_t columns, unsigned seed) {
  std::mt19937 random(seed);
  Image image(rows, columns);
  for (std::size_t i = 0; i < image.size(); ++i)
    image.data()[i] = float(random() % 1000) / 1000 * 18;
  return image;
}

/** A painter with its picture. */
struct Easel {
  Easel(int w, int h, const Style &style = Style())
      : painter(w, h), width(w), height(h) {
    painter.set_style(style);
  }
  const Pixels &draw(const Scene &scene, const Axes &axes) {
    pixels.assign(std::size_t(width * height), 0x5A5A5A5A);
    painter.draw(scene, axes, reinterpret_cast<std::uint8_t *>(pixels.data()),
                 4 * std::size_t(width));
    return pixels;
  }
  const Pixels &draw(const Scene &scene) {
    return draw(scene, axes_for(scene.value_db->height()));
  }
  std::uint32_t at(int x, int y) const {
    return pixels[std::size_t(y * width + x)];
  }
  Painter painter;
  int width, height;
  Pixels pixels;
};

static void assert_text(const std::string &got, const std::string &want) {
  ck_assert_msg(got == want, "got '%s', want '%s'", got.c_str(), want.c_str());
}

/* Asserts in a loop over pixels only when wrong: each assertion is a write to
 * the test runner's pipe. */
static void assert_pixel(int x, int y, std::uint32_t got, std::uint32_t want) {
  if (got != want)
    ck_abort_msg("pixel (%d, %d) is %08x, want %08x", x, y, got, want);
}

static void assert_refused(const std::function<void()> &act, Errc code,
                           const std::string &words) {
  try {
    act();
  } catch (const Error &error) {
    ck_assert_msg(error.code() == code, "wrong code for: %s", error.what());
    ck_assert_msg(std::string(error.what()).find(words) != std::string::npos,
                  "'%s' does not say '%s'", error.what(), words.c_str());
    return;
  }
  ck_abort_msg("accepted, but should say '%s'", words.c_str());
}

GST_START_TEST(colour_maps_end_where_matplotlibs_do) {
  const struct {
    ColorMap map;
    std::uint32_t first, last;
  } ends[] = {{ColorMap::kViridis, 0xFF440154, 0xFFFDE725},
              {ColorMap::kInferno, 0xFF000004, 0xFFFCFFA4},
              {ColorMap::kMagma, 0xFF000004, 0xFFFCFDBF},
              {ColorMap::kCividis, 0xFF00224E, 0xFFFEE838},
              {ColorMap::kGray, 0xFF000000, 0xFFFFFFFF}};
  for (const auto &end : ends) {
    fail_unless_equals_int_hex(palette(end.map).front(), end.first);
    fail_unless_equals_int_hex(palette(end.map).back(), end.last);
  }
}
GST_END_TEST

static double lightness(std::uint32_t colour) {
  const double weights[] = {0.0722, 0.7152, 0.2126};
  double luminance = 0;
  for (int i = 0; i < 3; ++i) {
    const double c = (colour >> 8 * i & 255) / 255.0;
    luminance +=
        weights[i] *
        (c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4));
  }
  return luminance > 0.008856 ? 116 * std::cbrt(luminance) - 16
                              : 903.3 * luminance;
}

GST_START_TEST(every_colour_map_grows_lighter_from_end_to_end) {
  for (const ColorMap map :
       {ColorMap::kViridis, ColorMap::kInferno, ColorMap::kMagma,
        ColorMap::kCividis, ColorMap::kGray}) {
    const auto &colours = palette(map);
    for (std::size_t i = 1; i < 256; ++i)
      // 8-bit rounding moves L* by up to 0.4; a wrong entry by far more.
      if (lightness(colours[i]) < lightness(colours[i - 1]) - 0.4)
        ck_abort_msg("%s darkens at %zu", nick(map), i);
    fail_unless(lightness(colours[255]) - lightness(colours[0]) > 70);
  }
}
GST_END_TEST

static const struct {
  int width, height;
  std::size_t rows, columns, y, x;
} kCells[] = {{1280, 720, 128, 64, 40, 17},   {1280, 720, 128, 64, 0, 0},
              {1280, 720, 128, 64, 127, 63},  {640, 360, 100, 333, 57, 200},
              {640, 360, 1024, 2000, 700, 3}, {160, 120, 512, 10, 511, 9}};

GST_START_TEST(one_hot_cell_paints_its_own_pixels_and_no_others) {
  const auto &c = kCells[__i__];
  Image value(c.rows, c.columns, -100.0f);
  value.at(c.y, c.x) = 100;
  Easel easel(c.width, c.height);
  easel.draw(scene_of(value));
  const Painter::Rect plot = easel.painter.plot_area();
  const auto edge = [](std::size_t i, int extent, std::size_t count) {
    return int(i * std::size_t(extent) / count);
  };
  // Where cells outnumber pixels, a cell still has the pixel it starts at.
  const int x0 = edge(c.x, plot.width, c.columns),
            x1 = std::max(x0 + 1, edge(c.x + 1, plot.width, c.columns));
  const int y0 = edge(c.y, plot.height, c.rows),
            y1 = std::max(y0 + 1, edge(c.y + 1, plot.height, c.rows));
  for (int y = 0; y < plot.height; ++y)
    for (int x = 0; x < plot.width; ++x) {
      const bool hot = x >= x0 && x < x1 && y >= y0 && y < y1;
      assert_pixel(x, y, easel.at(plot.x + x, plot.y + y),
                   hot ? 0xFFFDE725 : 0xFF440154);
    }
}
GST_END_TEST

GST_START_TEST(value_of_the_colour_maps_middle_gets_the_middle_colour) {
  Style style;
  style.low_db = -10;
  style.high_db = 41;  // 0.2 dB a colour
  const Image value(8, 8, 10.0f);
  Easel easel(320, 240, style);
  easel.draw(scene_of(value));
  const Painter::Rect plot = easel.painter.plot_area();
  fail_unless_equals_int_hex(easel.at(plot.x + 5, plot.y + 5),
                             palette(ColorMap::kViridis)[100]);
}
GST_END_TEST

GST_START_TEST(nan_is_drawn_as_the_lowest_value_and_hides_no_line) {
  // 2000 columns on fewer pixels: NaN shares pixels with the line.
  Image value(16, 2000, std::numeric_limits<float>::quiet_NaN());
  for (std::size_t x = 0; x < 2000; x += 2) value.at(8, x) = 100;
  Easel easel(640, 360);
  easel.draw(scene_of(value));
  const Painter::Rect plot = easel.painter.plot_area();
  for (int x = plot.x; x < plot.x + plot.width; ++x) {
    const int line = plot.y + plot.height * 8 / 16 + 2;
    assert_pixel(x, plot.y, easel.at(x, plot.y), 0xFF440154);
    assert_pixel(x, line, easel.at(x, line), 0xFFFDE725);
  }
}
GST_END_TEST

GST_START_TEST(what_was_drawn_before_leaves_no_trace) {
  const Image first = noise(64, 100, 1), second = noise(64, 80, 2);
  mask::Binary signature = no_signature(64, 100);
  std::fill_n(signature.values.begin() + 3000, 50, std::uint8_t(1));
  Scene scene = scene_of(first), other = scene_of(second);
  scene.signature = &signature;
  scene.explanation = &first;
  other.label = "a much longer label that covers what was there before";
  other.subtitle.clear();
  other.valid = {13, 60};

  Easel used(640, 360), fresh(640, 360);
  used.draw(other, axes_for(64, 3595));
  used.draw(scene, axes_for(64, 7));
  used.draw(scene, axes_for(64, 12));
  fail_unless(used.pixels == fresh.draw(scene, axes_for(64, 12)));
  fail_unless(used.draw(scene, axes_for(64, 12)) == fresh.pixels);
}
GST_END_TEST

GST_START_TEST(style_and_axes_are_seen_after_a_change) {
  const Image value = noise(64, 100, 1);
  Scene scene = scene_of(value);
  Style style;
  style.colormap = ColorMap::kInferno;
  style.low_db = -20;
  style.show_label = false;
  Easel changed(640, 360), fresh(640, 360, style);
  const Pixels before = changed.draw(scene);
  changed.painter.set_style(style);
  fail_unless(changed.draw(scene) != before);
  fail_unless(changed.pixels == fresh.draw(scene));

  Axes axes = axes_for(64);
  const Pixels usual = fresh.pixels;
  axes.unit = "dBFS";
  fail_unless(fresh.draw(scene, axes) != usual);
  axes = axes_for(64);
  for (double &edge : axes.row_edges_hz) edge /= 2;
  axes.unit = "dBFS";
  const Pixels dbfs = fresh.pixels;
  fail_unless(fresh.draw(scene, axes) != dbfs);
  Easel other(640, 360, style);
  fail_unless(other.draw(scene, axes) == fresh.pixels);
}
GST_END_TEST

static const struct {
  std::size_t padding, offset;
} kPaddings[] = {{0, 0}, {64, 0}, {3, 1}};

GST_START_TEST(any_stride_and_alignment_is_drawn_and_nothing_outside) {
  const int width = 323, height = 241;
  const Image value = noise(64, 100, 3);
  mask::Binary signature = no_signature(64, 100);
  for (std::size_t i = 0; i < signature.values.size(); i += 7)
    signature.values[i] = 1;
  Scene scene = scene_of(value);
  scene.signature = &signature;
  Easel plain(width, height);
  plain.draw(scene);

  const std::size_t row = 4 * std::size_t(width);
  const std::size_t stride = row + kPaddings[__i__].padding;
  const std::size_t guard = 256 + kPaddings[__i__].offset;
  std::vector<std::uint8_t> bytes(2 * guard + stride * std::size_t(height),
                                  0xA5);
  plain.painter.draw(scene, axes_for(64), bytes.data() + guard, stride);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const bool inside =
        i >= guard && i < bytes.size() - guard && (i - guard) % stride < row;
    if (!inside && bytes[i] != 0xA5)
      ck_abort_msg("byte %zu outside was written", i);
  }
  for (int y = 0; y < height; ++y)
    if (std::memcmp(bytes.data() + guard + std::size_t(y) * stride,
                    plain.pixels.data() + y * width, row) != 0)
      ck_abort_msg("row %d differs", y);
}
GST_END_TEST

GST_START_TEST(every_pixel_is_written_and_opaque) {
  const Image value = noise(64, 100, 3);
  Scene scene = scene_of(value);
  scene.valid = {20, 90};
  for (const bool axes : {true, false})
    for (const bool label : {true, false}) {
      Style style;
      style.show_axes = axes;
      style.show_label = label;
      Easel easel(640, 360, style);
      easel.draw(scene);
      fail_unless(std::all_of(easel.pixels.begin(), easel.pixels.end(),
                              [](std::uint32_t p) { return p >> 24 == 0xFF; }));
      const Painter::Rect plot = easel.painter.plot_area();
      if (!axes && !label)
        fail_unless(plot.x == 0 && plot.y == 0 && plot.width == 640 &&
                    plot.height == 360);
    }
}
GST_END_TEST

/** A signature of rows 5-7, columns 10-19 over a flat picture. */
struct Outlined {
  Outlined() : value(32, 40, 9.0f), signature(no_signature(32, 40)) {
    for (std::size_t y = 5; y < 8; ++y)
      std::fill_n(signature.values.begin() + std::ptrdiff_t(y * 40 + 10), 10,
                  std::uint8_t(1));
    scene = scene_of(value);
    scene.signature = &signature;
  }
  Image value;
  mask::Binary signature;
  Scene scene;
};

GST_START_TEST(outline_runs_just_outside_the_signature_and_hides_none_of_it) {
  const Outlined o;
  Easel easel(640, 360);
  easel.draw(o.scene);
  const Painter::Rect plot = easel.painter.plot_area();
  const int x0 = plot.x + 10 * plot.width / 40,
            x1 = plot.x + 20 * plot.width / 40,
            y0 = plot.y + 5 * plot.height / 32,
            y1 = plot.y + 8 * plot.height / 32;
  const std::uint32_t middle = palette(ColorMap::kViridis)[128];
  for (int y = plot.y; y < plot.y + plot.height; ++y)
    for (int x = plot.x; x < plot.x + plot.width; ++x) {
      // Pixels from the rectangle, along the farther axis; 0 inside.
      const int away = std::max({x0 - x, x - x1 + 1, y0 - y, y - y1 + 1, 0});
      const std::uint32_t got = easel.at(x, y);
      if (away == 2 && lightness(got) > lightness(middle) - 10)
        ck_abort_msg("no halo at (%d, %d)", x, y);
      if (away != 2) assert_pixel(x, y, got, away == 1 ? 0xFFFFFFFF : middle);
    }
}
GST_END_TEST

/* A hole of one cell in a rectangle: no pixel of it may be outline, while a
 * hole of 6 x 6 cells is outlined along its 24 border cells. */
GST_START_TEST(holes_of_a_few_cells_are_not_outlined) {
  const Image value(40, 40, 9.0f);
  for (const std::size_t side : {1, 6}) {
    mask::Binary signature = no_signature(40, 40);
    for (std::size_t y = 5; y < 35; ++y)
      for (std::size_t x = 5; x < 35; ++x)
        signature.values[y * 40 + x] =
            y < 15 || y >= 15 + side || x < 15 || x >= 15 + side;
    Scene scene = scene_of(value);
    scene.signature = &signature;
    Easel easel(640, 360);
    easel.draw(scene);
    const Painter::Rect plot = easel.painter.plot_area();
    int white = 0;
    for (int y = plot.height * 14 / 40; y < plot.height * 22 / 40; ++y)
      for (int x = plot.width * 14 / 40; x < plot.width * 22 / 40; ++x)
        white += easel.at(plot.x + x, plot.y + y) == 0xFFFFFFFF;
    fail_unless(side == 1 ? white == 0 : white > 100);
  }
}
GST_END_TEST

GST_START_TEST(outline_of_any_signature_hides_none_of_its_pixels) {
  const Image value = noise(100, 300, 5);
  mask::Binary signature = no_signature(100, 300);
  std::mt19937 random(6);
  for (auto &kept : signature.values) kept = random() % 4 == 0;
  Scene with = scene_of(value), without = with;
  with.signature = &signature;
  Easel outlined(640, 360), plain(640, 360);
  outlined.draw(with);
  plain.draw(without);
  const Painter::Rect plot = plain.painter.plot_area();
  std::size_t marked = 0;
  for (int y = 0; y < 100; ++y)
    for (int x = 0; x < 300; ++x)
      for (int py = y * plot.height / 100; py < (y + 1) * plot.height / 100;
           ++py)
        for (int px = x * plot.width / 300; px < (x + 1) * plot.width / 300;
             ++px) {
          const bool same = outlined.at(plot.x + px, plot.y + py) ==
                            plain.at(plot.x + px, plot.y + py);
          if (!same && signature.at(std::size_t(y), std::size_t(x)))
            ck_abort_msg("kept cell %d, %d is covered", y, x);
          marked += !same;
        }
  fail_unless(marked > 0);
}
GST_END_TEST

GST_START_TEST(outline_fades_with_opacity_and_goes_when_switched_off) {
  const Outlined o;
  Scene bare = o.scene;
  bare.signature = nullptr;
  Style style;
  style.show_label = false;  // its legend shows the outline's colour
  style.show_contours = false;
  Easel off(640, 360, style), none(640, 360, style);
  fail_unless(off.draw(o.scene) == none.draw(bare));
  style.show_contours = true;
  style.opacity = 0;
  Easel clear(640, 360, style);
  fail_unless(clear.draw(o.scene) == none.pixels);
  style.opacity = 0.5;
  Easel half(640, 360, style);
  half.draw(o.scene);
  const Painter::Rect plot = half.painter.plot_area();
  const int x = plot.x + 15 * plot.width / 40,
            y = plot.y + 5 * plot.height / 32 - 1;
  const std::uint32_t under = none.at(x, y), got = half.at(x, y);
  for (int shift = 0; shift < 24; shift += 8)
    ASSERT_NEAR_AT(shift, double(got >> shift & 255),
                   ((under >> shift & 255) + 255) / 2.0, 1.0);  // rounding
}
GST_END_TEST

GST_START_TEST(columns_outside_the_valid_range_are_hatched) {
  const Image value(16, 50, 100.0f);
  const mask::Binary signature{16, 50, std::vector<std::uint8_t>(800, 1)};
  Scene scene = scene_of(value);
  scene.signature = &signature;
  scene.valid = {10, 40};
  Easel easel(640, 360);
  easel.draw(scene);
  const Painter::Rect plot = easel.painter.plot_area();
  const int x0 = 10 * plot.width / 50, x1 = 40 * plot.width / 50;
  std::set<std::uint32_t> tones;
  for (int y = 0; y < plot.height; ++y)
    for (int x = 0; x < plot.width; ++x) {
      const std::uint32_t got = easel.at(plot.x + x, plot.y + y);
      if (x >= x0 && x < x1) {
        assert_pixel(x, y, got, 0xFFFDE725);
      } else if (x < x0 - 2 || x >= x1 + 2) {  // the outline closes in between
        tones.insert(got);
      }
    }
  fail_unless_equals_int(tones.size(), 2);
  for (const std::uint32_t tone : tones) fail_unless(lightness(tone) < 25);

  Scene nothing;
  easel.draw(nothing, axes_for(16));
  fail_unless(tones.count(easel.at(plot.x + plot.width / 2, plot.y + 9)));
}
GST_END_TEST

GST_START_TEST(signature_alone_is_drawn_on_white) {
  const Outlined o;
  Style style;
  style.show_original = false;
  style.show_contours = false;
  Easel easel(640, 360, style);
  easel.draw(o.scene);
  const Painter::Rect plot = easel.painter.plot_area();
  for (int y = 0; y < 32; ++y)
    for (int x = 0; x < 40; ++x)
      assert_pixel(
          x, y,
          easel.at(plot.x + x * plot.width / 40, plot.y + y * plot.height / 32),
          o.signature.at(std::size_t(y), std::size_t(x))
              ? palette(ColorMap::kViridis)[128]
              : 0xFFFFFFFF);
}
GST_END_TEST

GST_START_TEST(explanation_warms_for_cools_against_and_leaves_background) {
  Image value(4, 4, 0.0f), explanation(4, 4, 1.0f);
  for (std::size_t x = 0; x < 4; ++x) {
    value.at(1, x) = value.at(2, x) = 12;
    explanation.at(2, x) = -1;
  }
  Style grey;
  grey.colormap = ColorMap::kGray;
  Scene scene = scene_of(value);
  scene.explanation = &explanation;
  Easel easel(640, 360, grey);
  easel.draw(scene);
  const Painter::Rect plot = easel.painter.plot_area();
  const auto blueness = [&](int row) {
    const std::uint32_t c =
        easel.at(plot.x + 9, plot.y + row * plot.height / 4 + 9);
    return int(c & 255) - int(c >> 16 & 255);
  };
  fail_unless(blueness(1) < -60);
  fail_unless(blueness(2) > 60);
  fail_unless_equals_int(blueness(0), 0);
}
GST_END_TEST

GST_START_TEST(frequencies_and_times_read_as_people_write_them) {
  assert_text(format_hz(0), "0 Hz");
  assert_text(format_hz(-0.0), "0 Hz");
  assert_text(format_hz(950), "950 Hz");
  assert_text(format_hz(62.5), "62.5 Hz");
  assert_text(format_hz(999.9999), "1 kHz");
  assert_text(format_hz(1200), "1.2 kHz");
  assert_text(format_hz(12000), "12 kHz");
  assert_text(format_seconds(-0.0), "0 s");
  assert_text(format_seconds(12.5), "12.5 s");
  assert_text(format_seconds(59.9999), "1:00");
  assert_text(format_seconds(62.5), "1:02.5");
  assert_text(format_seconds(3600), "1:00:00");
  assert_text(format_seconds(3723), "1:02:03");
  assert_text(format_seconds(-75), "-1:15");
}
GST_END_TEST

static std::string labels(const std::vector<Tick> &ticks) {
  std::vector<Tick> sorted = ticks;
  std::sort(sorted.begin(), sorted.end(),
            [](const Tick &a, const Tick &b) { return a.value < b.value; });
  std::string all;
  for (const Tick &tick : sorted)
    if (!tick.text.empty()) all += (all.empty() ? "" : ", ") + tick.text;
  return all;
}

GST_START_TEST(ticks_are_round_numbers) {
  const auto check = [](const std::vector<Tick> &ticks, const char *want) {
    assert_text(labels(ticks), want);
  };
  check(frequency_ticks(60, 7000, 20, true),
        "60 Hz, 100 Hz, 200 Hz, 500 Hz, 1 kHz, 2 kHz, 5 kHz, 7 kHz");
  // An end too close to a round number goes without a label.
  check(frequency_ticks(95, 5100, 12, true),
        "100 Hz, 200 Hz, 500 Hz, 1 kHz, 2 kHz, 5 kHz");
  check(frequency_ticks(100, 10000, 3, true), "100 Hz, 1 kHz, 10 kHz");
  check(frequency_ticks(1000, 2000, 5, true),
        "1 kHz, 1.2 kHz, 1.4 kHz, 1.6 kHz, 1.8 kHz, 2 kHz");
  check(frequency_ticks(3.9, 8000, 8, false),
        "1 kHz, 2 kHz, 3 kHz, 4 kHz, 5 kHz, 6 kHz, 7 kHz, 8 kHz");
  check(time_ticks(0, 0.31, 4), "0 s, 0.1 s, 0.2 s, 0.3 s");
  check(time_ticks(50, 70, 5), "50 s, 55 s, 1:00, 1:05, 1:10");
  check(time_ticks(0, 60, 5), "0 s, 15 s, 30 s, 45 s, 1:00");
  check(time_ticks(3500, 3800, 5), "59:00, 1:00:00, 1:01:00, 1:02:00, 1:03:00");
}
GST_END_TEST

GST_START_TEST(no_span_has_more_labels_than_were_allowed) {
  for (double span = 0.01; span < 1e6; span *= 1.37)
    for (std::size_t most = 2; most < 20; ++most)
      for (const bool time : {true, false}) {
        const auto ticks =
            time ? time_ticks(span / 3, span / 3 + span, most)
                 : frequency_ticks(span / 3, span / 3 + span, most, false);
        const auto count = std::size_t(
            std::count_if(ticks.begin(), ticks.end(),
                          [](const Tick &t) { return !t.text.empty(); }));
        // A span of n steps has n + 1 ends.
        if (count > most + 1 || ticks.empty())
          ck_abort_msg("%zu labels over %g, wanted %zu", count, span, most);
      }
}
GST_END_TEST

GST_START_TEST(what_cannot_be_drawn_is_refused_in_words) {
  assert_refused([] { Painter(159, 120); }, Errc::kBadArgument, "160 x 120");
  Painter painter(160, 120);
  Style style;
  style.low_db = style.high_db;
  assert_refused([&] { painter.set_style(style); }, Errc::kBadArgument,
                 "low end below the high end");
  style = Style();
  style.opacity = 1.5;
  assert_refused([&] { painter.set_style(style); }, Errc::kBadArgument,
                 "opacity is 1.5");

  Pixels pixels(160 * 120);
  const auto draw = [&](const Scene &scene, const Axes &axes,
                        std::size_t stride = 640) {
    painter.draw(scene, axes, reinterpret_cast<std::uint8_t *>(pixels.data()),
                 stride);
  };
  const Image value(16, 20), other(16, 21);
  const mask::Binary signature = no_signature(15, 20);
  Scene scene = scene_of(value);
  assert_refused([&] { draw(scene, axes_for(16), 639); }, Errc::kBadArgument,
                 "needs 640 bytes, the stride is 639");
  assert_refused([&] { draw(scene, axes_for(15)); }, Errc::kBadArgument,
                 "16 x 20 (rows x columns), but the axes have 16 row edges");
  scene.explanation = &other;
  assert_refused([&] { draw(scene, axes_for(16)); }, Errc::kBadArgument,
                 "its explanation 16 x 21");
  scene.explanation = nullptr;
  scene.signature = &signature;
  assert_refused([&] { draw(scene, axes_for(16)); }, Errc::kBadArgument,
                 "its signature 15 x 20");
  scene.signature = nullptr;
  scene.valid = {3, 21};
  assert_refused([&] { draw(scene, axes_for(16)); }, Errc::kBadArgument,
                 "its valid columns are 3 to 21");
}
GST_END_TEST

/** A folder of its own, removed with the files named. */
struct Folder {
  Folder() {
    char name[] = "/tmp/sonar-render-XXXXXX";
    path = mkdtemp(name);
  }
  ~Folder() {
    std::remove((path + "/figure.png").c_str());
    rmdir(path.c_str());
  }
  std::string path;
};

GST_START_TEST(figure_is_written_whole_and_has_the_size_asked_for) {
  Folder folder;
  const std::string path = folder.path + "/figure.png";
  const Image value = noise(64, 1500, 8);
  Scene scene = scene_of(value);
  Style confidence;
  confidence.low_db = 0;
  confidence.high_db = 1;
  const Panel panel = {"Confidence", scene, confidence, "confidence"};
  write_panels_png(
      path, {{"Lofargram", scene, Style(), ""}, panel, panel, panel, panel},
      axes_for(64), 300, 200);
  fail_unless(access((path + ".part").c_str(), F_OK) != 0);
  cairo_surface_t *figure = cairo_image_surface_create_from_png(path.c_str());
  fail_unless_equals_int(cairo_surface_status(figure), CAIRO_STATUS_SUCCESS);
  fail_unless_equals_int(cairo_image_surface_get_width(figure), 1500);
  fail_unless_equals_int(cairo_image_surface_get_height(figure), 200);
  // What whole pixels a panel leave over is painted too.
  const auto *row = reinterpret_cast<const std::uint32_t *>(
      cairo_image_surface_get_data(figure));
  fail_unless_equals_int_hex(row[1499] & 0xFFFFFF, row[0] & 0xFFFFFF);
  cairo_surface_destroy(figure);
}
GST_END_TEST

GST_START_TEST(figure_that_cannot_be_written_is_named_and_leaves_nothing) {
  const Image value(16, 20);
  const std::vector<Panel> panels = {{"A", scene_of(value), Style(), ""}};
  assert_refused(
      [&] {
        write_panels_png("/nowhere/at/all.png", panels, axes_for(16), 320, 240);
      },
      Errc::kResource, "'/nowhere/at/all.png': No such file or directory");

  // A folder in the way: the rename fails after the picture was written.
  Folder folder;
  assert_refused(
      [&] { write_panels_png(folder.path, panels, axes_for(16), 320, 240); },
      Errc::kResource, folder.path);
  fail_unless(access((folder.path + ".part").c_str(), F_OK) != 0);
  assert_refused([&] { write_panels_png("x.png", {}, axes_for(16), 320, 240); },
                 Errc::kBadArgument, "0 panels");
}
GST_END_TEST

static Suite *render_painter_suite(void) {
  Suite *s = suite_create("render_painter");
  TCase *colours = tcase_create("colours");
  suite_add_tcase(s, colours);
  tcase_add_test(colours, colour_maps_end_where_matplotlibs_do);
  tcase_add_test(colours, every_colour_map_grows_lighter_from_end_to_end);
  TCase *plot = tcase_create("plot area");
  suite_add_tcase(s, plot);
  tcase_add_loop_test(plot, one_hot_cell_paints_its_own_pixels_and_no_others, 0,
                      G_N_ELEMENTS(kCells));
  tcase_add_test(plot, value_of_the_colour_maps_middle_gets_the_middle_colour);
  tcase_add_test(plot, nan_is_drawn_as_the_lowest_value_and_hides_no_line);
  tcase_add_test(plot, columns_outside_the_valid_range_are_hatched);
  tcase_add_test(plot, signature_alone_is_drawn_on_white);
  tcase_add_test(plot,
                 explanation_warms_for_cools_against_and_leaves_background);
  TCase *outline = tcase_create("outline");
  suite_add_tcase(s, outline);
  tcase_add_test(outline,
                 outline_runs_just_outside_the_signature_and_hides_none_of_it);
  tcase_add_test(outline, holes_of_a_few_cells_are_not_outlined);
  tcase_add_test(outline, outline_of_any_signature_hides_none_of_its_pixels);
  tcase_add_test(outline,
                 outline_fades_with_opacity_and_goes_when_switched_off);
  TCase *memory = tcase_create("memory");
  suite_add_tcase(s, memory);
  tcase_add_test(memory, what_was_drawn_before_leaves_no_trace);
  tcase_add_test(memory, style_and_axes_are_seen_after_a_change);
  tcase_add_loop_test(memory,
                      any_stride_and_alignment_is_drawn_and_nothing_outside, 0,
                      G_N_ELEMENTS(kPaddings));
  tcase_add_test(memory, every_pixel_is_written_and_opaque);
  tcase_add_test(memory, what_cannot_be_drawn_is_refused_in_words);
  TCase *text = tcase_create("text");
  suite_add_tcase(s, text);
  tcase_add_test(text, frequencies_and_times_read_as_people_write_them);
  tcase_add_test(text, ticks_are_round_numbers);
  tcase_add_test(text, no_span_has_more_labels_than_were_allowed);
  TCase *figure = tcase_create("figure");
  suite_add_tcase(s, figure);
  tcase_add_test(figure, figure_is_written_whole_and_has_the_size_asked_for);
  tcase_add_test(figure,
                 figure_that_cannot_be_written_is_named_and_leaves_nothing);
  return s;
}
GST_CHECK_MAIN(render_painter)
