/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <algorithm>
#include <random>

#include "sonar/dsp/level.h"
#include "sonar/dsp/normalizer.h"
#include "support/testing.h"

using sonar::FrequencyAxis;
using sonar::Recipe;
using sonar::dsp::BackgroundNormalizer;

using Column = std::vector<float>;
using Levels = std::vector<double>;

static const FrequencyAxis kAxes[] = {FrequencyAxis::kLinear,
                                      FrequencyAxis::kGeometric};

/* 128 rows on either axis. */
static Recipe recipe(FrequencyAxis axis) {
  Recipe r;
  r.axis = axis;
  if (axis == FrequencyAxis::kGeometric) return r;
  r.rate_hz = 1024;
  r.fft_size = 256;
  r.hop_size = 128;
  r.min_frequency_hz = 4;
  r.max_frequency_hz = 512;
  return r;
}

static std::size_t rows(const Recipe &r) { return std::size_t(r.height()); }

struct Output {
  Column value, background;
};

static bool pop(BackgroundNormalizer &tpsw, const Recipe &r, Output &out) {
  out.value.assign(rows(r), -999.0f);
  out.background.assign(rows(r), -999.0f);
  return tpsw.pop(out.value.data(), out.background.data());
}

static std::vector<Output> normalize(BackgroundNormalizer &tpsw,
                                     const Recipe &r,
                                     const std::vector<Column> &columns) {
  std::vector<Output> all;
  Output out;
  for (const Column &column : columns) {
    tpsw.push(column.data());
    while (pop(tpsw, r, out)) all.push_back(out);
  }
  tpsw.drain();
  while (pop(tpsw, r, out)) all.push_back(out);
  return all;
}

static std::vector<Output> normalize(const Recipe &r,
                                     const std::vector<Column> &columns) {
  BackgroundNormalizer tpsw(r);
  return normalize(tpsw, r, columns);
}

/* Exponentially distributed powers, as an STFT of noise has them, sloping by
 * 12 dB, with a tonal on row 40 and a step of 10 dB at row 90. */
static std::vector<Column> noise(std::size_t rows, std::size_t count) {
  std::mt19937 random(3);
  std::exponential_distribution<float> power(1.0f);
  std::vector<Column> columns(count, Column(rows));
  for (Column &column : columns)
    for (std::size_t i = 0; i < rows; ++i)
      column[i] = power(random) * (i == 40 ? 300.0f : 1.0f) *
                  (i >= 90 ? 10.0f : 1.0f) *
                  std::pow(10.0f, -1.2f * float(i) / float(rows));
  return columns;
}

/* The background as the header defines it, term by term in double. */
class SlowBackground {
 public:
  explicit SlowBackground(const Recipe &r)
      : recipe_(r), centres_(r.row_centres_hz()) {
    std::reverse(centres_.begin(), centres_.end());
  }

  Levels of(const std::vector<Column> &columns, int t) const {
    Levels level = mean_level(columns, t);
    const Levels slope = trend(level);
    for (std::size_t i = 0; i < level.size(); ++i) level[i] -= slope[i];
    for (const double above : {3.0, 2.0}) {
      const Levels mean = split_mean(level);
      for (std::size_t i = 0; i < level.size(); ++i)
        if (level[i] > mean[i] + above) level[i] = mean[i];
    }
    Levels floor = split_mean(level);
    for (std::size_t i = 0; i < floor.size(); ++i) floor[i] += slope[i];
    return floor;
  }

 private:
  Levels mean_level(const std::vector<Column> &columns, int t) const {
    const int half = recipe_.normalizer_smooth / 2;
    const int begin = std::max(0, t - half);
    const int end = std::min(int(columns.size()), t + half + 1);
    Levels level(centres_.size());
    for (std::size_t i = 0; i < level.size(); ++i) {
      double sum = 0.0;
      for (int c = begin; c < end; ++c) sum += columns[std::size_t(c)][i];
      level[i] = 10 * std::log10(sum / (end - begin));
    }
    return level;
  }

