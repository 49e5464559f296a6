/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/cluster/kmeans.h"

#include <algorithm>
#include <limits>
#include <random>
#include <string>

#include "sonar/core/error.h"

namespace sonar::cluster {
namespace {

void require_clusters(std::size_t k, std::size_t count) {
  if (k < 1 || k > count)
    throw Error(Errc::kBadArgument,
                "k-means needs 1 <= clusters <= points, got " +
                    std::to_string(k) + " clusters of " +
                    std::to_string(count) + " points");
}

/* std::uniform_real_distribution differs between C++ libraries. */
double draw_unit(std::mt19937_64 &random) {
  return double(random() >> 11) * 0x1p-53;
}

/** An index drawn with a chance in proportion to its weight. */
std::size_t draw_weighted(const std::vector<double> &weights,
                          std::mt19937_64 &random) {
  double total = 0;
  for (double w : weights) total += w;
  const double wanted = draw_unit(random) * total;
  std::size_t drawn = 0;
  double sum = 0;
  for (std::size_t i = 0; i < weights.size() && sum <= wanted; ++i) {
    if (!(weights[i] > 0)) continue;  // it is a centre already
    drawn = i;
    sum += weights[i];
  }
  return drawn;
}

/** k points as centres: the first at random, each further one as @p next says
 *  of the squared distances to the nearest centre so far. */
template <class Next>
std::vector<float> choose_centres(Points points, std::size_t k,
                                  std::mt19937_64 &random, Next next) {
  require_clusters(k, points.count);
  std::vector<float> centres;
  centres.reserve(k * points.dimensions);
  std::vector<double> to_nearest(points.count,
                                 std::numeric_limits<double>::infinity());
  std::size_t chosen = std::size_t(random() % points.count);
  for (;;) {
    centres.insert(centres.end(), points[chosen],
                   points[chosen] + points.dimensions);
    if (centres.size() == k * points.dimensions) return centres;
    for (std::size_t i = 0; i < points.count; ++i)
      to_nearest[i] = std::min(
          to_nearest[i],
          squared_distance(points[i], points[chosen], points.dimensions));
    chosen = next(to_nearest);
  }
}

/** Lloyd's two steps, each of which never raises the inertia. */
class Lloyd {
 public:
  Lloyd(Points points, std::vector<float> centres)
      : points_(points),
        centres_(std::move(centres)),
        k_(centres_.size() / points.dimensions),
        labels_(points.count, 0),
        sizes_(k_, 0) {}

  /** Moves points to their nearest centre; false when none moved. */
  bool assign() {
    bool moved = false;
    for (std::size_t i = 0; i < points_.count; ++i) {
      /* A tie keeps the label, or duplicates would move for ever. */
      std::size_t nearest = labels_[i];
      double least = distance(i, nearest);
      for (std::size_t c = 0; c < k_; ++c) {
        const double d = distance(i, c);
        if (d >= least) continue;
        least = d;
        nearest = c;
      }
      moved = moved || nearest != labels_[i];
      labels_[i] = nearest;
    }
    return fill_empty() || moved;
  }

  void update() {
    const std::size_t n = points_.dimensions;
    std::vector<double> sums(centres_.size(), 0.0);
    for (std::size_t i = 0; i < points_.count; ++i)
      for (std::size_t d = 0; d < n; ++d)
        sums[labels_[i] * n + d] += points_[i][d];
    for (std::size_t j = 0; j < centres_.size(); ++j)
      centres_[j] = float(sums[j] / double(sizes_[j / n]));
  }

  KMeans result(int iterations) && {
    KMeans out;
    out.iterations = iterations;
    for (std::size_t i = 0; i < points_.count; ++i)
      out.inertia += distance(i, labels_[i]);
    out.centres = std::move(centres_);
    out.labels = std::move(labels_);
    return out;
  }

 private:
  double distance(std::size_t point, std::size_t centre) const {
    return squared_distance(points_[point],
                            centres_.data() + centre * points_.dimensions,
                            points_.dimensions);
  }

  /** Gives each empty cluster the point farthest from its own centre. */
  bool fill_empty() {
    std::fill(sizes_.begin(), sizes_.end(), 0);
    for (std::size_t label : labels_) ++sizes_[label];
    bool filled = false;
    for (std::size_t c = 0; c < k_; ++c) {
      if (sizes_[c] > 0) continue;
      const std::size_t point = farthest_to_spare();
      --sizes_[labels_[point]];
      labels_[point] = c;
      sizes_[c] = 1;
      std::copy(points_[point], points_[point] + points_.dimensions,
                centres_.begin() + std::ptrdiff_t(c * points_.dimensions));
      filled = true;
    }
    return filled;
  }

  /** Of the points whose cluster has others: the farthest from its centre. */
  std::size_t farthest_to_spare() const {
    std::size_t farthest = 0;
    double most = -1;
    for (std::size_t i = 0; i < points_.count; ++i) {
      const double d = sizes_[labels_[i]] > 1 ? distance(i, labels_[i]) : -1;
      if (d <= most) continue;
      most = d;
      farthest = i;
    }
    return farthest;
  }

  Points points_;
  std::vector<float> centres_;
  std::size_t k_;
  std::vector<std::size_t> labels_, sizes_;
};

}  // namespace

std::vector<float> kmeans_plus_plus(Points points, std::size_t k,
                                    std::uint64_t seed) {
  std::mt19937_64 random(seed);
  return choose_centres(points, k, random,
                        [&](const std::vector<double> &to_nearest) {
                          return draw_weighted(to_nearest, random);
                        });
}

std::vector<float> farthest_first(Points points, std::size_t k,
                                  std::uint64_t seed) {
  std::mt19937_64 random(seed);
  return choose_centres(
      points, k, random, [](const std::vector<double> &to_nearest) {
        return std::size_t(
            std::max_element(to_nearest.begin(), to_nearest.end()) -
            to_nearest.begin());
      });
}

KMeans lloyd(Points points, std::vector<float> centres, int max_iterations) {
  if (points.dimensions == 0 || centres.size() % points.dimensions != 0 ||
      max_iterations < 1)
    throw Error(Errc::kBadArgument,
                "Lloyd's iterations need centres of as many values as a point "
                "and at least 1 iteration, got " +
                    std::to_string(centres.size()) + " values for centres of " +
                    std::to_string(points.dimensions) + " dimensions and " +
                    std::to_string(max_iterations) + " iterations");
  require_clusters(centres.size() / points.dimensions, points.count);
  Lloyd run(points, std::move(centres));
  int iterations = 0;
  run.assign();
  do {
    run.update();
    ++iterations;
  } while (iterations < max_iterations && run.assign());
  return std::move(run).result(iterations);
}

KMeans kmeans(Points points, std::size_t k, std::uint64_t seed) {
  constexpr int kStarts = 10;
  std::mt19937_64 seeds(seed);
  KMeans best = lloyd(points, kmeans_plus_plus(points, k, seed));
  for (int start = 1; start < kStarts; ++start) {
    KMeans one = lloyd(points, kmeans_plus_plus(points, k, seeds()));
    if (one.inertia < best.inertia) best = std::move(one);
  }
  return best;
}

}  // namespace sonar::cluster
