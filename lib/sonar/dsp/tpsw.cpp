/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/dsp/tpsw.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <vector>

#include "sonar/dsp/level.h"

namespace sonar::dsp {
namespace {

constexpr int kTrendFits = 3;
constexpr float kTrendOutlierDb = 2.5f;
constexpr double kTrendOutlierWeight = 0.001;
constexpr std::array kReplaceAboveDb{3.0f, 2.0f};

/* Several independent sums: one alone would wait for itself at each row. */
double dot(const std::vector<float> &a, const std::vector<float> &b) {
  constexpr std::size_t kLanes = 8;
  std::array<double, kLanes> sum{};
  std::size_t i = 0;
  for (; i + kLanes <= a.size(); i += kLanes)
    for (std::size_t l = 0; l < kLanes; ++l)
      sum[l] += double(a[i + l]) * double(b[i + l]);
  double total = 0.0;
  for (const double s : sum) total += s;
  for (; i < a.size(); ++i) total += double(a[i]) * double(b[i]);
  return total;
}

/* The trend of a spectrum: a polynomial over log frequency, fitted so that
 * rows standing above it (tonals) hardly count. */
class Trend {
 public:
  explicit Trend(const Recipe &recipe) {
    const auto centres = recipe.row_centres_hz();
    const int order = recipe.axis == FrequencyAxis::kLinear ? 1 : 2;
    terms_ = std::min(order + 1, int(centres.size()));
    for (int k = 0; k < terms_; ++k) powers_[k].resize(centres.size());
    /* Log frequency scaled to -1..1 keeps the equations well conditioned. */
    const double low = std::log(centres.back());
    const double half = (std::log(centres.front()) - low) / 2;
    for (std::size_t i = 0; i < centres.size(); ++i) {
      const double f = std::log(centres[centres.size() - 1 - i]);
      const float x = half > 0 ? float((f - low) / half - 1) : 0.0f;
      float power = 1.0f;
      for (int k = 0; k < terms_; ++k, power *= x) powers_[k][i] = power;
    }
    for (int i = 0; i < terms_; ++i)
      for (int k = 0; k < terms_; ++k)
        full_.a[i][k] = dot(powers_[i], powers_[k]);
  }

  void fit(const std::vector<float> &level, std::vector<float> &trend) {
    for (int k = 0; k < terms_; ++k) full_.b[k] = dot(powers_[k], level);
    evaluate(solve(full_), trend);
    for (int fit = 1; fit < kTrendFits; ++fit) {
      Equations robust = full_;
      for (std::size_t i = 0; i < level.size(); ++i)
        if (level[i] - trend[i] >= kTrendOutlierDb) discount(robust, i, level);
      evaluate(solve(robust), trend);
    }
  }

 private:
  using Terms = std::array<double, 3>;
  struct Equations {
    std::array<Terms, 3> a{};
    Terms b{};
  };

  void discount(Equations &e, std::size_t row,
                const std::vector<float> &level) const {
    for (int i = 0; i < terms_; ++i) {
      const double p = (1.0 - kTrendOutlierWeight) * double(powers_[i][row]);
      for (int k = 0; k < terms_; ++k) e.a[i][k] -= p * double(powers_[k][row]);
      e.b[i] -= p * double(level[row]);
    }
  }

  /* Symmetric and positive definite: elimination needs no pivoting. */
  Terms solve(Equations e) const {
    for (int i = 0; i < terms_; ++i)
      for (int j = i + 1; j < terms_; ++j) {
        const double factor = e.a[j][i] / e.a[i][i];
        for (int k = i; k < terms_; ++k) e.a[j][k] -= factor * e.a[i][k];
        e.b[j] -= factor * e.b[i];
      }
    Terms c{};
    for (int i = terms_ - 1; i >= 0; --i) {
      double rest = e.b[i];
      for (int k = i + 1; k < terms_; ++k) rest -= e.a[i][k] * c[k];
      c[i] = rest / e.a[i][i];
    }
    return c;
  }

  void evaluate(const Terms &c, std::vector<float> &trend) const {
    std::fill(trend.begin(), trend.end(), float(c[0]));
    for (int k = 1; k < terms_; ++k) {
      const float factor = float(c[k]);
      for (std::size_t i = 0; i < trend.size(); ++i)
        trend[i] += factor * powers_[k][i];
    }
  }

  int terms_;
  std::array<std::vector<float>, 3> powers_;  // x^k of each row
  Equations full_;                            // every row with weight 1
};

/* Mean over the rows at distance gap + 1 to half_width on either side. */
class SplitWindow {
 public:
  SplitWindow(int rows, int half_width, int gap)
      : length_(std::size_t(half_width - gap)),
        right_(std::size_t(half_width + gap + 1)),
        reflected_(std::size_t(rows + 2 * half_width)),
        padded_(reflected_.size()),
        block_(reflected_.size()),
        doubled_(reflected_.size()),
        sum_(reflected_.size()) {
    for (int i = 0; i < int(reflected_.size()); ++i)
      reflected_[std::size_t(i)] = reflect(i - half_width, rows);
  }

