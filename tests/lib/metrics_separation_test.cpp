/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/metrics/separation.h"
#include "support/testing.h"

using sonar::metrics::si_sdr_db;

static const std::size_t kCount = 1000;

/* Whole cycles: orthogonal to each other. */
static std::vector<float> wave(double sine, double cosine) {
  std::vector<float> x(kCount);
  for (std::size_t i = 0; i < kCount; ++i) {
    const double phase = 2 * M_PI * 10 * double(i) / double(kCount);
    x[i] = float(sine * std::sin(phase) + cosine * std::cos(phase));
  }
  return x;
}

static double ratio(const std::vector<float> &estimate) {
  return si_sdr_db(estimate.data(), wave(1, 0).data(), kCount).value();
}

GST_START_TEST(an_orthogonal_error_of_a_tenth_is_20_db) {
  ASSERT_NEAR_AT(0, ratio(wave(1, 0.1)), 20, 1e-4);  // float samples
  ASSERT_NEAR_AT(1, ratio(wave(1, 1)), 0, 1e-4);
}
GST_END_TEST

GST_START_TEST(neither_scale_nor_sign_of_an_estimate_matters) {
  for (const double gain : {1e-3, -1.0, 50.0})
    ASSERT_NEAR_AT(0, ratio(wave(gain, 0.5 * gain)), 10 * std::log10(4.0),
                   1e-4);
}
GST_END_TEST

GST_START_TEST(a_silent_side_has_no_ratio) {
  const std::vector<float> silence(kCount), tone = wave(1, 0);
  fail_if(si_sdr_db(silence.data(), tone.data(), kCount).has_value());
  fail_if(si_sdr_db(tone.data(), silence.data(), kCount).has_value());
}
GST_END_TEST

GST_START_TEST(a_copy_is_better_than_any_other) {
  fail_unless(ratio(wave(2, 0)) > 140);  // rounding of the scaled copy
}
GST_END_TEST

static Suite *metrics_separation_suite(void) {
  Suite *s = suite_create("metrics_separation");
  TCase *c = tcase_create("separation");
  suite_add_tcase(s, c);
  tcase_add_test(c, an_orthogonal_error_of_a_tenth_is_20_db);
  tcase_add_test(c, neither_scale_nor_sign_of_an_estimate_matters);
  tcase_add_test(c, a_silent_side_has_no_ratio);
  tcase_add_test(c, a_copy_is_better_than_any_other);
  return s;
}

GST_CHECK_MAIN(metrics_separation);
