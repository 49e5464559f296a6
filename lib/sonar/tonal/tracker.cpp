/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/tonal/tracker.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <string>
#include <tuple>
#include <utility>

#include "sonar/core/error.h"
#include "sonar/tonal/line.h"

namespace sonar::tonal {

namespace {

/* A tonal of the newest picture, by whose peaks a line that is not settled yet
 * is known again in the next one. */
struct Name {
  std::uint64_t id;
  std::vector<float> hz;  ///< NaN where there is no peak
  float near_hz;          ///< half a tone's width
};

struct Column {
  bool known = false;  ///< some picture has held it
  std::vector<Peak> peaks;
};

/* Peaks that a line shares with a name whose picture began @p shift columns
 * earlier. */
std::size_t count_shared(const std::vector<float> &line, const Name &name,
                         std::int64_t shift) {
  std::size_t shared = 0;
  const auto end = std::int64_t(name.hz.size()) - shift;
  for (std::int64_t x = 0; x < std::min(end, std::int64_t(line.size())); ++x)
    shared += std::fabs(line[std::size_t(x)] -
                        name.hz[std::size_t(x + shift)]) < name.near_hz;
  return shared;
}

}  // namespace

static constexpr double kWindows = 10;

struct Tracker::Impl {
  Impl(Grid g, TrackerOptions o)
      : grid(std::move(g)), least_excess_db(o.least_excess_db) {
    const double column = grid.column_seconds();
    const auto window = std::int64_t(grid.window_columns());
    gap = std::max(window, std::int64_t(std::llround(o.gap_seconds / column)));
    least = std::max(5 * window,
                     std::int64_t(std::llround(o.min_seconds / column)));
  }

  Grid grid;
  double least_excess_db;
  std::int64_t gap = 0, least = 0;  ///< columns
  bool started = false;
  std::int64_t base = 0;         ///< stream column of pending[0]
  std::deque<Column> pending;    ///< later pictures overwrite them
  std::vector<Line> lines;       ///< after the last settled column
  std::int64_t names_first = 0;  ///< column 0 of the names' picture
  std::vector<Name> names;
  std::uint64_t last_id = 0;
  std::vector<Current> current;
  std::deque<Tonal> ended;

  bool is_loud(const Tonal &tonal) const;
  std::uint64_t known_id(const Line &line, std::int64_t first,
                         const std::vector<Line> &others) const;
  void end_lines(std::int64_t column, std::int64_t picture);
  void settle_until(std::int64_t column);
  void look_ahead();
};

bool Tracker::Impl::is_loud(const Tonal &t) const {
  if (least_excess_db <= 0) return true;
  const auto own_power = [](double db) { return std::pow(10.0, db / 10) - 1; };
  const double windows =
      double(t.column_end - t.column_begin) / double(grid.window_columns());
  return t.steady_excess_db >= least_excess_db &&
         own_power(t.steady_excess_db) * t.heard >=
             own_power(least_excess_db) * std::sqrt(kWindows / windows);
}

/* The id of the tonal that a line shares most peaks with; 0 for none. @p first:
 * column 0 of the line's picture. */
std::uint64_t Tracker::Impl::known_id(const Line &line, std::int64_t first,
                                      const std::vector<Line> &others) const {
  std::size_t most = 0;
  std::uint64_t id = 0;
  for (const Name &n : names) {
    const std::size_t shared =
        count_shared(line.picture_hz(), n, first - names_first);
    if (shared <= most) continue;
    const bool taken =
        std::any_of(others.begin(), others.end(),
                    [&](const Line &other) { return other.id == n.id; });
    if (!taken) {
      most = shared;
      id = n.id;
    }
  }
  return id;
}

/* Those that have been silent for too long at @p column; @p picture: column 0
 * of what is being settled. */
void Tracker::Impl::end_lines(std::int64_t column, std::int64_t picture) {
  std::vector<Tonal> now;
  std::vector<Line> live;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (column - lines[i].last() <= gap) {
      live.push_back(lines[i]);
      continue;
    }
    if (lines[i].id == 0) lines[i].id = known_id(lines[i], picture, lines);
    if (lines[i].id != 0) now.push_back(lines[i].measure(grid));
  }
  if (live.size() == lines.size()) return;
  lines = std::move(live);
  std::sort(now.begin(), now.end(), [](const Tonal &a, const Tonal &b) {
    return std::tie(a.column_end, a.id) < std::tie(b.column_end, b.id);
  });
  ended.insert(ended.end(), now.begin(), now.end());
}

