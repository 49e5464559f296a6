/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <algorithm>
#include <random>
#include <tuple>

#include "sonar/core/error.h"
#include "sonar/mask/regions.h"
#include "support/testing.h"

using sonar::ColumnRange;
using sonar::Image;
using namespace sonar::mask;
using Closed = RegionTracker::Closed;

/** A mask with its values and confidences. */
struct Scene {
  Binary mask;
  Image value, confidence;
};

static Scene empty_scene(std::size_t height, std::size_t width) {
  return {{height, width, std::vector<std::uint8_t>(height * width, 0)},
          Image(height, width),
          Image(height, width)};
}

/** '#' is kept. Values count up along the rows, so the peak is the last. */
static Scene drawn(const std::vector<std::string> &rows) {
  Scene s = empty_scene(rows.size(), rows[0].size());
  for (std::size_t i = 0; i < s.value.size(); ++i) {
    s.mask.values[i] = rows[i / s.mask.width][i % s.mask.width] == '#';
    s.value.data()[i] = float(i);
    s.confidence.data()[i] = s.mask.values[i] ? 0.75f : 0.0f;
  }
  return s;
}

static Scene random_scene(std::size_t height, std::size_t width,
                          unsigned percent, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Scene s = empty_scene(height, width);
  for (std::size_t i = 0; i < s.value.size(); ++i) {
    s.mask.values[i] = random() % 100 < percent;
    s.value.data()[i] = float(random() % 50);  // so that peaks tie
    s.confidence.data()[i] = float(random() % 1000) / 1000;
  }
  return s;
}

static Scene cut(const Scene &s, std::int64_t first, std::size_t width) {
  Scene out = empty_scene(s.mask.height, width);
  for (std::size_t y = 0; y < s.mask.height; ++y)
    for (std::size_t x = 0; x < width; ++x) {
      const std::int64_t from = first + std::int64_t(x);
      if (from < 0 || from >= std::int64_t(s.mask.width)) continue;
      out.mask.values[y * width + x] = s.mask.at(y, std::size_t(from));
      out.value.at(y, x) = s.value.at(y, std::size_t(from));
      out.confidence.at(y, x) = s.confidence.at(y, std::size_t(from));
    }
  return out;
}

static void put(RegionTracker &tracker, std::int64_t first, const Scene &s,
                int label = 0, float score = 1) {
  tracker.put(first, {0, s.mask.width}, s.mask, s.value, s.confidence, label,
              score);
}

static std::vector<Closed> pop_all(RegionTracker &tracker) {
  std::vector<Closed> out;
  for (Closed region; tracker.pop(region);) out.push_back(region);
  return out;
}

static auto key(const Region &r) {
  return std::make_tuple(r.column_begin, r.column_end, r.row_begin, r.row_end,
                         r.pixels, r.peak_column, r.peak_row, r.peak_value);
}

template <class A, class B>
static void same_regions(std::vector<A> got, std::vector<B> want) {
  const auto by_key = [](const Region &a, const Region &b) {
    return key(a) < key(b);
  };
  std::sort(got.begin(), got.end(), by_key);
  std::sort(want.begin(), want.end(), by_key);
  fail_unless_equals_int(got.size(), want.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    fail_unless(key(got[i]) == key(want[i]), "region %zu differs", i);
    /* Sums in double, in another order: one float32 rounding below 64. */
    ASSERT_NEAR_AT(i, got[i].mean_value, want[i].mean_value, 4e-6);
    ASSERT_NEAR_AT(i, got[i].mean_confidence, want[i].mean_confidence, 1e-7);
  }
}

GST_START_TEST(known_picture_has_its_known_regions) {
  const Scene s = drawn({"....##", "#...#.", ".#....", "......", "...###"});
  const std::vector<Region> got = find_regions(s.mask, s.value, s.confidence);
  fail_unless_equals_int(got.size(), 3);
  /* Diagonal neighbours are one region; values 6 and 13. */
  fail_unless(key(got[0]) == std::make_tuple(0, 2, std::size_t(1),
                                             std::size_t(3), std::size_t(2), 1,
                                             std::size_t(2), 13.0f));
  ASSERT_NEAR_AT(0, got[0].mean_value, 9.5, 0);
  ASSERT_NEAR_AT(0, got[0].mean_confidence, 0.75, 0);
  fail_unless(key(got[1]) == std::make_tuple(3, 6, std::size_t(4),
                                             std::size_t(5), std::size_t(3), 5,
                                             std::size_t(4), 29.0f));
  fail_unless(key(got[2]) == std::make_tuple(4, 6, std::size_t(0),
                                             std::size_t(2), std::size_t(3), 4,
                                             std::size_t(1), 10.0f));
}
GST_END_TEST

