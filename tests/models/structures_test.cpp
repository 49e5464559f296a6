/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/structures.h"

#include <algorithm>

#include "models/registry.h"
#include "sonar/core/error.h"
#include "support/testing.h"
#include "support/tiny_model.h"

using namespace sonar;
using namespace sonar::models;
using sonar::testing::kHighRow;
using sonar::testing::kLowRow;
using sonar::testing::kTiny;
using sonar::testing::ModelFile;

/** A line of 10 dB in each half of the picture, the lower one two rows wide. */
static PictureData two_lines() {
  PictureData p{Image(kTiny, kTiny), {}, {0, kTiny}, {}};
  for (std::size_t x = 0; x < kTiny; ++x)
    p.value_db.at(kHighRow, x) = p.value_db.at(kLowRow, x) =
        p.value_db.at(kLowRow + 1, x) = 10;
  return p;
}

GST_START_TEST(a_line_speaks_for_its_own_class_and_against_the_other) {
  const ModelFile file;
  const auto model = open(file.path(), "cpu");
  for (const std::size_t target : {0, 1}) {
    const auto got = explain_structures(*model, two_lines(), {target}, {}, {});
    fail_unless_equals_int(got.structures.found.size(), 2);
    fail_unless_equals_int(got.structures.found[0].row_begin, kLowRow);
    const float low = got.scores[0].score, high = got.scores[1].score;
    fail_unless(target == 0 ? low > 0.5f && high < -0.5f
                            : low < -0.5f && high > 0.5f);
  }
}
GST_END_TEST

GST_START_TEST(of_two_classes_each_structure_names_the_one_it_speaks_for) {
  const ModelFile file;
  const auto model = open(file.path(), "cpu");
  const auto got = explain_structures(*model, two_lines(), {1, 0}, {}, {});
  fail_unless_equals_int(got.scores[0].which, 1);  // the lower: label 0
  fail_unless_equals_int(got.scores[1].which, 0);
  for (const StructureScore &s : got.scores) fail_unless(s.score > 0.5f);
}
GST_END_TEST

/* It sounds in three columns, from the fourth valid one on. */
GST_START_TEST(a_tracked_line_is_a_structure_where_it_stands_over_the_noise) {
  const ModelFile file;
  const auto model = open(file.path(), "cpu");
  const Recipe &recipe = model->settings().recipe;
  const std::vector<double> centre = recipe.row_centres_hz();
  TonalTrack track;
  track.frequency_hz.assign(kTiny - 2, float(centre[8]));
  track.snr_db.assign(kTiny - 2, -3);
  std::fill_n(track.snr_db.begin() + 3, 3, 4.0f);
  const mask::Binary got = track_pixels(track, recipe, {2, kTiny});
  for (std::size_t y = 0; y < kTiny; ++y)
    for (std::size_t x = 0; x < kTiny; ++x)
      fail_unless_equals_int(got.at(y, x), y >= 7 && y <= 9 && x >= 5 && x < 8);
  PictureData picture = two_lines();
  picture.valid = {2, kTiny};
  const auto explained = explain_structures(*model, picture, {0}, {track}, {});
  fail_unless_equals_int(explained.structures.found.size(), 3);
  fail_unless_equals_int(explained.structures.found[2].row_begin, 7);
  // the picture is background there, so it says nothing
  ASSERT_NEAR_AT(2, explained.scores[2].score, 0, 1e-6);
}
GST_END_TEST

/* Each row is where the recipe says it is, its ends included; what lies outside
 * of the axis marks nothing. */
GST_START_TEST(a_track_marks_the_row_that_shows_its_frequency) {
  const Recipe recipe = sonar::testing::tiny_recipe();
  const std::vector<double> edges = recipe.row_edges_hz();
  const auto rows_at = [&](double hz) {
    TonalTrack track;
    track.frequency_hz = {float(hz)};
    track.snr_db = {1};
    const mask::Binary got = track_pixels(track, recipe, {0, 1});
    std::pair<std::size_t, std::size_t> rows{kTiny, 0};
    for (std::size_t y = 0; y < kTiny; ++y)
      if (got.at(y, 0)) rows = {std::min(rows.first, y), y};
    return rows;
  };
  for (std::size_t y = 0; y < kTiny; ++y)
    for (const double hz : {edges[y + 1], (edges[y] + edges[y + 1]) / 2}) {
      const auto got = rows_at(hz);
      fail_unless_equals_int(got.first, y == 0 ? 0 : y - 1);
      fail_unless_equals_int(got.second,
                             std::min<std::size_t>(y + 1, kTiny - 1));
    }
  for (const double hz : {edges.front(), edges.back() - 1})
    fail_unless_equals_int(rows_at(hz).first, kTiny);
}
GST_END_TEST

