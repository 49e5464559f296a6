/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Calibrated levels; tests/lib/dsp_calibration_test.cpp has windows and noise.
 */
#include <filesystem>

#include "models/bundle.h"
#include "support/folder.h"
#include "support/gst_testing.h"

using namespace sonar::testing;

static constexpr int kRate = 8000;

static const std::string kElement =
    "sonarspectrogram fft-size=256 hop-size=128 width=16 advance=8 ";
/* The sample value 1 is 10^(150 / 20) uPa; a sine of 0.5 has 147 dB less 6.02
 * less 3.01 re 1 uPa. */
static const std::string kHydrophone = "sensitivity=-170 gain=20 ";
static const double kToneDb = 150 - 20 * std::log10(2.0) - 10 * std::log10(2.0);
constexpr double kHz = 1000;  // bin 32

static std::vector<Buffer> frames_of(const std::string &settings,
                                     const std::vector<float> &samples) {
  Bench bench(kElement + settings);
  gst_harness_set_src_caps_str(bench, audio_caps(kRate).c_str());
  fail_unless_equals_int(push_samples(bench, samples, kRate), GST_FLOW_OK);
  return take_frames(bench);
}

static std::vector<float> tone_in_noise() {
  auto samples = tone(2 * kRate, kRate, kHz);
  const auto hiss = noise(samples.size(), 0.01);
  for (std::size_t i = 0; i < samples.size(); ++i) samples[i] += hiss[i];
  return samples;
}

/* The level at the tone in the frame's middle column. */
static double tone_level(const Buffer &frame) {
  const auto &meta = frame.spectrogram();
  const std::size_t row = meta.height - 32, column = meta.width / 2;
  const auto edges = values_of<double>(meta.row_edges);
  fail_unless(edges[row + 1] < kHz && kHz < edges[row]);
  double level =
      meta.floor_db + meta.range_db * frame.gray16(row, column) / 65535.0;
  if (meta.background)
    level +=
        double(values_of<float>(meta.background)[row * meta.width + column]);
  return level;
}

/* A background of 60 dB in 16 bits, noise of 0.01 beside a tone of 0.5. */
constexpr double kTonePixelDb = 0.02;

GST_START_TEST(levels_are_calibrated_with_and_without_a_normalizer) {
  const auto samples = tone_in_noise();
  for (const char *normalizer : {"none range-db=180", "tpsw range-db=120"}) {
    const auto frames =
        frames_of(kHydrophone + "normalizer=" + normalizer, samples);
    const auto &meta = frames.at(3).spectrogram();
    fail_unless_equals_string(meta.level_unit, "dB re 1 uPa");
    fail_unless_equals_string(
        meta.unit, meta.background ? "dB re background" : "dB re 1 uPa");
    ASSERT_NEAR_AT(0, tone_level(frames[3]), kToneDb, kTonePixelDb);
  }
}
GST_END_TEST

/* 1.5 bins of 31.25 Hz; the tone's power over that. */
GST_START_TEST(densities_are_over_the_noise_bandwidth) {
  const auto samples = tone_in_noise();
  const double per_hz = 10 * std::log10(1.5 * 31.25);
  auto frames = frames_of(
      kHydrophone + "normalizer=none level-type=spectral-density", samples);
  fail_unless_equals_string(frames.at(3).spectrogram().unit,
                            "dB re 1 uPa^2/Hz");
  ASSERT_NEAR_AT(0, tone_level(frames[3]), kToneDb - per_hz, kTonePixelDb);
  frames = frames_of("normalizer=none level-type=spectral-density", samples);
  fail_unless_equals_string(frames.at(3).spectrogram().unit, "dBFS/Hz");
  ASSERT_NEAR_AT(1, tone_level(frames[3]), -6.02 - per_hz, kTonePixelDb);
  frames = frames_of("normalizer=tpsw level-type=spectral-density range-db=120",
                     samples);
  fail_unless_equals_string(frames.at(3).spectrogram().unit,
                            "dB re background");
  fail_unless_equals_string(frames[3].spectrogram().level_unit, "dBFS/Hz");
  ASSERT_NEAR_AT(2, tone_level(frames[3]), -6.02 - per_hz, kTonePixelDb);
}
GST_END_TEST

