/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <cairo.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>

#include "sonar/core/error.h"
#include "sonar/render/charts.h"
#include "support/folder.h"
#include "support/testing.h"

using namespace sonar;
using namespace sonar::render;
using Kind = Series::Kind;

static const int kWidth = 500, kHeight = 320;
static const std::uint32_t kBlue = 0x0072B2, kVermilion = 0xD55E00,
                           kWhite = 0xFFFFFF, kDarkest = 0x00406B;

/* A PNG read back, colours without alpha. */
class Picture {
 public:
  explicit Picture(const std::string &path)
      : surface_(cairo_image_surface_create_from_png(path.c_str()),
                 &cairo_surface_destroy) {
    fail_unless(cairo_surface_status(surface_.get()) == CAIRO_STATUS_SUCCESS);
  }
  int width() const { return cairo_image_surface_get_width(surface_.get()); }
  int height() const { return cairo_image_surface_get_height(surface_.get()); }
  std::uint32_t at(double x, double y) const {
    const auto *row = reinterpret_cast<const std::uint32_t *>(
        cairo_image_surface_get_data(surface_.get()) +
        std::ptrdiff_t(y) * cairo_image_surface_get_stride(surface_.get()));
    return row[std::ptrdiff_t(x)] & 0xFFFFFF;
  }

 private:
  std::unique_ptr<cairo_surface_t, decltype(&cairo_surface_destroy)> surface_;
};

static Chart chart_of(std::vector<Series> series) {
  return {"A title",
          {"time (s)", std::pair{0.0, 10.0}, false},
          {"level (dB)", std::pair{0.0, 20.0}, false},
          std::move(series)};
}

static Picture drawn(const Chart &chart) {
  const std::string path = (folder / "chart.png").string();
  write_chart_png(path, chart, kWidth, kHeight);
  return Picture(path);
}

/* From the ranges by the rule of three, independent of the painter's scales. */
static double y_of(const Painter::Rect &plot, double level) {
  return plot.y + plot.height * (1 - level / 20);
}
static double x_of(const Painter::Rect &plot, double time) {
  return plot.x + plot.width * time / 10;
}

static void assert_refused(const std::function<void()> &call, Errc code,
                           const std::string &words) {
  try {
    call();
  } catch (const Error &e) {
    ck_assert_msg(e.code() == code, "wrong code for: %s", e.what());
    ck_assert_msg(std::string(e.what()).find(words) != std::string::npos,
                  "'%s' does not say '%s'", e.what(), words.c_str());
    return;
  }
  ck_abort_msg("accepted, but should say '%s'", words.c_str());
}

GST_START_TEST(a_level_line_lies_at_its_value_on_white) {
  for (const double level : {3.3, 11.7, 18.1}) {
    const Chart chart = chart_of({{"a", {0, 10}, {level, level}}});
    const Picture p = drawn(chart);
    fail_unless_equals_int(p.width(), kWidth);
    fail_unless_equals_int(p.height(), kHeight);
    const Painter::Rect plot = chart_area(chart, kWidth, kHeight);
    const double y = y_of(plot, level);
    // away from the grid, which stands at whole seconds
    for (const double time : {0.7, 4.6, 9.3}) {
      const double x = x_of(plot, time);
      // a line of 2 pixels covers one of the two around its middle whole
      fail_unless(p.at(x, y) == kBlue || p.at(x, y - 1) == kBlue);
      fail_unless_equals_int_hex(p.at(x, y + 6), kWhite);
      fail_unless_equals_int_hex(p.at(x, y - 7), kWhite);
    }
  }
}
GST_END_TEST

GST_START_TEST(a_nan_breaks_a_line) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Chart chart =
      chart_of({{"a", {0, 3.7, 5.3, 6.7, 10}, {7, 7, nan, 7, 7}}});
  const Picture p = drawn(chart);
  const Painter::Rect plot = chart_area(chart, kWidth, kHeight);
  const auto coloured = [&](double time) {
    const double y = y_of(plot, 7);
    return p.at(x_of(plot, time), y) != kWhite ||
           p.at(x_of(plot, time), y - 1) != kWhite;
  };
  fail_unless(coloured(2.5) && coloured(8.5));
  for (const double time : {4.5, 5.3, 5.7}) fail_if(coloured(time));
}
GST_END_TEST