  /* Gram-Schmidt on the weighted powers of log f, afresh in each pass. */
  Levels trend(const Levels &level) const {
    const std::size_t n = level.size();
    const int order = recipe_.axis == FrequencyAxis::kLinear ? 1 : 2;
    Levels weight(n, 1.0), fit(n);
    for (int pass = 0; pass < 3; ++pass) {
      std::vector<Levels> basis;
      fit.assign(n, 0.0);
      for (int k = 0; k <= order; ++k) {
        Levels b(n);
        for (std::size_t i = 0; i < n; ++i)
          b[i] = std::pow(std::log(centres_[i] / 500.0), k);
        for (const Levels &other : basis) project_out(b, other, weight);
        const double c = inner(b, level, weight) / inner(b, b, weight);
        for (std::size_t i = 0; i < n; ++i) fit[i] += c * b[i];
        basis.push_back(b);
      }
      for (std::size_t i = 0; i < n; ++i)
        weight[i] = level[i] - fit[i] >= 2.5 ? 0.001 : 1.0;
    }
    return fit;
  }

  static double inner(const Levels &a, const Levels &b, const Levels &weight) {
    double sum = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += weight[i] * a[i] * b[i];
    return sum;
  }

  static void project_out(Levels &b, const Levels &other,
                          const Levels &weight) {
    const double c = inner(b, other, weight) / inner(other, other, weight);
    for (std::size_t i = 0; i < b.size(); ++i) b[i] -= c * other[i];
  }

  Levels split_mean(const Levels &level) const {
    const int n = int(level.size());
    Levels mean(level.size());
    for (int i = 0; i < n; ++i) {
      double sum = 0.0;
      int count = 0;
      for (int off = recipe_.normalizer_gap + 1;
           off <= recipe_.normalizer_half_width; ++off)
        for (int j : {i - off, i + off}) {
          if (j < 0) j = -j;
          if (j >= n) j = 2 * (n - 1) - j;
          sum += level[std::size_t(j)];
          ++count;
        }
      mean[std::size_t(i)] = sum / count;
    }
    return mean;
  }

  Recipe recipe_;
  std::vector<double> centres_;
};

GST_START_TEST(a_flat_spectrum_is_zero_decibels_over_its_own_level) {
  for (const auto axis : kAxes) {
    const Recipe r = recipe(axis);
    const std::vector<Column> columns(12, Column(rows(r), 1e-3f));
    for (const Output &out : normalize(r, columns))
      for (std::size_t i = 0; i < rows(r); ++i) {
        ASSERT_NEAR_AT(i, out.value[i], 0.0, 1e-4);  // float32 at 30 dB
        ASSERT_NEAR_AT(i, out.background[i], -30.0, 1e-4);
      }
  }
}
GST_END_TEST

GST_START_TEST(a_line_keeps_its_level_over_a_flat_background) {
  for (const auto axis : kAxes) {
    const Recipe r = recipe(axis);
    for (const std::size_t line : {std::size_t(0), std::size_t(60)}) {
      Column column(rows(r), 1e-3f);
      column[line] *= 100.0f;
      const auto all = normalize(r, std::vector<Column>(12, column));
      /* What is left of the line in the trend: 20 dB with the weight 0.001 of
       * a row, at most 9 rows' leverage (an end of a quadratic) in 128. */
      for (std::size_t i = 0; i < rows(r); ++i)
        ASSERT_NEAR_AT(i, all[6].value[i], i == line ? 20.0 : 0.0, 2e-3);
    }
  }
}
GST_END_TEST

/* The trend takes off a power of f on a linear axis and a parabola over log f
 * on a geometric one, so nothing is left for the reflected ends to distort. */
