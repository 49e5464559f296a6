/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/cluster/representatives.h"

#include <algorithm>
#include <limits>
#include <string>

#include "sonar/cluster/density.h"
#include "sonar/cluster/elbow.h"
#include "sonar/cluster/fuzzy.h"
#include "sonar/cluster/kmeans.h"
#include "sonar/core/error.h"

namespace sonar::cluster {
namespace {

constexpr std::size_t kDensePoints = 5;  // in the radius, as scikit-learn's

struct Parts {
  std::vector<float> centres;
  std::vector<std::size_t> labels;
  double inertia = 0;
};

Parts part(Points points, std::size_t k, Method method, std::uint64_t seed) {
  if (method == Method::kFuzzy) {
    FuzzyCMeans f = fuzzy_c_means(points, kmeans_plus_plus(points, k, seed));
    return {std::move(f.centres), std::move(f.labels), f.inertia};
  }
  KMeans found = method == Method::kFarthest
                     ? lloyd(points, farthest_first(points, k, seed))
                     : kmeans(points, k, seed);
  return {std::move(found.centres), std::move(found.labels), found.inertia};
}

std::vector<float> means(Points points, const std::vector<std::size_t> &labels,
                         const std::vector<std::size_t> &members) {
  const std::size_t n = points.dimensions;
  std::vector<double> sums(members.size() * n, 0.0);
  for (std::size_t i = 0; i < points.count; ++i)
    for (std::size_t d = 0; labels[i] != kNoise && d < n; ++d)
      sums[labels[i] * n + d] += points[i][d];
  std::vector<float> out(sums.size());
  for (std::size_t j = 0; j < sums.size(); ++j)
    out[j] = float(sums[j] / double(members[j / n]));
  return out;
}

std::vector<std::size_t> count_members(const std::vector<std::size_t> &labels,
                                       std::size_t clusters) {
  std::vector<std::size_t> out(clusters, 0);
  for (const std::size_t label : labels)
    if (label != kNoise) ++out[label];
  return out;
}

Representatives by_density(Points points) {
  Density found = dbscan(points, kDensePoints);
  Representatives out;
  out.curve = neighbour_distances(points, std::min(kDensePoints, points.count));
  out.members = count_members(found.labels, found.clusters);
  out.centres = means(points, found.labels, out.members);
  out.representatives = nearest_to_centres(points, out.centres, found.labels);
  out.labels = std::move(found.labels);
  return out;
}

}  // namespace

const std::vector<MethodInfo> &methods() {
  static const std::vector<MethodInfo> all{
      {Method::kKMeans, "kmeans", "k-means from k-means++ centres"},
      {Method::kFarthest, "farthest", "k-means from farthest points"},
      {Method::kFuzzy, "fuzzy", "fuzzy c-means as the paper prints it"},
      {Method::kDensity, "density", "DBSCAN"},
  };
  return all;
}

const char *nick(Method method) noexcept {
  for (const MethodInfo &info : methods())
    if (info.method == method) return info.nick;
  return "unknown";
}

std::vector<std::size_t> nearest_to_centres(
    Points points, const std::vector<float> &centres,
    const std::vector<std::size_t> &labels) {
  const std::size_t n = points.dimensions;
  std::vector<std::size_t> nearest(centres.size() / n, kNoise);
  std::vector<double> least(nearest.size(),
                            std::numeric_limits<double>::infinity());
  for (std::size_t i = 0; i < points.count; ++i) {
    const std::size_t own = labels[i];
    if (own == kNoise) continue;
    const double d = squared_distance(points[i], centres.data() + own * n, n);
    if (d >= least[own]) continue;
    least[own] = d;
    nearest[own] = i;
  }
  nearest.erase(std::remove(nearest.begin(), nearest.end(), kNoise),
                nearest.end());
  return nearest;
}

Representatives choose_representatives(Points points,
                                       const RepresentativeOptions &o) {
  if (points.count == 0 || o.clusters > points.count)
    throw Error(Errc::kBadArgument,
                "cannot choose " + std::to_string(o.clusters) +
                    " clusters of " + std::to_string(points.count) +
                    " pictures: give more recordings or fewer clusters");
  if (o.method == Method::kDensity) {
    if (o.clusters > 0)
      throw Error(Errc::kBadArgument,
                  "clusters is " + std::to_string(o.clusters) +
                      ", but density clustering finds their number by itself: "
                      "leave it at 0");
    return by_density(points);
  }
  const std::size_t most =
      std::max({std::size_t(1), o.clusters,
                std::min(o.most_clusters, points.count - 1)});
  Representatives out;
  std::vector<Parts> tried;
  for (std::size_t k = 1; k <= most; ++k) {
    tried.push_back(part(points, k, o.method, o.seed + k));
    out.curve.push_back(tried.back().inertia);
  }
  Parts &chosen = tried[o.clusters > 0 ? o.clusters - 1 : elbow(out.curve)];
  out.members =
      count_members(chosen.labels, chosen.centres.size() / points.dimensions);
  out.representatives =
      nearest_to_centres(points, chosen.centres, chosen.labels);
  out.labels = std::move(chosen.labels);
  out.centres = std::move(chosen.centres);
  return out;
}

}  // namespace sonar::cluster
