/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/metrics/ranking.h"

#include <random>

#include "support/testing.h"

using namespace sonar::metrics;

/* Of the 2 x 3 pairs three are in order and one is equal. */
GST_START_TEST(area_counts_the_pairs_that_are_in_order_and_half_of_the_equal) {
  const auto got = area_under_curve(
      {{0.1, false}, {0.4, true}, {0.4, false}, {0.8, true}, {0.9, false}});
  ASSERT_NEAR_AT(0, got.value(), (1 + 0.5 + 1 + 1) / 6, 1e-15);
}
GST_END_TEST

GST_START_TEST(area_is_that_of_counting_every_pair) {
  std::mt19937 random(3);
  std::vector<Ranked> scores;
  for (int i = 0; i < 200; ++i)
    scores.push_back({double(random() % 40), random() % 3 == 0});
  double sum = 0, pairs = 0;
  for (const Ranked &a : scores)
    for (const Ranked &b : scores)
      if (a.positive && !b.positive) {
        sum += a.score > b.score ? 1 : a.score == b.score ? 0.5 : 0;
        ++pairs;
      }
  ASSERT_NEAR_AT(0, area_under_curve(scores).value(), sum / pairs, 1e-12);
}
GST_END_TEST

GST_START_TEST(without_one_of_each_kind_there_is_no_area) {
  fail_if(area_under_curve({}).has_value());
  fail_if(area_under_curve({{1, true}, {2, true}}).has_value());
  fail_if(area_under_curve({{1, false}}).has_value());
}
GST_END_TEST

static Suite *metrics_ranking_suite(void) {
  Suite *s = suite_create("metrics_ranking");
  TCase *c = tcase_create("ranking");
  suite_add_tcase(s, c);
  tcase_add_test(c,
                 area_counts_the_pairs_that_are_in_order_and_half_of_the_equal);
  tcase_add_test(c, area_is_that_of_counting_every_pair);
  tcase_add_test(c, without_one_of_each_kind_there_is_no_area);
  return s;
}
GST_CHECK_MAIN(metrics_ranking)
