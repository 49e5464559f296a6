/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/nn/symmetric_log.h"

#include <random>

#include "support/testing.h"

using sonar::nn::symmetric_log;

constexpr std::size_t kSize = 16;
template <std::size_t N>
using Matrix = std::array<double, N * N>;

template <std::size_t N>
static Matrix<N> product(const Matrix<N> &a, const Matrix<N> &b) {
  Matrix<N> out{};
  for (std::size_t i = 0; i < N; ++i)
    for (std::size_t k = 0; k < N; ++k)
      for (std::size_t j = 0; j < N; ++j)
        out[i * N + j] += a[i * N + k] * b[k * N + j];
  return out;
}

template <std::size_t N>
static Matrix<N> diagonal(const std::array<double, N> &values) {
  Matrix<N> out{};
  for (std::size_t i = 0; i < N; ++i) out[i * N + i] = values[i];
  return out;
}

/** A product of random turns of two axes. */
template <std::size_t N>
static Matrix<N> rotation(unsigned seed) {
  std::mt19937 random(seed);
  Matrix<N> out{};
  for (std::size_t i = 0; i < N; ++i) out[i * N + i] = 1;
  for (std::size_t p = 0; p < N; ++p)
    for (std::size_t q = p + 1; q < N; ++q) {
      const double angle = double(random() % 6283) / 1000;
      const double c = std::cos(angle), s = std::sin(angle);
      for (std::size_t i = 0; i < N; ++i) {
        double &x = out[p * N + i], &y = out[q * N + i];
        const double was = x;
        x = c * was - s * y;
        y = s * was + c * y;
      }
    }
  return out;
}

/** R^T D R. */
template <std::size_t N>
static Matrix<N> turned(const Matrix<N> &r, const Matrix<N> &d) {
  Matrix<N> transposed;
  for (std::size_t i = 0; i < N; ++i)
    for (std::size_t j = 0; j < N; ++j) transposed[i * N + j] = r[j * N + i];
  return product<N>(transposed, product<N>(d, r));
}

template <std::size_t N>
static Matrix<N> log_of(const Matrix<N> &m) {
  std::array<float, N * N> a;
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = float(m[i]);
  symmetric_log<N>(a);
  Matrix<N> out;
  for (std::size_t i = 0; i < a.size(); ++i) out[i] = double(a[i]);
  return out;
}

/** Eigenvalues from 1 / @p spread to 1, evenly in their logarithm. */
static std::array<double, kSize> eigenvalues(double spread) {
  std::array<double, kSize> out;
  for (std::size_t i = 0; i < kSize; ++i)
    out[i] = std::pow(spread, -double(i) / (kSize - 1));
  return out;
}

GST_START_TEST(a_diagonal_has_the_logarithms_of_its_values) {
  const std::array<double, 4> values = {1, 8, 0.01, 2.5};
  const auto got = log_of<4>(diagonal<4>(values));
  for (std::size_t i = 0; i < got.size(); ++i) {
    const double want = i % 5 ? 0 : std::log(values[i / 5]);
    ASSERT_NEAR_AT(i, got[i], want, 5e-6);  // float, of values up to 4.6
  }
}
GST_END_TEST

GST_START_TEST(the_logarithm_of_the_identity_and_of_its_multiples_is_known) {
  for (const double factor : {1.0, 0.125, 30.0}) {
    std::array<double, kSize> values;
    values.fill(factor);
    const auto got = log_of<kSize>(diagonal<kSize>(values));
    for (std::size_t i = 0; i < got.size(); ++i)
      ASSERT_NEAR_AT(i, got[i], i % (kSize + 1) ? 0 : std::log(factor), 5e-6);
  }
}
GST_END_TEST

GST_START_TEST(four_ones_and_a_loading_have_the_closed_form) {
  // loading e everywhere but 4 + e along (1, 1, 1, 1) / 2
  const double loading = 0.1;
  Matrix<4> m;
  for (std::size_t i = 0; i < 16; ++i) m[i] = 1 + (i % 5 ? 0 : loading);
  const auto got = log_of<4>(m);
  const double low = std::log(loading), step = std::log(4 + loading) - low;
  for (std::size_t i = 0; i < 16; ++i)  // float, 41 to 1
    ASSERT_NEAR_AT(i, got[i], step / 4 + (i % 5 ? 0 : low), 41 * 1e-6);
}
GST_END_TEST

