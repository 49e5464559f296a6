/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/cluster/fuzzy.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "sonar/core/error.h"

namespace sonar::cluster {
namespace {

void check(Points points, const std::vector<float> &centres,
           const FuzzyOptions &o) {
  const std::size_t k =
      points.dimensions ? centres.size() / points.dimensions : 0;
  if (k < 1 || k > points.count || centres.size() != k * points.dimensions)
    throw Error(Errc::kBadArgument,
                "fuzzy c-means needs 1 <= clusters <= points and centres of as "
                "many values as a point, got " +
                    std::to_string(centres.size()) +
                    " values for centres and " + std::to_string(points.count) +
                    " points of " + std::to_string(points.dimensions) +
                    " dimensions");
  if (!(o.fuzzifier > 1) || o.max_iterations < 1 || !(o.tolerance >= 0))
    throw Error(Errc::kBadArgument,
                "fuzzy c-means needs a fuzzifier above 1, at least 1 iteration "
                "and a tolerance of at least 0, got " +
                    std::to_string(o.fuzzifier) + ", " +
                    std::to_string(o.max_iterations) + " and " +
                    std::to_string(o.tolerance));
}

class Run {
 public:
  Run(Points points, std::vector<float> centres, const FuzzyOptions &options)
      : points_(points),
        centres_(centres.begin(), centres.end()),
        k_(centres.size() / points.dimensions),
        fuzzifier_(options.fuzzifier),
        power_((options.exponent == FuzzyExponent::kPrinted ? 2 : 1) /
               (options.fuzzifier - 1)),
        squared_(k_) {
    out_.memberships.resize(points.count * k_);
  }

  void assign() {
    for (std::size_t i = 0; i < points_.count; ++i) {
      const double least = measure(i);
      double *const u = out_.memberships.data() + i * k_;
      double sum = 0;
      for (std::size_t c = 0; c < k_; ++c) {
        /* Relative to the nearest centre, so that no power overflows. */
        u[c] = least > 0 ? std::pow(least / squared_[c], power_)
                         : double(squared_[c] == 0);
        sum += u[c];
      }
      for (std::size_t c = 0; c < k_; ++c) u[c] /= sum;
    }
  }

  /** Moves the centres; returns how far the one that moved most went. */
  double update() {
    const std::size_t n = points_.dimensions;
    std::vector<double> sums(centres_.size(), 0.0), weights(k_, 0.0);
    for (std::size_t i = 0; i < points_.count; ++i)
      for (std::size_t c = 0; c < k_; ++c) {
        const double w = std::pow(out_.memberships[i * k_ + c], fuzzifier_);
        weights[c] += w;
        for (std::size_t d = 0; d < n; ++d)
          sums[c * n + d] += w * points_[i][d];
      }
    double most = 0;
    for (std::size_t c = 0; c < k_; ++c) {
      if (!(weights[c] > 0)) continue;  // nobody's: it stays where it is
      double moved = 0;
      for (std::size_t d = 0; d < n; ++d) {
        const double to = sums[c * n + d] / weights[c];
        moved += (to - centres_[c * n + d]) * (to - centres_[c * n + d]);
        centres_[c * n + d] = to;
      }
      most = std::max(most, moved);
    }
    ++out_.iterations;
    return std::sqrt(most);
  }

  FuzzyCMeans result() && {
    assign();
    for (std::size_t i = 0; i < points_.count; ++i) {
      const double *const u = out_.memberships.data() + i * k_;
      measure(i);
      out_.labels.push_back(std::size_t(std::max_element(u, u + k_) - u));
      out_.inertia += squared_[out_.labels.back()];
      for (std::size_t c = 0; c < k_; ++c)
        out_.objective += std::pow(u[c], fuzzifier_) * squared_[c];
    }
    out_.centres.assign(centres_.begin(), centres_.end());
    return std::move(out_);
  }

 private:
  /** Fills squared_ for a point and returns the least of it. */
  double measure(std::size_t point) {
    const std::size_t n = points_.dimensions;
    for (std::size_t c = 0; c < k_; ++c) {
      squared_[c] = 0;
      for (std::size_t d = 0; d < n; ++d) {
        const double x = points_[point][d] - centres_[c * n + d];
        squared_[c] += x * x;
      }
    }
    return *std::min_element(squared_.begin(), squared_.end());
  }

  Points points_;
  std::vector<double> centres_;
  std::size_t k_;
  double fuzzifier_, power_;
  std::vector<double> squared_;  ///< of one point to every centre
  FuzzyCMeans out_;
};

}  // namespace

FuzzyCMeans fuzzy_c_means(Points points, std::vector<float> centres,
                          const FuzzyOptions &options) {
  check(points, centres, options);
  Run run(points, std::move(centres), options);
  for (int i = 0; i < options.max_iterations; ++i) {
    run.assign();
    if (run.update() <= options.tolerance) break;
  }
  return std::move(run).result();
}

}  // namespace sonar::cluster
