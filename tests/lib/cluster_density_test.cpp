/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/cluster/density.h"

#include <algorithm>
#include <functional>
#include <random>

#include "sonar/core/error.h"
#include "support/testing.h"

using namespace sonar::cluster;
using Labels = std::vector<std::size_t>;

static Points points(const std::vector<float> &data, std::size_t dimensions) {
  return {data.data(), data.size() / dimensions, dimensions};
}

/* 0 1 2 | 10 11 12 | 30: radius 1 joins neighbours, 3 points make a core. */
GST_START_TEST(runs_of_neighbours_are_clusters_and_a_stray_is_noise) {
  const std::vector<float> data = {0, 1, 2, 10, 11, 12, 30};
  const Density d = dbscan(points(data, 1), 1.0, 3);
  fail_unless(d.labels == Labels({0, 0, 0, 1, 1, 1, kNoise}));
  fail_unless_equals_int(d.clusters, 2);
  fail_unless_equals_int(dbscan(points(data, 1), 0.999, 3).clusters, 0);
  fail_unless_equals_int(dbscan(points(data, 1), 0.5, 1).clusters, 7);
}
GST_END_TEST

/* 2 lies within 1 of the cores 1 and 3, and is no core with 4 points needed:
 * it joins the lower cluster and does not bridge the two. */
GST_START_TEST(a_border_point_joins_the_lower_cluster_and_bridges_nothing) {
  const std::vector<float> data = {0.5f, 0.75f, 1, 2, 3, 3.25f, 3.5f};
  const Density d = dbscan(points(data, 1), 1.0, 4);
  fail_unless(d.labels == Labels({0, 0, 0, 0, 1, 1, 1}));
  /* The same points the other way round: the border goes to the other side. */
  std::vector<float> turned(data.rbegin(), data.rend());
  fail_unless(dbscan(points(turned, 1), 1.0, 4).labels ==
              Labels({0, 0, 0, 0, 1, 1, 1}));
}
GST_END_TEST

GST_START_TEST(distances_to_neighbours_count_the_point_itself) {
  const std::vector<float> data = {0, 0, 3, 4, 9, 12};  // (0,0) (3,4) (9,12)
  const Points p = points(data, 2);
  fail_unless(neighbour_distances(p, 1) == std::vector<double>({0, 0, 0}));
  fail_unless(neighbour_distances(p, 2) == std::vector<double>({10, 5, 5}));
  fail_unless(neighbour_distances(p, 3) == std::vector<double>({15, 15, 10}));
}
GST_END_TEST

/* Two dense clouds of 30 points within 1, 20 apart, and six strays. */
static std::vector<float> clouds_and_strays() {
  std::mt19937_64 random(3);
  std::vector<float> out;
  for (int i = 0; i < 120; ++i)
    out.push_back(float(double(random() >> 11) * 0x1p-53) +
                  (i % 4 == 0 ? 20.0f : 0.0f));
  for (const float stray : {-40.0f, -20.0f, 40.0f, 60.0f, 80.0f, 100.0f})
    out.insert(out.end(), {stray, stray});
  return out;
}

GST_START_TEST(the_radius_at_the_elbow_parts_clouds_from_strays) {
  const std::vector<float> data = clouds_and_strays();
  const Density d = dbscan(points(data, 2), 5);
  fail_unless_equals_int(d.clusters, 2);
  for (std::size_t i = 0; i < 60; ++i)
    fail_unless_equals_int(d.labels[i], i % 2);
  for (std::size_t i = 60; i < 66; ++i) fail_unless(d.labels[i] == kNoise);
}
GST_END_TEST

GST_START_TEST(the_radius_at_the_elbow_makes_a_cluster_of_anything) {
  const std::vector<float> one = {7}, two = {1, 5}, copies(9, 3.0f),
                           even = {0, 1, 2, 3, 4, 5, 6, 7};
  for (const auto *data : {&one, &two, &copies, &even}) {
    const Density d = dbscan(points(*data, 1), 5);
    fail_unless(d.eps > 0);
    fail_unless(d.clusters >= 1);
  }
  fail_unless(dbscan(points(copies, 1), 5).labels == Labels(9, 0));
}
GST_END_TEST

GST_START_TEST(moving_and_scaling_the_points_changes_no_label) {
  const std::vector<float> data = clouds_and_strays();
  const Labels want = dbscan(points(data, 2), 5).labels;
  std::vector<float> moved = data;
  for (float &v : moved) v = 4 * v + 64;
  fail_unless(dbscan(points(moved, 2), 5).labels == want);
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

GST_START_TEST(impossible_radii_and_neighbours_are_refused) {
  const std::vector<float> data = {0, 1, 2};
  const Points p = points(data, 1);
  refused([&] { dbscan(p, 0.0, 2); }, "radius above 0");
  refused([&] { dbscan(p, NAN, 2); }, "radius above 0");
  refused([&] { dbscan(p, 1.0, 0); }, "at least 1 point");
  refused([&] { neighbour_distances(p, 4); }, "neighbour 4 of 3 points");
  refused([&] { dbscan(points({}, 1), 5); }, "0 points");
}
GST_END_TEST

static Suite *cluster_density_suite(void) {
  Suite *s = suite_create("cluster_density");
  TCase *tc = tcase_create("density");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, runs_of_neighbours_are_clusters_and_a_stray_is_noise);
  tcase_add_test(tc,
                 a_border_point_joins_the_lower_cluster_and_bridges_nothing);
  tcase_add_test(tc, distances_to_neighbours_count_the_point_itself);
  tcase_add_test(tc, the_radius_at_the_elbow_parts_clouds_from_strays);
  tcase_add_test(tc, the_radius_at_the_elbow_makes_a_cluster_of_anything);
  tcase_add_test(tc, moving_and_scaling_the_points_changes_no_label);
  tcase_add_test(tc, impossible_radii_and_neighbours_are_refused);
  return s;
}
GST_CHECK_MAIN(cluster_density)
