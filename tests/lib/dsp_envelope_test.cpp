/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <algorithm>
#include <limits>
#include <random>

#include "sonar/core/error.h"
#include "sonar/dsp/envelope.h"
#include "support/testing.h"

using sonar::dsp::EnvelopeConfig;
using sonar::dsp::EnvelopeDetector;

static constexpr double kRate = 8000.0;

static EnvelopeDetector::Envelopes envelopes(EnvelopeDetector &detector,
                                             const std::vector<float> &x,
                                             std::size_t piece) {
  EnvelopeDetector::Envelopes out;
  for (std::size_t i = 0; i < x.size(); i += piece)
    detector.push(x.data() + i, std::min(piece, x.size() - i), out);
  detector.drain(out);
  return out;
}

/* carrier amplitude a (1 + m cos(2 pi f t)) */
static std::vector<float> modulated(std::size_t n, double carrier_hz, double a,
                                    double m, double f) {
  std::vector<float> x(n);
  for (std::size_t i = 0; i < n; ++i) {
    const double t = 2 * M_PI * double(i) / kRate;
    x[i] =
        float(a * (1 + m * std::cos(f * t)) * std::cos(carrier_hz * t + 0.7));
  }
  return x;
}

static std::vector<float> noise(std::size_t n) {
  std::mt19937 random(7);
  std::normal_distribution<float> normal;
  std::vector<float> x(n);
  for (float &v : x) v = normal(random);
  return x;
}

GST_START_TEST(a_modulated_carrier_reads_its_envelope_at_its_own_time) {
  const double a = 0.3, m = 0.6, f = 7.0;
  for (const bool square_law : {false, true}) {
    for (const std::size_t factor : {1, 20}) {
      EnvelopeDetector detector({kRate, 100, 3000, 1, factor, square_law});
      const auto out =
          envelopes(detector, modulated(40000, 900, a, m, f), 4096);
      fail_unless_equals_int(out.size(), 1);
      fail_unless_equals_int(out[0].size(), 40000 / factor);
      for (std::size_t k = 8000 / factor; k < 32000 / factor; ++k)
        // 80 dB of the other half of the spectrum
        ASSERT_NEAR_AT(
            k, out[0][k],
            a * (1 + m * std::cos(2 * M_PI * f * double(k * factor) / kRate)),
            1e-4 * a);
    }
  }
}
GST_END_TEST

GST_START_TEST(sound_outside_the_band_is_80_db_down) {
  EnvelopeDetector detector({kRate, 200, 1000, 1, 1, false});
  for (const double hz : {0.0, 170.0, 1030.0, 3900.0}) {
    const auto out = envelopes(detector, modulated(20000, hz, 1, 0, 0), 20000);
    for (std::size_t k = 5000; k < 15000; ++k)
      ASSERT_NEAR_AT(k, out[0][k], 0.0, 1.1e-4);
  }
}
GST_END_TEST

GST_START_TEST(the_upper_edge_stays_below_nyquist) {
  EnvelopeConfig config{kRate, 50, 5000, 2, 1, false};
  const auto edges = envelope_edges_hz(config);
  ASSERT_NEAR_AT(0, edges[0], 50.0, 0);
  ASSERT_NEAR_AT(1, edges[1], std::sqrt(50.0 * 3975.0), 1e-9);
  ASSERT_NEAR_AT(2, edges[2], 3975.0, 1e-9);
}
GST_END_TEST

/* Each tone falls into one sub-band and leaves no trace in the others. */
GST_START_TEST(each_sub_band_has_its_own_envelope) {
  const EnvelopeConfig config{kRate, 100, 3200, 5, 10, false};
  const auto edges = envelope_edges_hz(config);
  for (std::size_t band = 0; band < 5; ++band) {
    ASSERT_NEAR_AT(band, edges[band], 100.0 * double(1u << band), 1e-9);
    EnvelopeDetector detector(config);
    const auto out =
        envelopes(detector, modulated(20000, 1.4 * edges[band], 1, 0, 0), 999);
    for (std::size_t b = 0; b < 5; ++b)
      for (std::size_t k = 500; k < 1500; ++k)
        // the gain is 1 in the band's middle: up to twice 80 dB elsewhere
        ASSERT_NEAR_AT(b, out[b][k], b == band ? 1.0 : 0.0, 2e-4);
  }
}
GST_END_TEST

