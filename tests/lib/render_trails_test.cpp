/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/render/trails.h"

#include <algorithm>
#include <cstring>

#include "sonar/core/error.h"
#include "sonar/render/scene.h"
#include "support/testing.h"

using namespace sonar;
using namespace sonar::render;

static constexpr std::size_t kColumns = 32, kWidth = 16;
static constexpr ColumnRange kAll{0, kWidth};

static PictureTrail trail(std::uint64_t id, float hz) {
  return {id, std::vector<float>(kWidth, hz)};
}
static std::size_t silent(const Trail &t) {
  return std::size_t(std::count_if(t.hz.begin(), t.hz.end(),
                                   [](float hz) { return std::isnan(hz); }));
}

/* ---- gathering ---- */

GST_START_TEST(a_tonal_has_one_value_a_column_and_the_newest_decides) {
  for (const std::int64_t advance : {1, 5, 16}) {
    Trails trails(kColumns);
    for (int i = 0; i < 10; ++i)
      trails.put(i * advance, kAll, {trail(1, float(100 + i)), trail(2, 50)});
    const auto got = trails.on(9 * advance);
    fail_unless_equals_int(got.size(), 2);
    const Trail &first_one = got[0];
    fail_unless_equals_int(silent(first_one) + silent(got[1]), 0);
    fail_unless_equals_int(
        first_one.first + std::ptrdiff_t(first_one.hz.size()), kWidth);
    fail_unless_equals_int(first_one.hz.size(),
                           std::min<std::int64_t>(kColumns, 16 + 9 * advance));
    for (std::size_t x = 0; x < kWidth; ++x)
      fail_unless_equals_float(first_one.hz[first_one.hz.size() - 1 - x], 109);
    // the column before the last picture is the picture's before it
    fail_unless_equals_float(first_one.hz[first_one.hz.size() - 1 - kWidth],
                             108);
  }
}
GST_END_TEST

GST_START_TEST(a_picture_without_a_tonal_takes_it_off_its_columns) {
  Trails trails(kColumns);
  trails.put(0, kAll, {trail(1, 100)});
  trails.put(4, kAll, {});
  fail_unless_equals_int(trails.on(0)[0].hz.size(), 4);
  trails.put(8, kAll, {trail(1, 101)});
  const auto got = trails.on(0);
  fail_unless_equals_int(got.size(), 1);
  fail_unless_equals_int(got[0].hz.size(), 24);
  fail_unless_equals_int(silent(got[0]), 4);
  trails.put(60, {8, 16}, {});  // past the newest column
  fail_unless(trails.on(60).empty());
}
GST_END_TEST

GST_START_TEST(only_valid_columns_are_taken_and_time_that_goes_back_clears) {
  Trails trails(kColumns);
  PictureTrail one = trail(1, 100);
  std::fill(one.hz.begin(), one.hz.begin() + 12, NAN);
  trails.put(-12, {12, 16}, {one});
  fail_unless_equals_int(trails.on(-12)[0].first, 12);
  fail_unless_equals_int(trails.on(-12)[0].hz.size(), 4);
  trails.put(-13, kAll, {trail(2, 60)});
  fail_unless_equals_int(trails.on(-13).size(), 1);
  fail_unless_equals_float(trails.on(-13)[0].hz[0], 60);
}
GST_END_TEST

GST_START_TEST(a_trail_shorter_than_its_picture_is_refused) {
  Trails trails(kColumns);
  try {
    trails.put(0, kAll, {{1, std::vector<float>(15)}});
    ck_abort_msg("taken");
  } catch (const Error &e) {
    fail_unless(e.code() == Errc::kBadArgument);
    fail_unless(std::strstr(e.what(), "has 15 columns"));
  }
}
GST_END_TEST

/* ---- drawing ---- */

struct Drawing {
  int width = 320, height = 240;
  Painter painter{width, height};
  std::vector<std::uint32_t> pixels = std::vector<std::uint32_t>(320 * 240);

  /* Trails on ten rows of 100 Hz and 8 columns. */
  void draw(const std::vector<Trail> &trails, const Style &style = {}) {
    Axes axes;
    for (int i = 10; i >= 0; --i) axes.row_edges_hz.push_back(100 * i);
    axes.column_seconds = 1;
    const Image value(10, 8);
    Scene scene;
    scene.value_db = &value;
    scene.valid = {0, 8};
    scene.tracks = &trails;
    painter.set_style(style);
    painter.draw(scene, axes, reinterpret_cast<std::uint8_t *>(pixels.data()),
                 std::size_t(4 * width));
  }
  /* Rows of the plot that are pink in a pixel column of it. */
  std::vector<int> pink(int x) const {
    const auto plot = painter.plot_area();
    std::vector<int> out;
    for (int y = 0; y < plot.height; ++y)
      if (pixels[std::size_t((plot.y + y) * width + plot.x + x)] == 0xFFFF4FD8)
        out.push_back(y);
    return out;
  }
};

