/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/evaluate/tonal_scores.h"
#include "sonar/core/error.h"
#include "support/testing.h"

using namespace sonar;
using namespace sonar::models;

/* A LOFAR analysis of the scenes: 1 Hz bins, four times as fine as theirs. */
static TonalScoreOptions lofar(std::uint64_t seed, int per_class) {
  TonalScoreOptions o;
  o.scene.recipe = synthetic_recipe();
  o.scene.seed = seed;
  o.per_class = per_class;
  o.recipe = o.scene.recipe;
  o.recipe.fft_size = 1024;
  o.recipe.hop_size = 256;
  o.recipe.min_frequency_hz = 1;
  return o;
}

static double share_below(const std::vector<double> &sorted, double limit) {
  return double(std::lower_bound(sorted.begin(), sorted.end(), limit) -
                sorted.begin()) /
         double(sorted.size());
}

static void assert_good(const TonalFigures &f) {
  fail_unless(f.lines > 50, "%zu lines", f.lines);
  fail_unless(double(f.found) >= 0.9 * double(f.lines), "%zu of %zu", f.found,
              f.lines);
  fail_unless(f.error_bins.size() == f.found);
  fail_unless(share_below(f.error_bins, 0.25) > 0.95);
  fail_unless(f.most_false_families <= 1);
}

GST_START_TEST(nine_lines_in_ten_are_found_by_their_excess) {
  const TonalFigures f = score_tonals(lofar(20261, 4), {});
  assert_good(f);
  fail_unless(f.false_tonals <= 2 * f.scenes, "%zu", f.false_tonals);
  fail_unless(2 * f.sources_found > f.sources);
  // the excess is told right, too
  ASSERT_NEAR_AT(0, f.level_error_db[f.level_error_db.size() / 2], 0, 1);
}
GST_END_TEST

GST_START_TEST(the_truths_own_pixels_hardly_give_a_tonal_where_no_line_is) {
  TonalScoreOptions o = lofar(20262, 6);
  o.mask = TonalMask::kTruth;
  o.recipe = o.scene.recipe;
  const TonalFigures f = score_tonals(o, {});
  fail_unless(double(f.found) >= 0.9 * double(f.lines));
  // a line may be led astray by a whale that crosses its pixels
  fail_unless(10 * f.false_tonals <= f.scenes, "%zu", f.false_tonals);
  fail_unless(f.most_false_families <= 1);
}
GST_END_TEST

GST_START_TEST(figures_do_not_depend_on_threads) {
  TonalScoreOptions o = lofar(20263, 1);
  const std::string one = to_json(score_tonals(o, {})).dump();
  o.threads = 3;
  const std::string again = to_json(score_tonals(o, {})).dump();
  fail_unless(again == one, "%s is not %s", again.c_str(), one.c_str());
}
GST_END_TEST

GST_START_TEST(a_scene_of_noise_alone_has_nothing_to_find) {
  TonalScoreOptions o = lofar(20264, 1);
  o.scene.target_present = false;
  const TonalFigures f = score_tonals(o, {});
  fail_unless_equals_int(f.lines, 0);
  fail_unless_equals_int(f.found, 0);
  const std::string text = tonals_text(f);
  fail_unless(text.find("0 of 0 found, -") != text.npos, "%s", text.c_str());
}
GST_END_TEST

GST_START_TEST(lines_of_scenes_say_where_they_are_in_every_column) {
  SceneOptions o;
  o.recipe = synthetic_recipe();
  o.seed = 5;
  const SynthScene scene = make_scene("ferry", o);
  const std::size_t columns = scene.truth.target.width;
  fail_unless(!scene.lines.empty());
  for (const SceneLine &l : scene.lines) {
    fail_unless_equals_int(l.column_hz.size(), columns);
    fail_unless_equals_int(l.column_snr_db.size(), columns);
    for (std::size_t x = 0; x < columns; ++x)
      // 6 m/s of 1,500 and 2.5 sd of wander
      ASSERT_NEAR_AT(x, double(l.column_hz[x]), l.frequency_hz,
                     0.01 * l.frequency_hz);
  }
  // the loudest line is where the truth's power is
  const auto loudest =
      std::max_element(scene.lines.begin(), scene.lines.end(),
                       [](const SceneLine &a, const SceneLine &b) {
                         return a.snr_db < b.snr_db;
                       });
  const auto row = std::size_t(128 - std::lround(loudest->column_hz[60] / 4));
  ASSERT_NEAR_AT(row, double(scene.truth.snr_db[row * columns + 60]),
                 double(loudest->column_snr_db[60]), 3);
}
GST_END_TEST

GST_START_TEST(what_cannot_be_scored_is_refused_in_words) {
  const auto expect_words = [](const TonalScoreOptions &o,
                               const std::string &words) {
    std::string got;
    try {
      score_tonals(o, {});
    } catch (const Error &e) {
      got = e.what();
    }
    fail_unless(got == words, "%s", got.c_str());
  };
  TonalScoreOptions o = lofar(1, 1);
  o.mask = TonalMask::kTruth;
  expect_words(
      o,
      "the truth's pixels are those of the scenes' own recipe (FFT 256, hop "
      "128); with another one search for the excess");
  o = lofar(1, 1);
  o.recipe.rate_hz = 2048;
  expect_words(o,
               "the scenes have a rate of 1024 Hz, the analysis "
               "2048; give both the same");
  o = lofar(1, 1);
  o.mask = TonalMask::kModel;
  expect_words(o, "masks of a model's recipe need a model; name one");
}
GST_END_TEST

static Suite *tonal_scores_suite() {
  Suite *s = suite_create("tonal_scores");
  TCase *c = tcase_create("general");
  tcase_add_test(c, nine_lines_in_ten_are_found_by_their_excess);
  tcase_add_test(c, the_truths_own_pixels_hardly_give_a_tonal_where_no_line_is);
  tcase_add_test(c, figures_do_not_depend_on_threads);
  tcase_add_test(c, a_scene_of_noise_alone_has_nothing_to_find);
  tcase_add_test(c, lines_of_scenes_say_where_they_are_in_every_column);
  tcase_add_test(c, what_cannot_be_scored_is_refused_in_words);
  suite_add_tcase(s, c);
  return s;
}

GST_CHECK_MAIN(tonal_scores)