/* Settles every column before @p column. */
void Tracker::Impl::settle_until(std::int64_t column) {
  const Span settled{base, pending.size()};
  for (Line &line : lines) line.begin_picture(settled);
  for (; !pending.empty() && base < column; ++base) {
    extend(grid, base, pending.front().peaks, settled, gap, lines);
    pending.pop_front();
    end_lines(base, settled.first);
  }
  if (base < column) end_lines(column + gap, settled.first);  // a jump
  base = column;
  drop_ripples(grid, lines);
  for (Line &line : lines)
    if (line.id == 0) line.id = known_id(line, settled.first, lines);
}

/* What the lines become over the columns of the newest picture. */
void Tracker::Impl::look_ahead() {
  const Span picture{base, pending.size()};
  std::vector<Line> ahead = lines;
  for (std::size_t i = 0; i < ahead.size(); ++i) {
    ahead[i].begin_picture(picture);
    ahead[i].settled = i + 1;
  }
  for (std::size_t x = 0; x < pending.size(); ++x)
    extend(grid, base + std::int64_t(x), pending[x].peaks, picture, gap, ahead);
  drop_ripples(grid, ahead);
  current.clear();
  std::vector<Name> now;
  for (Line &line : ahead) {
    if (!line.in_picture() || line.longest_stretch() < least) continue;
    if (line.id == 0) line.id = known_id(line, base, ahead);
    Tonal whole = line.measure(grid), here = line.measure_in_picture(grid);
    if (!is_loud(whole) || !is_narrow(grid, here)) continue;
    if (line.id == 0) line.id = ++last_id;
    if (line.settled > 0) lines[line.settled - 1].id = line.id;
    whole.id = here.id = line.id;
    const double row = line.last_row();
    now.push_back({line.id, line.picture_hz(),
                   float(0.5 * grid.tone_rows(row) * grid.row_hz(row))});
    current.push_back({whole, here, line.picture_hz()});
  }
  names = std::move(now);
  names_first = base;
  std::sort(current.begin(), current.end(),
            [](const Current &a, const Current &b) {
              return std::tie(a.here.frequency_hz, a.here.id) <
                     std::tie(b.here.frequency_hz, b.here.id);
            });
}

Tracker::Tracker(Grid grid, TrackerOptions options)
    : impl_(new Impl(std::move(grid), options)) {}
Tracker::~Tracker() = default;
Tracker::Tracker(Tracker &&) noexcept = default;
Tracker &Tracker::operator=(Tracker &&) noexcept = default;

const Grid &Tracker::grid() const noexcept { return impl_->grid; }

void Tracker::put(std::int64_t first_column, ColumnRange valid,
                  const Image &value_db, const Image &background_db,
                  const mask::Binary &kept) {
  Impl &m = *impl_;
  if (m.started && first_column < m.base)
    throw Error(Errc::kBadArgument,
                "tonals go forward only: got a picture at column " +
                    std::to_string(first_column) + " after one at column " +
                    std::to_string(m.base) + "; drain() before going back");
  auto peaks = find_peaks(m.grid, value_db, background_db, kept, valid);
  if (!m.started) m.base = first_column;
  m.started = true;
  m.settle_until(first_column);
  m.pending.resize(std::max(m.pending.size(), value_db.width()));
  // at its left edge a picture lacks columns that earlier ones averaged
  const std::size_t whole = valid.begin + m.grid.window_columns();
  for (std::size_t x = valid.begin; x < valid.end; ++x)
    if (x >= whole || !m.pending[x].known)
      m.pending[x] = {true, std::move(peaks[x])};
  m.look_ahead();
}

const std::vector<Tracker::Current> &Tracker::current() const noexcept {
  return impl_->current;
}

bool Tracker::pop(Tonal &ended) {
  if (impl_->ended.empty()) return false;
  ended = impl_->ended.front();
  impl_->ended.pop_front();
  return true;
}

void Tracker::drain() {
  Impl &m = *impl_;
  m.settle_until(m.base + std::int64_t(m.pending.size()) + 1);
  m.started = false;
  m.names.clear();
  m.current.clear();
}

}  // namespace sonar::tonal
