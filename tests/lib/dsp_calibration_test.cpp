/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/dsp/calibration.h"

#include <cstdio>
#include <functional>
#include <random>
#include <sstream>

#include "sonar/core/error.h"
#include "sonar/dsp/spectrograph.h"
#include "support/testing.h"

using namespace sonar;
using namespace sonar::dsp;

constexpr int kRate = 8000;

static FrequencyResponse response(const std::string &text) {
  std::istringstream in(text);
  return FrequencyResponse::parse(in, "curve.csv");
}

/* -170 dB re 1 V/uPa, 20 dB, 2.5 V: the sample value 1 is a pressure of
 * 2.5 * 10^(150 / 20) uPa. */
static Calibration hydrophone() {
  Calibration c;
  c.sensitivity_db = -170;
  c.gain_db = 20;
  c.full_scale_voltage = 2.5;
  return c;
}
static const double kPressurePerSample = 2.5 * std::pow(10.0, 150 / 20.0);

static double db(double power) { return 10 * std::log10(power); }

/* Levels without a normaliser: a pixel's scale is 1/300 dB fine. */
static Recipe recipe(int fft_size, Window window) {
  Recipe r;
  r.rate_hz = kRate;
  r.fft_size = fft_size;
  r.hop_size = fft_size / 2;
  r.window = window;
  r.axis = FrequencyAxis::kLinear;
  r.min_frequency_hz = 0;
  r.max_frequency_hz = kRate / 2.0;
  r.normalizer = Normalizer::kNone;
  r.width = r.advance = 8;
  r.floor_db = -20;
  r.range_db = 220;
  return r;
}

/* Mean power of each row over all columns, as dB, highest row first. */
static std::vector<double> row_levels(const Recipe &r,
                                      const std::vector<float> &samples,
                                      const std::optional<Calibration> &c,
                                      LevelType type) {
  Spectrograph spectrograph(r, level_offsets_db(r, c, type));
  spectrograph.push(samples.data(), samples.size());
  spectrograph.drain();
  std::vector<double> sums(std::size_t(r.height()));
  double columns = 0;
  for (Picture picture; spectrograph.pop(picture);) {
    const Image value = decode(picture, r);
    for (std::size_t x = picture.valid.begin; x < picture.valid.end; ++x)
      for (std::size_t y = 0; y < sums.size(); ++y)
        sums[y] += std::pow(10.0, value.at(y, x) / 10);
    columns += double(picture.valid.count());
  }
  for (double &sum : sums) sum = db(sum / columns);
  return sums;
}

static std::vector<float> tone(std::size_t count, double hz, double amplitude) {
  std::vector<float> samples(count);
  for (std::size_t i = 0; i < count; ++i)
    samples[i] =
        float(amplitude * std::cos(2 * M_PI * hz * double(i) / kRate + 0.3));
  return samples;
}

static std::vector<float> noise(std::size_t count, double deviation) {
  std::mt19937 random(5);
  std::normal_distribution<float> gauss(0, float(deviation));
  std::vector<float> samples(count);
  for (float &s : samples) s = gauss(random);
  return samples;
}

static std::size_t row_of(const Recipe &r, double hz) {
  const auto edges = r.row_edges_hz();
  for (std::size_t y = 0; y + 1 < edges.size(); ++y)
    if (edges[y + 1] <= hz && hz < edges[y]) return y;
  ck_abort_msg("no row holds %g Hz", hz);
  return 0;
}

/* Every pixel is within 220 / 65535 / 2 = 0.002 dB, Stft and logarithm within
 * 1e-3 dB. */
constexpr double kPixelDb = 0.005;

/* ---- sound pressure ---- */

static const Window kWindows[] = {Window::kHann, Window::kHamming,
                                  Window::kBlackmanHarris, Window::kKaiser,
                                  Window::kFlatTop};

GST_START_TEST(a_calibrated_tone_gives_its_sound_pressure_level) {
  for (const Window window : kWindows)
    for (const int fft : {64, 250, 1024, 4096}) {
      const Recipe r = recipe(fft, window);
      const double hz = std::floor(fft / 5.0) * r.bin_hz();
      const double amplitude = 0.125;
      const double want = db(amplitude * amplitude / 2 * kPressurePerSample *
                             kPressurePerSample);
      const auto levels = row_levels(r, tone(20000, hz, amplitude),
                                     hydrophone(), LevelType::kSoundPressure);
      ASSERT_NEAR_AT(fft, levels[row_of(r, hz)], want, kPixelDb);
    }
}
GST_END_TEST