GST_START_TEST(peak_is_the_first_of_equal_values_by_column_then_row) {
  Scene s = drawn({"..#", "###", "#.."});
  const float values[] = {9, 9, 5, 1, 5, 1, 2, 9, 9};
  std::copy(values, values + 9, s.value.data());
  const auto got = find_regions(s.mask, s.value, s.confidence);
  fail_unless_equals_int(got.size(), 1);
  fail_unless_equals_int(got[0].peak_column, 1);
  fail_unless_equals_int(got[0].peak_row, 1);
  ASSERT_NEAR_AT(0, got[0].peak_value, 5, 0);
  s.value.at(1, 0) = s.value.at(2, 0) = 5;
  const auto tied = find_regions(s.mask, s.value, s.confidence);
  fail_unless_equals_int(tied[0].peak_column, 0);
  fail_unless_equals_int(tied[0].peak_row, 1);
}
GST_END_TEST

GST_START_TEST(small_regions_are_cleared_and_others_left_alone) {
  Scene s = drawn({"....##", "#...#.", ".#....", "......", "...###"});
  const Scene want = drawn({"....##", "....#.", "......", "......", "...###"});
  remove_small(s.mask, 3);
  fail_unless(s.mask.values == want.mask.values);
  remove_small(s.mask, 4);
  fail_unless(std::count(s.mask.values.begin(), s.mask.values.end(), 1) == 0);
}
GST_END_TEST

/* Whole regions, by the rule: a pixel and whatever touches it. */
static Binary without_small(const Binary &mask, std::size_t min_pixels) {
  Binary out = mask;
  std::vector<bool> seen(mask.values.size());
  for (std::size_t i = 0; i < seen.size(); ++i) {
    std::vector<std::size_t> region;
    const auto visit = [&](std::size_t y, std::size_t x) {
      const std::size_t at = y * mask.width + x;
      if (y >= mask.height || x >= mask.width || seen[at] || !mask.values[at])
        return;
      seen[at] = true;
      region.push_back(at);
    };
    visit(i / mask.width, i % mask.width);
    for (std::size_t n = 0; n < region.size(); ++n)
      for (int d = 0; d < 9; ++d)
        visit(region[n] / mask.width + std::size_t(d / 3) - 1,
              region[n] % mask.width + std::size_t(d % 3) - 1);
    if (region.size() < min_pixels)
      for (const std::size_t pixel : region) out.values[pixel] = 0;
  }
  return out;
}

GST_START_TEST(regions_of_any_shape_go_whole_or_stay_whole) {
  for (const unsigned percent : {5u, 30u, 45u, 60u, 95u})
    for (const std::size_t width : {1u, 7u, 60u}) {
      Scene s = random_scene(37, width, percent, percent + width);
      const Binary want = without_small(s.mask, 6);
      remove_small(s.mask, 6);
      fail_unless(s.mask.values == want.values);
    }
}
GST_END_TEST

static const std::size_t kAdvance[] = {16, 8, 5, 1};
static const unsigned kPercent[] = {15, 30, 45, 60};

/* Pictures hold random noise where a later one overwrites them: only what is
 * settled may count. 45 % is about where regions merge all the time. */