/* Rows count as orthogonal from a cosine of 1e-5 on, which moves the logarithm
 * by up to half of that for each of 15 other rows. Rounding moves an eigenvalue
 * by about 1e-6 of the largest, so the smallest's logarithm by that times the
 * spread. */
static const double kSpreads[] = {1.5, 10, 200};

GST_START_TEST(a_turned_diagonal_has_the_turned_logarithms) {
  const double spread = kSpreads[__i__];
  for (unsigned seed = 0; seed < 20; ++seed) {
    const auto values = eigenvalues(spread);
    std::array<double, kSize> logarithms;
    for (std::size_t i = 0; i < kSize; ++i) logarithms[i] = std::log(values[i]);
    const auto r = rotation<kSize>(seed);
    const auto got = log_of<kSize>(turned<kSize>(r, diagonal<kSize>(values)));
    const auto want = turned<kSize>(r, diagonal<kSize>(logarithms));
    for (std::size_t i = 0; i < got.size(); ++i)
      ASSERT_NEAR_AT(i, got[i], want[i], spread * 1e-6 + 7.5e-5);
  }
}
GST_END_TEST

/** By its series. */
static Matrix<kSize> exponential(const Matrix<kSize> &m) {
  std::array<double, kSize> ones;
  ones.fill(1);
  Matrix<kSize> sum = diagonal<kSize>(ones), term = sum;
  for (int n = 1; n < 60; ++n) {
    term = product<kSize>(term, m);
    for (double &v : term) v /= n;
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += term[i];
  }
  return sum;
}

GST_START_TEST(the_exponential_of_the_logarithm_is_the_matrix) {
  std::mt19937 random(5);
  for (int repeat = 0; repeat < 5; ++repeat) {
    Matrix<kSize> x, m{};  // correlations of 16 random series, loaded
    for (double &v : x) v = double(random() % 2001) / 1000 - 1;
    for (std::size_t i = 0; i < kSize; ++i)
      for (std::size_t j = 0; j < kSize; ++j) {
        for (std::size_t k = 0; k < kSize; ++k)
          m[i * kSize + j] += x[i * kSize + k] * x[j * kSize + k] / kSize;
        if (i == j) m[i * kSize + j] += 0.05;
      }
    const auto got = exponential(log_of<kSize>(m));
    for (std::size_t i = 0; i < got.size(); ++i)
      ASSERT_NEAR_AT(i, got[i], m[i], 2e-5);  // float, eigenvalues below 2
  }
}
GST_END_TEST

GST_START_TEST(the_logarithm_is_symmetric_and_its_trace_that_of_the_logs) {
  const auto values = eigenvalues(50);
  double want = 0, got = 0;
  const auto log =
      log_of<kSize>(turned<kSize>(rotation<kSize>(3), diagonal<kSize>(values)));
  for (std::size_t i = 0; i < kSize; ++i) {
    want += std::log(values[i]);
    got += log[i * kSize + i];
    for (std::size_t j = 0; j < i; ++j)  // one product, in both orders
      ASSERT_NEAR_AT(i, log[i * kSize + j], log[j * kSize + i], 1e-5);
  }
  ASSERT_NEAR_AT(0, got, want, kSize * 6e-5);
}
GST_END_TEST

GST_START_TEST(a_nan_makes_nan_and_comes_to_an_end) {
  std::array<float, kSize * kSize> a{};
  for (std::size_t i = 0; i < kSize; ++i) a[i * kSize + i] = 1;
  a[3 * kSize + 5] = a[5 * kSize + 3] = NAN;
  symmetric_log<kSize>(a);
  fail_unless(std::isnan(a[3 * kSize + 5]));
}
GST_END_TEST

static Suite *symmetric_log_suite(void) {
  Suite *s = suite_create("symmetric_log");
  TCase *tc = tcase_create("symmetric_log");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, a_diagonal_has_the_logarithms_of_its_values);
  tcase_add_test(tc,
                 the_logarithm_of_the_identity_and_of_its_multiples_is_known);
  tcase_add_test(tc, four_ones_and_a_loading_have_the_closed_form);
  tcase_add_loop_test(tc, a_turned_diagonal_has_the_turned_logarithms, 0,
                      G_N_ELEMENTS(kSpreads));
  tcase_add_test(tc, the_exponential_of_the_logarithm_is_the_matrix);
  tcase_add_test(tc, the_logarithm_is_symmetric_and_its_trace_that_of_the_logs);
  tcase_add_test(tc, a_nan_makes_nan_and_comes_to_an_end);
  return s;
}
GST_CHECK_MAIN(symmetric_log)
