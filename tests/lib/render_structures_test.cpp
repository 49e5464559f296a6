/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <algorithm>
#include <cstring>
#include <map>

#include "sonar/core/error.h"
#include "sonar/render/raster.h"
#include "sonar/render/scene.h"
#include "support/testing.h"

using namespace sonar;
using namespace sonar::render;
using sonar::mask::Speaks;

static const std::size_t kRows = 32, kColumns = 40;
static const int kWide = 640, kHigh = 360;

/** A picture of one colour and a structure of 3 x 10 cells. */
struct Drawing {
  explicit Drawing(Speaks says) : value(kRows, kColumns, 9) {
    map.height = kRows;
    map.width = kColumns;
    map.says.assign(kRows * kColumns, Speaks::kNoStructure);
    for (std::size_t y = 5; y < 8; ++y)
      std::fill_n(map.says.begin() + std::ptrdiff_t(y * kColumns + 10), 10,
                  says);
    scene.value_db = &value;
    scene.valid = {0, kColumns};
    scene.structures = &map;
    style.show_label = false;  // its legend has the outlines' colours, too
    for (std::size_t i = 0; i <= kRows; ++i)
      axes.row_edges_hz.push_back(320 - 10 * double(i));
    axes.column_seconds = 0.1;
  }

  void draw() {
    Painter painter(kWide, kHigh);
    painter.set_style(style);
    pixels.assign(std::size_t(kWide) * kHigh, 0);
    painter.draw(scene, axes, reinterpret_cast<std::uint8_t *>(pixels.data()),
                 4 * kWide);
    plot = painter.plot_area();
  }

  /** Colours of the plot's pixels by their distance from the structure, 0
   *  inside. */
  std::map<int, std::map<std::uint32_t, int>> colours() const {
    const int x0 = plot.x + 10 * plot.width / 40,
              x1 = plot.x + 20 * plot.width / 40,
              y0 = plot.y + 5 * plot.height / 32,
              y1 = plot.y + 8 * plot.height / 32;
    std::map<int, std::map<std::uint32_t, int>> out;
    for (int y = plot.y; y < plot.y + plot.height; ++y)
      for (int x = plot.x; x < plot.x + plot.width; ++x) {
        const int away = std::max({x0 - x, x - x1 + 1, y0 - y, y - y1 + 1, 0});
        ++out[away][pixels[std::size_t(y * kWide + x)]];
      }
    return out;
  }

  Image value;
  StructureMap map;
  Scene scene;
  Style style;
  Axes axes;
  std::vector<std::uint32_t> pixels;
  Painter::Rect plot{};
};

static const std::uint32_t kGround = palette(ColorMap::kViridis)[128];

static void assert_only(const std::map<std::uint32_t, int> &got,
                        std::uint32_t want) {
  fail_unless_equals_int(got.size(), 1);
  fail_unless_equals_int(got.begin()->first, want);
}

GST_START_TEST(what_speaks_for_the_class_has_a_solid_warm_outline_outside) {
  Drawing d(Speaks::kFor);
  d.draw();
  auto colours = d.colours();
  assert_only(colours[0], kGround);
  assert_only(colours[1], kWarm);
  assert_only(colours[2], kWarm);
  for (const auto &[away, found] : colours)
    if (away > 3) assert_only(found, kGround);
}
GST_END_TEST

/* As many pixels of stroke as of gap, up to a dash at the corners. */
GST_START_TEST(what_speaks_against_it_is_dashed_and_cool) {
  Drawing d(Speaks::kAgainst);
  d.draw();
  auto colours = d.colours();
  assert_only(colours[0], kGround);
  for (const int away : {1, 2}) {
    fail_unless_equals_int(colours[away].size(), 2);
    const int strokes = colours[away][kAgainst];
    int all = 0;
    for (const auto &[colour, count] : colours[away]) all += count;
    ASSERT_NEAR_AT(away, double(strokes) / all, 0.5, 0.1);
  }
}
GST_END_TEST

GST_START_TEST(what_says_nothing_has_a_thin_grey_outline) {
  Drawing d(Speaks::kNothing);
  d.draw();
  auto colours = d.colours();
  assert_only(colours[0], kGround);
  assert_only(colours[1], kMuted);
  for (const auto &[away, found] : colours)
    if (away > 2) assert_only(found, kGround);
}
GST_END_TEST

/* Both outlines would run through the same pixels. */
GST_START_TEST(what_speaks_is_drawn_over_the_signature_and_over_what_does_not) {
  Drawing d(Speaks::kFor);
  mask::Binary signature{kRows, kColumns, {}};
  for (const Speaks s : d.map.says)
    signature.values.push_back(s == Speaks::kFor);
  d.scene.signature = &signature;
  for (std::size_t y = 5; y < 8; ++y)  // beside it, sharing an edge
    std::fill_n(d.map.says.begin() + std::ptrdiff_t(y * kColumns + 20), 5,
                Speaks::kNothing);
  d.draw();
  const int x1 = d.plot.x + 20 * d.plot.width / 40,
            y = d.plot.y + 6 * d.plot.height / 32;
  for (const int x : {x1, x1 + 1})
    fail_unless_equals_int(d.pixels[std::size_t(y * kWide + x)], kWarm);
}
GST_END_TEST