GST_START_TEST(on_a_geometric_axis_equal_ratios_take_equal_room) {
  Chart chart = chart_of({{"a", {100}, {10}, Kind::kDots}});
  chart.x = {"frequency (Hz)", std::pair{10.0, 1000.0}, true};
  const Picture p = drawn(chart);
  const Painter::Rect plot = chart_area(chart, kWidth, kHeight);
  fail_unless_equals_int_hex(p.at(plot.x + plot.width / 2.0, y_of(plot, 10)),
                             kBlue);
}
GST_END_TEST

GST_START_TEST(a_stem_stands_on_the_bottom_and_ends_at_its_value) {
  const Chart chart = chart_of({{"a", {4.6}, {12}, Kind::kStems}});
  const Picture p = drawn(chart);
  const Painter::Rect plot = chart_area(chart, kWidth, kHeight);
  const double x = x_of(plot, 4.6);
  const auto coloured = [&](double level) {
    const double y = y_of(plot, level);
    return p.at(x, y) == kBlue || p.at(x - 1, y) == kBlue;
  };
  for (const double level : {0.5, 6.5, 11.5}) fail_unless(coloured(level));
  for (const double level : {13.5, 19.5}) fail_if(coloured(level));
}
GST_END_TEST

GST_START_TEST(what_lies_beyond_the_axes_leaves_the_margins_alone) {
  const Chart inside = chart_of({{"a", {2, 3}, {5, 5}, Kind::kMarked}});
  const Chart beyond = chart_of({{"a", {-0.8, 10.8}, {-2, 22}, Kind::kMarked}});
  const Picture clean = drawn(inside), p = drawn(beyond);
  const Painter::Rect plot = chart_area(inside, kWidth, kHeight);
  const int slack = 4;  // a mark at an end of an axis is drawn whole
  for (int y = 0; y < kHeight; ++y)
    for (int x = 0; x < kWidth; ++x) {
      const bool margin = x < plot.x - slack || y < plot.y - slack ||
                          x >= plot.x + plot.width + slack ||
                          y >= plot.y + plot.height + slack;
      if (margin && p.at(x, y) != clean.at(x, y))
        ck_abort_msg("pixel (%d, %d) of the margin changed", x, y);
    }
}
GST_END_TEST

GST_START_TEST(
    series_differ_in_colour_and_a_guide_takes_no_place_in_the_legend) {
  const Chart two = chart_of(
      {{"a", {4.6}, {6}, Kind::kDots}, {"b", {4.6}, {14}, Kind::kDots}});
  const Picture p = drawn(two);
  const Painter::Rect plot = chart_area(two, kWidth, kHeight);
  const double x = x_of(plot, 4.6);
  fail_unless_equals_int_hex(p.at(x, y_of(plot, 6)), kBlue);
  fail_unless_equals_int_hex(p.at(x, y_of(plot, 14)), kVermilion);
  const Series guide{"guide", {0, 10}, {0, 20}, Kind::kGuide};
  fail_unless(chart_area(chart_of({guide}), kWidth, kHeight).y < plot.y);
}
GST_END_TEST

GST_START_TEST(a_legend_that_needs_two_rows_moves_the_plot_down) {
  std::vector<Series> many;
  for (int i = 0; i < 9; ++i) many.push_back({"a rather long name", {1}, {1}});
  const int one = chart_area(chart_of({many[0]}), kWidth, kHeight).y;
  fail_unless(chart_area(chart_of(many), kWidth, kHeight).y > one + 20);
}
GST_END_TEST

