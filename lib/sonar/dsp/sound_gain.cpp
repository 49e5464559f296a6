/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/dsp/sound_gain.h"

#include <algorithm>
#include <cmath>

namespace sonar::dsp {

void ColumnGains::put(std::int64_t first_column, ColumnRange valid,
                      const Image &gain, std::int64_t advance,
                      std::int64_t wait) {
  const auto newest_end = first_column + std::int64_t(valid.end);
  if (columns_.empty())
    begin_ = settled_end_ = first_column + std::int64_t(valid.begin);
  for (std::int64_t c =
           std::max(settled_end_, first_column + std::int64_t(valid.begin));
       c < newest_end; ++c) {
    while (end() <= c) columns_.emplace_back(gain.height(), 0.0f);
    std::vector<float> &column = columns_[std::size_t(c - begin_)];
    for (std::size_t y = 0; y < gain.height(); ++y)
      column[y] = gain.at(y, std::size_t(c - first_column));
  }
  const std::int64_t shared = std::int64_t(gain.width()) - advance;
  settled_end_ = std::max(settled_end_, newest_end - std::min(wait, shared));
}

const std::vector<float> &ColumnGains::column(std::int64_t number) const {
  return columns_[std::size_t(std::clamp(number, begin_, end() - 1) - begin_)];
}

void ColumnGains::at(std::int64_t numerator, std::int64_t denominator,
                     std::vector<float> &gain) const {
  std::int64_t before = numerator / denominator;
  if (before * denominator > numerator) --before;  // towards the past
  const float share =
      float(double(numerator - before * denominator) / double(denominator));
  const std::vector<float> &a = column(before), &b = column(before + 1);
  gain.resize(a.size());
  for (std::size_t y = 0; y < a.size(); ++y)
    gain[y] = a[y] + share * (b[y] - a[y]);
}

void ColumnGains::forget_before(std::int64_t column) {
  // one stays, which stands for all that comes before the next
  while (columns_.size() > 1 && begin_ < std::min(column, settled_end_)) {
    columns_.pop_front();
    ++begin_;
  }
}

void GainFollower::set(double attack_s, double release_s) {
  const auto share = [this](double constant_s) {
    return constant_s > 0 ? float(-std::expm1(-step_s_ / constant_s)) : 1.0f;
  };
  rise_ = share(attack_s);
  fall_ = share(release_s);
}

void GainFollower::follow(std::vector<float> &gain) {
  if (state_.empty()) state_ = gain;
  for (std::size_t y = 0; y < gain.size(); ++y) {
    float &state = state_[y];
    const float way = gain[y] - state;
    state += way * (way > 0 ? rise_ : fall_);
    gain[y] = state;
  }
}

RowsToBins::RowsToBins(const std::vector<double> &row_edges_hz, double rate_hz,
                       std::size_t fft_size) {
  const std::vector<double> &edges = row_edges_hz;
  const double bin_hz = rate_hz / double(fft_size), nyquist = rate_hz / 2;
  std::size_t above = edges.size() - 1;  // rows that reach above the bin's low
  for (std::size_t k = 0; k <= fft_size / 2; ++k) {
    const double low = std::max(0.0, (double(k) - 0.5) * bin_hz);
    const double high = std::min(nyquist, (double(k) + 0.5) * bin_hz);
    double inside = 0;
    while (above > 0 && edges[above - 1] <= low) --above;
    for (std::size_t y = above; y > 0 && edges[y] < high; --y) {
      const double share =
          (std::min(high, edges[y - 1]) - std::max(low, edges[y])) /
          (high - low);
      if (share <= 1e-9) continue;  // edges are rounded
      shares_.push_back({y - 1, float(share)});
      inside += share;
    }
    end_.push_back(shares_.size());
    outside_share_.push_back(float(std::max(0.0, 1 - inside)));
  }
}

void RowsToBins::map(const std::vector<float> &rows,
                     std::vector<float> &bins) const {
  const float least = *std::min_element(rows.begin(), rows.end());
  bins.resize(end_.size());
  std::size_t i = 0;
  for (std::size_t k = 0; k < end_.size(); ++k) {
    float sum = outside_share_[k] * least;
    for (; i < end_[k]; ++i) sum += shares_[i].share * rows[shares_[i].row];
    bins[k] = sum;
  }
}

}  // namespace sonar::dsp