/* An odd, bounded function of the effect: nothing for nothing, and never surer
 * than its head has been seen to be. */
GST_START_TEST(a_score_grows_with_the_effect_within_what_its_head_can_know) {
  using Head = Architecture::Head;
  for (const Head head : {Head::kFlat, Head::kBands}) {
    ASSERT_NEAR_AT(0, structure_score(0, head), 0, 0);
    float before = -1;
    for (const double nats : {-50.0, -0.2, -0.05, 0.05, 0.2, 50.0}) {
      const float score = structure_score(nats, head);
      fail_unless(score > before);
      ASSERT_NEAR_AT(0, score, -structure_score(-nats, head), 1e-7);
      before = score;
    }
    fail_unless(before < 1);
  }
  fail_unless(structure_score(50, Head::kBands) <
              structure_score(50, Head::kFlat));
}
GST_END_TEST

GST_START_TEST(what_moves_left_keeps_its_score_until_it_has_left) {
  const ModelFile file;
  const auto model = open(file.path(), "cpu");
  PictureData picture = two_lines();
  for (std::size_t x = 9; x < kTiny; ++x) picture.value_db.at(kHighRow, x) = 0;
  const auto all = explain_structures(*model, picture, {0}, {}, {});
  fail_unless_equals_int(all.structures.found.size(), 2);
  const std::size_t end = all.structures.found[1].column_end;
  const auto moved = shift_left(all, 4);
  fail_unless_equals_int(moved.structures.found.size(), 2);
  fail_unless_equals_int(moved.structures.found[1].column_end, end - 4);
  fail_unless_equals_int(moved.structures.found[0].pixels, 2 * (kTiny - 4));
  for (std::size_t y = 0; y < kTiny; ++y)
    for (std::size_t x = 0; x < kTiny; ++x)
      fail_unless_equals_int(
          moved.structures.owner[y * kTiny + x],
          x + 4 < kTiny ? all.structures.owner[y * kTiny + x + 4] : 0);
  const auto later = shift_left(all, std::ptrdiff_t(end));
  fail_unless_equals_int(later.structures.found.size(), 1);
  ASSERT_NEAR_AT(0, later.scores[0].score, all.scores[0].score, 0);
  fail_unless_equals_int(later.structures.found[0].row_begin, kLowRow);
  fail_unless(shift_left(all, 1000).structures.found.empty());
}
GST_END_TEST

GST_START_TEST(structures_without_a_class_are_refused) {
  const ModelFile file;
  const auto model = open(file.path(), "cpu");
  try {
    explain_structures(*model, two_lines(), {}, {}, {});
    fail_unless(false);
  } catch (const Error &e) {
    fail_unless(e.code() == Errc::kBadArgument);
    fail_unless_equals_string(
        e.what(),
        "structures speak for or against a class, and none was named");
  }
}
GST_END_TEST

static Suite *structures_suite(void) {
  Suite *s = suite_create("explained structures");
  TCase *tc = tcase_create("all");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, a_line_speaks_for_its_own_class_and_against_the_other);
  tcase_add_test(tc, of_two_classes_each_structure_names_the_one_it_speaks_for);
  tcase_add_test(tc,
                 a_tracked_line_is_a_structure_where_it_stands_over_the_noise);
  tcase_add_test(tc, a_track_marks_the_row_that_shows_its_frequency);
  tcase_add_test(tc,
                 a_score_grows_with_the_effect_within_what_its_head_can_know);
  tcase_add_test(tc, what_moves_left_keeps_its_score_until_it_has_left);
  tcase_add_test(tc, structures_without_a_class_are_refused);
  return s;
}
GST_CHECK_MAIN(structures)
