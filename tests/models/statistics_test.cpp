/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/statistics.h"

#include <cmath>
#include <random>

#include "models/train/logistic.h"
#include "sonar/nn/picture_statistics.h"
#include "support/testing.h"

using namespace sonar::models;

constexpr int kHeight = 32, kWidth = 16, kBands = 16;
constexpr int kPairs = kBands * (kBands + 1) / 2;

static const PictureStatistics &statistics() {
  static const PictureStatistics out(kHeight, kWidth, 2);
  return out;
}

static at::Tensor blank() { return at::zeros({1, 2, kHeight, kWidth}); }

/* Both rows of a band follow @p db, as levels. */
static void set_band(at::Tensor &x, int band, const at::Tensor &db) {
  for (int row = 2 * band; row < 2 * band + 2; ++row)
    x[0][1][row].copy_(db / 20);
}

static at::Tensor of(const at::Tensor &x) { return statistics()(x)[0]; }
static at::Tensor correlations(const at::Tensor &s) {
  return s.slice(0, 2 * kHeight, 2 * kHeight + kPairs);
}
static at::Tensor modulations(const at::Tensor &s) {
  return s.slice(0, 2 * kHeight + kPairs).reshape({kBands, -1});
}
/* Place of a pair of bands in the upper triangle, row by row. */
static int place(int a, int b) { return a * kBands - a * (a - 1) / 2 + b - a; }
static double at1(const at::Tensor &t, int i) { return t[i].item<double>(); }

static at::Tensor sine(double amplitude_db, double cycles) {
  return amplitude_db *
         at::sin(2 * M_PI * cycles / kWidth * at::arange(kWidth, at::kFloat));
}

static at::Tensor noise(std::vector<std::int64_t> shape, unsigned seed) {
  std::mt19937 random(seed);
  at::Tensor out = at::empty(shape);
  for (std::int64_t i = 0; i < out.numel(); ++i)
    out.data_ptr<float>()[i] = float(random() >> 8) / float(1 << 24);
  return out;
}

GST_START_TEST(mean_and_deviation_of_a_row_are_those_of_its_values_in_db) {
  at::Tensor x = blank();
  // half of the time 9 dB, else nothing
  x[0][0][5].slice(0, 0, kWidth / 2).fill_(0.5);
  const at::Tensor s = of(x);
  ASSERT_NEAR_AT(0, at1(s, 5), 4.5, 1e-5);            // float
  ASSERT_NEAR_AT(0, at1(s, kHeight + 5), 4.5, 1e-5);  // float
  ASSERT_NEAR_AT(0, at1(s, 4), 0, 1e-9);
}
GST_END_TEST

GST_START_TEST(two_bands_that_move_together_have_the_logarithm_in_closed_form) {
  at::Tensor x = blank();
  set_band(x, 3, sine(4, 2));
  set_band(x, 9, sine(4, 2));
  const double deviation = 4 / std::sqrt(2.0);
  const double r = std::pow(deviation / (deviation + 0.5), 2);
  const double loading = 0.1 * 2 * r / kBands;
  // eigenvalues 2 r + loading of (1, 1) / sqrt(2), loading of all others
  const double sum = std::log(2 * r + loading), rest = std::log(loading);
  const at::Tensor c = correlations(of(x));
  // 1e-6 stands under the roots, against a loading of 0.009
  const double tolerance = 1e-3;
  ASSERT_NEAR_AT(0, at1(c, place(3, 3)), (sum + rest) / 2, tolerance);
  ASSERT_NEAR_AT(0, at1(c, place(3, 9)), std::sqrt(2.0) * (sum - rest) / 2,
                 tolerance);
  ASSERT_NEAR_AT(0, at1(c, place(0, 0)), rest, tolerance);
  ASSERT_NEAR_AT(0, at1(c, place(3, 4)), 0, tolerance);
}
GST_END_TEST

GST_START_TEST(a_modulated_band_shows_the_line_of_its_window) {
  at::Tensor x = blank();
  set_band(x, 7, sine(6, 3));  // cycles a picture
  const at::Tensor m = modulations(of(x));
  fail_unless_equals_int(m.size(1), 4);  // 5..8, 3..4, 2, 1 cycles
  // a Hann window spreads A W / 2 as 1/4, 1/2, 1/4 over three bins
  const double middle = 6.0 * kWidth / 4, side = middle / 2;
  const double wanted[] = {0, (middle + side) / 2, side, 0};
  for (int i = 0; i < 4; ++i)  // the magnitudes have 1e-6 under their root
    ASSERT_NEAR_AT(i, at1(m[7], i), std::log(0.1 + wanted[i]), 0.02);
  ASSERT_NEAR_AT(0, at1(m[6], 1), std::log(0.1), 0.02);
}
GST_END_TEST

