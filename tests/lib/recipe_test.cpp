/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/core/recipe.h"

#include <limits>

#include "sonar/core/error.h"
#include "support/testing.h"

using sonar::Errc;
using sonar::FrequencyAxis;
using sonar::Normalizer;
using sonar::Recipe;
using sonar::Window;

/* 4 Hz bins; the band's ends are bin 1 and the Nyquist bin. */
static Recipe linear_recipe() {
  Recipe r;
  r.rate_hz = 1024;
  r.fft_size = 256;
  r.hop_size = 128;
  r.axis = FrequencyAxis::kLinear;
  r.min_frequency_hz = 4;
  r.max_frequency_hz = 512;
  return r;
}

/* No setting at its default. */
static Recipe unusual_recipe() {
  Recipe r;
  r.mode = sonar::Mode::kLofar;
  r.rate_hz = 44100;
  r.decimation = 3;
  r.demon_min_frequency_hz = 200.5;
  r.demon_max_frequency_hz = 9000;
  r.demon_sub_bands = 7;
  r.envelope = sonar::Envelope::kSquareLaw;
  r.fft_size = 4098;
  r.window_size = 4096;
  r.hop_size = 4096;
  r.kaiser_beta = 14.25;
  r.detrend = sonar::Detrend::kLine;
  r.average = 12;
  r.window = Window::kBlackmanHarris;
  r.axis = FrequencyAxis::kLinear;
  r.bands = 33;
  r.min_frequency_hz = 0.1;
  r.max_frequency_hz = 22050.0 / 7;
  r.normalizer = Normalizer::kNone;
  r.normalizer_half_width = 20;
  r.normalizer_gap = 0;
  r.normalizer_smooth = 1;
  r.normalizer_factor_db = 4.5;
  r.agc = sonar::Agc::kBand;
  r.agc_time_s = 7.5;
  r.auto_range_percent = 2.5;
  r.width = 99;
  r.advance = 99;
  r.floor_db = -1.0 / 3;
  r.range_db = 1e-3;
  return r;
}

/* @p body must throw an Error of @p code whose message holds @p words. */
template <typename Body>
static void expect_error(Errc code, const std::string &words, Body &&body) {
  try {
    body();
  } catch (const sonar::Error &e) {
    ck_assert_msg(std::string(e.what()).find(words) != std::string::npos,
                  "'%s' does not say '%s'", e.what(), words.c_str());
    ck_assert_msg(e.code() == code, "wrong code for '%s'", e.what());
    return;
  }
  ck_abort_msg("nothing was thrown, wanted '%s'", words.c_str());
}

static void expect_invalid(void (*spoil)(Recipe &), const std::string &words) {
  Recipe r;
  spoil(r);
  expect_error(Errc::kBadArgument, words, [&] { r.validate(); });
}

static void expect_text(const std::string &got, const std::string &want) {
  ck_assert_msg(got == want, "got '%s', want '%s'", got.c_str(), want.c_str());
}

GST_START_TEST(the_default_recipe_is_valid) {
  Recipe().validate();
  linear_recipe().validate();
  unusual_recipe().validate();
}
GST_END_TEST

GST_START_TEST(a_bad_setting_is_named_with_got_and_needed) {
  expect_invalid([](Recipe &r) { r.rate_hz = 0; },
                 "rate is 0, it must be 1 to 10000000 Hz");
  expect_invalid([](Recipe &r) { r.fft_size = 15; },
                 "fft-size is 15, it must be an even number of samples, 16 to "
                 "65536");
  expect_invalid([](Recipe &r) { r.fft_size = 2047; }, "fft-size is 2047");
  expect_invalid([](Recipe &r) { r.fft_size = 65538; }, "fft-size is 65538");
  expect_invalid([](Recipe &r) { r.hop_size = 2049; },
                 "hop-size is 2049, it must be 1 to 2048 samples");
  expect_invalid([](Recipe &r) { r.hop_size = 0; }, "hop-size is 0");
  expect_invalid([](Recipe &r) { r.bands = 0; },
                 "bands is 0, it must be 1 to 32768 rows");
  expect_invalid([](Recipe &r) { r.width = 0; }, "width is 0");
  expect_invalid([](Recipe &r) { r.advance = 65; },
                 "advance is 65, it must be 1 to 64 columns");
  expect_invalid([](Recipe &r) { r.advance = 0; }, "advance is 0");
  expect_invalid([](Recipe &r) { r.range_db = 0; },
                 "range is 0 dB, it must be above 0 dB");
  expect_invalid(
      [](Recipe &r) { r.floor_db = std::numeric_limits<double>::infinity(); },
      "floor is inf dB, it must be finite");
}
GST_END_TEST

