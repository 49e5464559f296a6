/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/lines/continuation.h"

#include <algorithm>
#include <set>

#include "support/testing.h"

using namespace sonar::lines;

static const std::size_t kGap = 5;

/* A line that sounds in columns [begin, end) of @p columns. */
static Track track(std::size_t line, float frequency, std::size_t columns,
                   std::size_t begin, std::size_t end, float power = 2) {
  Track out{line, std::vector<float>(columns, frequency),
            std::vector<float>(columns)};
  std::fill(out.power.begin() + std::ptrdiff_t(begin),
            out.power.begin() + std::ptrdiff_t(end), power);
  return out;
}
static Track whole(std::size_t line, float frequency, std::size_t columns) {
  return track(line, frequency, columns, 0, columns);
}

static std::uint64_t id_of(const std::vector<StreamTrack> &tracks) {
  fail_unless_equals_int(tracks.size(), 1);
  return tracks.front().id;
}

GST_START_TEST(a_line_goes_on_under_its_id_however_pictures_overlap) {
  for (const std::int64_t advance : {1, 3, 8, 16}) {
    TrackContinuation stream(kGap);
    for (int i = 0; i < 20; ++i) {
      const auto got = stream.put(0, 100 + i * advance, {whole(4, 60, 16)});
      fail_unless_equals_int(id_of(got), 1);
      fail_unless_equals_int(got[0].begin, 100);
      fail_unless_equals_int(got[0].track.line, 4);
    }
  }
}
GST_END_TEST

GST_START_TEST(a_silence_of_the_gap_keeps_the_id_and_a_column_more_ends_it) {
  for (const std::size_t silent : {kGap, kGap + 1}) {
    TrackContinuation across(kGap), within(kGap);
    across.put(0, 0, {track(0, 60, 16, 0, 12)});
    const auto next = across.put(0, 16, {track(0, 60, 16, silent - 4, 16)});
    fail_unless_equals_int(id_of(next), silent > kGap ? 2 : 1);
    fail_unless_equals_int(next[0].begin, silent > kGap ? 18 : 0);

    Track both = track(0, 60, 32, 0, 12);
    for (std::size_t t = 12 + silent; t < 32; ++t) both.power[t] = 2;
    const auto parts = within.put(0, 0, {both});
    fail_unless_equals_int(parts.size(), silent > kGap ? 2 : 1);
    for (std::size_t t = 0; t < 32; ++t) {
      float sum = 0;
      for (const auto &part : parts) sum += part.track.power[t];
      fail_unless_equals_float(sum, both.power[t]);
    }
  }
}
GST_END_TEST

/* The picture between holds the line's path, but no sound of it. */
GST_START_TEST(a_line_that_is_silent_for_a_whole_picture_goes_on) {
  TrackContinuation stream(20);
  stream.put(0, 0, {whole(0, 60, 16)});
  fail_unless(stream.put(0, 16, {track(0, 90, 16, 0, 0)}).empty());
  fail_unless_equals_int(id_of(stream.put(0, 32, {whole(0, 60, 16)})), 1);
}
GST_END_TEST

GST_START_TEST(parts_keep_their_ids_while_pictures_move_on) {
  TrackContinuation stream(kGap);
  for (std::size_t moved = 0; moved < 8; ++moved) {
    Track line = track(0, 60, 32, 0, 8 - moved);
    for (std::size_t t = 20 - moved; t < 32; ++t) line.power[t] = 2;
    const auto got = stream.put(0, std::int64_t(moved), {line});
    fail_unless_equals_int(got.size(), 2);
    fail_unless_equals_int(got[0].id, 1);
    fail_unless_equals_int(got[1].id, 2);
    fail_unless_equals_int(got[1].begin, 20);
  }
}
GST_END_TEST

