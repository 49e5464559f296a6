/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/propulsion/published.h"
#include "models/propulsion/recording.h"
#include "models/propulsion/scores.h"
#include "models/synth/random.h"
#include "sonar/core/error.h"
#include "support/folder.h"
#include "support/testing.h"

using namespace sonar::models;

static constexpr int kRate = 16000;

/* Cavitation noise whose strength follows the blades, of which one differs from
 * the others: lines at the blade rate, weaker ones at the shaft rate. */
static std::vector<float> propeller(double shaft_hz, int blades, double seconds,
                                    std::uint64_t seed) {
  synth::Random random(seed, 1);
  std::vector<float> x(std::size_t(seconds * kRate));
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double turn = shaft_hz * double(i) / kRate;
    double strength = 1.0;
    for (int k = 1; k <= 2 * blades; ++k) {
      const double depth = k == blades ? 0.30 : k == 2 * blades ? 0.15 : 0.06;
      strength += depth * std::cos(2 * M_PI * (k * turn + 0.13 * k * k));
    }
    x[i] = float(0.02 * strength * random.normal());
  }
  return x;
}

GST_START_TEST(the_sound_of_a_propeller_tells_shaft_rate_and_blades) {
  const struct {
    double shaft_hz;
    int blades;
  } ships[] = {{1.63, 4}, {2.31, 4}, {3.83, 3}, {1.92, 5}};
  for (const auto &ship : ships) {
    for (const int sub_bands : {1, 4}) {
      DemonOptions options;
      options.sub_bands = sub_bands;
      const DemonSpectrum s =
          demon_spectrum(propeller(ship.shaft_hz, ship.blades, 60, 7), options);
      const auto p = sonar::tonal::estimate_propulsion(
          s.power.data(), s.power.size(), s.bin_hz);
      ASSERT_NEAR_AT(sub_bands, p.shaft_hz, ship.shaft_hz, 0.01);
      fail_unless_equals_int(p.blades, ship.blades);
      fail_unless(p.confidence > 0.6);
    }
  }
}
GST_END_TEST

GST_START_TEST(a_recording_shorter_than_a_window_has_a_coarser_spectrum) {
  const DemonOptions options;
  // 625 samples are left, an even number of them is transformed
  ASSERT_NEAR_AT(0, demon_spectrum(propeller(3, 4, 5, 1), options).bin_hz,
                 125.0 / 624, 1e-12);
  try {
    demon_spectrum(std::vector<float>(kRate), options);
    ck_abort_msg("a second was accepted");
  } catch (const sonar::Error &e) {
    fail_unless(e.code() == sonar::Errc::kBadArgument);
    fail_unless(std::string(e.what()).find("got 1 s of sound") !=
                std::string::npos);
  }
}
GST_END_TEST

static PropulsionResult result(double truth, int blades, bool clear, double got,
                               int got_blades, double confidence) {
  PropulsionResult r{"x", truth, blades, clear, {}};
  r.got.shaft_hz = got;
  r.got.blades = got_blades;
  r.got.confidence = confidence;
  return r;
}

GST_START_TEST(scores_count_what_is_right_and_name_the_harmonic_that_is_not) {
  const std::vector<PropulsionResult> results = {
      result(2.0, 4, true, 2.02, 4, 0.9), result(2.0, 4, true, 2.06, 3, 0.8),
      result(2.0, 5, true, 1.0, 5, 0.4),  result(3.0, 0, true, 4.8, 4, 0.2),
      result(0.0, 0, false, 1.0, 4, 0.5), result(0.0, 0, false, 1.0, 4, 0.1)};
  const PropulsionScore s = score_propulsion(results);
  fail_unless(s.shafts == 4 && s.blade_counts == 3 && s.unclear == 2);
  fail_unless(s.within_2_percent == 1.0 / 4);
  fail_unless(s.within_5_percent == 2.0 / 4);
  fail_unless(s.blades_right == 2.0 / 3 && s.both_right == 1.0 / 3);
  const std::map<std::string, std::size_t> errors = {{"1/2", 1}, {"other", 1}};
  fail_unless(s.errors == errors);
  fail_unless(s.confusion[2][2] == 1 && s.confusion[2][1] == 1 &&
              s.confusion[3][3] == 1);
  fail_unless(s.rejection[5].answered == 2.0 / 4);
  fail_unless(s.rejection[5].right == 1.0 / 2);
  fail_unless(s.rejection[5].unclear_taken == 1.0 / 2);
}
GST_END_TEST

static void write(const std::string &name, const std::string &bytes) {
  std::ofstream(folder / name, std::ios::binary) << bytes;
}

static std::string npy(const std::string &head, std::size_t floats) {
  std::string text = "\x93NUMPY\x01";
  text.push_back('\0');
  text.push_back(char(head.size()));
  text.push_back('\0');
  text += head;
  const std::vector<float> values(floats, 2.0f);
  return text.append(reinterpret_cast<const char *>(values.data()), 4 * floats);
}

static void expect_refused(const std::string &words) {
  try {
    read_annotated_spectra(folder.string());
    ck_abort_msg("accepted, wanted '%s'", words.c_str());
  } catch (const sonar::Error &e) {
    ck_assert_msg(std::string(e.what()).find(words) != std::string::npos,
                  "'%s' does not say '%s'", e.what(), words.c_str());
  }
}

GST_START_TEST(annotated_spectra_are_read_or_refused_with_a_reason) {
  const std::string head =
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n";
  const std::string columns = "row,id,class,is_clear,shaft_hz,blades,vessel\n";
  expect_refused("cannot open");
  write("spectra.npy", npy(head, 6));
  write("labels.csv", columns + "1,a_1,tug,True,2.5,4,X\n0,b,tug,False,,,\n");
  const auto read = read_annotated_spectra(folder.string());
  fail_unless_equals_int(read.size(), 2);
  fail_unless(read[0].id == "a_1" && read[0].clear && read[0].blades == 4);
  fail_unless(read[0].shaft_hz == 2.5 && read[1].shaft_hz == 0);
  fail_unless(read[0].spectrum.power == std::vector<float>(3, 4.0f));
  write("labels.csv", columns + "2,a,tug,True,2.5,4,X\n");
  expect_refused("names row 2 of 2");
  write("labels.csv", columns + "1,a,tug,True,fast,4,X\n");
  expect_refused("has shaft_hz 'fast'");
  write("labels.csv", "row,id\n1,a\n");
  expect_refused("no column \"class\"");
  write("spectra.npy", npy(head, 5));
  expect_refused("has 20 bytes of values");
  write("spectra.npy", "nothing");
  expect_refused("is no NumPy file");
}
GST_END_TEST

static Suite *propulsion_suite(void) {
  Suite *s = suite_create("propulsion");
  TCase *tc = tcase_create("sound");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, the_sound_of_a_propeller_tells_shaft_rate_and_blades);
  tcase_add_test(tc, a_recording_shorter_than_a_window_has_a_coarser_spectrum);
  tc = tcase_create("scores");
  tcase_add_checked_fixture(tc, make_folder, remove_folder);
  suite_add_tcase(s, tc);
  tcase_add_test(tc,
                 scores_count_what_is_right_and_name_the_harmonic_that_is_not);
  tcase_add_test(tc, annotated_spectra_are_read_or_refused_with_a_reason);
  return s;
}
GST_CHECK_MAIN(propulsion)
