/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/cluster/fuzzy.h"

#include <algorithm>
#include <functional>
#include <future>
#include <random>

#include "sonar/cluster/kmeans.h"
#include "sonar/core/error.h"
#include "support/testing.h"

using namespace sonar::cluster;

static std::vector<float> noise(std::size_t n, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<float> x(n);
  for (float &v : x) v = float(double(random() >> 11) * 0x1p-53);
  return x;
}

static Points points(const std::vector<float> &data, std::size_t dimensions) {
  return {data.data(), data.size() / dimensions, dimensions};
}

static FuzzyOptions form(FuzzyExponent exponent, double m = 2) {
  FuzzyOptions o;
  o.exponent = exponent;
  o.fuzzifier = m;
  return o;
}

/* Distances 1 and 3 to the two centres: squared 1 and 9. Bezdek, m = 2: 9/10
 * and 1/10. As printed: 81/82 and 1/82. One iteration from the centres 0 and 4
 * with the points 1 and 3 weighs with the squares of these. */
GST_START_TEST(memberships_of_two_points_are_the_closed_form) {
  const std::vector<float> data = {1, 3};
  for (const auto &[exponent, near] :
       {std::pair{FuzzyExponent::kBezdek, 0.9},
        std::pair{FuzzyExponent::kPrinted, 81.0 / 82}}) {
    FuzzyOptions o = form(exponent);
    o.max_iterations = 1;
    const FuzzyCMeans f = fuzzy_c_means(points(data, 1), {0, 4}, o);
    const double a = near * near, b = (1 - near) * (1 - near);
    ASSERT_NEAR_AT(0, f.centres[0], (a * 1 + b * 3) / (a + b), 1e-6);
    ASSERT_NEAR_AT(1, f.centres[1], (a * 3 + b * 1) / (a + b), 1e-6);
    fail_unless(f.labels == std::vector<std::size_t>({0, 1}));
  }
}
GST_END_TEST

/* The loops of the formula, in its own order and with nothing left out. */
static double literal_membership(const std::vector<float> &data,
                                 const std::vector<float> &centres,
                                 std::size_t n, std::size_t i, std::size_t k,
                                 double power) {
  const auto squared = [&](std::size_t c) {
    double sum = 0;
    for (std::size_t d = 0; d < n; ++d)
      sum += std::pow(double(data[i * n + d]) - double(centres[c * n + d]), 2);
    return sum;
  };
  double sum = 0;
  for (std::size_t j = 0; j < centres.size() / n; ++j)
    sum += std::pow(squared(k) / squared(j), power);
  return 1 / sum;
}

static const struct {
  FuzzyExponent exponent;
  double m, power;
} kForms[] = {
    {FuzzyExponent::kPrinted, 2, 2},
    {FuzzyExponent::kPrinted, 3, 1},
    {FuzzyExponent::kBezdek, 2, 1},
    {FuzzyExponent::kBezdek, 1.5, 2},
};

GST_START_TEST(memberships_and_centres_rest_where_the_formula_leaves_them) {
  const auto &c = kForms[__i__];
  const std::vector<float> data = noise(3 * 120, 1);
  const Points p = points(data, 3);
  FuzzyOptions o = form(c.exponent, c.m);
  o.max_iterations = 5000;  // without clusters it takes long to rest
  const FuzzyCMeans f = fuzzy_c_means(p, kmeans_plus_plus(p, 4, 2), o);
  fail_unless(f.iterations < o.max_iterations);
  std::vector<double> weights(4, 0.0), sums(12, 0.0);
  double objective = 0;
  for (std::size_t i = 0; i < p.count; ++i)
    for (std::size_t k = 0; k < 4; ++k) {
      const double u = literal_membership(data, f.centres, 3, i, k, c.power);
      /* centres are float32: 1e-7 of distances near 0.5 */
      ASSERT_NEAR_AT(i, f.memberships[i * 4 + k], u, 1e-5);
      weights[k] += std::pow(u, c.m);
      objective += std::pow(u, c.m) *
                   squared_distance(p[i], f.centres.data() + 3 * k, 3);
      for (std::size_t d = 0; d < 3; ++d)
        sums[3 * k + d] += std::pow(u, c.m) * p[i][d];
    }
  for (std::size_t j = 0; j < 12; ++j)
    ASSERT_NEAR_AT(j, f.centres[j], sums[j] / weights[j / 3], 1e-5);
  ASSERT_NEAR_AT(0, f.objective, objective, 1e-4);
}
GST_END_TEST

GST_START_TEST(the_printed_memberships_are_bezdeks_of_the_fuzzifier_between) {
  const std::vector<float> data = noise(2 * 40, 3);
  const Points p = points(data, 2);
  const std::vector<float> start = kmeans_plus_plus(p, 3, 1);
  for (const double m : {1.5, 2.0, 4.0}) {
    const FuzzyCMeans f =
        fuzzy_c_means(p, start, form(FuzzyExponent::kPrinted, m));
    const double between = (m + 1) / 2;
    for (std::size_t i = 0; i < p.count; ++i)
      for (std::size_t k = 0; k < 3; ++k)
        /* centres are float32: 1e-7 of distances near 0.5 */
        ASSERT_NEAR_AT(
            i, f.memberships[3 * i + k],
            literal_membership(data, f.centres, 2, i, k, 1 / (between - 1)),
            1e-5);
  }
}
GST_END_TEST

