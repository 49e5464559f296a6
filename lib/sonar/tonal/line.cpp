/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/tonal/line.h"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace sonar::tonal {
namespace {

constexpr double kMaxWidths = 3;  // of a tone: wider is no tonal
constexpr double kMaxDrift = 1;   // widths of a tone in one window
constexpr double kLeastHeard = 0.5;
constexpr double kRipple = 0.75;   // widths of a tone
constexpr double kSameLine = 0.5;  // widths: nearer to a line begins none

struct Pair {
  bool young;       ///< a line that may turn out to be noise chooses last
  double distance;  ///< of the gate
  std::size_t line, peak;
};

/* How far from its prediction a line may go on, in rows. */
double gate_of(const Grid &grid, const Line &line, std::int64_t column) {
  const double silent =
      double(column - line.last() - 1) / double(4 * grid.window_columns());
  const double width = std::max(1.0, grid.tone_rows(line.last_row()));
  return width * std::min(2.0, 1 + 0.25 * silent);
}

}  // namespace

Line::Line(const Grid &grid, const Span &picture)
    : memory_(8 * grid.window_columns()) {
  begin_picture(picture);
}

double Line::predict(std::int64_t column) const noexcept {
  const double n = double(recent_.size()), t = sum_t_ / n, r = sum_r_ / n;
  const double tt = sum_tt_ - n * t * t, tr = sum_tr_ - n * t * r;
  // the sum of squares of a fifth of a full memory
  const double m = double(memory_), ridge = 0.2 * m * m * m / 12;
  return r + tr / (tt + ridge) * (double(column - first_) - t);
}

/* Adds a peak to what predict() sums up, or with -1 takes it out. */
void Line::sum_up(const Hit &hit, double sign) {
  const double t = double(hit.column - first_);
  sum_t_ += sign * t;
  sum_r_ += sign * hit.row;
  sum_tt_ += sign * t * t;
  sum_tr_ += sign * t * hit.row;
}

void Line::count_stretch(const Grid &grid, std::int64_t column) {
  const auto pause = std::int64_t(2 * grid.window_columns());
  if (recent_.empty() || column - last() - 1 > pause) {
    stretch_first_ = column;
    stretch_hits_ = 0;
  }
  ++stretch_hits_;
  const std::int64_t columns = column + 1 - stretch_first_;
  if (double(stretch_hits_) >= kLeastHeard * double(columns))
    longest_ = std::max(longest_, columns);
}

void Line::add(const Grid &grid, std::int64_t column, const Peak &peak) {
  if (recent_.empty()) first_ = column;
  count_stretch(grid, column);
  recent_.push_back({column, double(peak.row)});
  sum_up(recent_.back(), 1);
  if (recent_.size() > memory_) {
    sum_up(recent_.front(), -1);
    recent_.pop_front();
  }
  all_.add(grid, column, peak);
  in_picture_.add(grid, column, peak);
  picture_hz_[std::size_t(column - picture_.first)] =
      float(grid.hz(double(peak.row)));
}

Tonal Line::measure(const Grid &grid) const {
  Tonal t = all_.measure(grid);
  t.id = id;
  return t;
}

void Line::begin_picture(const Span &picture) {
  in_picture_ = Evidence();
  picture_ = picture;
  picture_hz_.assign(picture.width, std::numeric_limits<float>::quiet_NaN());
}

Tonal Line::measure_in_picture(const Grid &grid) const {
  Tonal t = in_picture_.measure(grid);
  t.id = id;
  return t;
}

bool is_narrow(const Grid &grid, const Tonal &tonal) {
  const double row = grid.row(tonal.frequency_hz);
  const double tone_hz = grid.tone_rows(row) * grid.row_hz(row);
  return std::hypot(tonal.bandwidth_hz, tone_hz) <= kMaxWidths * tone_hz &&
         std::fabs(tonal.drift_hz_per_s) * grid.window_seconds() <=
             kMaxDrift * tone_hz;
}

void extend(const Grid &grid, std::int64_t column,
            const std::vector<Peak> &peaks, const Span &picture,
            std::int64_t gap, std::vector<Line> &lines) {
  std::vector<Pair> pairs;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (column - lines[i].last() > gap) continue;
    const double expected = lines[i].predict(column);
    const double gate = gate_of(grid, lines[i], column);
    const bool young =
        lines[i].longest_stretch() < std::int64_t(5 * grid.window_columns());
    // peaks come by row, to within half of one
    auto k = std::size_t(
        std::lower_bound(
            peaks.begin(), peaks.end(), expected - gate - 1,
            [](const Peak &p, double row) { return double(p.row) < row; }) -
        peaks.begin());
    for (; k < peaks.size() && double(peaks[k].row) < expected + gate + 1;
         ++k) {
      const double away = std::fabs(double(peaks[k].row) - expected) / gate;
      if (away <= 1) pairs.push_back({young, away, i, k});
    }
  }
  std::sort(pairs.begin(), pairs.end(), [](const Pair &a, const Pair &b) {
    return std::tie(a.young, a.distance, a.line, a.peak) <
           std::tie(b.young, b.distance, b.line, b.peak);
  });
  std::vector<bool> extended(lines.size()), taken(peaks.size());
  for (const Pair &p : pairs) {
    if (extended[p.line] || taken[p.peak]) continue;
    extended[p.line] = taken[p.peak] = true;
    lines[p.line].add(grid, column, peaks[p.peak]);
  }
  for (std::size_t k = 0; k < peaks.size(); ++k) {
    const double row = double(peaks[k].row);
    const auto near = [&](double other) {
      return std::fabs(row - other) <= kSameLine * grid.tone_rows(row);
    };
    bool own = !taken[k];
    for (std::size_t i = 0; own && i < extended.size(); ++i)
      own = !(extended[i] && near(lines[i].last_row()));
    if (!own) continue;
    lines.emplace_back(grid, picture);
    lines.back().add(grid, column, peaks[k]);
  }
}

static bool run_together(const Grid &grid, const Line &a, const Line &b) {
  const double width = kRipple * grid.tone_rows(a.last_row());
  if (std::fabs(a.last_row() - b.last_row()) > 4 * width) return false;
  const auto apart = [&](std::int64_t column) {
    return std::fabs(a.predict(column) - b.predict(column));
  };
  const std::int64_t begin = std::max(a.recent_first(), b.recent_first());
  const std::int64_t end = std::min(a.last(), b.last());
  return begin <= end && apart(begin) < width && apart(end) < width;
}

void drop_ripples(const Grid &grid, std::vector<Line> &lines) {
  std::vector<bool> gone(lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i)
    for (std::size_t k = 0; k < lines.size() && !gone[i]; ++k) {
      const bool more = lines[k].hits() > lines[i].hits() ||
                        (lines[k].hits() == lines[i].hits() && k < i);
      if (gone[k] || !more || !run_together(grid, lines[k], lines[i])) continue;
      gone[i] = true;
      if (lines[k].id == 0) lines[k].id = lines[i].id;
    }
  std::size_t i = 0;
  lines.erase(std::remove_if(lines.begin(), lines.end(),
                             [&](const Line &) { return gone[i++]; }),
              lines.end());
}

}  // namespace sonar::tonal
