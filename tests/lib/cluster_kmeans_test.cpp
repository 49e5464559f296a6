/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <algorithm>
#include <random>
#include <set>

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

/** Five clouds of 20 points, 10 apart, each within 1: cloud i is i .. i + 5n.
 */
static std::vector<float> clouds() {
  std::vector<float> out = noise(200, 5);
  for (std::size_t i = 0; i < 100; ++i) {
    out[2 * i] += 10 * float(i % 5);
    out[2 * i + 1] += i % 5 == 2 ? 10.0f : 0.0f;
  }
  return out;
}

static double inertia_of(Points p, const KMeans &k) {
  double sum = 0;
  for (std::size_t i = 0; i < p.count; ++i)
    for (std::size_t d = 0; d < p.dimensions; ++d)
      sum += std::pow(
          double(p[i][d]) - double(k.centres[k.labels[i] * p.dimensions + d]),
          2);
  return sum;
}

GST_START_TEST(as_many_clusters_as_points_leave_no_inertia) {
  const std::vector<float> data = noise(3 * 17, 1);
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const KMeans k = kmeans(points(data, 3), 17, seed);
    ASSERT_NEAR_AT(seed, k.inertia, 0, 0);
    fail_unless_equals_int(
        std::set<std::size_t>(k.labels.begin(), k.labels.end()).size(), 17);
  }
}
GST_END_TEST

GST_START_TEST(one_cluster_is_the_mean) {
  const std::vector<float> data = {1, 2, 3, 4, 5, 9};
  const KMeans k = kmeans(points(data, 2), 1, 0);
  ASSERT_NEAR_AT(0, k.centres[0], 3, 0);
  ASSERT_NEAR_AT(1, k.centres[1], 5, 0);
  ASSERT_NEAR_AT(2, k.inertia, 4 + 9 + 0 + 1 + 4 + 16, 0);
}
GST_END_TEST

GST_START_TEST(inertia_never_rises_with_iterations) {
  const std::vector<float> data = noise(2 * 500, 2);
  const Points p = points(data, 2);
  const std::vector<float> start = kmeans_plus_plus(p, 9, 4);
  const KMeans last = lloyd(p, start);
  fail_unless(last.iterations > 3);
  double before = HUGE_VAL;
  for (int n = 1; n <= last.iterations; ++n) {
    const KMeans k = lloyd(p, start, n);
    fail_unless_equals_int(k.iterations, n);
    ASSERT_NEAR_AT(n, k.inertia, inertia_of(p, k), 1e-9);
    /* Centres are rounded to float32, which moves an inertia near 10 by
     * about the square of 1e-8. */
    ck_assert_msg(k.inertia <= before + 1e-12, "rose at %d", n);
    before = k.inertia;
  }
  ASSERT_NEAR_AT(0, last.inertia, before, 0);
}
GST_END_TEST

GST_START_TEST(at_the_end_every_point_is_with_its_nearest_centre) {
  const std::vector<float> data = noise(2 * 300, 3);
  const Points p = points(data, 2);
  KMeans k = kmeans(p, 7, 1);
  const double least = k.inertia;
  for (std::size_t i = 0; i < p.count; ++i) {
    const std::size_t own = k.labels[i];
    for (std::size_t c = 0; c < 7; ++c) {
      k.labels[i] = c;
      ck_assert_msg(inertia_of(p, k) >= least - 1e-9, "point %zu", i);
    }
    k.labels[i] = own;
  }
}
GST_END_TEST

GST_START_TEST(separate_clouds_are_found) {
  const std::vector<float> data = clouds();
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const KMeans best = kmeans(points(data, 2), 5, seed);
    for (std::size_t i = 5; i < 100; ++i)
      fail_unless_equals_int(best.labels[i], best.labels[i % 5]);
    fail_unless_equals_int(
        std::set<std::size_t>(best.labels.begin(), best.labels.end()).size(),
        5);
  }
}
GST_END_TEST

/* Uniform drawing would take its five from five clouds in 4 % of the cases. */
GST_START_TEST(first_centres_are_drawn_far_apart) {
  const std::vector<float> data = clouds();
  int spread = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const std::vector<float> c = kmeans_plus_plus(points(data, 2), 5, seed);
    std::set<int> seen;
    for (std::size_t i = 0; i < 5; ++i) seen.insert(int(c[2 * i] / 10));
    spread += seen.size() == 5;
  }
  ck_assert_msg(spread > 70, "%d of 100", spread);
}
GST_END_TEST

GST_START_TEST(same_seed_gives_the_same_and_another_seed_another) {
  const std::vector<float> data = noise(400, 6);
  const Points p = points(data, 2);
  const KMeans a = kmeans(p, 6, 7), b = kmeans(p, 6, 7);
  fail_unless(a.centres == b.centres && a.labels == b.labels);
  fail_unless(kmeans_plus_plus(p, 6, 7) != kmeans_plus_plus(p, 6, 8));
}
GST_END_TEST

