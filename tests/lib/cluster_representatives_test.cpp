/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/cluster/representatives.h"

#include <algorithm>
#include <functional>
#include <random>
#include <set>

#include "sonar/cluster/elbow.h"
#include "sonar/cluster/projection.h"
#include "sonar/core/error.h"
#include "support/testing.h"

using namespace sonar::cluster;
using Indices = std::vector<std::size_t>;

static Points points(const std::vector<float> &data, std::size_t dimensions) {
  return {data.data(), data.size() / dimensions, dimensions};
}

/** Four clouds of 25 points in the corners of a square of 10, each within 1:
 *  cloud i is i .. i + 4n. */
static std::vector<float> clouds() {
  std::mt19937_64 random(5);
  std::vector<float> out(200);
  for (float &v : out)  // the mean of four: denser in the middle
    for (int i = 0; i < 4; ++i)
      v += float(double(random() >> 11) * 0x1p-53) / 4;
  for (std::size_t i = 0; i < 100; ++i) {
    out[2 * i] += i % 2 ? 10.0f : 0.0f;
    out[2 * i + 1] += i % 4 > 1 ? 10.0f : 0.0f;
  }
  return out;
}

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

GST_START_TEST(elbow_of_a_known_kink_is_its_index) {
  fail_unless_equals_int(elbow({100, 60, 20, 19, 18, 17}), 2);
  fail_unless_equals_int(elbow({100, 5, 4, 3, 2}), 1);
  fail_unless_equals_int(elbow({10, 9, 8, 1, 0}), 3);
  fail_unless_equals_int(elbow({4, 3, 2, 1}), 0);  // straight
  fail_unless_equals_int(elbow({9, 1}), 0);
  fail_unless_equals_int(elbow({}), 0);
}
GST_END_TEST

GST_START_TEST(nearest_points_are_one_of_each_cluster_that_has_any) {
  const std::vector<float> data = {0, 1, 5, 10, 12, 14, 100};
  const Indices labels = {0, 0, 0, 2, 2, 2, kNoise};
  /* 5 lies on the centre of nobody's cluster, 100 in no cluster */
  fail_unless(nearest_to_centres(points(data, 1), {2, 5, 100}, labels) ==
              Indices({1, 5}));
}
GST_END_TEST

GST_START_TEST(every_method_names_one_point_of_each_separate_cloud) {
  const std::vector<float> data = clouds();
  for (const MethodInfo &info : methods()) {
    RepresentativeOptions o;
    o.method = info.method;
    Representatives best;
    /* k-means may miss a cloud with one seed; three seeds do not. */
    for (o.seed = 0; o.seed < 3 && best.members.size() != 4; ++o.seed)
      best = choose_representatives(points(data, 2), o);
    ck_assert_msg(best.members.size() == 4, "%s", info.nick);
    std::set<std::size_t> of;
    for (const std::size_t i : best.representatives) of.insert(i % 4);
    fail_unless_equals_int(of.size(), 4);
    std::size_t in_none = 0;
    Indices cluster_of(4, kNoise);
    for (std::size_t i = 0; i < 100; ++i) {
      in_none += best.labels[i] == kNoise;
      if (best.labels[i] == kNoise) continue;
      if (cluster_of[i % 4] == kNoise) cluster_of[i % 4] = best.labels[i];
      fail_unless_equals_int(best.labels[i], cluster_of[i % 4]);
    }
    /* DBSCAN leaves the loose ends of a cloud out. */
    fail_unless(in_none <= (info.method == Method::kDensity ? 15u : 0u));
    std::size_t members = 0;
    for (const std::size_t n : best.members) members += n;
    fail_unless_equals_int(members + in_none, 100);
  }
}
GST_END_TEST

GST_START_TEST(the_curve_of_inertia_falls_and_names_the_method_by_its_nick) {
  const std::vector<float> data = clouds();
  for (const char *name : {"kmeans", "farthest", "fuzzy", "density"})
    fail_unless_equals_int(std::count_if(methods().begin(), methods().end(),
                                         [&](const MethodInfo &m) {
                                           return std::string(m.nick) == name;
                                         }),
                           1);
  RepresentativeOptions o;
  o.clusters = 20;
  const Representatives r = choose_representatives(points(data, 2), o);
  fail_unless_equals_int(r.curve.size(), 20);
  fail_unless_equals_int(r.representatives.size(), 20);
  fail_unless(r.curve[3] < 0.05 * r.curve[0]);
  o.clusters = 2;
  fail_unless_equals_int(
      choose_representatives(points(data, 2), o).curve.size(), 15);
}
GST_END_TEST

