/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/tonal/grid.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "sonar/core/error.h"
#include "sonar/dsp/window.h"

namespace sonar::tonal {
namespace {

std::vector<double> checked(std::vector<double> edges) {
  if (edges.size() < 4)
    throw Error(Errc::kBadArgument,
                "tonals need a picture of at least 3 rows, got " +
                    std::to_string(edges.empty() ? 0 : edges.size() - 1));
  return edges;
}

bool evenly_spaced(const std::vector<double> &edges) {
  const double step = (edges.front() - edges.back()) / double(edges.size() - 1);
  for (std::size_t i = 1; i < edges.size(); ++i)
    if (std::fabs(edges[i - 1] - edges[i] - step) > 1e-3 * step) return false;
  return true;
}

PeakShape shape_of(const Recipe &r) {
  return {dsp::make_window(r.window, std::size_t(r.window_samples()),
                           r.kaiser_beta),
          std::size_t(r.fft_size)};
}

double span_seconds(const Recipe &recipe) noexcept {
  return double(recipe.span_samples()) / recipe.rate_hz;
}

}  // namespace

std::size_t window_columns(const Recipe &recipe) noexcept {
  const double columns = span_seconds(recipe) / recipe.column_seconds();
  return std::size_t(std::max(1.0, std::round(columns)));
}

Grid::Grid(std::vector<double> row_edges_hz, const Recipe &recipe)
    : edges_(checked(std::move(row_edges_hz))),
      linear_(evenly_spaced(edges_)),
      bin_hz_(recipe.bin_hz()),
      column_seconds_(recipe.column_seconds()),
      window_seconds_(span_seconds(recipe)),
      window_columns_(tonal::window_columns(recipe)),
      shape_(shape_of(recipe)) {
  for (std::size_t y = 0; y < height(); ++y) {
    const double window =
        shape_.width_bins() * bin_hz_ / (edges_[y] - edges_[y + 1]);
    tone_rows_.push_back(linear_ ? window : std::hypot(window, 1.0));
  }
}

std::size_t Grid::nearest(double row) const noexcept {
  return std::size_t(std::clamp(row + 0.5, 0.0, double(height()) - 0.5));
}

double Grid::centre(std::size_t row) const noexcept {
  const double high = edges_[row], low = edges_[row + 1];
  return linear_ || low <= 0 ? (high + low) / 2 : std::sqrt(high * low);
}

double Grid::hz(double row) const noexcept {
  const double last = double(height() - 1);
  const double in = std::clamp(row, 0.0, last);
  const auto i = std::size_t(std::min(std::floor(in), last - 1));
  const double part = row - double(i);
  const double a = centre(i), b = centre(i + 1);
  return linear_ || b <= 0 ? a + part * (b - a) : a * std::pow(b / a, part);
}

double Grid::row(double hz) const noexcept {
  std::size_t low = 0, high = height() - 1;  // the rows around it
  while (high - low > 1) {
    const std::size_t middle = (low + high) / 2;
    (centre(middle) >= hz ? low : high) = middle;
  }
  const double a = centre(low), b = centre(high);
  if (linear_ || b <= 0 || hz <= 0) return double(low) + (a - hz) / (a - b);
  return double(low) + std::log(a / hz) / std::log(a / b);
}

double Grid::row_hz(double row) const noexcept {
  const std::size_t i = nearest(row);
  return edges_[i] - edges_[i + 1];
}

double Grid::tone_rows(double row) const noexcept {
  return tone_rows_[nearest(row)];
}

Grid::Tone Grid::interpolate(std::size_t row, double above, double middle,
                             double below) const noexcept {
  const Vertex v = parabola(above, middle, below);
  if (!linear_) return {double(row) + v.at, v.level};
  return {double(row) + shape_.offset(v.at), v.level + shape_.height_db(v.at)};
}

}  // namespace sonar::tonal