GST_START_TEST(a_bad_band_is_named_with_got_and_needed) {
  expect_invalid([](Recipe &r) { r.min_frequency_hz = -1; },
                 "min-frequency is -1 Hz, it must be 0 Hz or more");
  expect_invalid([](Recipe &r) { r.min_frequency_hz = std::nan(""); },
                 "min-frequency is nan Hz");
  expect_invalid(
      [](Recipe &r) { r.min_frequency_hz = 0; },
      "min-frequency is 0 Hz, it must be above 0 Hz on a geometric or "
      "third-octave axis");
  expect_invalid(
      [](Recipe &r) { r.max_frequency_hz = 60; },
      "max-frequency is 60 Hz, it must be above min-frequency (60 Hz)");
  expect_invalid([](Recipe &r) { r.max_frequency_hz = std::nan(""); },
                 "max-frequency is nan Hz");
  expect_invalid(
      [](Recipe &r) { r.max_frequency_hz = 8001; },
      "max-frequency is 8001 Hz, it must be at most half the rate (8000 Hz)");
  expect_invalid(
      [](Recipe &r) {
        r.axis = FrequencyAxis::kLinear;
        r.min_frequency_hz = 0;
        r.max_frequency_hz = 7;
      },
      "the band is 0 to 7 Hz, it must be wide enough to hold the centre of a "
      "bin (7.8125 Hz apart");
}
GST_END_TEST

GST_START_TEST(a_bad_normaliser_setting_is_named_only_where_it_is_used) {
  expect_invalid([](Recipe &r) { r.normalizer_half_width = 0; },
                 "normalizer-half-width is 0");
  expect_invalid(
      [](Recipe &r) { r.normalizer_gap = 14; },
      "normalizer-gap is 14, it must be 0 to less than normalizer-half-width "
      "(14) rows");
  expect_invalid([](Recipe &r) { r.normalizer_smooth = 8; },
                 "normalizer-smooth is 8, it must be an odd number of columns");
  Recipe r;
  r.normalizer_smooth = 8;
  r.normalizer = Normalizer::kNone;
  r.validate();
}
GST_END_TEST

GST_START_TEST(a_bad_lofar_setting_is_named_with_got_and_needed) {
  expect_invalid([](Recipe &r) { r.decimation = 0; },
                 "decimation is 0, it must be 1 to 4096");
  expect_invalid(
      [](Recipe &r) { r.decimation = 2; },
      "max-frequency is 7000 Hz, it must be at most half the decimated rate "
      "(4000 Hz)");
  expect_invalid([](Recipe &r) { r.window_size = 2050; },
                 "window-size is 2050, it must be 0 (fft-size) or an even "
                 "number of samples, 16 to fft-size (2048)");
  expect_invalid([](Recipe &r) { r.window_size = 510; },
                 "hop-size is 512, it must be 1 to 510 samples (window-size)");
  expect_invalid(
      [](Recipe &r) {
        r.window = Window::kKaiser;
        r.kaiser_beta = -1;
      },
      "kaiser-beta is -1, it must be 0 to 40");
  expect_invalid([](Recipe &r) { r.average = 0; },
                 "average is 0, it must be 1 to 1000000 transforms");
  expect_invalid(
      [](Recipe &r) {
        r.agc = sonar::Agc::kBand;
        r.agc_time_s = 0;
      },
      "agc-time is 0 s, it must be above 0 s");
  expect_invalid([](Recipe &r) { r.auto_range_percent = 50; },
                 "auto-range is 50 %, it must be 0 % (off) to below 50 %");
  expect_invalid(
      [](Recipe &r) {
        r.axis = FrequencyAxis::kThirdOctave;
        r.min_frequency_hz = 900;
        r.max_frequency_hz = 1000;
      },
      "the band is 900 to 1000 Hz, it must be wide enough to hold a "
      "one-third-octave band");
}
GST_END_TEST

