/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/dsp/background.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "sonar/core/clones.h"
#include "sonar/dsp/level.h"

namespace sonar::dsp {
namespace {

constexpr int kTrendFits = 3;
constexpr float kTrendOutlierDb = 2.5f;
constexpr double kTrendOutlierWeight = 0.001;
/* What the second pass replaces, as a share of the first pass' factor. */
constexpr double kSecondFactor = 2.0 / 3.0;

/* Several independent sums: one alone would wait for itself at each row. */
SONAR_CLONES double dot(const float *a, const float *b, std::size_t count) {
  constexpr std::size_t kLanes = 8;
  std::array<double, kLanes> sum{};
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes)
    for (std::size_t l = 0; l < kLanes; ++l)
      sum[l] += double(a[i + l]) * double(b[i + l]);
  double total = 0.0;
  for (const double s : sum) total += s;
  for (; i < count; ++i) total += double(a[i]) * double(b[i]);
  return total;
}

SONAR_CLONES void add_scaled(const float *__restrict x, float factor,
                             std::size_t count, float *__restrict sum) {
  for (std::size_t i = 0; i < count; ++i) sum[i] += factor * x[i];
}

SONAR_CLONES void subtract(const float *__restrict x, std::size_t count,
                           float *__restrict from) {
  for (std::size_t i = 0; i < count; ++i) from[i] -= x[i];
}

SONAR_CLONES void flag_above(const float *__restrict level,
                             const float *__restrict trend, std::size_t count,
                             std::uint8_t *__restrict above) {
  for (std::size_t i = 0; i < count; ++i)
    above[i] = level[i] - trend[i] >= kTrendOutlierDb;
}

SONAR_CLONES void replace_above(const float *__restrict mean, float limit,
                                std::size_t count, float *__restrict level) {
  for (std::size_t i = 0; i < count; ++i) {
    const float row = level[i], around = mean[i];
    level[i] = row - around > limit ? around : row;
  }
}

SONAR_CLONES void add(const float *__restrict a, const float *__restrict b,
                      std::size_t count, float *__restrict out) {
  for (std::size_t i = 0; i < count; ++i) out[i] = a[i] + b[i];
}

using Terms = std::array<double, 3>;
/* Of a trend: a c = b. */
struct Equations {
  std::array<Terms, 3> a{};
  Terms b{};
};

/* Takes the parts of @p count rows off; those of b times the row's level. */
SONAR_CLONES void discount(const Equations *parts, const std::size_t *rows,
                           std::size_t count, const float *level,
                           Equations &from) {
  constexpr std::size_t kValues = 12, kOfA = 9;
  static_assert(sizeof(Equations) == kValues * sizeof(double));
  double left[kValues], part[kValues], factor[kValues];
  std::memcpy(left, &from, sizeof left);
  std::fill_n(factor, kOfA, 1.0);
  for (std::size_t i = 0; i < count; ++i) {
    std::memcpy(part, parts + rows[i], sizeof part);
    for (std::size_t k = kOfA; k < kValues; ++k)
      factor[k] = double(level[rows[i]]);
    for (std::size_t k = 0; k < kValues; ++k) left[k] -= part[k] * factor[k];
  }
  std::memcpy(&from, left, sizeof left);
}

SONAR_CLONES void evaluate_line(float at_zero, float slope,
                                const float *__restrict x, std::size_t count,
                                float *__restrict line) {
  for (std::size_t i = 0; i < count; ++i) line[i] = at_zero + slope * x[i];
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
        full_.a[i][k] =
            dot(powers_[i].data(), powers_[k].data(), centres.size());
    for (std::size_t row = 0; row < centres.size(); ++row)
      parts_.push_back(part_of(row));
    above_.resize((centres.size() + kFlags - 1) / kFlags * kFlags);
    outliers_.resize(above_.size() + 1);
  }

  void fit(const std::vector<float> &level, std::vector<float> &trend) {
    for (int k = 0; k < terms_; ++k)
      full_.b[k] = dot(powers_[k].data(), level.data(), level.size());
    evaluate(solve(full_), trend);
    for (int fit = 1; fit < kTrendFits; ++fit) {
      Equations robust = full_;
      const std::size_t count = find_outliers(level, trend);
      discount(parts_.data(), outliers_.data(), count, level.data(), robust);
      evaluate(solve(robust), trend);
    }
  }

 private:
  static constexpr std::size_t kFlags = sizeof(std::uint64_t);