GST_START_TEST(structures_go_when_switched_off_or_without_the_original) {
  Drawing with(Speaks::kFor), bare(Speaks::kFor);
  bare.scene.structures = nullptr;
  bare.draw();
  with.style.show_structures = false;
  with.draw();
  fail_unless(with.pixels == bare.pixels);
  with.style.show_structures = true;
  with.style.opacity = 0;
  with.draw();
  fail_unless(with.pixels == bare.pixels);
  with.style.opacity = 1;
  with.draw();
  fail_unless(with.pixels != bare.pixels);
  with.style.show_original = bare.style.show_original = false;
  with.draw();
  bare.draw();
  fail_unless(with.pixels == bare.pixels);
}
GST_END_TEST

/** Rows and columns of the pixels in which two drawings differ. */
static Painter::Rect changed(const Drawing &a, const Drawing &b) {
  int x0 = kWide, x1 = 0, y0 = kHigh, y1 = 0;
  for (int y = 0; y < kHigh; ++y)
    for (int x = 0; x < kWide; ++x)
      if (a.pixels[std::size_t(y * kWide + x)] !=
          b.pixels[std::size_t(y * kWide + x)]) {
        x0 = std::min(x0, x);
        x1 = std::max(x1, x + 1);
        y0 = std::min(y0, y);
        y1 = std::max(y1, y + 1);
      }
  return {x0, y0, x1 - x0, y1 - y0};
}

GST_START_TEST(a_number_stands_above_its_structure_or_below_it_at_the_top) {
  for (const std::size_t row : {5, 0}) {
    Drawing with(Speaks::kFor), bare(Speaks::kFor);
    with.scene.notes = {{row, row + 3, 10, 20, 0.5f}};
    with.draw();
    bare.draw();
    const Painter::Rect got = changed(with, bare);
    const int top = with.plot.y + int(row) * with.plot.height / 32,
              bottom = with.plot.y + int(row + 3) * with.plot.height / 32;
    fail_unless(got.width > 10 && got.height > 5);
    fail_unless(row ? got.y + got.height < top : got.y > bottom);
    fail_unless_equals_int(got.x, with.plot.x + 10 * with.plot.width / 40);
  }
}
GST_END_TEST

/* Two numbers fit, above and below; the third would cover one of them. */
GST_START_TEST(numbers_without_room_and_those_that_say_nothing_are_left_out) {
  Drawing two(Speaks::kFor), three(Speaks::kFor);
  two.scene.notes = {{5, 8, 10, 20, 0.5f}, {5, 8, 10, 20, -0.75f}};
  three.scene.notes = two.scene.notes;
  three.scene.notes.push_back({5, 8, 11, 20, 0.3f});
  three.scene.notes.push_back({20, 22, 3, 9, 0.1f});
  three.scene.notes.push_back({20, 22, 39, 40, 0.5f});  // past the right edge
  two.draw();
  three.draw();
  fail_unless(two.pixels == three.pixels);
}
GST_END_TEST

GST_START_TEST(the_legend_says_what_the_outlines_mean) {
  Drawing with(Speaks::kFor), bare(Speaks::kFor);
  with.style.show_label = bare.style.show_label = true;
  with.scene.label = bare.scene.label = "vessel 0.93";
  bare.scene.structures = nullptr;
  with.draw();
  bare.draw();
  const auto count = [](const Drawing &d, std::uint32_t colour) {
    return std::count(d.pixels.begin(),
                      d.pixels.begin() + std::ptrdiff_t(kWide) * d.plot.y,
                      colour);
  };
  for (const std::uint32_t colour : {kWarm, kAgainst, kMuted}) {
    fail_unless(count(with, colour) > 10);
    fail_unless_equals_int(count(bare, colour), 0);
  }
}
GST_END_TEST

GST_START_TEST(structures_of_another_shape_are_refused) {
  Drawing d(Speaks::kFor);
  d.map.width = kColumns - 1;
  try {
    d.draw();
    fail_unless(false);
  } catch (const Error &e) {
    fail_unless(e.code() == Errc::kBadArgument);
    fail_unless(std::strstr(e.what(), "its structures 32 x 39") != nullptr);
  }
}
GST_END_TEST

static Suite *structures_suite(void) {
  Suite *s = suite_create("drawing of structures");
  TCase *tc = tcase_create("all");
  suite_add_tcase(s, tc);
  tcase_add_test(tc,
                 what_speaks_for_the_class_has_a_solid_warm_outline_outside);
  tcase_add_test(tc, what_speaks_against_it_is_dashed_and_cool);
  tcase_add_test(tc, what_says_nothing_has_a_thin_grey_outline);
  tcase_add_test(
      tc, what_speaks_is_drawn_over_the_signature_and_over_what_does_not);
  tcase_add_test(tc, structures_go_when_switched_off_or_without_the_original);
  tcase_add_test(tc,
                 a_number_stands_above_its_structure_or_below_it_at_the_top);
  tcase_add_test(tc,
                 numbers_without_room_and_those_that_say_nothing_are_left_out);
  tcase_add_test(tc, the_legend_says_what_the_outlines_mean);
  tcase_add_test(tc, structures_of_another_shape_are_refused);
  return s;
}
GST_CHECK_MAIN(structures)