GST_START_TEST(calibration_leaves_what_networks_see_as_it_is) {
  const auto samples = tone_in_noise();
  const auto plain = frames_of("", samples),
             calibrated = frames_of(kHydrophone, samples);
  fail_unless(plain.size() > 10 && plain.size() == calibrated.size());
  for (std::size_t i = 0; i < plain.size(); ++i) {
    const auto &a = plain[i].spectrogram(), &b = calibrated[i].spectrogram();
    fail_unless(plain[i].bytes() == calibrated[i].bytes());
    fail_unless_equals_string(a.recipe, b.recipe);
    fail_unless(!a.background_dbfs);
    fail_unless(values_of<float>(a.background) ==
                values_of<float>(b.background_dbfs));
    fail_unless(values_of<float>(a.background) !=
                values_of<float>(b.background));
    fail_unless_equals_string(a.level_unit, "dBFS");
  }
}
GST_END_TEST

GST_START_TEST(floor_and_range_suit_the_unit_unless_they_are_set) {
  const struct {
    std::string settings;
    double floor, range;
  } cases[] = {
      {"normalizer=none", -120, 120},
      {"normalizer=none level-type=spectral-density", -160, 160},
      {"normalizer=none " + kHydrophone, 20, 120},
      {"normalizer=none level-type=spectral-density " + kHydrophone, 10, 120},
      {"normalizer=none floor-db=60 range-db=80 " + kHydrophone, 60, 80},
      {"normalizer=tpsw " + kHydrophone, -10, 60},
  };
  for (const auto &c : cases) {
    const auto frames = frames_of(c.settings, noise(kRate));
    ASSERT_NEAR_AT(0, frames.at(0).spectrogram().floor_db, c.floor, 0);
    ASSERT_NEAR_AT(1, frames[0].spectrogram().range_db, c.range, 0);
  }
}
GST_END_TEST

GST_START_TEST(a_frequency_response_file_is_applied) {
  const std::string file = (folder / "response.csv").string();
  std::ofstream(file) << "# hydrophone 7\nHz,dB\n500,0\n2000,-8\n";
  const auto samples = tone_in_noise();
  const auto frames = frames_of(
      kHydrophone + "normalizer=none range-db=180 frequency-response=" + file,
      samples);
  // halfway between them in octaves
  ASSERT_NEAR_AT(0, tone_level(frames.at(3)), kToneDb + 4, kTonePixelDb);
}
GST_END_TEST

GST_START_TEST(calibrations_that_cannot_be_fail_the_state_change) {
  const std::string bad = (folder / "bad.csv").string();
  std::ofstream(bad) << "100, 0\n50, 0\n";
  const std::string empty = (folder / "empty.csv").string();
  std::ofstream{empty};
  const struct {
    std::string settings;
    std::vector<std::string> words;
  } cases[] = {
      {"sensitivity=180",
       {"sensitivity is 180 dB re 1 V/uPa", "below 0", "1 V/Pa"}},
      {"sensitivity=0", {"sensitivity is 0 dB re 1 V/uPa", "below 0"}},
      {"sensitivity=-180 full-scale-voltage=0", {"full-scale-voltage is 0 V"}},
      {"gain=20", {"gain is set and sensitivity is not", "sensitivity=-180"}},
      {"full-scale-voltage=2", {"full-scale-voltage is set and sensitivity"}},
      {"frequency-response=" + bad, {"frequency-response is set and sensi"}},
      {"sensitivity=-180 frequency-response=" + bad,
       {bad, "line 2: got 50 Hz after 100 Hz"}},
      {"sensitivity=-180 frequency-response=" + empty,
       {empty, "holds no points"}},
  };
  for (const auto &c : cases) {
    const PostedError error =
        error_on_start(std::string("sonarspectrogram ") + c.settings);
    fail_unless(error.is(GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS));
    for (const std::string &words : c.words)
      fail_unless(error.says(words.c_str()), "%s", error.text.c_str());
  }
  const PostedError gone = error_on_start(
      "sonarspectrogram sensitivity=-180 frequency-response=/nowhere.csv");
  fail_unless(gone.is(GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND));
  fail_unless(gone.says("/nowhere.csv is not there"));
}
GST_END_TEST