/* 1.5 bins or 0.8 %, whichever is more, and 0.02 % a silent column. */
GST_START_TEST(a_frequency_that_does_not_agree_begins_a_new_track) {
  const struct {
    float before, after;
    std::int64_t next;  // column
    bool same;
  } cases[] = {{60, 61.4f, 8, true},    {60, 61.6f, 8, false},
               {500, 503.9f, 8, true},  {500, 504.1f, 8, false},
               {500, 503.9f, 16, true}, {500, 504.1f, 16, false},
               {500, 504.1f, 20, true}, {500, 504.5f, 20, false}};
  for (const auto &c : cases) {
    TrackContinuation stream(kGap);
    stream.put(0, 0, {whole(0, c.before, 16)});
    const auto got = stream.put(0, c.next, {whole(0, c.after, 16)});
    fail_unless_equals_int(id_of(got), c.same ? 1 : 2);
    // what does not agree is no part of a mean
    if (!c.same) ASSERT_NEAR_AT(0, got[0].track.frequency[0], c.after, 1e-3);
  }
}
GST_END_TEST

GST_START_TEST(every_line_of_every_class_has_an_id_of_its_own) {
  TrackContinuation stream(kGap);
  const auto put = [&](std::int64_t column) -> std::vector<std::uint64_t> {
    auto all = stream.put(0, column, {whole(0, 60, 16), whole(1, 90, 16)});
    const auto more = stream.put(1, column, {whole(0, 60, 16)});
    all.insert(all.end(), more.begin(), more.end());
    std::vector<std::uint64_t> out;
    for (const auto &t : all) out.push_back(t.id);
    return out;
  };
  const auto ids = put(0);
  fail_unless_equals_int(std::set<std::uint64_t>(ids.begin(), ids.end()).size(),
                         3);
  fail_unless(put(8) == ids);
}
GST_END_TEST

GST_START_TEST(only_another_class_alone_ends_tracks) {
  using Classes = std::vector<std::size_t>;
  const struct {
    Classes first, then, last;
    bool same;
  } cases[] = {{{0}, {0}, {0}, true},       {{0}, {}, {0}, true},
               {{0}, {1}, {0}, false},      {{0}, {1, 0}, {0}, true},
               {{0, 1}, {1}, {1, 0}, true}, {{0}, {0, 1}, {0}, true}};
  for (const auto &c : cases) {
    TrackContinuation stream(100);
    std::int64_t column = 0;
    std::uint64_t id = 0;
    for (const Classes &now : {c.first, c.then, c.last}) {
      stream.announce(now);
      for (const std::size_t target : now) {
        const auto got = stream.put(target, column, {whole(0, 60, 16)});
        if (target == 0) id = id_of(got);
      }
      column += 16;
    }
    fail_unless_equals_int(id == 1, c.same);
  }
}
GST_END_TEST

GST_START_TEST(after_a_discontinuity_ids_are_new) {
  TrackContinuation stream(kGap);
  stream.put(0, 0, {whole(0, 60, 16)});
  stream.discontinue();
  fail_unless_equals_int(id_of(stream.put(0, 8, {whole(0, 60, 16)})), 2);
  // columns that count from 0 again
  fail_unless_equals_int(id_of(stream.put(0, 0, {whole(0, 60, 16)})), 3);
}
GST_END_TEST

/* Pictures of 8 columns with weights 1 2 3 4 4 3 2 1, the second 2 later. */
GST_START_TEST(in_the_overlap_pictures_count_by_the_distance_to_their_edges) {
  TrackContinuation stream(kGap);
  stream.put(0, 0, {track(0, 60, 8, 0, 8, 2)});
  const auto got = stream.put(0, 2, {track(0, 61, 8, 0, 8, 5)});
  const double before[] = {3, 4, 4, 3, 2, 1, 0, 0};
  const double now[] = {1, 2, 3, 4, 4, 3, 2, 1};
  for (std::size_t t = 0; t < 8; ++t) {
    const double share = now[t] / (now[t] + before[t]);
    // floats of 60 are exact to 4e-6
    ASSERT_NEAR_AT(t, got[0].track.frequency[t], 60 + share, 1e-5);
    ASSERT_NEAR_AT(t, got[0].track.power[t], 2 + 3 * share, 1e-5);
  }
}
GST_END_TEST

