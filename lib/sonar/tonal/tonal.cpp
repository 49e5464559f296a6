/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/tonal/tonal.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace sonar::tonal {
namespace {

constexpr double kTukey = 4.685;    // 95 % efficient on a normal distribution
constexpr double kMostWeight = 10;  // of a peak: beyond it drift, not noise
constexpr double kInterpolation = 0.02;      // rows: what the table leaves
constexpr double kRise = 1.2, kNoise = 0.2;  // of power, where a peak ends
constexpr double kProfileWidths = 2.2;  // of a tone, either side of its peak

double median_of(std::vector<double> values) {
  const auto middle = values.begin() + std::ptrdiff_t(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

double weight_of(const Point &p) {
  return p.count * std::clamp(p.power, 0.1, kMostWeight);
}

/* Weighted least squares; weights of 0 are left out. */
LineFit solve(const std::vector<Point> &points,
              const std::vector<double> &weights) {
  double w = 0, wt = 0, wf = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    w += weights[i];
    wt += weights[i] * double(points[i].column);
    wf += weights[i] * points[i].hz;
  }
  LineFit fit;
  fit.middle = wt / w;
  fit.hz = wf / w;
  double tt = 0, tf = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const double t = double(points[i].column) - fit.middle;
    tt += weights[i] * t * t;
    tf += weights[i] * t * (points[i].hz - fit.hz);
  }
  if (points.size() >= 3 && tt > 0) fit.slope = tf / tt;
  return fit;
}

double residual(const LineFit &fit, const Point &p) {
  return p.hz - fit.hz - fit.slope * (double(p.column) - fit.middle);
}

double spread_of(const LineFit &fit, const std::vector<Point> &points,
                 const std::vector<double> &weights) {
  double w = 0, rr = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    w += weights[i];
    rr += weights[i] * std::pow(residual(fit, points[i]), 2);
  }
  return std::sqrt(rr / w);
}

}  // namespace

LineFit fit_line(const std::vector<Point> &points) {
  std::vector<double> own, weights;
  for (const Point &p : points) own.push_back(weight_of(p));
  weights = own;
  LineFit fit = solve(points, weights);
  for (int round = 0; round < 5; ++round) {
    std::vector<double> deviations;
    for (const Point &p : points)
      deviations.push_back(std::fabs(residual(fit, p)));
    const double scale = 1.4826 * median_of(deviations);
    if (!(scale > 0)) break;
    for (std::size_t i = 0; i < points.size(); ++i) {
      const double u = residual(fit, points[i]) / (kTukey * scale);
      weights[i] = std::fabs(u) < 1 ? own[i] * std::pow(1 - u * u, 2) : 0;
    }
    fit = solve(points, weights);
  }
  fit.spread = spread_of(fit, points, weights);
  return fit;
}

void Evidence::add(const Grid &grid, std::int64_t column, const Peak &peak) {
  if (hits_ == 0) first_ = column;
  last_ = column;
  const double power = std::pow(10.0, double(peak.excess_db()) / 10);
  const Point point{column, grid.hz(double(peak.row)), power - 1, 1};
  if (points_.empty() || points_.back().count >= double(per_point_)) {
    if (points_.size() == kMostPoints) thin();
    points_.push_back(point);
  } else {
    Point &p = points_.back();
    const double part = 1 / (p.count + 1);
    p.column += std::int64_t(std::llround(part * double(column - p.column)));
    p.hz += part * (point.hz - p.hz);
    p.power += part * (point.power - p.power);
    p.count += 1;
  }
  level_sum_ += std::pow(10.0, double(peak.value_db + peak.background_db) / 10);
  excess_sum_ += power;
  row_sum_ += double(peak.row);
  ++hits_;

  around_step_ = double(peak.around_step);
  const double nearest = std::round(double(peak.row));
  for (std::size_t i = 0; i < peak.around.size(); ++i) {
    if (!std::isfinite(peak.around[i])) continue;
    // distances in steps, two cells to a step
    const double distance =
        double(i) - kReach + (nearest - double(peak.row)) / around_step_;
    const auto cell = std::clamp<long>(
        std::lround(2 * distance) + long(kCells / 2), 0, long(kCells) - 1);
    cell_power_[cell] += double(peak.around[i]);
    cell_distance_[cell] += distance;
    ++cell_count_[cell];
  }
}