GST_START_TEST(cells_go_from_white_to_the_darkest_blue) {
  const HeatMap map{"T",
                    "truth",
                    "said",
                    {"a", "b"},
                    {"x", "y", "z"},
                    {{0, 1, 0.5}, {1, 0, 2}},  // beyond 1 counts as 1
                    {{"", "", ""}, {"", "", ""}}};
  const std::string path = (folder / "map.png").string();
  write_heat_map_png(path, map, kWidth, kHeight);
  const Picture p(path);
  const Painter::Rect at = heat_map_area(map, kWidth, kHeight);
  const auto cell = [&](int row, int column) {
    return p.at(at.x + (column + 0.5) * at.width / 3,
                at.y + (row + 0.5) * at.height / 2);
  };
  fail_unless_equals_int_hex(cell(0, 0), kWhite);
  fail_unless_equals_int_hex(cell(0, 1), kDarkest);
  // halfway in each channel, rounded: 255 and 0, 64, 107
  fail_unless_equals_int_hex(cell(0, 2), 0x80A0B5);
  fail_unless_equals_int_hex(cell(1, 0), kDarkest);
  fail_unless_equals_int_hex(cell(1, 2), kDarkest);
}
GST_END_TEST

GST_START_TEST(what_cannot_be_drawn_is_refused) {
  const std::string path = (folder / "x.png").string();
  const auto chart = [&](const Chart &c, int width = kWidth) {
    return [&path, c, width] { write_chart_png(path, c, width, kHeight); };
  };
  assert_refused(chart(chart_of({}), 200), Errc::kBadArgument,
                 "200 x 320 pixels (width x height); give at least 240 x 180");
  assert_refused(chart(chart_of({{"a", {1, 2}, {1}}})), Errc::kBadArgument,
                 "series \"a\" has 2 x and 1 y");
  Chart wrong = chart_of({});
  wrong.y.range = {3.0, 3.0};
  assert_refused(chart(wrong), Errc::kBadArgument,
                 "the axis \"level (dB)\" goes from 3.0");
  wrong = chart_of({});
  wrong.x.geometric = true;
  assert_refused(chart(wrong), Errc::kBadArgument, "and above 0");
  HeatMap map{"", "", "", {"a"}, {"x"}, {{0.5, 1}}, {{"1"}}};
  assert_refused([&] { write_heat_map_png(path, map, kWidth, kHeight); },
                 Errc::kBadArgument, "table of 1 rows and 1 columns");
  fail_if(std::filesystem::exists(path));
  assert_refused(
      [&] {
        write_chart_png((folder / "no" / "x.png").string(), chart_of({}),
                        kWidth, kHeight);
      },
      Errc::kResource, "cannot write the figure");
}
GST_END_TEST

GST_START_TEST(a_chart_without_points_has_axes_all_the_same) {
  Chart empty = chart_of({});
  empty.x.range.reset();
  empty.y.range.reset();
  drawn(empty);
  empty.series = {{"one", {5}, {5}, Kind::kDots}};
  const Painter::Rect plot = chart_area(empty, kWidth, kHeight);
  // a single point is in the middle of axes of its own
  fail_unless_equals_int_hex(
      drawn(empty).at(plot.x + plot.width / 2.0, plot.y + plot.height / 2.0),
      kBlue);
}
GST_END_TEST

static Suite *render_charts_suite() {
  Suite *s = suite_create("render_charts");
  TCase *tc = tcase_create("charts");
  tcase_add_checked_fixture(tc, make_folder, remove_folder);
  tcase_add_test(tc, a_level_line_lies_at_its_value_on_white);
  tcase_add_test(tc, a_nan_breaks_a_line);
  tcase_add_test(tc, on_a_geometric_axis_equal_ratios_take_equal_room);
  tcase_add_test(tc, a_stem_stands_on_the_bottom_and_ends_at_its_value);
  tcase_add_test(tc, what_lies_beyond_the_axes_leaves_the_margins_alone);
  tcase_add_test(
      tc, series_differ_in_colour_and_a_guide_takes_no_place_in_the_legend);
  tcase_add_test(tc, a_legend_that_needs_two_rows_moves_the_plot_down);
  tcase_add_test(tc, cells_go_from_white_to_the_darkest_blue);
  tcase_add_test(tc, what_cannot_be_drawn_is_refused);
  tcase_add_test(tc, a_chart_without_points_has_axes_all_the_same);
  suite_add_tcase(s, tc);
  return s;
}

GST_CHECK_MAIN(render_charts)