/* Windows behind which zeros fill the transform. */
GST_START_TEST(a_tone_gives_its_level_with_zeros_behind_the_window) {
  for (const Window window : kWindows)
    for (const int zeros : {2, 4}) {
      Recipe r = recipe(1024, window);
      r.window_size = 1024 / zeros;
      r.hop_size = r.window_size / 2;
      const double hz = 205 * r.bin_hz();
      const auto levels = row_levels(r, tone(20000, hz, 0.125), hydrophone(),
                                     LevelType::kSoundPressure);
      ASSERT_NEAR_AT(zeros, levels[row_of(r, hz)],
                     db(0.0078125 * kPressurePerSample * kPressurePerSample),
                     kPixelDb);
    }
}
GST_END_TEST

/* The decimator is flat to 0.001 dB up to 400 Hz. Its first columns are not the
 * tone's: 32 s of it leave them under 0.002 dB. */
GST_START_TEST(a_lofargram_gives_a_tones_sound_pressure_level) {
  Recipe r = recipe(500, Window::kHann);
  r.mode = Mode::kLofar;
  r.decimation = 8;
  r.max_frequency_hz = 400;
  const auto levels = row_levels(r, tone(32 * kRate, 300, 0.125), hydrophone(),
                                 LevelType::kSoundPressure);
  ASSERT_NEAR_AT(0, levels[row_of(r, 300)],
                 db(0.0078125 * kPressurePerSample * kPressurePerSample), 0.05);
}
GST_END_TEST

/* A carrier of amplitude 0.25 modulated to the depth 0.5: the envelope's tone
 * has the amplitude 0.125. The hydrophone is calibrated where the carrier is,
 * not where the modulation is: the response at 20 Hz plays no part. */
GST_START_TEST(a_demon_gram_gives_the_level_of_the_envelopes_tone) {
  Recipe r = recipe(500, Window::kHann);
  r.mode = Mode::kDemon;
  r.decimation = 40;
  r.max_frequency_hz = 50;
  r.detrend = Detrend::kMean;
  r.demon_min_frequency_hz = 1000;
  r.demon_max_frequency_hz = 2250;  // their middle is 1500 Hz
  Calibration c = hydrophone();
  c.response = response("100, 9\n1000, 0\n1500, 2\n3000, 2\n");
  std::vector<float> samples(60 * kRate);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double t = double(i) / kRate;
    samples[i] = float(0.25 * (1 + 0.5 * std::cos(2 * M_PI * 20 * t)) *
                       std::sin(2 * M_PI * 1500 * t));
  }
  const auto levels = row_levels(r, samples, c, LevelType::kSoundPressure);
  ASSERT_NEAR_AT(0, levels[row_of(r, 20)],
                 db(0.0078125 * kPressurePerSample * kPressurePerSample) - 2,
                 0.1);
}
GST_END_TEST

/* Half the rate is a bin of its own kind. */
GST_START_TEST(a_tone_at_half_the_rate_gives_its_sound_pressure_level) {
  const Recipe r = recipe(256, Window::kHann);
  std::vector<float> samples(4096);
  for (std::size_t i = 0; i < samples.size(); ++i)
    samples[i] = i % 2 ? -0.25f : 0.25f;
  const auto levels =
      row_levels(r, samples, hydrophone(), LevelType::kSoundPressure);
  ASSERT_NEAR_AT(0, levels[0],
                 db(0.0625 * kPressurePerSample * kPressurePerSample),
                 kPixelDb);
}
GST_END_TEST

static Recipe bands(int fft_size, Window window, int count) {
  Recipe r = recipe(fft_size, window);
  r.axis = FrequencyAxis::kGeometric;
  r.bands = count;
  r.min_frequency_hz = 250;
  r.max_frequency_hz = 4000;
  return r;
}

/* 12 bands over 4 octaves; the narrowest, 65 Hz, is 16 bins. A window's skirts
 * leave at most 0.01 dB of a tone in the band's middle. */
GST_START_TEST(a_tone_in_a_wide_band_gives_its_sound_pressure_level) {
  for (const Window window : kWindows) {
    for (const FrequencyAxis axis :
         {FrequencyAxis::kGeometric, FrequencyAxis::kThirdOctave,
          FrequencyAxis::kMel}) {
      Recipe r = bands(2048, window, 12);
      r.axis = axis;
      const auto centres = r.row_centres_hz();
      for (const std::size_t y : {std::size_t(0), centres.size() - 1}) {
        const auto levels = row_levels(r, tone(20000, centres[y], 0.5),
                                       hydrophone(), LevelType::kSoundPressure);
        ASSERT_NEAR_AT(y, levels[y],
                       db(0.125 * kPressurePerSample * kPressurePerSample),
                       0.02);
      }
    }
  }
}
GST_END_TEST