GST_START_TEST(tracked_regions_are_those_of_the_whole_whatever_the_advance) {
  const std::size_t height = 12, width = 16, length = 640;
  for (unsigned percent : kPercent) {
    const Scene whole = random_scene(height, length, percent, percent);
    const auto want = find_regions(whole.mask, whole.value, whole.confidence);
    std::vector<Closed> first;
    for (std::size_t advance : kAdvance) {
      RegionTracker tracker(height);
      std::vector<Closed> got;
      for (std::size_t at = 0; at < length; at += advance) {
        Scene tile = random_scene(height, width, 50, at);
        const Scene settled = cut(whole, std::int64_t(at), advance);
        for (std::size_t y = 0; y < height; ++y)
          for (std::size_t x = 0; x < advance; ++x) {
            tile.mask.values[y * width + x] = settled.mask.at(y, x);
            tile.value.at(y, x) = settled.value.at(y, x);
            tile.confidence.at(y, x) = settled.confidence.at(y, x);
          }
        tracker.put(std::int64_t(at), {0, std::min(width, length - at)},
                    tile.mask, tile.value, tile.confidence, 0, 1);
        for (const Closed &r : pop_all(tracker)) got.push_back(r);
      }
      tracker.drain();
      for (const Closed &r : pop_all(tracker)) got.push_back(r);
      same_regions(got, want);
      if (first.empty()) first = got;
      for (std::size_t i = 1; i < got.size(); ++i)
        fail_if(
            std::make_tuple(got[i].column_end, got[i].column_begin) <
            std::make_tuple(got[i - 1].column_end, got[i - 1].column_begin));
      for (std::size_t i = 0; i < got.size(); ++i)
        fail_unless(key(got[i]) == key(first[i]), "order at %zu differs", i);
    }
  }
}
GST_END_TEST

GST_START_TEST(region_is_returned_as_soon_as_the_column_after_it_is_settled) {
  const Scene s = drawn({"##..", "...."});
  RegionTracker tracker(2);
  put(tracker, 100, s);
  fail_unless(pop_all(tracker).empty());
  put(tracker, 102, drawn({"....", "...."}));
  fail_unless(pop_all(tracker).empty());  // column 102 may yet be overwritten
  put(tracker, 103, drawn({"....", "...."}));
  const auto got = pop_all(tracker);
  fail_unless_equals_int(got.size(), 1);
  fail_unless_equals_int(got[0].column_begin, 100);
  fail_unless_equals_int(got[0].column_end, 102);
}
GST_END_TEST

GST_START_TEST(jump_past_the_last_column_closes_and_joins_nothing) {
  const Scene line = drawn({"....", "####"});
  RegionTracker tracker(2);
  put(tracker, 0, line);
  put(tracker, 4, line);  // no gap
  fail_unless(pop_all(tracker).empty());
  put(tracker, 9, line);  // column 8 is missing
  auto got = pop_all(tracker);
  fail_unless_equals_int(got.size(), 1);
  fail_unless_equals_int(got[0].column_end, 8);
  tracker.drain();
  got = pop_all(tracker);
  fail_unless_equals_int(got.size(), 1);
  fail_unless_equals_int(got[0].column_begin, 9);
  fail_unless_equals_int(got[0].column_end, 13);
}
GST_END_TEST

GST_START_TEST(columns_that_are_not_valid_are_not_looked_at) {
  const Scene line = drawn({"######"});
  RegionTracker tracker(1);
  tracker.put(-3, {3, 6}, line.mask, line.value, line.confidence, 0, 1);
  /* Its invalid columns 0 to 2 must not erase what the first one put there. */
  const Scene none = drawn({"......"});
  tracker.put(0, {3, 6}, none.mask, none.value, none.confidence, 0, 1);
  tracker.drain();
  const auto got = pop_all(tracker);
  fail_unless_equals_int(got.size(), 1);
  fail_unless_equals_int(got[0].column_begin, 0);
  fail_unless_equals_int(got[0].column_end, 3);
}
GST_END_TEST

/* One line through twelve columns in pictures of four, two columns apart:
 * columns 0-1 say class 1, 2-3 class 2, and from column 4 on class 1, 2, 2. */
GST_START_TEST(label_is_the_class_of_most_columns_with_its_mean_score) {
  const Scene line = drawn({"####"});
  const struct {
    int label;
    float score;
  } heard[] = {{1, 0.9f}, {2, 0.5f}, {1, 0.9f}, {2, 0.75f}, {2, 1.0f}};
  RegionTracker tracker(1);
  for (int i = 0; i < 5; ++i)
    put(tracker, 2 * i, line, heard[i].label, heard[i].score);
  tracker.drain();
  const auto got = pop_all(tracker);
  fail_unless_equals_int(got.size(), 1);
  fail_unless_equals_int(got[0].pixels, 12);
  fail_unless_equals_int(got[0].label, 2);
  /* Two columns of .5, two of .75 and the last picture's four of 1. */
  ASSERT_NEAR_AT(0, got[0].score, 0.8125, 1e-7);
}
GST_END_TEST