GST_START_TEST(a_bad_demon_setting_is_named_only_in_its_mode) {
  Recipe r;
  r.demon_min_frequency_hz = 0;
  r.validate();
  const auto expect = [](void (*spoil)(Recipe &), const std::string &words) {
    Recipe demon;
    demon.mode = sonar::Mode::kDemon;
    demon.validate();
    spoil(demon);
    expect_error(Errc::kBadArgument, words, [&] { demon.validate(); });
  };
  expect([](Recipe &d) { d.demon_min_frequency_hz = 0; },
         "demon-min-frequency is 0 Hz, it must be above 0 Hz");
  expect([](Recipe &d) { d.demon_max_frequency_hz = 50; },
         "demon-max-frequency is 50 Hz, it must be above "
         "demon-min-frequency (50 Hz)");
  expect(
      [](Recipe &d) {
        d.demon_min_frequency_hz = 8000;
        d.demon_max_frequency_hz = 9000;
      },
      "demon-min-frequency is 8000 Hz, it must be below half the rate "
      "(8000 Hz)");
  expect([](Recipe &d) { d.demon_sub_bands = 33; },
         "demon-sub-bands is 33, it must be 1 to 32");
}
GST_END_TEST

static Recipe evidence_recipe() {
  Recipe r = linear_recipe();
  r.evidence_fft_size = 1024;
  return r;
}

GST_START_TEST(a_bad_fine_spectrum_is_named_with_got_and_needed) {
  const auto expect = [](void (*spoil)(Recipe &), const std::string &words) {
    Recipe r = evidence_recipe();
    r.validate();
    spoil(r);
    expect_error(Errc::kBadArgument, words, [&] { r.validate(); });
  };
  expect([](Recipe &r) { r.evidence_fft_size = 254; },
         "evidence-fft-size is 254, it must be 0 (none) or an even number of "
         "samples from fft-size (256) to 65536");
  expect([](Recipe &r) { r.evidence_fft_size = 1023; },
         "evidence-fft-size is 1023");
  expect([](Recipe &r) { r.evidence_fft_size = 65538; },
         "evidence-fft-size is 65538");
  expect([](Recipe &r) { r.evidence_fft_size = -2; },
         "evidence-fft-size is -2");
  expect(
      [](Recipe &r) { r.axis = FrequencyAxis::kGeometric; },
      "evidence-fft-size is 1024, it must be 0 unless the axis is linear and "
      "the normalizer tpsw");
  expect([](Recipe &r) { r.normalizer = Normalizer::kNone; },
         "0 unless the axis is linear and the normalizer tpsw");
  Recipe r = evidence_recipe();
  r.evidence_fft_size = r.fft_size;
  r.validate();
}
GST_END_TEST