  /* Their number; their rows are in outliers_. Whether a row is one is as good
   * as random, so nothing branches on it. */
  std::size_t find_outliers(const std::vector<float> &level,
                            const std::vector<float> &trend) {
    flag_above(level.data(), trend.data(), level.size(), above_.data());
    std::size_t count = 0;
    for (std::size_t i = 0; i < above_.size(); i += kFlags) {
      std::uint64_t any;
      std::memcpy(&any, above_.data() + i, sizeof any);
      if (!any) continue;
      for (std::size_t k = i; k < i + kFlags; ++k) {
        outliers_[count] = k;
        count += above_[k];
      }
    }
    return count;
  }

  /* What a row has in the equations and loses as an outlier; of `b`, what its
   * level is multiplied with. */
  Equations part_of(std::size_t row) const {
    Equations part;
    for (int i = 0; i < terms_; ++i) {
      part.b[i] = (1.0 - kTrendOutlierWeight) * double(powers_[i][row]);
      for (int k = 0; k < terms_; ++k)
        part.a[i][k] = part.b[i] * double(powers_[k][row]);
    }
    return part;
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
    if (terms_ == 1)
      std::fill(trend.begin(), trend.end(), float(c[0]));
    else
      evaluate_line(float(c[0]), float(c[1]), powers_[1].data(), trend.size(),
                    trend.data());
    if (terms_ == 3)
      add_scaled(powers_[2].data(), float(c[2]), trend.size(), trend.data());
  }

  int terms_;
  std::array<std::vector<float>, 3> powers_;  // x^k of each row
  Equations full_;                            // every row with weight 1
  std::vector<Equations> parts_;
  std::vector<std::uint8_t> above_;  // of each row, and 0 beyond
  std::vector<std::size_t> outliers_;
};

SONAR_CLONES void double_blocks(const float *__restrict block, std::size_t size,
                                std::size_t count, float *__restrict doubled) {
  for (std::size_t i = 0; i + size < count; ++i)
    doubled[i] = block[i] + block[i + size];
}

SONAR_CLONES void mean_of_sides(const float *__restrict left,
                                const float *__restrict right, float scale,
                                std::size_t count, float *__restrict mean) {
  for (std::size_t i = 0; i < count; ++i)
    mean[i] = (left[i] + right[i]) * scale;
}

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
    mean_of_sides(sum_.data(), sum_.data() + right_, 0.5f / float(length_),
                  mean.size(), mean.data());
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
    std::fill(sum_.begin(), sum_.end(), 0.0f);
    const float *block = padded_.data();
    float *doubled = block_.data(), *other = doubled_.data();
    std::size_t done = 0;
    for (std::size_t size = 1; size <= length_; size *= 2) {
      if (length_ & size) {
        add_scaled(block + done, 1.0f, n - done, sum_.data());
        done += size;
      }
      if (2 * size > length_) break;
      double_blocks(block, size, n, doubled);
      block = doubled;
      std::swap(doubled, other);
    }
  }

  std::size_t length_, right_;
  std::vector<std::size_t> reflected_;  // row of each padded place
  std::vector<float> padded_, block_, doubled_, sum_;
};

class Tpsw : public Background {
 public:
  explicit Tpsw(const Recipe &r)
      : rows_(std::size_t(r.height())),
        replace_above_db_{float(r.normalizer_factor_db),
                          float(r.normalizer_factor_db * kSecondFactor)},
        trend_(r),
        window_(r.height(), r.normalizer_half_width, r.normalizer_gap),
        level_(rows_),
        slope_(rows_),
        mean_(rows_) {}

  void estimate(const float *power, float *background_db) override {
    power_to_db(power, rows_, level_.data());
    trend_.fit(level_, slope_);
    subtract(slope_.data(), rows_, level_.data());
    for (const float above : replace_above_db_) {
      window_.mean(level_, mean_);
      replace_above(mean_.data(), above, rows_, level_.data());
    }
    window_.mean(level_, mean_);
    add(mean_.data(), slope_.data(), rows_, background_db);
  }

 private:
  std::size_t rows_;
  std::array<float, 2> replace_above_db_;
  Trend trend_;
  SplitWindow window_;
  std::vector<float> level_, slope_, mean_;
};

}  // namespace

std::unique_ptr<Background> make_tpsw(const Recipe &recipe) {
  return std::make_unique<Tpsw>(recipe);
}

}  // namespace sonar::dsp