GST_START_TEST(bezdeks_objective_never_rises) {
  const std::vector<float> data = noise(2 * 200, 4);
  const Points p = points(data, 2);
  const std::vector<float> start = kmeans_plus_plus(p, 6, 5);
  double before = HUGE_VAL;
  for (int n = 1; n <= 40; ++n) {
    FuzzyOptions o = form(FuzzyExponent::kBezdek);
    o.max_iterations = n;
    const double now = fuzzy_c_means(p, start, o).objective;
    /* A sum near 10 of doubles, from centres rounded to float32. */
    ck_assert_msg(now <= before + 1e-6, "rose at %d", n);
    before = now;
  }
}
GST_END_TEST

GST_START_TEST(memberships_sum_to_one_and_a_small_fuzzifier_gives_k_means) {
  const std::vector<float> data = noise(2 * 60, 6);
  const Points p = points(data, 2);
  const std::vector<float> start = kmeans_plus_plus(p, 3, 1);
  const FuzzyCMeans soft = fuzzy_c_means(p, start);
  for (std::size_t i = 0; i < p.count; ++i) {
    double sum = 0;
    for (std::size_t c = 0; c < 3; ++c) sum += soft.memberships[3 * i + c];
    ASSERT_NEAR_AT(i, sum, 1, 1e-12);
  }
  /* As m falls to 1 a membership becomes 0 or 1: k-means, where what it finds
   * is not a matter of a hair. */
  std::vector<float> apart = data;
  for (std::size_t i = 0; i < p.count; ++i) apart[2 * i] += 3 * float(i % 3);
  const Points q = points(apart, 2);
  const std::vector<float> far = farthest_first(q, 3, 1);
  const FuzzyCMeans hard =
      fuzzy_c_means(q, far, form(FuzzyExponent::kBezdek, 1.02));
  const KMeans k = lloyd(q, far);
  fail_unless(hard.labels == k.labels);
  for (std::size_t j = 0; j < 6; ++j)
    ASSERT_NEAR_AT(j, hard.centres[j], k.centres[j], 1e-5);
}
GST_END_TEST

GST_START_TEST(a_point_on_centres_is_theirs_alone_in_equal_parts) {
  const std::vector<float> data = {0, 0, 4, 8};
  FuzzyOptions o;
  o.max_iterations = 1;
  o.tolerance = 1e9;
  const FuzzyCMeans f = fuzzy_c_means(points(data, 1), {0, 0, 4, 8}, o);
  const std::vector<double> want = {.5, .5, 0, 0, .5, .5, 0, 0,
                                    0,  0,  1, 0, 0,  0,  0, 1};
  for (std::size_t i = 0; i < want.size(); ++i)
    ASSERT_NEAR_AT(i, f.memberships[i], want[i], 0);
}
GST_END_TEST

GST_START_TEST(runs_side_by_side_give_the_same_bits) {
  const std::vector<float> data = noise(8 * 150, 7);
  const Points p = points(data, 8);
  const std::vector<float> start = kmeans_plus_plus(p, 5, 3);
  const FuzzyCMeans fuzzy = fuzzy_c_means(p, start);
  const KMeans hard = lloyd(p, start);
  std::vector<std::future<bool>> runs;
  for (int t = 0; t < 4; ++t)
    runs.push_back(std::async(std::launch::async, [&] {
      const FuzzyCMeans f = fuzzy_c_means(p, start);
      const KMeans k = lloyd(p, start);
      return f.centres == fuzzy.centres && f.memberships == fuzzy.memberships &&
             k.centres == hard.centres && k.labels == hard.labels;
    }));
  for (auto &run : runs) fail_unless(run.get());
}
GST_END_TEST

static void refused(const std::function<void()> &call, const char *words) {
  try {
    call();
    ck_abort_msg("accepted what should say: %s", words);
  } catch (const sonar::Error &e) {
    fail_unless(e.code() == sonar::Errc::kBadArgument);
    ck_assert_msg(std::string(e.what()).find(words) != std::string::npos, "%s",
                  e.what());
  }
}

GST_START_TEST(impossible_options_are_refused_with_what_was_got) {
  const std::vector<float> data = {0, 1, 2};
  const Points p = points(data, 1);
  refused(
      [&] {
        fuzzy_c_means(p, {0, 1, 2, 3});
      },
      "4 values for centres and 3 points");
  refused([&] { fuzzy_c_means(p, {}); }, "0 values for centres");
  refused([&] { fuzzy_c_means(p, {0}, form(FuzzyExponent::kBezdek, 1)); },
          "fuzzifier above 1");
}
GST_END_TEST

static Suite *cluster_fuzzy_suite(void) {
  Suite *s = suite_create("cluster_fuzzy");
  TCase *tc = tcase_create("fuzzy");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, memberships_of_two_points_are_the_closed_form);
  tcase_add_loop_test(
      tc, memberships_and_centres_rest_where_the_formula_leaves_them, 0,
      G_N_ELEMENTS(kForms));
  tcase_add_test(tc,
                 the_printed_memberships_are_bezdeks_of_the_fuzzifier_between);
  tcase_add_test(tc, bezdeks_objective_never_rises);
  tcase_add_test(tc,
                 memberships_sum_to_one_and_a_small_fuzzifier_gives_k_means);
  tcase_add_test(tc, a_point_on_centres_is_theirs_alone_in_equal_parts);
  tcase_add_test(tc, runs_side_by_side_give_the_same_bits);
  tcase_add_test(tc, impossible_options_are_refused_with_what_was_got);
  return s;
}
GST_CHECK_MAIN(cluster_fuzzy)
