/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/dsp/masked_sound.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "sonar/core/error.h"
#include "sonar/dsp/finite.h"
#include "sonar/dsp/real_transform.h"
#include "sonar/dsp/sound_gain.h"
#include "sonar/dsp/window.h"

namespace sonar::dsp {
namespace {

constexpr std::int64_t kLeastWindow = 64, kLargestWindow = 1 << 18;
constexpr std::size_t kOverlap = 4;  // windows over each sample
/* Sum of the squares of so many Hann windows, whose mean square is 3/8. */
constexpr float kWindowSum = 1.5f;

const SoundGrid &checked(const SoundGrid &g) {
  if (g.rate_hz < 1 || g.window_samples < 1 || g.column_samples < 1 ||
      g.span_samples < 1)
    throw Error(Errc::kBadArgument,
                "A masked sound got a rate of " + std::to_string(g.rate_hz) +
                    " Hz, windows of " + std::to_string(g.window_samples) +
                    " samples and columns of " +
                    std::to_string(g.column_samples) + " samples that cover " +
                    std::to_string(g.span_samples) +
                    "; each must be at least 1.");
  bool falling = g.row_edges_hz.size() > 1;
  for (std::size_t y = 1; y < g.row_edges_hz.size(); ++y)
    falling = falling && g.row_edges_hz[y] < g.row_edges_hz[y - 1];
  if (!falling)
    throw Error(Errc::kBadArgument,
                "A masked sound got " + std::to_string(g.row_edges_hz.size()) +
                    " row edges, needed two or more in Hz, highest first.");
  return g;
}

}  // namespace

std::size_t synthesis_window(const SoundGrid &grid) {
  const auto step = std::int64_t(kOverlap);
  const std::int64_t window =
      std::clamp(grid.window_samples, kLeastWindow, kLargestWindow);
  return std::size_t((window + step - 1) / step * step);
}

std::int64_t sound_latency_samples(const SoundGrid &grid, std::int64_t wait) {
  const auto window = std::int64_t(synthesis_window(grid));
  // a window waits for its own samples and the column behind its middle, the
  // first ones for column 0
  return std::max({window, wait * grid.column_samples,
                   (1 + wait) * grid.column_samples +
                       (window - grid.span_samples + 1) / 2});
}

struct MaskedSound::Impl {
  SoundGrid grid;
  bool complement;
  std::size_t size, hop;
  std::vector<float> window;
  ColumnGains columns;
  GainFollower follower;
  RowsToBins to_bins;
  float floor = 0;
  RealTransform forward, inverse;
  std::vector<float> in;       // from `in_begin` on: from the next window on
  std::size_t in_begin = 0;    // of the next window
  std::vector<float> overlap;  // sums of the windows so far, a window long
  std::int64_t begin;          // sample at which the next window begins
  std::int64_t first, end;     // samples that came
  bool drained = false;
  std::vector<float> rows, bins, ready;

  Impl(const SoundGrid &g, std::int64_t first_sample, bool rest)
      : grid(checked(g)),
        complement(rest),
        size(synthesis_window(g)),
        hop(size / kOverlap),
        window(make_window(Window::kHann, size, 0)),
        follower(double(hop) / g.rate_hz),
        to_bins(g.row_edges_hz, g.rate_hz, size),
        forward(size, false),
        inverse(size, true),
        in(size - hop),
        overlap(size),
        begin(first_sample - std::int64_t(size - hop)),
        first(first_sample),
        end(first_sample) {
    set({});
  }

  void set(const SoundGain &gain) {
    floor = float(std::pow(10.0, gain.floor_db / 20));
    follower.set(gain.attack_s, gain.release_s);
  }

  /* Twice the column in whose middle the next window's middle lies, times the
   * samples of a column: whole numbers, so that nothing drifts. */
  std::int64_t place() const {
    return 2 * begin + std::int64_t(size) - grid.span_samples;
  }

  bool can_go_on() const {
    if (drained) return begin < end;
    return begin + std::int64_t(size) <= end &&
           columns.is_settled(place(), 2 * grid.column_samples);
  }

