/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/dsp/window.h"

#include <algorithm>
#include <complex>

#include "sonar/core/recipe_choices.h"
#include "support/testing.h"

using sonar::Window;
using sonar::dsp::make_window;
using sonar::dsp::noise_bandwidth_bins;

/* Magnitude of a window's spectrum, @p bin bins of its length from the middle,
 * relative to the middle, in dB. */
static double response_db(const std::vector<float> &w, double bin) {
  std::complex<double> sum;
  double gain = 0;
  for (std::size_t i = 0; i < w.size(); ++i) {
    sum += std::polar(double(w[i]),
                      -2 * M_PI * bin * double(i) / double(w.size()));
    gain += double(w[i]);
  }
  return 20 * std::log10(std::abs(sum) / gain);
}

static double highest_lobe_db(const std::vector<float> &w, double from) {
  double highest = -400;
  for (double bin = from; bin < 60; bin += 0.05)
    highest = std::max(highest, response_db(w, bin));
  return highest;
}

/* Closed forms of sums of cosines: a0^2 + sum(a^2) / 2 over a0^2. Kaiser's
 * from Harris (1978, table I: beta = 3 pi has 1.80 bins). */
GST_START_TEST(noise_bandwidths_are_those_of_the_literature) {
  const auto of = [](Window kind) {
    return noise_bandwidth_bins(make_window(kind, 512, 3 * M_PI));
  };
  // float32 windows
  ASSERT_NEAR_AT(0, of(Window::kHann), 1.5, 1e-6);
  ASSERT_NEAR_AT(1, of(Window::kHamming), 1 + 0.5 * 0.46 * 0.46 / 0.2916, 1e-6);
  ASSERT_NEAR_AT(2, of(Window::kBlackmanHarris), 2.0044, 1e-4);
  ASSERT_NEAR_AT(3, of(Window::kFlatTop), 3.7702, 1e-3);
  ASSERT_NEAR_AT(4, of(Window::kKaiser), 1.80, 0.005);  // two digits printed
  const std::vector<float> rectangle = make_window(Window::kKaiser, 512, 0);
  ASSERT_NEAR_AT(5, noise_bandwidth_bins(rectangle), 1.0, 1e-6);
}
GST_END_TEST

GST_START_TEST(side_lobes_are_as_far_down_as_promised) {
  const struct {
    Window kind;
    double first_null, lobe_db;
  } cases[] = {{Window::kHann, 2, -31.4},
               {Window::kHamming, 2, -42.6},
               {Window::kBlackmanHarris, 4, -92},
               {Window::kKaiser, 3, -63},
               {Window::kFlatTop, 5, -88}};
  for (const auto &c : cases) {
    const auto w = make_window(c.kind, 512, 8.6);
    ck_assert_msg(highest_lobe_db(w, c.first_null) < c.lobe_db, "%s: %.1f dB",
                  nick(c.kind), highest_lobe_db(w, c.first_null));
  }
}
GST_END_TEST

GST_START_TEST(a_flat_top_loses_nothing_between_bins) {
  const auto flat = make_window(Window::kFlatTop, 512, 0);
  for (double off = 0; off <= 0.5; off += 0.05)
    ASSERT_NEAR_AT(0, response_db(flat, off), 0.0, 0.011);  // D'Antona's bound
  ASSERT_NEAR_AT(1, response_db(make_window(Window::kHann, 512, 0), 0.5), -1.42,
                 0.01);
}
GST_END_TEST

GST_START_TEST(windows_are_periodic_symmetric_and_peak_at_one) {
  for (const auto &choice : sonar::Choices<Window>::kAll)
    for (const std::size_t n : {16, 510, 1024}) {
      const auto w = make_window(choice.value, n, 8.6);
      ASSERT_NEAR_AT(n, w[n / 2], 1.0, 1e-6);
      for (std::size_t i = 1; i < n; ++i)
        ASSERT_NEAR_AT(i, w[i], w[n - i], 1e-6);
    }
}
GST_END_TEST

static Suite *dsp_window_suite(void) {
  Suite *s = suite_create("dsp_window");
  TCase *tc = tcase_create("figures");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, noise_bandwidths_are_those_of_the_literature);
  tcase_add_test(tc, side_lobes_are_as_far_down_as_promised);
  tcase_add_test(tc, a_flat_top_loses_nothing_between_bins);
  tcase_add_test(tc, windows_are_periodic_symmetric_and_peak_at_one);
  return s;
}
GST_CHECK_MAIN(dsp_window)