GST_START_TEST(a_fine_spectrum_has_every_bin_but_dc_on_the_same_columns) {
  Recipe r = evidence_recipe();
  r.min_frequency_hz = 40;
  r.max_frequency_hz = 300;
  r.width = 50;
  r.advance = 7;
  r.floor_db = -12;
  const Recipe fine = r.evidence_recipe();
  fine.validate();
  fail_unless_equals_int(fine.fft_size, 1024);
  fail_unless_equals_int(fine.evidence_fft_size, 0);
  fail_unless_equals_int(fine.first_bin(), 1);
  fail_unless_equals_int(fine.height(), 512);
  ASSERT_NEAR_AT(0, fine.row_centres_hz().front(), 512.0, 0.0);  // exact
  ASSERT_NEAR_AT(0, fine.row_centres_hz().back(), 1.0, 0.0);
  fail_unless_equals_int(fine.hop_size, r.hop_size);
  fail_unless_equals_int(fine.width, 50);
  fail_unless_equals_int(fine.advance, 7);
  ASSERT_NEAR_AT(0, fine.floor_db, -12.0, 0.0);
  ASSERT_NEAR_AT(0, fine.range_db, r.range_db, 0.0);
  /* a window over as many bins as a background of 1 Hz bins needs */
  fail_unless_equals_int(fine.normalizer_half_width, 40);
  fail_unless_equals_int(fine.normalizer_gap, 5);
  fail_unless_equals_int(fine.normalizer_smooth, 17);
  expect_error(Errc::kBadArgument, "evidence-fft-size is 0",
               [] { linear_recipe().evidence_recipe(); });
}
GST_END_TEST

GST_START_TEST(rows_of_a_linear_axis_are_the_bins_of_the_band) {
  const Recipe r = linear_recipe();
  fail_unless_equals_int(r.first_bin(), 1);
  fail_unless_equals_int(r.height(), 128);
  const auto edges = r.row_edges_hz(), centres = r.row_centres_hz();
  fail_unless_equals_int(edges.size(), 129);
  fail_unless_equals_int(centres.size(), 128);
  for (std::size_t y = 0; y < centres.size(); ++y) {
    // Multiples of 2 Hz are exact in binary.
    ASSERT_NEAR_AT(y, centres[y], 512.0 - 4.0 * double(y), 0.0);
    ASSERT_NEAR_AT(y, edges[y], 514.0 - 4.0 * double(y), 0.0);
  }
  ASSERT_NEAR_AT(128, edges[128], 2.0, 0.0);
}
GST_END_TEST

GST_START_TEST(a_linear_axis_leaves_dc_and_partly_covered_bins_out) {
  Recipe r = linear_recipe();
  r.min_frequency_hz = 0;
  fail_unless_equals_int(r.first_bin(), 1);
  r.min_frequency_hz = 4.5;
  r.max_frequency_hz = 11.5;
  fail_unless_equals_int(r.first_bin(), 2);
  fail_unless_equals_int(r.height(), 1);
  /* 100 bins of a width that binary cannot hold. */
  r.rate_hz = 44100;
  r.min_frequency_hz = 100 * 44100.0 / 256;
  r.max_frequency_hz = 109 * 44100.0 / 256;
  fail_unless_equals_int(r.first_bin(), 100);
  fail_unless_equals_int(r.height(), 10);
}
GST_END_TEST

GST_START_TEST(bands_of_a_geometric_axis_have_one_ratio) {
  const Recipe r;
  fail_unless_equals_int(r.height(), 128);
  const auto edges = r.row_edges_hz(), centres = r.row_centres_hz();
  fail_unless_equals_int(edges.size(), 129);
  const double ratio = std::pow(7000.0 / 60.0, 1.0 / 128);
  // A few double ulp of 7 kHz.
  ASSERT_NEAR_AT(0, edges.front(), 7000.0, 1e-9);
  ASSERT_NEAR_AT(128, edges.back(), 60.0, 1e-9);
  for (std::size_t y = 0; y < centres.size(); ++y) {
    ASSERT_NEAR_AT(y, edges[y] / edges[y + 1], ratio, 1e-12);
    ASSERT_NEAR_AT(y, centres[y] / edges[y + 1], std::sqrt(ratio), 1e-12);
  }
}
GST_END_TEST

/* IEC 61260-1, base ten: band x is centred on 1000 * 10^(x / 10) Hz, its edges
 * lie a factor 10^(1 / 20) away. */
