/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/mask/regions.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "sonar/core/error.h"
#include "sonar/mask/flood.h"

namespace sonar::mask {
namespace {

/** One kept pixel of a column. */
struct Pixel {
  std::size_t row = 0;
  float value = 0, confidence = 0, background = 0;
};

/** A region while its pixels are still being found. */
struct Growing {
  Region region;
  std::size_t first_row = 0;  ///< top pixel of its first column
  double value_sum = 0, confidence_sum = 0;

  Growing(std::int64_t column, const Pixel &p) : first_row(p.row) {
    region.column_begin = region.peak_column = column;
    region.column_end = column + 1;
    region.row_begin = region.peak_row = p.row;
    region.row_end = p.row + 1;
    region.peak_value = p.value;
    region.peak_background = p.background;
    region.pixels = 1;
    value_sum = p.value;
    confidence_sum = p.confidence;
  }

  /** Takes in @p other; the earlier of two equal peaks stays. */
  void absorb(const Growing &other) {
    const Region &b = other.region;
    Region &a = region;
    const auto start = [](const Growing &g) {
      return std::make_tuple(g.region.column_begin, g.first_row);
    };
    const auto peak = [](const Region &r) {
      return std::make_tuple(-r.peak_value, r.peak_column, r.peak_row);
    };
    if (start(other) < start(*this)) first_row = other.first_row;
    if (peak(b) < peak(a)) {
      a.peak_value = b.peak_value;
      a.peak_background = b.peak_background;
      a.peak_column = b.peak_column;
      a.peak_row = b.peak_row;
    }
    a.column_begin = std::min(a.column_begin, b.column_begin);
    a.column_end = std::max(a.column_end, b.column_end);
    a.row_begin = std::min(a.row_begin, b.row_begin);
    a.row_end = std::max(a.row_end, b.row_end);
    a.pixels += b.pixels;
    value_sum += other.value_sum;
    confidence_sum += other.confidence_sum;
  }

  Region finished() const {
    Region out = region;
    out.mean_value = float(value_sum / double(region.pixels));
    out.mean_confidence = float(confidence_sum / double(region.pixels));
    return out;
  }
};

void require_shapes(const Binary &mask, const Image &value,
                    const Image &confidence, const Image &background) {
  const auto is = [&](const Image &i) {
    return i.height() == mask.height && i.width() == mask.width;
  };
  if (is(value) && is(confidence) && (background.empty() || is(background)))
    return;
  throw Error(Errc::kBadArgument,
              "regions need a mask, values, confidence and background (or an "
              "empty one) of one height x width, got " +
                  shape_text(mask.height, mask.width) + ", " +
                  shape_text(value) + ", " + shape_text(confidence) + " and " +
                  shape_text(background) + " pixels");
}

/** Pixels of one row without a gap between them, as indices into values. */
struct RowRun {
  std::size_t begin = 0, end = 0;
};

void find_runs(const Binary &mask, std::size_t y, std::vector<RowRun> &runs) {
  const std::uint8_t *values = mask.values.data();
  const std::size_t end = (y + 1) * mask.width;
  for (std::size_t i = y * mask.width; i < end; ++i) {
    const void *next = std::memchr(values + i, 1, end - i);
    if (!next) return;
    i = std::size_t(static_cast<const std::uint8_t *>(next) - values);
    const void *gap = std::memchr(values + i, 0, end - i);
    const std::size_t stop =
        gap ? std::size_t(static_cast<const std::uint8_t *>(gap) - values)
            : end;
    runs.push_back({i, stop});
    i = stop;
  }
}

std::size_t root_of(std::vector<std::size_t> &parent, std::size_t i) {
  while (parent[i] != i) i = parent[i] = parent[parent[i]];
  return i;
}

/** Joins the runs from @p here on with those of the row above, which begin at
 *  @p above, diagonals included; a region's pixels are counted at its root. */
void join_touching(const std::vector<RowRun> &runs, std::size_t above,
                   std::size_t here, std::size_t width,
                   std::vector<std::size_t> &parent,
                   std::vector<std::size_t> &pixels) {
  for (std::size_t a = above, i = here; a < here && i < runs.size();) {
    const std::size_t begin = runs[a].begin + width, end = runs[a].end + width;
    if (begin <= runs[i].end && runs[i].begin <= end) {
      const std::size_t into = root_of(parent, a), from = root_of(parent, i);
      if (into != from) {
        parent[from] = into;
        pixels[into] += pixels[from];
      }
    }
    if (end < runs[i].end)
      ++a;
    else
      ++i;
  }
}

}  // namespace

/* Rows' runs are joined into regions, as a region has far fewer runs than
 * pixels. */
void remove_small(Binary &mask, std::size_t min_pixels) {
  std::vector<RowRun> runs;
  std::vector<std::size_t> parent, pixels;  // of each run; its region's
  std::size_t above = 0, here = 0;          // first runs of two rows
  for (std::size_t y = 0; y < mask.height; ++y) {
    above = std::exchange(here, runs.size());
    find_runs(mask, y, runs);
    for (std::size_t i = here; i < runs.size(); ++i) {
      parent.push_back(i);
      pixels.push_back(runs[i].end - runs[i].begin);
    }
    join_touching(runs, above, here, mask.width, parent, pixels);
  }
  for (std::size_t i = 0; i < runs.size(); ++i)
    if (pixels[root_of(parent, i)] < min_pixels)
      std::fill_n(mask.values.data() + runs[i].begin,
                  runs[i].end - runs[i].begin, 0);
}

std::vector<Region> find_regions(const Binary &mask, const Image &value,
                                 const Image &confidence,
                                 const Image &background) {
  require_shapes(mask, value, confidence, background);
  Binary left = mask;
  std::vector<std::size_t> pixels;
  std::vector<Region> out;
  const auto grown = [&](std::size_t i) {
    return Growing(std::int64_t(i % mask.width),
                   {i / mask.width, value.data()[i], confidence.data()[i],
                    background.empty() ? 0.0f : background.data()[i]});
  };
  for (std::size_t x = 0; x < mask.width; ++x)
    for (std::size_t y = 0; y < mask.height; ++y) {
      if (!left.at(y, x)) continue;
      take_region(left, y * mask.width + x, pixels);
      Growing region = grown(pixels[0]);
      for (std::size_t n = 1; n < pixels.size(); ++n)
        region.absorb(grown(pixels[n]));
      out.push_back(region.finished());
    }
  return out;
}

namespace {

/** The kept pixels of one column, top down, and the class it was heard in. */
struct Column {
  std::vector<Pixel> pixels;
  std::vector<TrackPoint> tracks;
  int label = -1;
  float score = 0;
};

struct Tally {
  int label = -1;
  std::size_t columns = 0;
  double score_sum = 0;
};

/** A region that may go on in the next column. */
struct Open : Growing {
  using Growing::Growing;
  std::vector<Tally> tallies;  ///< by label, in order of appearance
  std::map<std::uint64_t, std::size_t> tracks;  ///< columns by id