/* ---- noise ----
 * 2^21 samples: at least 8191 columns; with windows that overlap by half they
 * count as 0.7 of independent ones or more, so a row's level has a standard
 * deviation of at most 4.34 / sqrt(0.7 * 8191) = 0.06 dB, and the mean of 100
 * rows one of 0.01 dB. */
constexpr std::size_t kNoise = std::size_t(1) << 21;
constexpr double kRowDb = 0.25, kMeanDb = 0.03;

static void assert_levels(const std::vector<double> &levels, double want) {
  double mean = 0;
  for (std::size_t y = 0; y < levels.size(); ++y) {
    ASSERT_NEAR_AT(y, levels[y], want, kRowDb);
    mean += levels[y] / double(levels.size());
  }
  ASSERT_NEAR_AT(levels.size(), mean, want, kMeanDb);
}

/* Of variance v over half the rate; bin 1 and half the rate included. */
GST_START_TEST(white_noise_gives_its_spectral_density_level) {
  const auto samples = noise(kNoise, 0.1);
  const double density =
      0.01 / (kRate / 2.0) * kPressurePerSample * kPressurePerSample;
  for (const Window window : kWindows)
    for (const int fft : {256, 512})
      assert_levels(row_levels(recipe(fft, window), samples, hydrophone(),
                               LevelType::kSpectralDensity),
                    db(density));
}
GST_END_TEST

/* With zeros behind the window bins are finer than what it sees. */
GST_START_TEST(white_noise_gives_its_density_with_zeros_behind_the_window) {
  Recipe r = recipe(512, Window::kHann);
  r.window_size = 256;
  r.hop_size = 128;
  assert_levels(
      row_levels(r, noise(kNoise, 0.1), hydrophone(),
                 LevelType::kSpectralDensity),
      db(0.01 / (kRate / 2.0) * kPressurePerSample * kPressurePerSample));
}
GST_END_TEST

GST_START_TEST(white_noise_gives_its_density_in_bands_of_any_width) {
  const auto samples = noise(kNoise, 0.1);
  const double density =
      0.01 / (kRate / 2.0) * kPressurePerSample * kPressurePerSample;
  Recipe r = bands(512, Window::kHann, 12);
  r.max_frequency_hz = 3900;  // the last bin's noise is half a bin's
  assert_levels(
      row_levels(r, samples, hydrophone(), LevelType::kSpectralDensity),
      db(density));
}
GST_END_TEST

GST_START_TEST(white_noise_gives_a_bands_level_by_the_bands_width) {
  const auto samples = noise(kNoise, 0.1);
  const double density =
      0.01 / (kRate / 2.0) * kPressurePerSample * kPressurePerSample;
  Recipe r = bands(512, Window::kBlackmanHarris, 12);
  r.max_frequency_hz = 3900;
  const auto levels =
      row_levels(r, samples, hydrophone(), LevelType::kSoundPressure);
  const auto edges = r.row_edges_hz();
  for (std::size_t y = 0; y < levels.size(); ++y) {
    // no narrower than the window sees: 2.004 bins of 15.6 Hz (Harris 1978)
    const double width = std::max(edges[y] - edges[y + 1], 2.0044 * 15.625);
    ASSERT_NEAR_AT(y, levels[y], db(density * width), kRowDb);
  }
}
GST_END_TEST

/* A full-scale sine has 0 dBFS, so noise of variance v has twice v over half
 * the rate. */
GST_START_TEST(density_without_calibration_is_relative_to_a_full_scale_sine) {
  Recipe r = recipe(256, Window::kHann);
  r.floor_db = -120;
  assert_levels(
      row_levels(r, noise(kNoise, 0.1), {}, LevelType::kSpectralDensity),
      db(2 * 0.01 / (kRate / 2.0)));
}
GST_END_TEST

GST_START_TEST(without_calibration_sound_pressure_is_plain_dbfs) {
  for (const float offset : level_offsets_db(bands(512, Window::kHann, 12), {},
                                             LevelType::kSoundPressure))
    fail_unless(offset == 0);
}
GST_END_TEST

GST_START_TEST(the_noise_bandwidth_is_harris) {
  // Harris 1978, Table 1, in bins
  for (const auto &[window, bins] :
       {std::pair(Window::kHann, 1.5), std::pair(Window::kHamming, 1.3628),
        std::pair(Window::kBlackmanHarris, 2.0044)})
    ASSERT_NEAR_AT(bins, noise_bandwidth_hz(recipe(1000, window)), 8 * bins,
                   1e-2);
}
GST_END_TEST