GST_START_TEST(third_octave_bands_are_those_of_iec_61260) {
  Recipe r;
  r.axis = FrequencyAxis::kThirdOctave;
  r.min_frequency_hz = 22.4;  // nominal edges of the bands 25 Hz ...
  r.max_frequency_hz = 5620;  // ... to 5 kHz
  r.validate();
  fail_unless_equals_int(r.height(), 24);
  const auto edges = r.row_edges_hz(), centres = r.row_centres_hz();
  for (int y = 0; y < 24; ++y) {
    const double want = 1000 * std::pow(10.0, (7 - y) / 10.0);
    // a few double ulp of 5 kHz
    ASSERT_NEAR_AT(y, centres[std::size_t(y)], want, 1e-9);
    ASSERT_NEAR_AT(y, edges[std::size_t(y)], want * std::pow(10.0, 0.05), 1e-9);
  }
  ASSERT_NEAR_AT(24, edges[24], 25.118864 * std::pow(10.0, -0.05), 1e-5);
}
GST_END_TEST

GST_START_TEST(bands_of_a_mel_axis_are_equally_wide_in_mel) {
  Recipe r;
  r.axis = FrequencyAxis::kMel;
  r.bands = 20;
  r.min_frequency_hz = 0;
  r.max_frequency_hz = 8000;
  r.validate();
  const auto mel = [](double hz) {
    return 1127.01048 * std::log(1 + hz / 700);  // 2595 / ln 10
  };
  const auto edges = r.row_edges_hz(), centres = r.row_centres_hz();
  fail_unless_equals_int(edges.size(), 21);
  ASSERT_NEAR_AT(0, edges[0], 8000, 1e-9);
  ASSERT_NEAR_AT(20, edges[20], 0, 1e-9);
  const double step = mel(8000) / 20;
  for (std::size_t y = 0; y < 20; ++y) {
    // the constant above has nine digits
    ASSERT_NEAR_AT(y, mel(edges[y]) - mel(edges[y + 1]), step, 1e-4);
    ASSERT_NEAR_AT(y, mel(centres[y]) - mel(edges[y + 1]), step / 2, 1e-4);
  }
}
GST_END_TEST

GST_START_TEST(columns_are_counted_in_samples_of_the_audio) {
  Recipe r;
  r.rate_hz = 16000;
  r.decimation = 10;
  r.max_frequency_hz = 800;
  r.fft_size = 1024;
  r.window_size = 800;
  r.hop_size = 400;
  r.average = 4;
  r.validate();
  ASSERT_NEAR_AT(0, r.analysis_rate_hz(), 1600, 0);
  ASSERT_NEAR_AT(0, r.bin_hz(), 1.5625, 0);
  fail_unless_equals_int(r.column_samples(), 16000);
  fail_unless_equals_int(r.span_samples(), 20000);  // 3 hops and a window
  ASSERT_NEAR_AT(0, r.column_seconds(), 1, 0);
}
GST_END_TEST

GST_START_TEST(json_gives_every_setting_back) {
  const Recipe r = unusual_recipe();
  const Recipe back = Recipe::from_json(r.to_json());
  expect_text(back.to_json(), r.to_json());
  fail_unless(back.rate_hz == r.rate_hz && back.fft_size == r.fft_size &&
              back.hop_size == r.hop_size && back.window == r.window);
  fail_unless(back.axis == r.axis && back.bands == r.bands &&
              back.min_frequency_hz == r.min_frequency_hz &&
              back.max_frequency_hz == r.max_frequency_hz);
  fail_unless(back.normalizer == r.normalizer &&
              back.normalizer_half_width == r.normalizer_half_width &&
              back.normalizer_gap == r.normalizer_gap &&
              back.normalizer_smooth == r.normalizer_smooth);
  fail_unless(back.mode == r.mode && back.decimation == r.decimation &&
              back.demon_min_frequency_hz == r.demon_min_frequency_hz &&
              back.demon_max_frequency_hz == r.demon_max_frequency_hz &&
              back.demon_sub_bands == r.demon_sub_bands &&
              back.envelope == r.envelope);
  fail_unless(back.window_size == r.window_size &&
              back.kaiser_beta == r.kaiser_beta && back.detrend == r.detrend &&
              back.average == r.average);
  fail_unless(back.normalizer_factor_db == r.normalizer_factor_db &&
              back.agc == r.agc && back.agc_time_s == r.agc_time_s &&
              back.auto_range_percent == r.auto_range_percent);
  fail_unless(back.width == r.width && back.advance == r.advance &&
              back.floor_db == r.floor_db && back.range_db == r.range_db);
}
GST_END_TEST

