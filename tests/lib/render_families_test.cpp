/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <cstring>

#include "sonar/render/scene.h"
#include "support/testing.h"

using namespace sonar;
using namespace sonar::render;

static const int kWidth = 800, kHeight = 450;

struct Drawing {
  std::vector<std::uint8_t> pixels;
  Painter::Rect plot;

  std::uint32_t at(int x, int y) const {
    std::uint32_t p;
    std::memcpy(&p, pixels.data() + 4 * (std::size_t(y) * kWidth + x), 4);
    return p | 0xFF000000;
  }
  /** Pixels of a colour in a rectangle. */
  std::size_t count(std::uint32_t colour, int x0, int y0, int x1,
                    int y1) const {
    std::size_t n = 0;
    for (int y = y0; y < y1; ++y)
      for (int x = x0; x < x1; ++x) n += at(x, y) == colour;
    return n;
  }
};

static Drawing draw(const std::vector<HarmonicFamily> &families,
                    bool show = true) {
  const Image value(100, 50, 3);
  Axes axes;
  for (int i = 100; i >= 0; --i) axes.row_edges_hz.push_back(i);
  axes.column_seconds = 0.1;
  axes.unit = "dB re background";
  Scene scene;
  scene.value_db = &value;
  scene.valid = {0, 50};
  scene.label = "ship";
  scene.families = families;
  Painter painter(kWidth, kHeight);
  Style style;
  style.show_families = show;
  painter.set_style(style);
  Drawing out{std::vector<std::uint8_t>(4 * kWidth * kHeight), {}};
  painter.draw(scene, axes, out.pixels.data(), 4 * kWidth);
  out.plot = painter.plot_area();
  return out;
}

static HarmonicFamily comb(std::uint64_t id, double hz, int harmonics) {
  HarmonicFamily f{
      "family of " + std::to_string(int(hz)) + " Hz", family_colour(id), {}};
  for (int n = 1; n <= harmonics; ++n) f.harmonics.push_back({n, n * hz});
  return f;
}

GST_START_TEST(families_without_room_for_them_change_no_pixel) {
  fail_unless(draw({comb(1, 20, 4)}, false).pixels == draw({}, false).pixels);
}
GST_END_TEST

GST_START_TEST(a_comb_has_a_tooth_beside_each_harmonic) {
  const Drawing d = draw({comb(1, 20, 4)});
  const Painter::Rect &p = d.plot;
  const auto tooth_at = [&](double hz) {
    const int y = p.y + int((100 - hz) / 100 * p.height);
    return d.count(family_colour(1), p.x + p.width, y, kWidth, y + 1);
  };
  for (const double hz : {20.0, 40.0, 60.0, 80.0})
    fail_unless(tooth_at(hz) >= 3, "%g Hz", hz);
  fail_unless(tooth_at(50) == 1);  // its back
  fail_unless(tooth_at(10) == 0 && tooth_at(90) == 0);
  // nothing of it is drawn over the picture itself
  fail_unless_equals_int(
      d.count(family_colour(1), p.x, p.y, p.x + p.width, p.y + p.height), 0);
}
GST_END_TEST

GST_START_TEST(combs_stand_side_by_side_or_above_each_other) {
  const auto left_of = [](const Drawing &d, std::uint64_t id) {
    const Painter::Rect &p = d.plot;
    for (int x = p.x + p.width; x < kWidth; ++x)
      if (d.count(family_colour(id), x, p.y, x + 1, p.y + p.height) > 0)
        return x;
    return -1;
  };
  const Drawing crossing = draw({comb(1, 20, 4), comb(2, 30, 3)});
  fail_unless(left_of(crossing, 1) + 10 < left_of(crossing, 2));
  HarmonicFamily high = comb(2, 30, 3);  // 30, 60 and 90 Hz
  const Drawing apart = draw({comb(1, 5, 4), high});
  fail_unless_equals_int(left_of(apart, 1), left_of(apart, 2));
  // a sixth that crosses them all has no room; the picture stays whole
  std::vector<HarmonicFamily> many;
  for (int i = 0; i < 7; ++i) many.push_back(comb(i, 20 + i, 3));
  const Drawing full = draw(many);
  fail_unless(left_of(full, 4) > 0);
  const Painter::Rect &p = full.plot;
  fail_unless_equals_int(
      full.count(family_colour(5), p.x + p.width, p.y, kWidth, p.y + p.height),
      0);
}
GST_END_TEST

GST_START_TEST(names_stand_below_the_title_with_a_sample_of_their_colour) {
  const Drawing d = draw({comb(1, 20, 4)});
  const std::size_t sample =
      d.count(family_colour(1), 0, 0, kWidth, d.plot.y - 10);
  fail_unless(sample >= 30, "%zu pixels", sample);
  fail_unless(d.plot.y > draw({comb(1, 20, 4)}, false).plot.y);
}
GST_END_TEST

static Suite *render_families_suite() {
  Suite *s = suite_create("render_families");
  TCase *c = tcase_create("general");
  tcase_add_test(c, families_without_room_for_them_change_no_pixel);
  tcase_add_test(c, a_comb_has_a_tooth_beside_each_harmonic);
  tcase_add_test(c, combs_stand_side_by_side_or_above_each_other);
  tcase_add_test(c, names_stand_below_the_title_with_a_sample_of_their_colour);
  suite_add_tcase(s, c);
  return s;
}

GST_CHECK_MAIN(render_families)