/* The second centre is nobody's nearest: it takes 9, farthest from the first
 * one, and in the end 8 too. */
GST_START_TEST(emptied_cluster_takes_the_farthest_point) {
  const std::vector<float> data = {0, 1, 8, 9};
  const KMeans k = lloyd(points(data, 1), {1, 100});
  fail_unless(k.labels == std::vector<std::size_t>({0, 0, 1, 1}));
  ASSERT_NEAR_AT(0, k.centres[0], 0.5, 0);
  ASSERT_NEAR_AT(1, k.centres[1], 8.5, 0);
  ASSERT_NEAR_AT(2, k.inertia, 1, 0);
}
GST_END_TEST

GST_START_TEST(duplicates_fill_more_clusters_than_there_are_values) {
  const std::vector<float> data(12, 3.0f);
  const KMeans k = kmeans(points(data, 2), 4, 1);
  ASSERT_NEAR_AT(0, k.inertia, 0, 0);
  fail_unless(k.iterations < 5);
  fail_unless_equals_int(
      std::set<std::size_t>(k.labels.begin(), k.labels.end()).size(), 4);
}
GST_END_TEST

/* 0, then 9 as the farthest from it, then 5: its nearest, 9, is 4 away, while
 * 1 and 8 have a centre beside them. */
GST_START_TEST(farthest_points_are_those_farthest_from_their_nearest_centre) {
  const std::vector<float> data = {0, 1, 5, 8, 9};
  std::set<std::vector<float>> seen;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const auto c = farthest_first(points(data, 1), 3, seed);
    seen.insert(c);
    if (c[0] == 0) fail_unless(c == std::vector<float>({0, 9, 5}));
    if (c[0] == 9) fail_unless(c == std::vector<float>({9, 0, 5}));
    if (c[0] == 8) fail_unless(c == std::vector<float>({8, 0, 5}));
    if (c[0] == 5) fail_unless(c == std::vector<float>({5, 0, 9}));
  }
  fail_unless_equals_int(seen.size(), 5);  // the first is drawn at random
}
GST_END_TEST

/* Gonzalez 1985: whatever the first, k clouds far apart get a centre each. */
GST_START_TEST(farthest_points_never_miss_a_cloud) {
  const std::vector<float> data = clouds();
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const std::vector<float> c = farthest_first(points(data, 2), 5, seed);
    std::set<int> seen;
    for (std::size_t i = 0; i < 5; ++i) seen.insert(int(c[2 * i] / 10));
    fail_unless_equals_int(seen.size(), 5);
  }
}
GST_END_TEST

template <class Call>
static void refused(Call call, const char *words) {
  try {
    call();
    ck_abort_msg("accepted what should say: %s", words);
  } catch (const sonar::Error &e) {
    fail_unless(e.code() == sonar::Errc::kBadArgument);
    fail_unless(std::string(e.what()).find(words) != std::string::npos);
  }
}

GST_START_TEST(impossible_numbers_of_clusters_are_refused) {
  const std::vector<float> data = {0, 1, 2};
  const Points p = points(data, 1);
  refused([&] { kmeans(p, 4, 0); }, "4 clusters of 3 points");
  refused([&] { kmeans(p, 0, 0); }, "0 clusters of 3 points");
  refused([&] { farthest_first(p, 4, 0); }, "4 clusters of 3 points");
  refused([&] { lloyd(p, {0, 1}, 0); }, "0 iterations");
}
GST_END_TEST

static Suite *cluster_kmeans_suite(void) {
  Suite *s = suite_create("cluster_kmeans");
  TCase *tc = tcase_create("kmeans");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, as_many_clusters_as_points_leave_no_inertia);
  tcase_add_test(tc, one_cluster_is_the_mean);
  tcase_add_test(tc, inertia_never_rises_with_iterations);
  tcase_add_test(tc, at_the_end_every_point_is_with_its_nearest_centre);
  tcase_add_test(tc, separate_clouds_are_found);
  tcase_add_test(tc, first_centres_are_drawn_far_apart);
  tcase_add_test(tc, same_seed_gives_the_same_and_another_seed_another);
  tcase_add_test(tc, emptied_cluster_takes_the_farthest_point);
  tcase_add_test(tc, duplicates_fill_more_clusters_than_there_are_values);
  tcase_add_test(tc,
                 farthest_points_are_those_farthest_from_their_nearest_centre);
  tcase_add_test(tc, farthest_points_never_miss_a_cloud);
  tcase_add_test(tc, impossible_numbers_of_clusters_are_refused);
  return s;
}
GST_CHECK_MAIN(cluster_kmeans)
