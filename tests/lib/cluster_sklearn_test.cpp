/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Golden data: fixtures/clustering.py made fixtures/clustering.json. */
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "sonar/cluster/density.h"
#include "sonar/cluster/kmeans.h"
#include "sonar/cluster/projection.h"
#include "support/testing.h"

using nlohmann::json;
using namespace sonar::cluster;

/* Our centres are float32: half a unit in the last place of values below 64 is
 * 2e-6. */
static const double kTolerance = 1e-5;

static const json &fixtures() {
  static const json all = [] {
    const char *root = std::getenv("GST_SONAR_SOURCE_ROOT");
    std::ifstream file(std::string(root ? root : ".") +
                       "/tests/lib/fixtures/clustering.json");
    ck_assert_msg(file.good(), "no fixtures; set GST_SONAR_SOURCE_ROOT");
    return json::parse(file);
  }();
  return all;
}

struct Rows {
  std::vector<float> values;
  std::size_t dimensions;
  Points points() const {
    return {values.data(), values.size() / dimensions, dimensions};
  }
};

static Rows rows_of(const json &in) {
  Rows out{{}, in.at(0).size()};
  for (const auto &row : in)
    for (const auto &v : row) out.values.push_back(v.get<float>());
  return out;
}

/* scikit-learn says -1 of what is in no cluster. */
static void assert_labels(const std::vector<std::size_t> &got,
                          const json &want) {
  fail_unless_equals_int(got.size(), want.size());
  for (std::size_t i = 0; i < got.size(); ++i)
    fail_unless_equals_int(got[i] == kNoise ? -1 : int(got[i]),
                           want[i].get<int>());
}

GST_START_TEST(lloyd_is_scikit_learns_kmeans_from_the_same_start) {
  for (const json &f : fixtures().at("kmeans")) {
    const Rows data = rows_of(f.at("points"));
    const Rows want = rows_of(f.at("centres"));
    const KMeans got = lloyd(data.points(), rows_of(f.at("start")).values);
    assert_labels(got.labels, f.at("labels"));
    fail_unless_equals_int(got.centres.size(), want.values.size());
    for (std::size_t i = 0; i < want.values.size(); ++i)
      ASSERT_NEAR_AT(i, got.centres[i], want.values[i], kTolerance);
    const double inertia = f.at("inertia").get<double>();
    ASSERT_NEAR_AT(0, got.inertia / inertia, 1, kTolerance);
  }
}
GST_END_TEST

GST_START_TEST(dbscan_labels_are_scikit_learns) {
  for (const json &f : fixtures().at("dbscan")) {
    const Rows data = rows_of(f.at("points"));
    const auto min_points = f.at("min_points").get<std::size_t>();
    const Density got =
        dbscan(data.points(), f.at("eps").get<double>(), min_points);
    assert_labels(got.labels, f.at("labels"));
    const auto distances = neighbour_distances(data.points(), min_points);
    for (std::size_t i = 0; i < distances.size(); ++i)
      ASSERT_NEAR_AT(i, distances[i], f.at("distances")[i].get<double>(),
                     1e-12);  // both in double
  }
}
GST_END_TEST

GST_START_TEST(principal_components_are_scikit_learns_up_to_the_sign) {
  for (const json &f : fixtures().at("pca")) {
    const Rows data = rows_of(f.at("points"));
    const Rows want = rows_of(f.at("coordinates"));
    const Projection got = principal_components(data.points(), 2);
    for (std::size_t i = 0; i < want.values.size(); ++i)
      ASSERT_NEAR_AT(i, got.coordinates[i], want.values[i], kTolerance);
    for (std::size_t c = 0; c < 2; ++c)
      ASSERT_NEAR_AT(c, got.variance[c], f.at("variance")[c].get<double>(),
                     1e-9);  // a ratio of sums in double
  }
}
GST_END_TEST

static Suite *cluster_sklearn_suite(void) {
  Suite *s = suite_create("cluster_sklearn");
  TCase *tc = tcase_create("golden");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, lloyd_is_scikit_learns_kmeans_from_the_same_start);
  tcase_add_test(tc, dbscan_labels_are_scikit_learns);
  tcase_add_test(tc, principal_components_are_scikit_learns_up_to_the_sign);
  return s;
}
GST_CHECK_MAIN(cluster_sklearn)