/* ---- pixels ---- */

GST_START_TEST(pixels_over_background_do_not_depend_on_the_offsets) {
  Recipe r = recipe(256, Window::kHann);
  r.normalizer = Normalizer::kTpsw;
  r.floor_db = -10;
  r.range_db = 60;
  const auto samples = noise(20000, 0.1);
  Spectrograph plain(r),
      calibrated(r,
                 level_offsets_db(r, hydrophone(), LevelType::kSoundPressure));
  for (Spectrograph *s : {&plain, &calibrated}) {
    s->push(samples.data(), samples.size());
    s->drain();
  }
  Picture a, b;
  int pictures = 0;
  for (; plain.pop(a); ++pictures) {
    fail_unless(calibrated.pop(b));
    fail_unless(a.pixels == b.pixels);
  }
  fail_unless(pictures > 10);
}
GST_END_TEST

/* ---- frequency response ---- */

GST_START_TEST(the_response_is_interpolated_over_log_frequency) {
  const auto r = response("10, -6\n100, 0\n10000, 4\n");
  const double points[][2] = {{1, -6},   {10, -6},   {31.6227766, -3}, {100, 0},
                              {1000, 2}, {10000, 4}, {99999, 4}};
  for (const auto &[hz, want] : points)
    ASSERT_NEAR_AT(hz, r.at(hz), want, 1e-6);  // of the square root's digits
  fail_unless(FrequencyResponse().at(50) == 0);
  fail_unless(response("500,-1.5").at(3) == -1.5);
}
GST_END_TEST

GST_START_TEST(comments_a_header_and_blank_lines_are_passed_over) {
  const auto r = response(
      "\xEF\xBB\xBF# Reson TC4032, no. 7\r\n\r\nfrequency, dB\r\n100 , +1\r\n"
      "# above resonance\r\n\t200,\t-2e0\r\n");
  ASSERT_NEAR_AT(0, r.at(100), 1, 0);
  ASSERT_NEAR_AT(1, r.at(200), -2, 0);
}
GST_END_TEST

GST_START_TEST(the_response_is_added_to_the_sensitivity) {
  const Recipe r = recipe(250, Window::kHann);  // bins of 32 Hz
  Calibration curved = hydrophone();
  curved.response = response("320, 0\n3200, -6\n");
  const auto samples = tone(8000, 3200, 0.5);
  const std::size_t y = row_of(r, 3200);
  // less sensitive by 6 dB: the same voltage is 6 dB more pressure
  ASSERT_NEAR_AT(
      y,
      row_levels(r, samples, curved, LevelType::kSoundPressure)[y] -
          row_levels(r, samples, hydrophone(), LevelType::kSoundPressure)[y],
      6.0, 2 * kPixelDb);
}
GST_END_TEST

static std::string words_of(const std::function<void()> &run, Errc code) {
  try {
    run();
  } catch (const Error &e) {
    fail_unless(e.code() == code, "%s", e.what());
    return e.what();
  }
  return "nothing was refused";
}

GST_START_TEST(a_malformed_response_is_refused_by_its_line) {
  const struct {
    const char *text, *words;
  } cases[] = {
      {"", "curve.csv holds no points"},
      {"# only a comment\nHz, dB\n", "curve.csv holds no points"},
      {"100, 1\nHz, dB\n", "line 2: got \"Hz, dB\""},
      {"Hz, dB\nfrequency, level\n", "line 2: got \"frequency, level\""},
      {"100, 1\n\n200; 2\n", "line 3: got \"200; 2\""},
      {"100, 1, 2\n", "line 1: got \"100, 1, 2\""},
      {"100\n", "line 1: got \"100\""},
      {"100,\n", "line 1: got \"100,\""},
      {"100, 1x\n", "line 1: got \"100, 1x\""},
      {"200, 1\n100, 2\n", "line 2: got 100 Hz after 200 Hz, needed rising"},
      {"200, 1\n200, 2\n", "line 2: got 200 Hz after 200 Hz, needed rising"},
      {"0, 1\n", "line 1: got 0 Hz, needed a frequency above 0"},
      {"-5, 1\n", "line 1: got -5 Hz, needed a frequency above 0"},
      {"100, nan\n", "line 1: got 100 Hz, nan dB, needed finite"},
      {"inf, 1\n", "line 1: got inf Hz, 1 dB, needed finite"},
      {"100, 1e999\n", "line 1: got 100 Hz, inf dB, needed finite"},
      {"100, \x01\x02\n", "line 1: got \"100, ??\""},
  };
  for (const auto &c : cases) {
    const auto words = words_of([&] { response(c.text); }, Errc::kBadArgument);
    fail_unless(words.find(c.words) != words.npos, "%s: %s", c.text,
                words.c_str());
  }
}
GST_END_TEST