void Evidence::thin() {
  std::vector<Point> half;
  for (std::size_t i = 0; i + 1 < points_.size(); i += 2) {
    const Point &a = points_[i], &b = points_[i + 1];
    const double part = b.count / (a.count + b.count);
    half.push_back({a.column + std::int64_t(std::llround(
                                   part * double(b.column - a.column))),
                    a.hz + part * (b.hz - a.hz),
                    a.power + part * (b.power - a.power), a.count + b.count});
  }
  points_ = std::move(half);
  per_point_ *= 2;
}

/* Mean power over noise of the points outside the loudest stretch of so many
 * columns. */
double Evidence::steady_power(std::int64_t loudest_columns) const {
  double all = 0, count = 0, most = 0, most_count = 0, sum = 0, inside = 0;
  for (std::size_t i = 0, first = 0; i < points_.size(); ++i) {
    const Point &p = points_[i];
    all += p.count * p.power;
    count += p.count;
    sum += p.count * p.power;
    inside += p.count;
    for (; points_[first].column <= p.column - loudest_columns; ++first) {
      sum -= points_[first].count * points_[first].power;
      inside -= points_[first].count;
    }
    if (sum > most) most = sum, most_count = inside;
  }
  return count > most_count ? (all - most) / (count - most_count) : 0;
}

/* The mean peak, as far as it falls on either side: what rises again is a
 * neighbour's. */
std::vector<ProfilePoint> Evidence::profile(double reach_rows) const {
  std::vector<ProfilePoint> points;
  const auto walk = [&](long first, long step) {
    double least = std::numeric_limits<double>::infinity();
    for (long i = first; i >= 0 && i < long(kCells); i += step) {
      const double n = double(cell_count_[i]);
      if (n == 0) continue;
      const double distance = around_step_ * cell_distance_[i] / n;
      const double power = cell_power_[i] / n;
      if (std::fabs(distance) > reach_rows || power > kRise * least + kNoise)
        break;
      least = std::min(least, power);
      points.push_back({distance, power, n});
    }
  };
  walk(long(kCells / 2), 1);
  walk(long(kCells / 2) - 1, -1);
  return points;
}

Tonal Evidence::measure(const Grid &grid) const {
  Tonal t;
  const double hits = double(hits_);
  t.column_begin = first_;
  t.column_end = last_ + 1;
  t.heard = hits / double(t.column_end - t.column_begin);
  t.level_db = 10 * std::log10(level_sum_ / hits);
  t.excess_db = 10 * std::log10(excess_sum_ / hits);

  const auto click = std::int64_t(3 * grid.window_columns());
  t.steady_excess_db = 10 * std::log10(1 + std::max(0.0, steady_power(click)));

  const LineFit fit = fit_line(points_);
  const double middle = double(first_ + last_) / 2;
  t.frequency_hz = fit.hz + fit.slope * (middle - fit.middle);
  t.drift_hz_per_s = fit.slope / grid.column_seconds();
  t.stability_hz = fit.spread;
  // peaks share windows and smoothing with their neighbours
  const double shared = 3 * double(grid.window_columns());
  const double row = row_sum_ / hits, row_hz = grid.row_hz(row);
  t.uncertainty_hz =
      std::hypot(fit.spread / std::sqrt(std::max(1.0, hits / shared)),
                 kInterpolation * row_hz);

  const double own = grid.tone_rows(row);
  const double width = fit_width(profile(kProfileWidths * own));
  t.bandwidth_hz = row_hz * std::sqrt(std::max(0.0, width * width - own * own));
  return t;
}

}  // namespace sonar::tonal
