/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/cluster/projection.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "sonar/core/error.h"

namespace sonar::cluster {
namespace {

constexpr int kMostSweeps = 50;  // Jacobi's needs about 10 of any size

using Matrix = std::vector<double>;  // n x n, row-major

std::vector<double> mean_of(Points points) {
  std::vector<double> mean(points.dimensions, 0.0);
  for (std::size_t i = 0; i < points.count; ++i)
    for (std::size_t d = 0; d < mean.size(); ++d) mean[d] += points[i][d];
  for (double &v : mean) v /= double(points.count);
  return mean;
}

Matrix covariance(Points points, const std::vector<double> &mean) {
  const std::size_t n = points.dimensions;
  Matrix out(n * n, 0.0);
  std::vector<double> x(n);
  for (std::size_t i = 0; i < points.count; ++i) {
    for (std::size_t d = 0; d < n; ++d) x[d] = points[i][d] - mean[d];
    for (std::size_t a = 0; a < n; ++a)
      for (std::size_t b = 0; b < n; ++b) out[a * n + b] += x[a] * x[b];
  }
  return out;
}

/** Rotates rows and columns p and q so that the element they share is 0. */
void rotate(Matrix &a, Matrix &vectors, std::size_t n, std::size_t p,
            std::size_t q) {
  const double theta = (a[q * n + q] - a[p * n + p]) / (2 * a[p * n + q]);
  const double t = std::copysign(
      1 / (std::fabs(theta) + std::sqrt(theta * theta + 1)), theta);
  const double c = 1 / std::sqrt(t * t + 1), s = t * c;
  for (std::size_t i = 0; i < n; ++i) {
    const double ip = a[i * n + p], iq = a[i * n + q];
    a[i * n + p] = c * ip - s * iq;
    a[i * n + q] = s * ip + c * iq;
  }
  for (std::size_t i = 0; i < n; ++i) {
    const double pi = a[p * n + i], qi = a[q * n + i];
    a[p * n + i] = c * pi - s * qi;
    a[q * n + i] = s * pi + c * qi;
  }
  for (std::size_t i = 0; i < n; ++i) {
    const double ip = vectors[i * n + p], iq = vectors[i * n + q];
    vectors[i * n + p] = c * ip - s * iq;
    vectors[i * n + q] = s * ip + c * iq;
  }
}

/** Leaves the eigenvalues of a symmetric matrix on its diagonal; returns the
 *  eigenvectors as columns (Jacobi 1846). */
Matrix diagonalize(Matrix &a, std::size_t n) {
  Matrix vectors(n * n, 0.0);
  for (std::size_t i = 0; i < n; ++i) vectors[i * n + i] = 1;
  for (int sweep = 0; sweep < kMostSweeps; ++sweep) {
    bool rotated = false;
    for (std::size_t p = 0; p < n; ++p)
      for (std::size_t q = p + 1; q < n; ++q) {
        const double size = std::fabs(a[p * n + p]) + std::fabs(a[q * n + q]);
        if (std::fabs(a[p * n + q]) <= 1e-15 * size) continue;
        rotate(a, vectors, n, p, q);
        rotated = true;
      }
    if (!rotated) break;
  }
  return vectors;
}

/** A column of a matrix, pointing where its largest element is positive. */
std::vector<double> axis_of(const Matrix &vectors, std::size_t n,
                            std::size_t column) {
  std::vector<double> axis(n);
  double largest = 0;
  for (std::size_t d = 0; d < n; ++d) {
    axis[d] = vectors[d * n + column];
    if (std::fabs(axis[d]) > std::fabs(largest)) largest = axis[d];
  }
  if (largest < 0)
    for (double &v : axis) v = -v;
  return axis;
}

}  // namespace

Projection principal_components(Points points, std::size_t components) {
  if (points.count == 0 || points.dimensions == 0 || components == 0)
    throw Error(Errc::kBadArgument,
                "principal components need points and components, got " +
                    std::to_string(points.count) + " points of " +
                    std::to_string(points.dimensions) + " dimensions and " +
                    std::to_string(components) + " components");
  const std::size_t n = points.dimensions;
  const std::vector<double> mean = mean_of(points);
  Matrix matrix = covariance(points, mean);
  const Matrix vectors = diagonalize(matrix, n);
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t(0));
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) {
                     return matrix[a * n + a] > matrix[b * n + b];
                   });
  double total = 0;
  for (std::size_t d = 0; d < n; ++d) total += matrix[d * n + d];

  Projection out{std::vector<float>(points.count * components, 0.0f),
                 std::vector<double>(components, 0.0)};
  if (!(total > 0)) return out;
  for (std::size_t c = 0; c < std::min(components, n); ++c) {
    const std::vector<double> axis = axis_of(vectors, n, order[c]);
    out.variance[c] = std::max(matrix[order[c] * n + order[c]], 0.0) / total;
    for (std::size_t i = 0; i < points.count; ++i) {
      double sum = 0;
      for (std::size_t d = 0; d < n; ++d)
        sum += axis[d] * (points[i][d] - mean[d]);
      out.coordinates[i * components + c] = float(sum);
    }
  }
  return out;
}

}  // namespace sonar::cluster