/* Two arms of one U, joined in column 3: a column counts once, not per arm,
 * and those before the younger arm count too. Class 1: columns 0-3, class 2:
 * columns 4-8 of the first case and 4-6 of the others. */
static const struct {
  const char *top, *bottom, *tail;
  int pixels, label;
} kArms[] = {{"####", "####", "#####", 14, 2},
             {"####", "..##", "###..", 10, 1},
             {"..##", "####", "###..", 10, 1}};

GST_START_TEST(column_of_two_arms_counts_once) {
  const auto &arms = kArms[__i__];
  RegionTracker tracker(3);
  put(tracker, 0, drawn({arms.top, "...#", arms.bottom}), 1, 0.5f);
  put(tracker, 4, drawn({arms.tail, ".....", "....."}), 2, 1.0f);
  tracker.drain();
  const auto got = pop_all(tracker);
  fail_unless_equals_int(got.size(), 1);
  fail_unless_equals_int(got[0].pixels, arms.pixels);
  fail_unless_equals_int(got[0].label, arms.label);
  ASSERT_NEAR_AT(__i__, got[0].score, arms.label == 1 ? 0.5f : 1.0f, 0);
}
GST_END_TEST

GST_START_TEST(regions_below_the_minimum_are_dropped) {
  RegionTracker tracker(3, 3);
  put(tracker, 0, drawn({"##...", ".....", "..###"}));
  tracker.drain();
  const auto got = pop_all(tracker);
  fail_unless_equals_int(got.size(), 1);
  fail_unless_equals_int(got[0].pixels, 3);
}
GST_END_TEST

/* Three regions of four columns; tracks 5 and 9 cross them. */
GST_START_TEST(region_is_of_the_track_that_most_of_its_columns_are_of) {
  const Scene s = drawn({"####....", "........", "........", "..####..",  //
                         "........", "........", "####....", "####...."});
  std::vector<TrackPoint> tracks;
  for (std::size_t x = 0; x < 8; ++x) {
    tracks.push_back({x, x < 3 ? 1u : 3u, 5});  // below the first, then in it
    if (x == 5) tracks.push_back({x, 2, 9});    // one column, above the second
    tracks.push_back({x, 4, 7});                // below the second
  }
  for (const std::int64_t advance : {8, 3, 1}) {
    RegionTracker tracker(8);
    for (std::int64_t first = advance - 8; first < 8; first += advance) {
      const Scene part = cut(s, first, 8);
      std::vector<TrackPoint> here;
      for (const TrackPoint &t : tracks)
        if (std::int64_t(t.column) >= first)
          here.push_back(
              {std::size_t(std::int64_t(t.column) - first), t.row, t.id});
      here.erase(std::remove_if(here.begin(), here.end(),
                                [](const auto &t) { return t.column >= 8; }),
                 here.end());
      tracker.put(first, {0, 8}, part.mask, part.value, part.confidence, 0, 1,
                  {}, here);
    }
    tracker.drain();
    const auto regions = pop_all(tracker);
    fail_unless_equals_int(regions.size(), 3);
    for (const Closed &r : regions) {
      const std::uint64_t want = r.row_begin == 0   ? 5   // three columns of it
                                 : r.row_begin == 3 ? 7   // four, 5 has three
                                                    : 0;  // two rows away
      fail_unless_equals_uint64(r.track, want);
    }
  }
}
GST_END_TEST

GST_START_TEST(two_arms_of_a_region_add_what_they_have_of_a_track) {
  // track 2 in two columns of each arm, 1 in three of the upper one
  const Scene s = drawn({"###.", "...#", "###."});
  RegionTracker tracker(3);
  tracker.put(0, {0, 4}, s.mask, s.value, s.confidence, 0, 1, {},
              {{0, 0, 2},
               {1, 0, 2},
               {1, 2, 2},
               {2, 2, 2},  //
               {0, 0, 1},
               {1, 0, 1},
               {2, 0, 1}});
  tracker.drain();
  const auto regions = pop_all(tracker);
  fail_unless_equals_int(regions.size(), 1);
  fail_unless_equals_uint64(regions[0].track, 2);
}
GST_END_TEST