GST_START_TEST(a_third_picture_counts_with_both_that_came_before) {
  TrackContinuation stream(kGap);
  stream.put(0, 0, {whole(0, 60, 8)});
  stream.put(0, 2, {whole(0, 61, 8)});
  const auto got = stream.put(0, 4, {whole(0, 60.5f, 8)});
  // column 4: weights 4 of 60, 3 of 61 and 1 of 60.5
  ASSERT_NEAR_AT(4, got[0].track.frequency[0], (240 + 183 + 60.5) / 8, 1e-5);
}
GST_END_TEST

GST_START_TEST(whether_a_line_sounds_is_what_most_of_the_weight_says) {
  TrackContinuation stream(kGap);
  stream.put(0, 0, {track(0, 60, 8, 0, 8, 2)});
  const auto got = stream.put(0, 2, {track(0, 60, 8, 7, 8, 5)});
  // column 4 to 6: 4 against 3, 3 against 4, 2 against 4
  const float want[] = {2, 2, 2, 0, 0, 0, 0, 5};
  for (std::size_t t = 0; t < 8; ++t)
    ASSERT_NEAR_AT(t, got[0].track.power[t], want[t], 1e-5);
}
GST_END_TEST

GST_START_TEST(the_cut_into_pictures_side_by_side_changes_nothing) {
  const std::size_t columns = 192;
  Track line = whole(0, 60, columns);
  for (std::size_t t = 0; t < columns; ++t) {
    line.frequency[t] += 0.02f * float(t);
    if (t % 48 >= 40 || (t > 90 && t < 110)) line.power[t] = 0;
  }
  std::vector<std::vector<std::uint64_t>> ids;
  for (const std::size_t width : {192, 64, 16, 1}) {
    TrackContinuation stream(10);
    ids.emplace_back(columns);
    for (std::size_t at = 0; at < columns; at += width) {
      const auto from = std::ptrdiff_t(at), to = std::ptrdiff_t(at + width);
      const Track part{
          0,
          {line.frequency.begin() + from, line.frequency.begin() + to},
          {line.power.begin() + from, line.power.begin() + to}};
      for (const auto &t : stream.put(0, from, {part}))
        for (std::size_t x = 0; x < width; ++x)
          if (t.track.power[x] > 0) ids.back()[at + x] = t.id;
    }
    fail_unless(ids.back() == ids.front(), "width %zu", width);
  }
  fail_unless_equals_int(*std::max_element(ids[0].begin(), ids[0].end()), 2);
}
GST_END_TEST

static Suite *lines_continuation_suite() {
  Suite *s = suite_create("lines_continuation");
  TCase *c = tcase_create("ids");
  suite_add_tcase(s, c);
  tcase_add_test(c, a_line_goes_on_under_its_id_however_pictures_overlap);
  tcase_add_test(c,
                 a_silence_of_the_gap_keeps_the_id_and_a_column_more_ends_it);
  tcase_add_test(c, a_line_that_is_silent_for_a_whole_picture_goes_on);
  tcase_add_test(c, parts_keep_their_ids_while_pictures_move_on);
  tcase_add_test(c, a_frequency_that_does_not_agree_begins_a_new_track);
  tcase_add_test(c, every_line_of_every_class_has_an_id_of_its_own);
  tcase_add_test(c, only_another_class_alone_ends_tracks);
  tcase_add_test(c, after_a_discontinuity_ids_are_new);
  c = tcase_create("overlap");
  suite_add_tcase(s, c);
  tcase_add_test(c,
                 in_the_overlap_pictures_count_by_the_distance_to_their_edges);
  tcase_add_test(c, a_third_picture_counts_with_both_that_came_before);
  tcase_add_test(c, whether_a_line_sounds_is_what_most_of_the_weight_says);
  tcase_add_test(c, the_cut_into_pictures_side_by_side_changes_nothing);
  return s;
}

GST_CHECK_MAIN(lines_continuation)