GST_START_TEST(gain_changes_nothing_and_a_shift_in_time_only_the_modulation) {
  const at::Tensor x = 0.5 * noise({1, 2, kHeight, kWidth}, 1);
  const at::Tensor s = of(x);
  at::Tensor louder = x.clone();
  louder.select(1, 1).add_(0.25);                        // 5 dB
  fail_unless(at::allclose(of(louder), s, 1e-3, 1e-3));  // float through exp
  const at::Tensor moved = of(x.roll(5, 3));
  const int kept = 2 * kHeight + kPairs;
  fail_unless(
      at::allclose(moved.slice(0, 0, kept), s.slice(0, 0, kept), 1e-3, 1e-3));
}
GST_END_TEST

GST_START_TEST(a_batch_gives_what_its_pictures_give_alone) {
  const at::Tensor x = noise({3, 2, kHeight, kWidth}, 2);
  const at::Tensor s = statistics()(x);
  fail_unless_equals_int(s.size(1), statistics().size());
  for (int i = 0; i < 3; ++i)
    fail_unless(at::allclose(s[i], of(x.slice(0, i, i + 1)), 1e-4, 1e-4));
}
GST_END_TEST

GST_START_TEST(one_channel_takes_its_levels_from_the_values) {
  const PictureStatistics one(kHeight, kWidth, 1);
  const at::Tensor x = noise({1, 1, kHeight, kWidth}, 3);
  // the same dB in a second channel: 18 dB a unit there, 20 dB here
  const at::Tensor both = at::cat({x, x * (18.0 / 20)}, 1);
  fail_unless(at::allclose(one(x)[0], of(both), 1e-3, 1e-3));
}
GST_END_TEST

/* ---- nn::PictureStatistics, the same without LibTorch ---- */

struct PictureSize {
  int channels, height, width;
};
static const PictureSize kPictureSizes[] = {
    {1, 16, 8},  {2, 16, 9},   {2, 32, 16},  {1, 37, 45},
    {2, 50, 61}, {2, 64, 128}, {1, 128, 96}, {2, 129, 33},
};
static std::vector<float> without_torch(const at::Tensor &x) {
  const sonar::nn::PictureStatistics ours(
      {std::size_t(x.size(1)), std::size_t(x.size(2)), std::size_t(x.size(3))});
  std::vector<float> out(ours.size() + 1, -77);
  ours(x.contiguous().data_ptr<float>(), out.data());
  fail_unless(out.back() == -77, "wrote past the end");
  out.pop_back();
  return out;
}

/* Means and deviations of values up to 18 dB in float; logarithms of
 * eigenvalues that rounding moves by 1e-6 of the largest, 16, over a loading of
 * about 0.05 and more; magnitudes of at most 100 columns. */
static void assert_like_torchs(const at::Tensor &x) {
  const PictureStatistics torchs(x.size(2), x.size(3), x.size(1));
  const at::Tensor all = torchs(x).contiguous();
  const float *const want = all.data_ptr<float>();
  const std::vector<float> got = without_torch(x);
  fail_unless_equals_int(got.size(), all.numel());
  fail_unless_equals_int(got.size(), torchs.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    const double tolerance = i < std::size_t(2 * x.size(2)) ? 2e-5 : 5e-4;
    // an assertion that holds costs a write to check's pipe
    if (!(std::fabs(got[i] - want[i]) <= tolerance))
      ck_abort_msg("[%zu] of %zu x %zu x %zu: got %.9g, want %.9g +- %.1e", i,
                   size_t(x.size(1)), size_t(x.size(2)), size_t(x.size(3)),
                   double(got[i]), double(want[i]), tolerance);
  }
}

static at::Tensor picture_of(const PictureSize &s, unsigned seed) {
  at::Tensor x = noise({1, s.channels, s.height, s.width}, seed);
  if (s.channels == 2) x.select(1, 1).mul_(4).sub_(2);  // -40 to 40 dB
  return x;
}

GST_START_TEST(without_libtorch_random_pictures_have_the_same_statistics) {
  for (const PictureSize &s : kPictureSizes)
    for (unsigned seed = 0; seed < 5; ++seed)
      assert_like_torchs(picture_of(s, seed));
}
GST_END_TEST

GST_START_TEST(without_libtorch_bands_that_move_together_have_the_same) {
  for (const PictureSize &s : kPictureSizes) {
    at::Tensor x = 0.05 * picture_of(s, 1);
    const at::Tensor swell =
        0.3 * at::sin(6 * M_PI / s.width * at::arange(s.width, at::kFloat));
    x.slice(2, 2, s.height / 2).add_(swell);
    assert_like_torchs(x);
  }
}
GST_END_TEST