GST_START_TEST(a_steady_tonal_is_one_pixel_at_its_frequency_in_its_columns) {
  Drawing d;
  d.draw({{2, std::vector<float>(3, 250)}});
  const auto plot = d.painter.plot_area();
  const int y = int(plot.height * 0.75);  // 250 of 1000 Hz, from the top
  for (int x = 0; x < plot.width; ++x) {
    const double column = x * 8.0 / plot.width;
    const auto rows = d.pink(x);
    if (column >= 2 && column < 4.95)
      fail_unless(rows == std::vector<int>{y}, "pixel column %d", x);
    else if (column < 2 - 8.0 / plot.width || column >= 5)
      fail_unless(rows.empty(), "pixel column %d", x);
  }
}
GST_END_TEST

GST_START_TEST(a_tonal_that_moves_is_drawn_without_breaks_and_silence_is_one) {
  Drawing d;
  d.draw({{0, {100, 900, 100, NAN, 500, 500, 500, 500}}});
  const auto plot = d.painter.plot_area();
  std::vector<int> before;
  for (int x = 0; x < plot.width; ++x) {
    const auto rows = d.pink(x);
    const double column = x * 8.0 / plot.width;
    if (column > 3.05 && column < 3.95) {
      fail_unless(rows.empty());
      before.clear();
      continue;
    }
    if (column >= 2.95 && column <= 4.05) continue;
    fail_unless(!rows.empty(), "pixel column %d", x);
    // no gap within a column, none to its neighbour
    fail_unless_equals_int(rows.back() - rows.front() + 1, rows.size());
    if (!before.empty())
      fail_unless(rows.front() <= before.back() + 1 &&
                  rows.back() >= before.front() - 1);
    before = rows;
  }
}
GST_END_TEST

GST_START_TEST(tonals_outside_the_picture_or_not_wanted_are_not_drawn) {
  const auto empty = [](const Drawing &d) {
    for (int x = 0; x < d.painter.plot_area().width; ++x)
      if (!d.pink(x).empty()) return false;
    return true;
  };
  Drawing d;
  d.draw({{0, std::vector<float>(8, 1200)},
          {-9, std::vector<float>(8, 500)},
          {9, std::vector<float>(8, 500)}});
  fail_unless(empty(d));
  Style style;
  style.show_tracks = false;
  d.draw({{0, std::vector<float>(8, 500)}}, style);
  fail_unless(empty(d));
  d.draw({{-4, std::vector<float>(8, 500)}});
  fail_unless(!d.pink(0).empty());
}
GST_END_TEST

GST_START_TEST(the_legend_names_tonals_where_any_are_drawn) {
  const auto in_title = [](const Drawing &d) {
    const auto plot = d.painter.plot_area();
    return std::count(d.pixels.begin(), d.pixels.begin() + plot.y * d.width,
                      0xFFFF4FD8);
  };
  Drawing d;
  d.draw({{0, std::vector<float>(8, 500)}});
  fail_unless(in_title(d) > 3);  // a stroke
  d.draw({});
  fail_unless_equals_int(in_title(d), 0);
  d.draw({{0, std::vector<float>(8, 500)}});
  Style style;
  style.show_tracks = false;
  d.draw({{0, std::vector<float>(8, 500)}}, style);
  fail_unless_equals_int(in_title(d), 0);
}
GST_END_TEST

static Suite *render_trails_suite() {
  Suite *s = suite_create("render_trails");
  TCase *tc = tcase_create("gathering");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, a_tonal_has_one_value_a_column_and_the_newest_decides);
  tcase_add_test(tc, a_picture_without_a_tonal_takes_it_off_its_columns);
  tcase_add_test(tc,
                 only_valid_columns_are_taken_and_time_that_goes_back_clears);
  tcase_add_test(tc, a_trail_shorter_than_its_picture_is_refused);
  tc = tcase_create("drawing");
  suite_add_tcase(s, tc);
  tcase_add_test(tc,
                 a_steady_tonal_is_one_pixel_at_its_frequency_in_its_columns);
  tcase_add_test(tc,
                 a_tonal_that_moves_is_drawn_without_breaks_and_silence_is_one);
  tcase_add_test(tc, tonals_outside_the_picture_or_not_wanted_are_not_drawn);
  tcase_add_test(tc, the_legend_names_tonals_where_any_are_drawn);
  return s;
}
GST_CHECK_MAIN(render_trails)