GST_START_TEST(track_runs_through_the_row_that_its_frequency_is_in) {
  const std::vector<double> edges = {100, 80, 50, 10};
  fail_unless_equals_int(row_of(200, edges), 0);
  fail_unless_equals_int(row_of(81, edges), 0);
  fail_unless_equals_int(row_of(80, edges), 0);
  fail_unless_equals_int(row_of(79, edges), 1);
  fail_unless_equals_int(row_of(10, edges), 2);
  fail_unless_equals_int(row_of(1, edges), 2);
  const float hz[] = {90, NAN, 60, 20, 20, 20}, db[] = {3, 3, -40, 3, -41, 0};
  const auto all = track_points({4, 6}, 3, hz, edges);
  fail_unless_equals_int(all.size(), 5);
  const auto heard = track_points({4, 6}, 3, hz, edges, db, -40);
  fail_unless_equals_int(heard.size(), 3);
  const std::size_t want[3][3] = {{0, 0, 4}, {0, 2, 6}, {2, 2, 6}};
  for (std::size_t i = 0; i < 3; ++i)
    fail_unless(heard[i].column == want[i][0] && heard[i].row == want[i][1] &&
                heard[i].id == want[i][2]);
}
GST_END_TEST

GST_START_TEST(step_back_is_refused_until_drained) {
  const Scene s = drawn({"##"});
  RegionTracker tracker(1);
  put(tracker, 10, s);
  try {
    put(tracker, 9, s);
    ck_abort_msg("a step back was accepted");
  } catch (const sonar::Error &e) {
    fail_unless(e.code() == sonar::Errc::kBadArgument);
    const std::string what = e.what();
    fail_unless(what.find("column 9 after one at column 10") !=
                std::string::npos);
  }
  tracker.drain();
  put(tracker, 0, s);
  tracker.drain();
  fail_unless_equals_int(pop_all(tracker).size(), 2);
}
GST_END_TEST

GST_START_TEST(shapes_that_differ_are_refused) {
  const Scene s = drawn({"##", ".."});
  RegionTracker tracker(3);
  try {
    put(tracker, 0, s);
    ck_abort_msg("two rows were accepted by a tracker of three");
  } catch (const sonar::Error &e) {
    fail_unless(std::string(e.what()).find("3 rows") != std::string::npos);
  }
  try {
    find_regions(s.mask, Image(2, 3), s.confidence);
    ck_abort_msg("values of another shape were accepted");
  } catch (const sonar::Error &e) {
    fail_unless(std::string(e.what()).find("2 x 3") != std::string::npos);
  }
}
GST_END_TEST

static Suite *mask_regions_suite(void) {
  Suite *s = suite_create("mask_regions");
  TCase *one = tcase_create("one picture");
  suite_add_tcase(s, one);
  tcase_add_test(one, known_picture_has_its_known_regions);
  tcase_add_test(one, peak_is_the_first_of_equal_values_by_column_then_row);
  tcase_add_test(one, small_regions_are_cleared_and_others_left_alone);
  tcase_add_test(one, regions_of_any_shape_go_whole_or_stay_whole);
  TCase *stream = tcase_create("tracker");
  suite_add_tcase(s, stream);
  tcase_add_test(stream,
                 tracked_regions_are_those_of_the_whole_whatever_the_advance);
  tcase_add_test(stream,
                 region_is_returned_as_soon_as_the_column_after_it_is_settled);
  tcase_add_test(stream, jump_past_the_last_column_closes_and_joins_nothing);
  tcase_add_test(stream, columns_that_are_not_valid_are_not_looked_at);
  tcase_add_test(stream,
                 label_is_the_class_of_most_columns_with_its_mean_score);
  tcase_add_loop_test(stream, column_of_two_arms_counts_once, 0,
                      G_N_ELEMENTS(kArms));
  tcase_add_test(stream, regions_below_the_minimum_are_dropped);
  tcase_add_test(stream,
                 region_is_of_the_track_that_most_of_its_columns_are_of);
  tcase_add_test(stream, two_arms_of_a_region_add_what_they_have_of_a_track);
  tcase_add_test(stream, track_runs_through_the_row_that_its_frequency_is_in);
  tcase_add_test(stream, step_back_is_refused_until_drained);
  tcase_add_test(stream, shapes_that_differ_are_refused);
  return s;
}
GST_CHECK_MAIN(mask_regions)