GST_START_TEST(a_few_points_are_enough_for_every_method) {
  const std::vector<float> data = {1, 2, 9};
  for (const MethodInfo &info : methods())
    for (const std::size_t count : {1, 2, 3}) {
      RepresentativeOptions o;
      o.method = info.method;
      const Representatives r =
          choose_representatives({data.data(), count, 1}, o);
      fail_unless(r.representatives.size() >= 1);
      fail_unless_equals_int(r.labels.size(), count);
    }
}
GST_END_TEST

GST_START_TEST(impossible_numbers_of_clusters_are_refused) {
  const std::vector<float> data = {0, 1, 2};
  RepresentativeOptions o;
  o.clusters = 4;
  refused([&] { choose_representatives(points(data, 1), o); },
          "4 clusters of 3 pictures");
  o = {Method::kDensity, 2};
  refused([&] { choose_representatives(points(data, 1), o); },
          "finds their number by itself");
  refused([&] { choose_representatives(points({}, 1), {}); }, "0 pictures");
}
GST_END_TEST

/* On the line (3, 4) / 5 at -10, -5, 15, and 1 off it either way. */
GST_START_TEST(principal_components_of_a_line_are_the_positions_on_it) {
  const std::vector<float> data = {-6, -8, -3, -4, 9, 12};
  const Projection p = principal_components(points(data, 2), 2);
  const double want[] = {-10, -5, 15};
  for (std::size_t i = 0; i < 3; ++i) {
    ASSERT_NEAR_AT(i, p.coordinates[2 * i], want[i], 1e-5);  // float ulps
    ASSERT_NEAR_AT(i, p.coordinates[2 * i + 1], 0, 1e-5);
  }
  ASSERT_NEAR_AT(0, p.variance[0], 1, 1e-12);
}
GST_END_TEST

GST_START_TEST(principal_components_keep_every_distance_of_a_plane) {
  const std::vector<float> flat = clouds();
  /* The plane, turned into five dimensions by two orthonormal axes. */
  std::vector<float> data;
  for (std::size_t i = 0; i < 100; ++i)
    for (const auto &[a, b] : {std::pair{.5f, .5f},
                               {.5f, -.5f},
                               {.5f, .5f},
                               {.5f, -.5f},
                               {0.0f, 0.0f}})
      data.push_back(a * flat[2 * i] + b * flat[2 * i + 1] + 7);
  const Projection p = principal_components(points(data, 5), 2);
  for (std::size_t i = 1; i < 100; ++i)
    ASSERT_NEAR_AT(
        i,
        squared_distance(p.coordinates.data(), p.coordinates.data() + 2 * i, 2),
        squared_distance(flat.data(), flat.data() + 2 * i, 2),
        2e-4);  // float32 of distances up to 16
  ASSERT_NEAR_AT(0, p.variance[0] + p.variance[1], 1, 1e-9);
  fail_unless(p.variance[0] >= p.variance[1]);
}
GST_END_TEST

GST_START_TEST(points_without_variance_project_to_zero) {
  const std::vector<float> copies(12, 3.0f), one = {5};
  const Projection same = principal_components(points(copies, 3), 2);
  const Projection thin = principal_components(points(one, 1), 2);
  for (const Projection *p : {&same, &thin})
    for (const float v : p->coordinates) fail_unless(v == 0);
  refused([&] { principal_components(points({}, 2), 2); }, "0 points");
}
GST_END_TEST

static Suite *cluster_representatives_suite(void) {
  Suite *s = suite_create("cluster_representatives");
  TCase *tc = tcase_create("representatives");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, elbow_of_a_known_kink_is_its_index);
  tcase_add_test(tc, nearest_points_are_one_of_each_cluster_that_has_any);
  tcase_add_test(tc, every_method_names_one_point_of_each_separate_cloud);
  tcase_add_test(tc,
                 the_curve_of_inertia_falls_and_names_the_method_by_its_nick);
  tcase_add_test(tc, a_few_points_are_enough_for_every_method);
  tcase_add_test(tc, impossible_numbers_of_clusters_are_refused);
  TCase *projection = tcase_create("projection");
  suite_add_tcase(s, projection);
  tcase_add_test(projection,
                 principal_components_of_a_line_are_the_positions_on_it);
  tcase_add_test(projection,
                 principal_components_keep_every_distance_of_a_plane);
  tcase_add_test(projection, points_without_variance_project_to_zero);
  return s;
}
GST_CHECK_MAIN(cluster_representatives)