GST_START_TEST(a_response_that_is_not_there_or_empty_is_named) {
  auto words = words_of([] { FrequencyResponse::read("/nowhere/curve.csv"); },
                        Errc::kNotFound);
  fail_unless(words.find("/nowhere/curve.csv is not there") != words.npos);
  words = words_of([] { FrequencyResponse::read("/"); }, Errc::kResource);
  fail_unless(words.find("Frequency response / cannot be read") == 0);
  words = words_of([] { FrequencyResponse::read("/dev/null"); },
                   Errc::kBadArgument);
  fail_unless(words.find("/dev/null holds no points") != words.npos);
}
GST_END_TEST

/* ---- domains ---- */

GST_START_TEST(calibrations_that_cannot_be_are_refused_with_their_words) {
  const struct {
    double sensitivity, gain, volts;
    const char *words;
  } cases[] = {
      {0, 0, 1, "sensitivity is 0 dB re 1 V/uPa, it must be below 0"},
      {180, 0, 1, "sensitivity is 180 dB re 1 V/uPa, it must be below 0"},
      {NAN, 0, 1, "sensitivity is nan"},
      {-180, 500, 1, "gain is 500 dB"},
      {-180, NAN, 1, "gain is nan dB"},
      {-180, 0, 0, "full-scale-voltage is 0 V, it must be above 0"},
      {-180, 0, -2, "full-scale-voltage is -2 V"},
      {-180, 0, INFINITY, "full-scale-voltage is inf V"},
  };
  for (const auto &c : cases) {
    const Calibration calibration{c.sensitivity, c.gain, c.volts, {}};
    const auto words =
        words_of([&] { calibration.validate(); }, Errc::kBadArgument);
    fail_unless(words.find(c.words) == 0, "%s", words.c_str());
  }
  hydrophone().validate();
}
GST_END_TEST

GST_START_TEST(offsets_for_another_number_of_rows_are_refused) {
  const auto words = words_of(
      [] { Spectrograph(recipe(256, Window::kHann), std::vector<float>(3)); },
      Errc::kBadArgument);
  fail_unless(
      words.find("got 3 level offsets, needed one a row: 128") != words.npos,
      "%s", words.c_str());
}
GST_END_TEST

static Suite *dsp_calibration_suite(void) {
  Suite *s = suite_create("dsp_calibration");
  TCase *tc = tcase_create("closed form");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, a_calibrated_tone_gives_its_sound_pressure_level);
  tcase_add_test(tc, a_tone_gives_its_level_with_zeros_behind_the_window);
  tcase_add_test(tc, a_lofargram_gives_a_tones_sound_pressure_level);
  tcase_add_test(tc, a_demon_gram_gives_the_level_of_the_envelopes_tone);
  tcase_add_test(tc,
                 white_noise_gives_its_density_with_zeros_behind_the_window);
  tcase_add_test(tc, a_tone_at_half_the_rate_gives_its_sound_pressure_level);
  tcase_add_test(tc, a_tone_in_a_wide_band_gives_its_sound_pressure_level);
  tcase_add_test(tc, white_noise_gives_its_spectral_density_level);
  tcase_add_test(tc, white_noise_gives_its_density_in_bands_of_any_width);
  tcase_add_test(tc, white_noise_gives_a_bands_level_by_the_bands_width);
  tcase_add_test(tc,
                 density_without_calibration_is_relative_to_a_full_scale_sine);
  tcase_add_test(tc, without_calibration_sound_pressure_is_plain_dbfs);
  tcase_add_test(tc, the_noise_bandwidth_is_harris);
  tcase_add_test(tc, pixels_over_background_do_not_depend_on_the_offsets);
  tcase_add_test(tc, the_response_is_interpolated_over_log_frequency);
  tcase_add_test(tc, comments_a_header_and_blank_lines_are_passed_over);
  tcase_add_test(tc, the_response_is_added_to_the_sensitivity);
  tcase_add_test(tc, a_malformed_response_is_refused_by_its_line);
  tcase_add_test(tc, a_response_that_is_not_there_or_empty_is_named);
  tcase_add_test(tc, calibrations_that_cannot_be_are_refused_with_their_words);
  tcase_add_test(tc, offsets_for_another_number_of_rows_are_refused);
  return s;
}
GST_CHECK_MAIN(dsp_calibration)