  /* Both reach the current column, so the one that began first has counted
   * every column of the other. A track runs through one of them. */
  void merge(const Open &other) {
    if (other.region.column_begin < region.column_begin)
      tallies = other.tallies;
    for (const auto &[id, columns] : other.tracks) tracks[id] += columns;
    absorb(other);
  }

  void count(const Column &column) {
    auto t = std::find_if(
        tallies.begin(), tallies.end(),
        [&](const Tally &tally) { return tally.label == column.label; });
    if (t == tallies.end()) t = tallies.insert(t, Tally{column.label, 0, 0.0});
    ++t->columns;
    t->score_sum += column.score;
  }

  RegionTracker::Closed closed() const {
    RegionTracker::Closed out;
    static_cast<Region &>(out) = finished();
    const auto most = std::max_element(
        tallies.begin(), tallies.end(),
        [](const Tally &a, const Tally &b) { return a.columns < b.columns; });
    out.label = most->label;
    out.score = float(most->score_sum / double(most->columns));
    std::size_t columns = 0;
    for (const auto &[id, of_track] : tracks)
      if (of_track > columns) {
        columns = of_track;
        out.track = id;
      }
    return out;
  }
};

/** Pixels of one column without a gap between them. */
struct Run {
  std::size_t begin = 0, end = 0;  ///< rows, half-open
  std::size_t open = 0;            ///< index into the open regions
};

bool touch(const Run &a, const Run &b) {
  return a.begin <= b.end && b.begin <= a.end;  // diagonals count
}

}  // namespace

struct RegionTracker::Impl {
  std::size_t height = 0, min_pixels = 1;
  bool started = false;
  std::int64_t base = 0;       ///< stream column of pending[0]
  std::deque<Column> pending;  ///< columns that later pictures may overwrite
  std::vector<Open> open;      ///< regions that reach the newest settled column
  std::vector<Run> runs;       ///< runs of that column
  std::deque<Closed> closed;