GST_START_TEST(without_libtorch_a_constant_picture_has_the_same) {
  for (const PictureSize &s : kPictureSizes)
    for (const double value : {0.0, 0.3, 1.0})
      assert_like_torchs(
          at::full({1, s.channels, s.height, s.width}, value, at::kFloat));
}
GST_END_TEST

/* The gradient of the docstring's objective in plain loops. */
static std::vector<double> slow_gradient(const at::Tensor &z,
                                         const at::Tensor &y,
                                         const at::Tensor &importance,
                                         double penalty, const LinearHead &head,
                                         int label) {
  const int count = int(z.size(0)), size = int(z.size(1));
  const double all = importance.sum().item<double>();
  std::vector<double> out(std::size_t(size + 1));
  for (int k = 0; k < size; ++k) {
    double mean = 0, square = 0;
    for (int i = 0; i < count; ++i) {
      mean += at1(importance, i) / all * at1(z[i], k);
      square += at1(importance, i) / all * std::pow(at1(z[i], k), 2);
    }
    const double deviation = std::sqrt(square - mean * mean);
    out[std::size_t(k)] = penalty * at1(head.weight[label], k) * deviation;
    for (int i = 0; i < count; ++i) {
      double logit = at1(head.bias, label);
      for (int n = 0; n < size; ++n)
        logit += at1(head.weight[label], n) * at1(z[i], n);
      const double error = at1(importance, i) / all *
                           (1 / (1 + std::exp(-logit)) - at1(y[i], label));
      out[std::size_t(k)] += error * at1(z[i], k) / deviation;
      if (k == 0) out[std::size_t(size)] += error;
    }
  }
  return out;
}

GST_START_TEST(nothing_is_better_than_the_logistic_head_that_was_fitted) {
  const at::Tensor z = noise({60, 4}, 4) * 3 - 1, y = noise({60, 3}, 5);
  const at::Tensor importance = noise({60}, 6) + 0.1;
  const LinearHead head = fit_logistic(z, y, importance, 0.02);
  for (int label = 0; label < 3; ++label) {
    const auto gradient = slow_gradient(z, y, importance, 0.02, head, label);
    for (std::size_t k = 0; k < gradient.size(); ++k)
      ASSERT_NEAR_AT(k, gradient[k], 0, 1e-5);  // weights are float
  }
}
GST_END_TEST

GST_START_TEST(classes_that_can_be_parted_are_and_a_still_feature_is_unused) {
  at::Tensor z = at::cat({at::ones({20, 1}), noise({20, 1}, 6)}, 1);
  z.select(1, 1).slice(0, 10).add_(100);
  const at::Tensor y = at::zeros({20, 1});
  y.slice(0, 10).fill_(1);
  const LinearHead head = fit_logistic(z, y, at::ones({20}), 1e-4);
  fail_unless(head.weight[0][0].item<float>() == 0);
  const at::Tensor logits = at::linear(z, head.weight, head.bias);
  fail_unless(logits.slice(0, 0, 10).max().item<float>() < 0);
  fail_unless(logits.slice(0, 10).min().item<float>() > 0);
}
GST_END_TEST

static Suite *statistics_suite(void) {
  Suite *s = suite_create("statistics");
  TCase *tc = tcase_create("statistics");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, mean_and_deviation_of_a_row_are_those_of_its_values_in_db);
  tcase_add_test(
      tc, two_bands_that_move_together_have_the_logarithm_in_closed_form);
  tcase_add_test(tc, a_modulated_band_shows_the_line_of_its_window);
  tcase_add_test(tc,
                 gain_changes_nothing_and_a_shift_in_time_only_the_modulation);
  tcase_add_test(tc, a_batch_gives_what_its_pictures_give_alone);
  tcase_add_test(tc, one_channel_takes_its_levels_from_the_values);
  TCase *without = tcase_create("without_libtorch");
  suite_add_tcase(s, without);
  tcase_add_test(without,
                 without_libtorch_random_pictures_have_the_same_statistics);
  tcase_add_test(without,
                 without_libtorch_bands_that_move_together_have_the_same);
  tcase_add_test(without, without_libtorch_a_constant_picture_has_the_same);
  TCase *logistic = tcase_create("logistic");
  suite_add_tcase(s, logistic);
  tcase_add_test(logistic,
                 nothing_is_better_than_the_logistic_head_that_was_fitted);
  tcase_add_test(logistic,
                 classes_that_can_be_parted_are_and_a_still_feature_is_unused);
  return s;
}
GST_CHECK_MAIN(statistics)
