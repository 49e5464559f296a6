/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Time axis and clock in UTC, and units as they are drawn. */
#include <algorithm>

#include "sonar/core/utc.h"
#include "sonar/render/layout.h"
#include "sonar/render/scene.h"
#include "sonar/render/ticks.h"
#include "support/testing.h"

using namespace sonar;
using namespace sonar::render;

constexpr std::int64_t kSecond = 1000000000;

static std::int64_t utc_of(const char *iso) {
  return utc::parse_iso8601(iso, "a test's time");
}

static std::string labels(const std::vector<Tick> &ticks) {
  std::string all;
  for (const Tick &tick : ticks)
    if (!tick.text.empty()) all += (all.empty() ? "" : " ") + tick.text;
  return all;
}

static void assert_labels(const char *from, double span_s, std::size_t most,
                          const char *want) {
  const auto got = labels(utc_ticks(utc_of(from), span_s, most));
  ck_assert_msg(got == want, "got %s, want %s", got.c_str(), want);
}

GST_START_TEST(ticks_are_round_times_of_the_day) {
  assert_labels("2023-03-02T23:59:38.25Z", 27, 6,
                "23:59:40 23:59:45 23:59:50 23:59:55 00:00:00 00:00:05");
  assert_labels("2023-03-02T05:48:58.3Z", 1.3, 6,
                "05:48:58.5 05:48:59.0 05:48:59.5");
  assert_labels("2023-03-02T05:48:58Z", 0.02, 2,
                "05:48:58.00 05:48:58.01 05:48:58.02");
  assert_labels("2023-03-02T05:48:58Z", 400, 5, "05:50 05:52 05:54");
  assert_labels("2023-03-02T05:48:58Z", 86400, 5, "06:00 12:00 18:00 00:00");
  assert_labels("2023-03-02T05:48:58Z", 5 * 86400, 5,
                "00:00 00:00 00:00 00:00 00:00");
  assert_labels("1969-12-31T23:59:58Z", 4, 4,
                "23:59:58 23:59:59 00:00:00 00:00:01 00:00:02");
}
GST_END_TEST

GST_START_TEST(no_span_has_more_times_than_were_allowed) {
  for (double span = 0.05; span < 1e8; span *= 1.37)
    for (std::size_t most = 2; most < 20; ++most) {
      const auto ticks =
          utc_ticks(utc_of("2023-03-02T05:48:58.123Z"), span, most);
      const auto count = std::size_t(
          std::count_if(ticks.begin(), ticks.end(),
                        [](const Tick &t) { return !t.text.empty(); }));
      // a span of n steps has n + 1 ends
      if (count > most + 1 || ticks.empty())
        ck_abort_msg("%zu labels over %g s, wanted %zu", count, span, most);
    }
}
GST_END_TEST

/* Ticks lie at the time that they name: a frame's rate of 7 columns a second is
 * no whole number of anything. */
static Axes axes_at(std::int64_t utc_ns) {
  Axes axes;
  for (int y = 16; y >= 0; --y) axes.row_edges_hz.push_back(100.0 * y);
  axes.column_seconds = 1 / 7.0;
  axes.column0_seconds = 100;
  axes.column0_utc_ns = utc_ns;
  axes.unit = "dB re 1 uPa";
  return axes;
}

static Style with_utc() {
  Style style;
  style.show_utc = true;
  return style;
}

GST_START_TEST(marks_lie_at_the_time_they_name_and_dates_where_a_day_begins) {
  const std::int64_t first = utc_of("2024-02-28T23:59:51.5Z");
  const Layout at(1280, 720, with_utc());
  const auto marks = time_marks(at, axes_at(first), 140, true);  // 20 s
  std::string dates;
  int count = 0;
  for (const TimeMark &mark : marks) {
    if (mark.text.empty()) continue;
    ++count;
    if (!mark.date.empty()) dates += mark.text + " " + mark.date + "; ";
    // the left edge is half a column before column 0's centre
    const double seconds =
        (mark.x + 0.5 - at.plot.x) / at.plot.width * 20 - 0.5 / 7;
    const std::int64_t there = first + std::llround(seconds * 1e9);
    const std::string day =
        there < utc_of("2024-02-29T00:00:00Z") ? "2024-02-28T" : "2024-02-29T";
    const auto named = utc_of((day + mark.text + "Z").c_str());
    // a pixel is 18 ms
    ASSERT_NEAR_AT(mark.x, double(there - named) / 1e9, 0.0, 0.02);
  }
  fail_unless(count == 4, "%d marks", count);
  fail_unless(dates == "23:59:55 2024-02-28 UTC; 00:00:00 2024-02-29; ", "%s",
              dates.c_str());
}
GST_END_TEST