GST_START_TEST(a_sloping_background_is_found_exactly) {
  for (const auto axis : kAxes) {
    const Recipe r = recipe(axis);
    const double curve = axis == FrequencyAxis::kLinear ? 0.0 : 4.0;
    const auto centres = r.row_centres_hz();
    Column column(rows(r));
    Levels want(rows(r));
    for (std::size_t i = 0; i < rows(r); ++i) {
      const double x = std::log10(centres[rows(r) - 1 - i] / 100.0);
      want[i] = -40.0 - 20.0 * x + curve * x * x;
      column[i] = float(std::pow(10.0, want[i] / 10));
    }
    const auto all = normalize(r, std::vector<Column>(5, column));
    for (std::size_t i = 0; i < rows(r); ++i)
      ASSERT_NEAR_AT(i, all[2].background[i], want[i], 1e-3);  // float32 sums
  }
}
GST_END_TEST

GST_START_TEST(the_background_is_that_of_a_slow_implementation) {
  for (const auto axis : kAxes) {
    Recipe r = recipe(axis);
    r.normalizer_half_width = 11;  // blocks of 9 = 8 + 1 rows
    r.normalizer_gap = 2;
    const auto columns = noise(rows(r), 20);
    const auto all = normalize(r, columns);
    const SlowBackground slow(r);
    fail_unless_equals_int(all.size(), columns.size());
    for (std::size_t t = 0; t < columns.size(); ++t) {
      const Levels want = slow.of(columns, int(t));
      for (std::size_t i = 0; i < rows(r); ++i) {
        // float32 levels against double; no row of these lies that close to
        // a threshold
        ASSERT_NEAR_AT(i, all[t].background[i], want[i], 1e-3);
        ASSERT_NEAR_AT(i, all[t].value[i],
                       10 * std::log10(double(columns[t][i])) - want[i], 1e-3);
      }
    }
  }
}
GST_END_TEST

GST_START_TEST(a_gain_moves_the_background_and_leaves_the_values) {
  const Recipe r = recipe(FrequencyAxis::kLinear);
  const auto columns = noise(rows(r), 15);
  auto louder = columns;
  for (Column &column : louder)
    for (float &p : column) p *= 50.0f;
  const auto a = normalize(r, columns), b = normalize(r, louder);
  const double gain_db = 10 * std::log10(50.0);
  for (std::size_t t = 0; t < a.size(); ++t)
    for (std::size_t i = 0; i < rows(r); ++i) {
      // float32 rounding of levels of some tens of dB
      ASSERT_NEAR_AT(i, b[t].background[i], a[t].background[i] + gain_db, 1e-3);
      ASSERT_NEAR_AT(i, b[t].value[i], a[t].value[i], 1e-3);
    }
}
GST_END_TEST

GST_START_TEST(a_column_pops_when_its_lookahead_is_there_and_all_after_drain) {
  for (const int smooth : {1, 9}) {
    Recipe r = recipe(FrequencyAxis::kLinear);
    r.normalizer_smooth = smooth;
    const std::size_t lookahead = std::size_t(smooth / 2);
    for (std::size_t count = 0; count < 12; ++count) {
      BackgroundNormalizer tpsw(r);
      fail_unless_equals_int(tpsw.lookahead(), lookahead);
      Output out;
      std::size_t popped = 0;
      for (const Column &column : noise(rows(r), count)) {
        tpsw.push(column.data());
        while (pop(tpsw, r, out)) ++popped;
      }
      fail_unless_equals_int(popped, count - std::min(count, lookahead));
      tpsw.drain();
      while (pop(tpsw, r, out)) ++popped;
      fail_unless_equals_int(popped, count);
    }
  }
}
GST_END_TEST