  void find_gains() {
    const std::int64_t column = 2 * grid.column_samples;
    if (columns.empty())
      rows.assign(grid.row_edges_hz.size() - 1, 0.0f);
    else
      columns.at(place(), column, rows);
    for (float &gain : rows) gain = std::max(gain, floor);
    follower.follow(rows);
    to_bins.map(rows, bins);
    columns.forget_before(place() / column - 1);
  }

  void add_window() {
    const float *from = in.data() + in_begin;
    for (std::size_t i = 0; i < size; ++i)
      forward.time[i] = from[i] * window[i];
    fftwf_execute(forward.plan.get());
    for (std::size_t k = 0; k < bins.size(); ++k)
      for (const int part : {0, 1})
        inverse.frequency[k][part] = forward.frequency[k][part] * bins[k];
    fftwf_execute(inverse.plan.get());
    const float scale = 1 / (kWindowSum * float(size));
    for (std::size_t i = 0; i < size; ++i)
      overlap[i] += inverse.time[i] * window[i] * scale;
  }

  /* The next `hop` samples, to which no further window adds. */
  void give_out() {
    for (std::size_t i = 0; i < hop; ++i) {
      const std::int64_t sample = begin + std::int64_t(i);
      if (sample < first || sample >= end) continue;
      ready.push_back(complement ? in[in_begin + i] - overlap[i] : overlap[i]);
    }
    std::copy(overlap.begin() + std::ptrdiff_t(hop), overlap.end(),
              overlap.begin());
    std::fill(overlap.end() - std::ptrdiff_t(hop), overlap.end(), 0.0f);
    begin += std::int64_t(hop);
    in_begin += hop;
  }

  void work() {
    while (can_go_on()) {
      if (in.size() < in_begin + size)
        in.resize(in_begin + size);  // behind all
      find_gains();
      add_window();
      give_out();
    }
  }

  /* Moves no more than was passed over since the last time. */
  void compact() {
    if (in_begin < in.size() - in_begin) return;
    in.erase(in.begin(), in.begin() + std::ptrdiff_t(in_begin));
    in_begin = 0;
  }
};

MaskedSound::MaskedSound(const SoundGrid &grid, std::int64_t first_sample,
                         bool complement)
    : impl_(new Impl(grid, first_sample, complement)) {}
MaskedSound::~MaskedSound() = default;
MaskedSound::MaskedSound(MaskedSound &&) noexcept = default;
MaskedSound &MaskedSound::operator=(MaskedSound &&) noexcept = default;

void MaskedSound::set(const SoundGain &gain) {
  if (!(gain.floor_db <= 0) || !(gain.attack_s >= 0) || !(gain.release_s >= 0))
    throw Error(Errc::kBadArgument,
                "A masked sound got a floor of " +
                    std::to_string(gain.floor_db) + " dB, an attack of " +
                    std::to_string(gain.attack_s) + " s and a release of " +
                    std::to_string(gain.release_s) +
                    " s; needed a floor of 0 dB or less and times of 0 s or "
                    "more.");
  impl_->set(gain);
}

void MaskedSound::push(const float *samples, std::size_t count) {
  Impl &m = *impl_;
  require_finite(samples, count, std::uint64_t(m.end - m.first));
  m.compact();
  m.in.insert(m.in.end(), samples, samples + count);
  m.end += std::int64_t(count);
}

void MaskedSound::put(std::int64_t first_column, ColumnRange valid,
                      const Image &gain, std::int64_t advance,
                      std::int64_t wait) {
  if (gain.height() + 1 != impl_->grid.row_edges_hz.size())
    throw Error(Errc::kBadArgument,
                "The gains have " + std::to_string(gain.height()) +
                    " rows, the sound's grid " +
                    std::to_string(impl_->grid.row_edges_hz.size() - 1) +
                    "; they must be of one picture.");
  impl_->columns.put(first_column, valid, gain, advance, wait);
}

void MaskedSound::drain() {
  impl_->drained = true;
  impl_->columns.settle();
}

void MaskedSound::pop(std::vector<float> &out) {
  Impl &m = *impl_;
  m.work();
  out.insert(out.end(), m.ready.begin(), m.ready.end());
  m.ready.clear();
}

}  // namespace sonar::dsp