GST_START_TEST(without_utc_marks_are_seconds_of_the_recording) {
  Axes axes = axes_at(0);
  axes.column0_utc_ns.reset();
  const Layout at(1280, 720, with_utc());
  const auto asked = time_marks(at, axes, 140, true),
             plain = time_marks(at, axes_at(kSecond), 140, false);
  fail_unless(asked == plain);
  fail_unless(std::any_of(asked.begin(), asked.end(),
                          [](const TimeMark &m) { return m.text == "1:44"; }));
}
GST_END_TEST

/* ---- drawings ---- */

using Pixels = std::vector<std::uint32_t>;

static Pixels drawing(Painter &painter, int width, int height,
                      const Axes &axes) {
  const Image value(16, 140);
  Scene scene;
  scene.value_db = &value;
  scene.valid = {0, 140};
  Pixels pixels(std::size_t(width) * std::size_t(height));
  painter.draw(scene, axes, reinterpret_cast<std::uint8_t *>(pixels.data()),
               4 * std::size_t(width));
  return pixels;
}

static Pixels drawing(int width, int height, const Axes &axes,
                      const Style &style) {
  Painter painter(width, height);
  painter.set_style(style);
  return drawing(painter, width, height, axes);
}

/* Whether two drawings differ in rows @p begin to @p end. */
static bool differ(const Pixels &a, const Pixels &b, int width, int begin,
                   int end) {
  return !std::equal(a.begin() + begin * width, a.begin() + end * width,
                     b.begin() + begin * width);
}

/* The same time of the next day: the date is below the axis in any size, and
 * in the title where there is room. */
GST_START_TEST(
    the_date_is_below_the_axis_and_where_there_is_room_in_the_title) {
  const std::int64_t day = 86400 * kSecond, noon = day / 2;
  for (const auto &[width, height, roomy] :
       {std::tuple(1280, 720, true), std::tuple(640, 360, true),
        std::tuple(240, 180, false)}) {
    const auto a = drawing(width, height, axes_at(noon), with_utc()),
               b = drawing(width, height, axes_at(noon + day), with_utc());
    const Layout at(width, height, with_utc());
    fail_unless_equals_int(differ(a, b, width, 0, at.plot.y), roomy);
    const int dates = at.plot_bottom() + at.px(2.0);
    fail_unless(!differ(a, b, width, at.plot.y, dates));
    fail_unless(differ(a, b, width, dates, height));
  }
}
GST_END_TEST

GST_START_TEST(utc_that_comes_and_goes_leaves_no_trace) {
  Painter painter(640, 360);
  Axes known = axes_at(kSecond), unknown = known;
  unknown.column0_utc_ns.reset();
  for (const bool utc : {true, false, true, false}) {
    Style style;
    style.show_utc = utc;
    painter.set_style(style);
    const Axes &axes = utc ? known : unknown;
    fail_unless(drawing(painter, 640, 360, axes) ==
                drawing(640, 360, axes, style));
  }
}
GST_END_TEST

GST_START_TEST(units_are_drawn_with_micro_sign_and_raised_two) {
  const struct {
    const char *printed, *drawn;
  } units[] = {{"dB re 1 uPa", "dB re 1 \u00b5Pa"},
               {"dB re 1 uPa^2/Hz", "dB re 1 \u00b5Pa\u00b2/Hz"},
               {"dBFS/Hz", "dBFS/Hz"},
               {"dB re background", "dB re background"}};
  for (const auto &unit : units)
    fail_unless(drawn_unit(unit.printed) == unit.drawn, "%s",
                drawn_unit(unit.printed).c_str());
  // and it is what the colour bar has
  Axes a = axes_at(0), b = a;
  a.unit = "dB re 1 uPa^2/Hz";
  b.unit = drawn_unit(a.unit);
  fail_unless(drawing(640, 360, a, with_utc()) ==
              drawing(640, 360, b, with_utc()));
}
GST_END_TEST

static Suite *render_clock_suite(void) {
  Suite *s = suite_create("render_clock");
  TCase *ticks = tcase_create("ticks");
  suite_add_tcase(s, ticks);
  tcase_add_test(ticks, ticks_are_round_times_of_the_day);
  tcase_add_test(ticks, no_span_has_more_times_than_were_allowed);
  tcase_add_test(ticks,
                 marks_lie_at_the_time_they_name_and_dates_where_a_day_begins);
  tcase_add_test(ticks, without_utc_marks_are_seconds_of_the_recording);
  TCase *drawings = tcase_create("drawings");
  suite_add_tcase(s, drawings);
  tcase_add_test(
      drawings,
      the_date_is_below_the_axis_and_where_there_is_room_in_the_title);
  tcase_add_test(drawings, utc_that_comes_and_goes_leaves_no_trace);
  tcase_add_test(drawings, units_are_drawn_with_micro_sign_and_raised_two);
  return s;
}
GST_CHECK_MAIN(render_clock)