GST_START_TEST(json_gives_the_fine_spectrum_back_and_needs_it) {
  const Recipe r = evidence_recipe();
  fail_unless_equals_int(Recipe::from_json(r.to_json()).evidence_fft_size,
                         1024);
  std::string text = r.to_json();
  const std::string field = "\"evidence-fft-size\":1024,";
  text.erase(text.find(field), field.size());
  expect_error(Errc::kBadModel, "field 'evidence-fft-size' is missing",
               [&] { Recipe::from_json(text); });
}
GST_END_TEST

GST_START_TEST(a_fine_spectrum_that_no_model_needs_is_no_mismatch) {
  const Recipe with = evidence_recipe(), without = linear_recipe();
  expect_text(describe_mismatch(with, without), "");
  expect_text(describe_mismatch(without, with),
              "evidence-fft-size is 0, the model needs 1024");
  Recipe other = with;
  other.evidence_fft_size = 512;
  expect_text(describe_mismatch(other, with),
              "evidence-fft-size is 512, the model needs 1024");
}
GST_END_TEST

static std::string json_with(const std::string &from, const std::string &to) {
  std::string text = Recipe().to_json();
  const auto at = text.find(from);
  ck_assert_msg(at != std::string::npos, "no %s in %s", from.c_str(),
                text.c_str());
  return text.replace(at, from.size(), to);
}

GST_START_TEST(damaged_json_is_a_bad_model_that_names_the_field) {
  const struct {
    std::string text, words;
  } cases[] = {
      {"", "not a JSON object"},
      {"{\"rate\": 16000", "not a JSON object"},
      {"[1, 2]", "not a JSON object"},
      {json_with("\"hop-size\":512,", ""), "field 'hop-size' is missing"},
      {json_with("\"hann\"", "\"bartlett\""),
       "field 'window' is \"bartlett\", it must be hann or hamming or "
       "blackman-harris or kaiser or flat-top"},
      {json_with("\"geometric\"", "1"), "field 'axis' is 1"},
      {json_with("2048", "2048.5"),
       "field 'fft-size' is 2048.5, it must be a whole number"},
      {json_with("2048", "4294969344"), "field 'fft-size' is 4294969344"},
      {json_with("60.0", "\"60\""),
       "field 'min-frequency' is \"60\", it must be a number"},
  };
  for (const auto &c : cases)
    expect_error(Errc::kBadModel, c.words, [&] { Recipe::from_json(c.text); });
}
GST_END_TEST

GST_START_TEST(json_with_a_setting_out_of_its_domain_is_refused) {
  expect_error(Errc::kBadArgument, "fft-size is 2047",
               [] { Recipe::from_json(json_with("2048", "2047")); });
}
GST_END_TEST

GST_START_TEST(a_mismatch_names_both_sides_of_each_difference) {
  Recipe got, needed;
  expect_text(describe_mismatch(got, needed), "");
  got.fft_size = 1024;
  got.max_frequency_hz = 6000.5;
  got.window = Window::kHamming;
  expect_text(describe_mismatch(got, needed),
              "fft-size is 1024, the model needs 2048; "
              "window is hamming, the model needs hann; "
              "max-frequency is 6000.5 Hz, the model needs 7000 Hz");
}
GST_END_TEST

