/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/tonal/peaks.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "sonar/core/error.h"
#include "sonar/dsp/level.h"

namespace sonar::tonal {
namespace {

constexpr float kDip = 1.5f;                 // dB
constexpr std::size_t kNoiseHalfWidth = 14;  // rows; that of the normaliser
constexpr std::size_t kMedianStep = 4;       // rows; between them a line

void require_shapes(const Grid &grid, const Image &value,
                    const Image &background, const mask::Binary &kept,
                    ColumnRange valid) {
  const bool fits = value.height() == grid.height() &&
                    kept.height == value.height() &&
                    kept.width == value.width() &&
                    (background.empty() || background.same_shape(value)) &&
                    valid.begin <= valid.end && valid.end <= value.width();
  if (!fits)
    throw Error(
        Errc::kBadArgument,
        "tonals need values, kept pixels and background (or an empty one) of " +
            std::to_string(grid.height()) + " rows and one width, got " +
            shape_text(value) + ", " + shape_text(kept.height, kept.width) +
            " and " + shape_text(background) + "; valid columns " +
            std::to_string(valid.begin) + " to " + std::to_string(valid.end));
}

/* Whether column @p x falls by kDip on one side of @p y before it rises above
 * it, within @p reach rows; the picture's edge counts as a fall. */
bool falls(const Image &level, std::size_t y, std::size_t x, int side,
           std::ptrdiff_t reach) {
  const float peak = level.at(y, x);
  for (std::ptrdiff_t i = 1; i <= reach; ++i) {
    const std::ptrdiff_t at = std::ptrdiff_t(y) + side * i;
    if (at < 0 || at >= std::ptrdiff_t(level.height())) return true;
    const float here = level.at(std::size_t(at), x);
    if (here > peak) return false;
    if (here < peak - kDip) return true;
  }
  return false;
}

class Finder {
 public:
  Finder(const Grid &grid, const Image &level, const Image &noise,
         const Image &background)
      : grid_(grid), level_(level), noise_(noise), background_(background) {}

  bool is_peak(std::size_t y, std::size_t x) const {
    const float here = level_.at(y, x);
    if (y > 0 && !(here >= level_.at(y - 1, x))) return false;
    if (y + 1 < level_.height() && !(here > level_.at(y + 1, x))) return false;
    const auto reach =
        std::ptrdiff_t(std::ceil(2 * grid_.tone_rows(double(y))));
    return falls(level_, y, x, -1, reach) && falls(level_, y, x, 1, reach);
  }

  Peak measure(std::size_t y, std::size_t x) const {
    Peak peak;
    const std::size_t last = level_.height() - 1;
    const float middle = level_.at(y, x);
    peak.row = float(y);
    peak.value_db = middle;
    if (y > 0 && y < last) {
      const Grid::Tone tone =
          grid_.interpolate(y, double(level_.at(y - 1, x)), double(middle),
                            double(level_.at(y + 1, x)));
      peak.row = float(tone.row);
      peak.value_db = float(tone.level);
    }
    if (!background_.empty()) peak.background_db = background_.at(y, x);
    if (!noise_.empty()) peak.noise_db = noise_.at(y, x);
    surround(peak, y, x);
    return peak;
  }

 private:
  void surround(Peak &peak, std::size_t y, std::size_t x) const {
    const auto step = std::max<std::ptrdiff_t>(
        1, std::ptrdiff_t(std::ceil(3 * grid_.tone_rows(double(y)) / kReach)));
    peak.around_step = float(step);
    for (std::size_t i = 0; i < peak.around.size(); ++i) {
      const std::ptrdiff_t at =
          std::ptrdiff_t(y) + step * (std::ptrdiff_t(i) - kReach);
      const bool inside = at >= 0 && at < std::ptrdiff_t(level_.height());
      peak.around[i] =
          inside ? std::pow(10.0f, 0.1f * (level_.at(std::size_t(at), x) -
                                           peak.noise_db)) -
                       1
                 : std::numeric_limits<float>::quiet_NaN();
    }
  }