GST_START_TEST(columns_pushed_all_at_once_pop_the_same) {
  const Recipe r = recipe(FrequencyAxis::kGeometric);
  const auto columns = noise(rows(r), 30);
  const auto want = normalize(r, columns);
  BackgroundNormalizer tpsw(r);
  for (const Column &column : columns) tpsw.push(column.data());
  tpsw.drain();
  Output out;
  for (const Output &w : want) {
    fail_unless(pop(tpsw, r, out));
    fail_unless(out.value == w.value && out.background == w.background);
  }
  fail_unless(!pop(tpsw, r, out));
}
GST_END_TEST

GST_START_TEST(digital_silence_is_zero_and_never_nan) {
  const Recipe r = recipe(FrequencyAxis::kGeometric);
  for (const Output &out :
       normalize(r, std::vector<Column>(6, Column(rows(r), 0.0f))))
    for (std::size_t i = 0; i < rows(r); ++i) {
      ASSERT_NEAR_AT(i, out.value[i], 0.0, 0.0);  // set, not computed
      // float32 at 200 dB
      ASSERT_NEAR_AT(i, out.background[i], sonar::dsp::kSilenceDb, 1e-3);
    }
  auto columns = noise(rows(r), 20);
  columns[10].assign(rows(r), 0.0f);
  columns[12][5] = 0.0f;
  const auto all = normalize(r, columns);
  for (const Output &out : all)
    for (std::size_t i = 0; i < rows(r); ++i)
      fail_unless(std::isfinite(out.value[i]) &&
                  std::isfinite(out.background[i]));
  fail_unless(all[10].value == Column(rows(r), 0.0f));
  ASSERT_NEAR_AT(5, all[12].value[5], -200.0 - all[12].background[5],
                 1e-4);  // float32 at 200 dB
}
GST_END_TEST

GST_START_TEST(fewer_rows_than_the_window_are_reflected_repeatedly) {
  for (const int bands : {1, 2, 3, 10}) {
    Recipe r = recipe(FrequencyAxis::kGeometric);
    r.bands = bands;
    const std::vector<Column> columns(3, Column(rows(r), 0.01f));
    for (const Output &out : normalize(r, columns))
      for (std::size_t i = 0; i < rows(r); ++i)
        ASSERT_NEAR_AT(i, out.value[i], 0.0, 1e-4);  // float32 at 20 dB
  }
}
GST_END_TEST

GST_START_TEST(reset_makes_the_normaliser_new) {
  const Recipe r = recipe(FrequencyAxis::kLinear);
  const auto columns = noise(rows(r), 13);
  BackgroundNormalizer tpsw(r);
  const auto before = normalize(tpsw, r, columns);
  tpsw.push(columns[0].data());
  tpsw.reset();
  const auto again = normalize(tpsw, r, columns);
  fail_unless_equals_int(again.size(), before.size());
  for (std::size_t t = 0; t < before.size(); ++t)
    fail_unless(again[t].value == before[t].value &&
                again[t].background == before[t].background);
}
GST_END_TEST

static Suite *dsp_tpsw_suite(void) {
  Suite *s = suite_create("dsp_tpsw");
  TCase *tc = tcase_create("background");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, a_flat_spectrum_is_zero_decibels_over_its_own_level);
  tcase_add_test(tc, a_line_keeps_its_level_over_a_flat_background);
  tcase_add_test(tc, a_sloping_background_is_found_exactly);
  tcase_add_test(tc, the_background_is_that_of_a_slow_implementation);
  tcase_add_test(tc, a_gain_moves_the_background_and_leaves_the_values);
  tcase_add_test(tc, digital_silence_is_zero_and_never_nan);
  tcase_add_test(tc, fewer_rows_than_the_window_are_reflected_repeatedly);
  tc = tcase_create("streaming");
  suite_add_tcase(s, tc);
  tcase_add_test(tc,
                 a_column_pops_when_its_lookahead_is_there_and_all_after_drain);
  tcase_add_test(tc, columns_pushed_all_at_once_pop_the_same);
  tcase_add_test(tc, reset_makes_the_normaliser_new);
  return s;
}
GST_CHECK_MAIN(dsp_tpsw)