GST_START_TEST(a_setting_without_influence_on_the_pixels_is_no_mismatch) {
  Recipe got, needed;
  got.advance = 16;
  expect_text(describe_mismatch(got, needed), "");
  got = needed = linear_recipe();
  got.bands = 5;
  expect_text(describe_mismatch(got, needed), "");
  got.normalizer_gap = 2;
  expect_text(describe_mismatch(got, needed),
              "normalizer-gap is 2, the model needs 3");
  got.normalizer = needed.normalizer = Normalizer::kNone;
  expect_text(describe_mismatch(got, needed), "");
}
GST_END_TEST

GST_START_TEST(a_lofargram_is_a_spectrogram_and_a_demongram_is_none) {
  Recipe got, needed;
  got.mode = sonar::Mode::kLofar;
  got.demon_min_frequency_hz = 123;
  got.kaiser_beta = 3;
  got.window_size = got.fft_size;  // as 0 is
  expect_text(describe_mismatch(got, needed), "");
  got.mode = sonar::Mode::kDemon;
  expect_text(describe_mismatch(got, needed),
              "mode is demon, the model needs spectrogram");
  needed.mode = sonar::Mode::kDemon;
  expect_text(describe_mismatch(got, needed),
              "demon-min-frequency is 123 Hz, the model needs 50 Hz");
}
GST_END_TEST

GST_START_TEST(the_unit_says_what_decibels_refer_to) {
  Recipe r;
  expect_text(r.unit(), "dB re background");
  r.normalizer = Normalizer::kNone;
  expect_text(r.unit(), "dBFS");
  r.agc = sonar::Agc::kColumn;
  expect_text(r.unit(), "dB re background");
}
GST_END_TEST

static Suite *recipe_suite(void) {
  Suite *s = suite_create("recipe");
  TCase *tc = tcase_create("validate");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, the_default_recipe_is_valid);
  tcase_add_test(tc, a_bad_setting_is_named_with_got_and_needed);
  tcase_add_test(tc, a_bad_band_is_named_with_got_and_needed);
  tcase_add_test(tc, a_bad_normaliser_setting_is_named_only_where_it_is_used);
  tcase_add_test(tc, a_bad_lofar_setting_is_named_with_got_and_needed);
  tcase_add_test(tc, a_bad_demon_setting_is_named_only_in_its_mode);
  tcase_add_test(tc, a_bad_fine_spectrum_is_named_with_got_and_needed);
  tc = tcase_create("rows");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, rows_of_a_linear_axis_are_the_bins_of_the_band);
  tcase_add_test(tc, a_linear_axis_leaves_dc_and_partly_covered_bins_out);
  tcase_add_test(tc, bands_of_a_geometric_axis_have_one_ratio);
  tcase_add_test(tc, third_octave_bands_are_those_of_iec_61260);
  tcase_add_test(tc, bands_of_a_mel_axis_are_equally_wide_in_mel);
  tcase_add_test(tc, columns_are_counted_in_samples_of_the_audio);
  tcase_add_test(tc, the_unit_says_what_decibels_refer_to);
  tcase_add_test(tc, a_fine_spectrum_has_every_bin_but_dc_on_the_same_columns);
  tc = tcase_create("json and mismatch");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, a_lofargram_is_a_spectrogram_and_a_demongram_is_none);
  tcase_add_test(tc, json_gives_the_fine_spectrum_back_and_needs_it);
  tcase_add_test(tc, a_fine_spectrum_that_no_model_needs_is_no_mismatch);
  tcase_add_test(tc, json_gives_every_setting_back);
  tcase_add_test(tc, damaged_json_is_a_bad_model_that_names_the_field);
  tcase_add_test(tc, json_with_a_setting_out_of_its_domain_is_refused);
  tcase_add_test(tc, a_mismatch_names_both_sides_of_each_difference);
  tcase_add_test(tc, a_setting_without_influence_on_the_pixels_is_no_mismatch);
  return s;
}
GST_CHECK_MAIN(recipe)