GST_START_TEST(a_sensitivity_of_no_hydrophone_is_one_warning) {
  for (const char *db : {"-40", "-170"}) {
    const Bench bench(kElement + "sensitivity=" + db);
    gst_element_set_state(bench.element(), GST_STATE_NULL);
    count_messages(bench.bus(), GST_MESSAGE_WARNING);
    gst_element_set_state(bench.element(), GST_STATE_PLAYING);
    fail_unless_equals_int(count_messages(bench.bus(), GST_MESSAGE_WARNING),
                           db == std::string("-40"));
  }
}
GST_END_TEST

GST_START_TEST(a_model_trained_on_dbfs_refuses_other_levels_in_words) {
  sonar::models::Bundle bundle;
  bundle.settings.name = "levels";
  bundle.settings.labels = {"ferry", "tanker"};
  bundle.settings.recipe.rate_hz = kRate;
  bundle.settings.recipe.max_frequency_hz = kRate / 2.0;
  bundle.settings.recipe.normalizer = sonar::Normalizer::kNone;
  bundle.settings.made_with = "test";
  bundle.settings.training_json = "{}";
  const std::string path = (folder / "levels.safetensors").string();
  sonar::models::write_bundle(path, bundle);
  for (const char *settings :
       {"sensitivity=-170", "level-type=spectral-density"}) {
    Bench bench("sonarspectrogram model=" + path + " " + settings);
    g_autoptr(GstCaps) caps = gst_caps_from_string(audio_caps(kRate).c_str());
    gst_harness_push_event(bench, gst_event_new_caps(caps));
    const PostedError error = bench.one_error();
    fail_unless(error.says("was trained on pixels in dBFS"), "%s",
                error.text.c_str());
    fail_unless(error.says(path.c_str()));
  }
}
GST_END_TEST

/* Whoever gives the model's normalizer up looks at levels. */
GST_START_TEST(levels_with_the_settings_of_a_model_are_calibrated_too) {
  Bench bench("sonarspectrogram model=hydrophone normalizer=none " +
              kHydrophone);
  gst_harness_set_src_caps_str(bench, audio_caps(16000).c_str());
  push_samples(bench, noise(16000), 16000);
  const auto frames = take_frames(bench);
  fail_unless_equals_string(frames.at(0).spectrogram().unit, "dB re 1 uPa");
  ASSERT_NEAR_AT(0, frames[0].spectrogram().floor_db, 20, 0);
}
GST_END_TEST

static Suite *sonarspectrogram_levels_suite(void) {
  Suite *s = suite_create("sonarspectrogram_levels");
  TCase *tc = tcase_create("levels");
  suite_add_tcase(s, tc);
  tcase_add_unchecked_fixture(tc, make_folder, remove_folder);
  tcase_add_test(tc, levels_are_calibrated_with_and_without_a_normalizer);
  tcase_add_test(tc, densities_are_over_the_noise_bandwidth);
  tcase_add_test(tc, calibration_leaves_what_networks_see_as_it_is);
  tcase_add_test(tc, floor_and_range_suit_the_unit_unless_they_are_set);
  tcase_add_test(tc, a_frequency_response_file_is_applied);
  tcase_add_test(tc, calibrations_that_cannot_be_fail_the_state_change);
  tcase_add_test(tc, a_sensitivity_of_no_hydrophone_is_one_warning);
  tcase_add_test(tc, a_model_trained_on_dbfs_refuses_other_levels_in_words);
  tcase_add_test(tc, levels_with_the_settings_of_a_model_are_calibrated_too);
  return s;
}
GST_CHECK_MAIN(sonarspectrogram_levels)