  std::vector<Run> grow(std::int64_t number, const Column &column,
                        std::vector<std::size_t> &parent);
  void count_tracks(const Column &column);
  void settle(std::int64_t number, const Column &column);
  void settle_until(std::int64_t column);
};

/** Puts every pixel of the column into an open region; regions that turn out
 *  to be one are joined in @p parent. */
std::vector<Run> RegionTracker::Impl::grow(std::int64_t number,
                                           const Column &column,
                                           std::vector<std::size_t> &parent) {
  const auto root = [&](std::size_t i) {
    while (parent[i] != i) i = parent[i] = parent[parent[i]];
    return i;
  };
  std::vector<Run> now;
  for (const Pixel &pixel : column.pixels) {
    if (!now.empty() && now.back().end == pixel.row) {
      ++now.back().end;
      open[now.back().open].absorb(Growing(number, pixel));
      continue;
    }
    parent.push_back(open.size());
    now.push_back({pixel.row, pixel.row + 1, open.size()});
    open.emplace_back(number, pixel);
  }
  for (Run &run : now)
    for (const Run &before : runs) {
      if (!touch(run, before)) continue;
      const std::size_t into = root(before.open), from = root(run.open);
      if (into == from) continue;
      open[into].merge(open[from]);
      parent[from] = into;
    }
  for (Run &run : now) run.open = root(run.open);
  return now;
}

/** Each track counts for the run of the column that is nearest to it. */
void RegionTracker::Impl::count_tracks(const Column &column) {
  const auto distance = [](const Run &run, std::size_t row) {
    return row < run.begin ? run.begin - row : row - std::min(row, run.end - 1);
  };
  for (const TrackPoint &point : column.tracks) {
    const auto nearest = std::min_element(
        runs.begin(), runs.end(), [&](const Run &a, const Run &b) {
          return distance(a, point.row) < distance(b, point.row);
        });
    if (nearest != runs.end() && distance(*nearest, point.row) <= 1)
      ++open[nearest->open].tracks[point.id];
  }
}

void RegionTracker::Impl::settle(std::int64_t number, const Column &column) {
  std::vector<std::size_t> parent(open.size());
  for (std::size_t i = 0; i < parent.size(); ++i) parent[i] = i;
  runs = grow(number, column, parent);
  count_tracks(column);

  std::vector<bool> goes_on(open.size(), false);
  for (const Run &run : runs) goes_on[run.open] = true;
  std::vector<std::size_t> place(open.size());
  std::vector<Open> live;
  std::vector<Closed> ended;
  for (std::size_t i = 0; i < open.size(); ++i) {
    if (parent[i] != i) continue;
    place[i] = live.size();
    if (goes_on[i]) {
      live.push_back(std::move(open[i]));
      live.back().count(column);
    } else if (open[i].region.pixels >= min_pixels) {
      ended.push_back(open[i].closed());
    }
  }
  for (Run &run : runs) run.open = place[run.open];
  open = std::move(live);
  std::stable_sort(ended.begin(), ended.end(),
                   [](const Closed &a, const Closed &b) {
                     return a.column_begin < b.column_begin;
                   });
  closed.insert(closed.end(), ended.begin(), ended.end());
}

/** Settles every column before @p column. */
void RegionTracker::Impl::settle_until(std::int64_t column) {
  for (; !pending.empty() && base < column; ++base) {
    settle(base, pending.front());
    pending.pop_front();
  }
  if (base < column) settle(base, Column{});  // a gap: nothing crosses it
  base = column;
}

RegionTracker::RegionTracker(std::size_t height, std::size_t min_pixels)
    : impl_(new Impl) {
  impl_->height = height;
  impl_->min_pixels = min_pixels;
}
RegionTracker::~RegionTracker() = default;
RegionTracker::RegionTracker(RegionTracker &&) noexcept = default;
RegionTracker &RegionTracker::operator=(RegionTracker &&) noexcept = default;

void RegionTracker::put(std::int64_t first_column, ColumnRange valid,
                        const Binary &mask, const Image &value,
                        const Image &confidence, int label, float score,
                        const Image &background,
                        const std::vector<TrackPoint> &tracks) {
  Impl &m = *impl_;
  require_shapes(mask, value, confidence, background);
  if (mask.height != m.height || valid.begin > valid.end ||
      valid.end > mask.width)
    throw Error(Errc::kBadArgument,
                "region tracking needs pictures of " +
                    std::to_string(m.height) +
                    " rows and valid columns inside them, got " +
                    std::to_string(mask.height) + " rows, " +
                    std::to_string(mask.width) + " columns, valid " +
                    std::to_string(valid.begin) + " to " +
                    std::to_string(valid.end) + " (half-open)");
  if (m.started && first_column < m.base)
    throw Error(Errc::kBadArgument,
                "region tracking goes forward only: got a picture at column " +
                    std::to_string(first_column) + " after one at column " +
                    std::to_string(m.base) + "; drain() before going back");
  if (!m.started) m.base = first_column;
  m.started = true;
  m.settle_until(first_column);

  m.pending.resize(std::max(m.pending.size(), mask.width));
  for (std::size_t x = valid.begin; x < valid.end; ++x) {
    Column &column = m.pending[x];
    column.pixels.clear();
    column.tracks.clear();
    column.label = label;
    column.score = score;
  }
  for (std::size_t y = 0; y < mask.height; ++y)
    for (std::size_t x = valid.begin; x < valid.end; ++x)
      if (mask.at(y, x))
        m.pending[x].pixels.push_back(
            {y, value.at(y, x), confidence.at(y, x),
             background.empty() ? 0.0f : background.at(y, x)});
  for (const TrackPoint &point : tracks)
    if (point.column >= valid.begin && point.column < valid.end)
      m.pending[point.column].tracks.push_back(point);
}

bool RegionTracker::pop(Closed &region) {
  if (impl_->closed.empty()) return false;
  region = impl_->closed.front();
  impl_->closed.pop_front();
  return true;
}

void RegionTracker::drain() {
  Impl &m = *impl_;
  m.settle_until(m.base + std::int64_t(m.pending.size()) + 1);
  m.started = false;
}

}  // namespace sonar::mask