  const Grid &grid_;
  const Image &level_, &noise_, &background_;
};

}  // namespace

Image smooth_columns(const Image &value_db, ColumnRange valid,
                     std::size_t half_width) {
  Image out = value_db;
  const std::size_t n = valid.count();
  std::vector<float> power(n);
  std::vector<double> sums(n + 1);
  for (std::size_t y = 0; y < out.height(); ++y) {
    float *row = out.row(y) + valid.begin;
    dsp::db_to_power(row, n, power.data());
    for (std::size_t x = 0; x < n; ++x) {
      const std::size_t first = x - std::min(x, half_width);
      const std::size_t end = std::min(n, x + half_width + 1);
      double sum = 0;
      for (std::size_t i = first; i < end; ++i) sum += double(power[i]);
      row[x] = float(sum / double(end - first));
    }
    dsp::power_to_db(row, n, row);
  }
  return out;
}

Image median_rows(const Image &value_db, ColumnRange valid,
                  std::size_t half_width) {
  const std::size_t rows = value_db.height();
  Image out(rows, value_db.width());
  std::vector<float> window;
  const auto median = [&](std::size_t y, std::size_t x) {
    window.clear();
    for (std::size_t i = y - std::min(y, half_width);
         i < std::min(rows, y + half_width + 1); ++i)
      window.push_back(value_db.at(i, x));
    const auto middle = window.begin() + std::ptrdiff_t(window.size() / 2);
    std::nth_element(window.begin(), middle, window.end());
    return *middle;
  };
  for (std::size_t x = valid.begin; x < valid.end; ++x)
    for (std::size_t y = 0; y < rows; y += kMedianStep) {
      const std::size_t next = std::min(y + kMedianStep, rows - 1);
      const float a = y == 0 ? median(0, x) : out.at(y, x);
      const float b = median(next, x);
      for (std::size_t i = y; i <= next; ++i)
        out.at(i, x) =
            i == y ? a : a + (b - a) * float(i - y) / float(next - y);
    }
  return out;
}

std::vector<std::vector<Peak>> find_peaks(const Grid &grid,
                                          const Image &value_db,
                                          const Image &background_db,
                                          const mask::Binary &kept,
                                          ColumnRange valid) {
  require_shapes(grid, value_db, background_db, kept, valid);
  const Image level = smooth_columns(value_db, valid, grid.window_columns());
  const Image noise = background_db.empty()
                          ? median_rows(level, valid, kNoiseHalfWidth)
                          : Image();
  const Finder finder(grid, level, noise, background_db);
  std::vector<std::vector<Peak>> columns(value_db.width());
  for (std::size_t x = valid.begin; x < valid.end; ++x)
    for (std::size_t y = 0; y < value_db.height(); ++y)
      if (kept.at(y, x) && finder.is_peak(y, x))
        columns[x].push_back(finder.measure(y, x));
  return columns;
}

mask::Binary refine(const mask::Binary &kept,
                    const std::vector<double> &row_edges_hz,
                    const std::vector<double> &fine_edges_hz) {
  mask::Binary out{fine_edges_hz.size() - 1, kept.width, {}};
  out.values.assign(out.height * out.width, 0);
  std::size_t row = 0;
  for (std::size_t y = 0; y < out.height; ++y) {
    const double hz = (fine_edges_hz[y] + fine_edges_hz[y + 1]) / 2;
    while (row < kept.height && row_edges_hz[row + 1] > hz) ++row;
    if (row == kept.height) break;
    if (hz <= row_edges_hz[row])
      std::copy_n(kept.values.begin() + std::ptrdiff_t(row * kept.width),
                  kept.width,
                  out.values.begin() + std::ptrdiff_t(y * out.width));
  }
  return out;
}

}  // namespace sonar::tonal