GST_START_TEST(envelopes_are_bit_identical_for_any_cut_and_after_reset) {
  const std::vector<float> x = noise(30001);
  EnvelopeDetector::Envelopes nothing;
  for (const bool square_law : {false, true}) {
    EnvelopeDetector detector({kRate, 100, 3000, 3, 7, square_law});
    const auto want = envelopes(detector, x, x.size());
    fail_unless_equals_int(want[2].size(), (30001 + 6) / 7);
    for (const std::size_t piece : {1, 333, 4096})
      fail_unless(envelopes(detector, x, piece) == want);
    detector.push(x.data(), 7777, nothing);
    detector.reset();
    fail_unless(envelopes(detector, x, 100) == want);
  }
}
GST_END_TEST

GST_START_TEST(an_envelope_sample_comes_no_later_than_the_delay) {
  const std::size_t factor = 8;
  EnvelopeDetector detector({kRate, 100, 3000, 1, factor, false});
  EnvelopeDetector::Envelopes out;
  const float sample = 0.5f;
  bool exact = false;
  for (std::size_t i = 0; i < 3 * detector.delay_samples(); ++i) {
    detector.push(&sample, 1, out);
    const std::size_t delay = detector.delay_samples();
    const std::size_t due = i < delay ? 0 : (i - delay) / factor + 1;
    fail_unless(out[0].size() >= due);
    exact = exact || (due > 1 && out[0].size() == due);
  }
  fail_unless(exact);  // and not before it for all of them
}
GST_END_TEST

static void expect_refused(const EnvelopeConfig &config,
                           const std::string &words) {
  try {
    EnvelopeDetector detector(config);
    ck_abort_msg("accepted, wanted '%s'", words.c_str());
  } catch (const sonar::Error &e) {
    fail_unless(e.code() == sonar::Errc::kBadArgument);
    ck_assert_msg(std::string(e.what()).find(words) != std::string::npos,
                  "'%s' does not say '%s'", e.what(), words.c_str());
  }
}

GST_START_TEST(a_bad_band_or_sample_is_refused_with_got_and_needed) {
  expect_refused({kRate, 0, 900, 1, 1, false}, "the band 0 to 900 Hz");
  expect_refused({kRate, 950, 900, 1, 1, false}, "an upper edge above it");
  expect_refused({kRate, 4500, 9000, 1, 1, false}, "below half the rate");
  expect_refused({kRate, 50, 900, 0, 1, false}, "1 to 64 sub-bands");
  expect_refused({kRate, 50, 900, 99, 1, false}, "1 to 64 sub-bands");
  expect_refused({kRate, 0.01, 900, 1, 1, false}, "a higher lower edge");
  expect_refused({kRate, 50, 900, 1, 0, false}, "the factor 0");
  EnvelopeDetector detector({kRate, 50, 900, 1, 1, false});
  EnvelopeDetector::Envelopes out;
  const float bad[] = {0.0f, std::numeric_limits<float>::quiet_NaN()};
  try {
    detector.push(bad, 2, out);
    ck_abort_msg("NaN was accepted");
  } catch (const sonar::Error &e) {
    fail_unless(e.code() == sonar::Errc::kNumeric);
  }
}
GST_END_TEST

static Suite *dsp_envelope_suite(void) {
  Suite *s = suite_create("dsp_envelope");
  TCase *tc = tcase_create("closed form");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, a_modulated_carrier_reads_its_envelope_at_its_own_time);
  tcase_add_test(tc, sound_outside_the_band_is_80_db_down);
  tcase_add_test(tc, the_upper_edge_stays_below_nyquist);
  tcase_add_test(tc, each_sub_band_has_its_own_envelope);
  tc = tcase_create("streaming");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, envelopes_are_bit_identical_for_any_cut_and_after_reset);
  tcase_add_test(tc, an_envelope_sample_comes_no_later_than_the_delay);
  tc = tcase_create("errors");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, a_bad_band_or_sample_is_refused_with_got_and_needed);
  return s;
}
GST_CHECK_MAIN(dsp_envelope)