  void mean(const std::vector<float> &level, std::vector<float> &mean) {
    pad(level);
    sum_blocks();
    const float scale = 0.5f / float(length_);
    for (std::size_t i = 0; i < mean.size(); ++i)
      mean[i] = (sum_[i] + sum_[i + right_]) * scale;
  }

 private:
  static std::size_t reflect(int row, int rows) {
    if (rows == 1) return 0;
    const int period = 2 * (rows - 1);
    const int r = ((row % period) + period) % period;
    return std::size_t(std::min(r, period - r));
  }

  void pad(const std::vector<float> &level) {
    const std::size_t edge = (padded_.size() - level.size()) / 2;
    std::copy(level.begin(), level.end(),
              padded_.begin() + std::ptrdiff_t(edge));
    for (std::size_t i = 0; i < edge; ++i) {
      const std::size_t j = padded_.size() - 1 - i;
      padded_[i] = level[reflected_[i]];
      padded_[j] = level[reflected_[j]];
    }
  }

  /* sum_[i] = the `length_` values from i on, put together from blocks of 1,
   * 2, 4 ... values: as cheap as a prefix sum, but without its long chain of
   * dependent additions and its cancellation. */
  void sum_blocks() {
    const std::size_t n = padded_.size();
    block_ = padded_;
    std::fill(sum_.begin(), sum_.end(), 0.0f);
    std::size_t done = 0;
    for (std::size_t size = 1; size <= length_; size *= 2) {
      if (length_ & size) {
        for (std::size_t i = 0; i + done < n; ++i) sum_[i] += block_[i + done];
        done += size;
      }
      for (std::size_t i = 0; i + size < n; ++i)
        doubled_[i] = block_[i] + block_[i + size];
      block_.swap(doubled_);
    }
  }

  std::size_t length_, right_;
  std::vector<std::size_t> reflected_;  // row of each padded place
  std::vector<float> padded_, block_, doubled_, sum_;
};

}  // namespace

struct TpswNormalizer::Impl {
  std::size_t rows, lookahead;
  Trend trend;
  SplitWindow window;
  std::deque<std::vector<float>> columns;  // powers; old ones are dropped
  std::size_t next = 0;  // index into columns of the next to pop
  bool drained = false;
  std::vector<float> power, level, slope, mean;

  explicit Impl(const Recipe &r)
      : rows(std::size_t(r.height())),
        lookahead(std::size_t(r.tpsw_smooth / 2)),
        trend(r),
        window(r.height(), r.tpsw_half_width, r.tpsw_gap),
        power(rows),
        level(rows),
        slope(rows),
        mean(rows) {}

  void average_columns() {
    const std::size_t begin = next - std::min(next, lookahead);
    const std::size_t end = std::min(next + lookahead + 1, columns.size());
    power = columns[begin];
    float *sum = power.data();
    for (std::size_t c = begin + 1; c < end; ++c) {
      const float *column = columns[c].data();
      for (std::size_t i = 0; i < rows; ++i) sum[i] += column[i];
    }
    const float scale = 1.0f / float(end - begin);
    for (float &p : power) p *= scale;
  }

  void estimate_background(float *background_db) {
    average_columns();
    power_to_db(power.data(), rows, level.data());
    trend.fit(level, slope);
    for (std::size_t i = 0; i < rows; ++i) level[i] -= slope[i];
    for (const float above : kReplaceAboveDb) {
      window.mean(level, mean);
      for (std::size_t i = 0; i < rows; ++i) {
        const float row = level[i], around = mean[i];
        level[i] = row - around > above ? around : row;
      }
    }
    window.mean(level, mean);
    for (std::size_t i = 0; i < rows; ++i)
      background_db[i] = mean[i] + slope[i];
  }

  void compare(const float *background_db, float *value_db) const {
    const std::vector<float> &column = columns[next];
    if (std::all_of(column.begin(), column.end(),
                    [](float p) { return p == 0.0f; })) {
      std::fill_n(value_db, rows, 0.0f);
      return;
    }
    power_to_db(column.data(), rows, value_db);
    for (std::size_t i = 0; i < rows; ++i) value_db[i] -= background_db[i];
  }
};

TpswNormalizer::TpswNormalizer(const Recipe &recipe)
    : impl_(new Impl(recipe)) {}
TpswNormalizer::~TpswNormalizer() = default;
TpswNormalizer::TpswNormalizer(TpswNormalizer &&) noexcept = default;
TpswNormalizer &TpswNormalizer::operator=(TpswNormalizer &&) noexcept = default;

void TpswNormalizer::push(const float *power) {
  impl_->columns.emplace_back(power, power + impl_->rows);
}

bool TpswNormalizer::pop(float *value_db, float *background_db) {
  Impl &m = *impl_;
  const std::size_t needed = m.next + (m.drained ? 0 : m.lookahead);
  if (needed >= m.columns.size()) return false;
  m.estimate_background(background_db);
  m.compare(background_db, value_db);
  if (m.next == m.lookahead)
    m.columns.pop_front();
  else
    ++m.next;
  return true;
}

void TpswNormalizer::drain() { impl_->drained = true; }

void TpswNormalizer::reset() {
  impl_->columns.clear();
  impl_->next = 0;
  impl_->drained = false;
}

int TpswNormalizer::lookahead() const noexcept { return int(impl_->lookahead); }

}  // namespace sonar::dsp
