/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <algorithm>
#include <limits>
#include <random>

#include "sonar/core/error.h"
#include "sonar/dsp/level.h"
#include "sonar/dsp/spectrograph.h"
#include "support/testing.h"

using sonar::FrequencyAxis;
using sonar::Image;
using sonar::Normalizer;
using sonar::Recipe;
using sonar::dsp::Picture;
using sonar::dsp::Spectrograph;

static const Normalizer kNormalizers[] = {Normalizer::kNone, Normalizer::kTpsw};

/* 128 rows of 4 Hz, columns of 1/8 s. */
static Recipe recipe(Normalizer normalizer, int width, int advance) {
  Recipe r;
  r.rate_hz = 1024;
  r.fft_size = 256;
  r.hop_size = 128;
  r.axis = FrequencyAxis::kLinear;
  r.min_frequency_hz = 4;
  r.max_frequency_hz = 512;
  r.normalizer = normalizer;
  r.width = width;
  r.advance = advance;
  if (normalizer == Normalizer::kNone) {
    r.floor_db = -120;
    r.range_db = 120;
  }
  return r;
}

/* The same columns with a transform of 1024 samples: 512 rows of 1 Hz. */
static Recipe fine_recipe(int width, int advance) {
  Recipe r = recipe(Normalizer::kTpsw, width, advance);
  r.evidence_fft_size = 1024;
  return r;
}

static std::size_t samples_for(std::size_t columns) {
  return 256 + 128 * (columns - 1);
}

static std::vector<float> noise(std::size_t n) {
  std::mt19937 random(5);
  std::normal_distribution<float> normal(0.0f, 0.1f);
  std::vector<float> x(n);
  for (float &v : x) v = normal(random);
  return x;
}

static std::vector<Picture> pictures(Spectrograph &s,
                                     const std::vector<float> &x,
                                     std::size_t piece = 4096) {
  std::vector<Picture> all;
  Picture picture;
  for (std::size_t i = 0; i < x.size(); i += piece) {
    s.push(x.data() + i, std::min(piece, x.size() - i));
    while (s.pop(picture)) all.push_back(picture);
  }
  s.drain();
  while (s.pop(picture)) all.push_back(picture);
  fail_unless(!s.pop(picture));
  return all;
}

static std::vector<Picture> pictures(const Recipe &r,
                                     const std::vector<float> &x) {
  Spectrograph s(r);
  return pictures(s, x);
}

static bool same(const Image &a, const Image &b) {
  return a.same_shape(b) && std::equal(a.data(), a.data() + a.size(), b.data());
}

static bool same(const std::vector<Picture> &a, const std::vector<Picture> &b) {
  return std::equal(
      a.begin(), a.end(), b.begin(), b.end(),
      [](const Picture &p, const Picture &q) {
        return p.pixels == q.pixels && same(p.background_db, q.background_db) &&
               same(p.fine_db, q.fine_db) && p.first_column == q.first_column &&
               p.new_columns == q.new_columns &&
               p.valid.begin == q.valid.begin && p.valid.end == q.valid.end;
      });
}

GST_START_TEST(exactly_one_width_of_columns_is_exactly_one_full_picture) {
  for (const auto normalizer : kNormalizers) {
    const auto all = pictures(recipe(normalizer, 128, 128), noise(16512));
    fail_unless_equals_int(all.size(), 1);
    fail_unless_equals_int(all[0].first_column, 0);
    fail_unless_equals_int(all[0].new_columns, 128);
    fail_unless_equals_int(all[0].valid.begin, 0);
    fail_unless_equals_int(all[0].valid.end, 128);
    fail_unless_equals_int(all[0].pixels.size(), 128 * 128);
    fail_unless(all[0].background_db.empty() ==
                (normalizer == Normalizer::kNone));
  }
}
GST_END_TEST

/* Picture k's newest columns are the stream's columns from k * advance on. */
GST_START_TEST(pictures_tile_the_columns_and_say_which_hold_signal) {
  const int width = 20, advance = 8;
  for (const auto normalizer : kNormalizers)
    for (const int columns : {1, 7, 8, 9, 24, 50}) {
      const auto all = pictures(recipe(normalizer, width, advance),
                                noise(samples_for(std::size_t(columns)) + 127));
      fail_unless_equals_int(all.size(), (columns + advance - 1) / advance);
      for (int k = 0; k < int(all.size()); ++k) {
        const Picture &p = all[std::size_t(k)];
        const int fresh = std::min(advance, columns - k * advance);
        fail_unless_equals_int(p.first_column, k * advance - (width - advance));
        fail_unless_equals_int(p.new_columns, fresh);
        fail_unless_equals_int(p.valid.begin,
                               std::max(0, width - advance - k * advance));
        fail_unless_equals_int(p.valid.end, width - advance + fresh);
      }
    }
}
GST_END_TEST

GST_START_TEST(a_stream_column_looks_the_same_in_every_picture) {
  for (const auto normalizer : kNormalizers) {
    const Recipe wide = recipe(normalizer, 40, 40);
    const auto x = noise(samples_for(40));
    const Image want = decode(pictures(wide, x)[0], wide);
    const Recipe r = recipe(normalizer, 20, 6);
    std::size_t compared = 0;
    for (const Picture &p : pictures(r, x)) {
      const Image got = decode(p, r);
      for (std::size_t y = 0; y < got.height(); ++y)
        for (std::size_t c = p.valid.begin; c < p.valid.end; ++c, ++compared)
          fail_unless(got.at(y, c) ==
                      want.at(y, std::size_t(p.first_column + int(c))));
    }
    /* Six pictures hold 6 to 20 columns of signal, the last one 4 new ones. */
    fail_unless_equals_int(compared, 128 * (6 + 12 + 18 + 3 * 20 + 18));
  }
}
GST_END_TEST

GST_START_TEST(columns_without_signal_are_empty) {
  for (const auto normalizer : kNormalizers) {
    const Recipe r = recipe(normalizer, 20, 8);
    const double empty = normalizer == Normalizer::kNone ? r.floor_db : 0.0;
    const auto all = pictures(r, noise(samples_for(11)));
    fail_unless_equals_int(all.size(), 2);
    for (const Picture &p : all) {
      const Image got = decode(p, r);
      for (std::size_t y = 0; y < got.height(); ++y)
        for (std::size_t c = 0; c < got.width(); ++c) {
          if (c >= p.valid.begin && c < p.valid.end) continue;
          // half a pixel's step
          ASSERT_NEAR_AT(c, got.at(y, c), empty, r.range_db / 65535 / 2 + 1e-6);
          if (!p.background_db.empty())
            fail_unless(p.background_db.at(y, c) == sonar::dsp::kSilenceDb);
        }
    }
  }
}
GST_END_TEST

/* Bin 32 is row 96 from the top; Hann puts a quarter of the power beside it. */
GST_START_TEST(a_tone_reads_its_level_on_its_row_highest_frequency_first) {
  const Recipe r = recipe(Normalizer::kNone, 8, 8);
  std::vector<float> x(samples_for(8));
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] = 0.5f * float(std::cos(2 * M_PI * double(i % 8) / 8));
  const auto all = pictures(r, x);
  fail_unless_equals_int(all.size(), 1);
  const Image got = decode(all[0], r);
  const double level = 20 * std::log10(0.5), beside = 20 * std::log10(0.25);
  for (std::size_t y = 0; y < 128; ++y)
    for (std::size_t c = 0; c < 8; ++c) {
      // half a pixel's step is 9e-4 dB; elsewhere rounding below -110 dB
      if (y == 96)
        ASSERT_NEAR_AT(y, got.at(y, c), level, 1e-3);
      else if (y == 95 || y == 97)
        ASSERT_NEAR_AT(y, got.at(y, c), beside, 1e-3);
      else
        fail_unless(got.at(y, c) < -110.0f);
    }
}
GST_END_TEST

GST_START_TEST(value_and_background_make_the_level) {
  Recipe tpsw = recipe(Normalizer::kTpsw, 30, 30);
  tpsw.floor_db = -120;
  tpsw.range_db = 240;
  const Recipe none = recipe(Normalizer::kNone, 30, 30);
  const auto x = noise(samples_for(30));
  const auto over = pictures(tpsw, x);
  const Image value = decode(over[0], tpsw);
  const Image level = decode(pictures(none, x)[0], none);
  for (std::size_t i = 0; i < level.size(); ++i)
    // half a step of both pictures: 1.8e-3 and 9e-4 dB
    ASSERT_NEAR_AT(i, value.data()[i] + over[0].background_db.data()[i],
                   level.data()[i], 3e-3);
}
GST_END_TEST

GST_START_TEST(pictures_are_bit_identical_for_any_cut) {
  Recipe geometric;
  geometric.rate_hz = 8000;
  geometric.fft_size = 512;
  geometric.hop_size = 100;
  geometric.max_frequency_hz = 3900;
  const auto x = noise(12345);
  for (const Recipe &r : {recipe(Normalizer::kNone, 20, 6),
                          recipe(Normalizer::kTpsw, 20, 20), geometric}) {
    const auto want = pictures(r, x);
    for (const std::size_t piece :
         {std::size_t(1), std::size_t(333), x.size()}) {
      Spectrograph s(r);
      fail_unless(same(pictures(s, x, piece), want), "pieces of %zu", piece);
    }
  }
}
GST_END_TEST

GST_START_TEST(a_stream_shorter_than_a_window_is_padded_with_zeros) {
  for (const auto normalizer : kNormalizers) {
    const Recipe r = recipe(normalizer, 8, 4);
    fail_unless(pictures(r, {}).empty());
    for (const std::size_t n : {1, 100, 255}) {
      auto x = noise(n);
      const auto short_stream = pictures(r, x);
      fail_unless_equals_int(short_stream.size(), 1);
      fail_unless_equals_int(short_stream[0].new_columns, 1);
      x.resize(256);
      fail_unless(same(short_stream, pictures(r, x)));
    }
  }
}
GST_END_TEST

GST_START_TEST(a_picture_comes_with_the_sample_the_latency_promises) {
  for (const auto normalizer : kNormalizers) {
    const Recipe r = recipe(normalizer, 10, 3);
    Spectrograph s(r);
    const std::int64_t lookahead = normalizer == Normalizer::kNone ? 0 : 4;
    fail_unless_equals_int64(s.latency_samples(), (2 + lookahead) * 128 + 256);
    const auto x = noise(4000);
    Picture picture;
    std::int64_t found = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      s.push(&x[i], 1);
      if (!s.pop(picture)) continue;
      const std::int64_t begin = (picture.first_column + 7) * 128;
      fail_unless_equals_int64(std::int64_t(i) + 1,
                               begin + s.latency_samples());
      ++found;
    }
    fail_unless(found >= 7);
  }
}
GST_END_TEST

GST_START_TEST(reset_makes_the_spectrograph_new) {
  for (const auto normalizer : kNormalizers) {
    const Recipe r = recipe(normalizer, 20, 6);
    const auto x = noise(5000);
    const auto want = pictures(r, x);
    Spectrograph s(r);
    fail_unless(same(pictures(s, x), want));
    s.reset();
    s.push(x.data() + 7, 3000);  // abandoned half-way
    Picture picture;
    fail_unless(s.pop(picture));
    s.reset();
    fail_unless(same(pictures(s, x), want));
  }
}
GST_END_TEST

template <typename Body>
static void expect_error(sonar::Errc code, const std::string &words,
                         Body &&body) {
  try {
    body();
  } catch (const sonar::Error &e) {
    fail_unless(e.code() == code);
    ck_assert_msg(std::string(e.what()).find(words) != std::string::npos,
                  "'%s' does not say '%s'", e.what(), words.c_str());
    return;
  }
  ck_abort_msg("nothing was thrown, wanted '%s'", words.c_str());
}

GST_START_TEST(bad_input_is_refused_in_words) {
  Recipe bad = recipe(Normalizer::kTpsw, 8, 8);
  bad.advance = 9;
  expect_error(sonar::Errc::kBadArgument, "advance is 9",
               [&] { Spectrograph s(bad); });
  Spectrograph s(recipe(Normalizer::kTpsw, 8, 8));
  const float samples[] = {0.0f, std::nanf("")};
  expect_error(sonar::Errc::kNumeric, "Sample 1 is nan",
               [&] { s.push(samples, 2); });
  s.drain();
  expect_error(sonar::Errc::kBadArgument, "got samples after its end",
               [&] { s.push(samples, 1); });
}
GST_END_TEST

GST_START_TEST(levels_are_ten_log10_and_end_at_silence) {
  std::vector<float> power;
  for (double p = 1e-20; p < 1e30; p *= 1.0137) power.push_back(float(p));
  std::vector<float> db(power.size());
  sonar::dsp::power_to_db(power.data(), power.size(), db.data());
  for (std::size_t i = 0; i < power.size(); ++i) {
    const double want = 10 * std::log10(double(power[i]));
    // two float32 roundings of the level and some of the last octave's 3 dB
    ASSERT_NEAR_AT(i, db[i], want, 1.2e-7 * std::fabs(want) + 1e-6);
  }
  const float quiet[] = {0.0f, 1e-45f, 1e-30f, 9e-21f};
  float level[4];
  sonar::dsp::power_to_db(quiet, 4, level);
  for (std::size_t i = 0; i < 4; ++i)
    ASSERT_NEAR_AT(i, level[i], sonar::dsp::kSilenceDb, 0.0);  // set
}
GST_END_TEST

GST_START_TEST(a_pixel_is_the_nearest_of_the_scale_and_comes_back_exactly) {
  using sonar::dsp::decode_db;
  using sonar::dsp::encode_db;
  for (int pixel = 0; pixel <= 65535; ++pixel) {
    const float db = decode_db(std::uint16_t(pixel), -10, 60);
    fail_unless_equals_int(encode_db(db, -10, 60), pixel);
  }
  const float step = 60.0f / 65535;
  fail_unless_equals_int(encode_db(-10 + 100.4f * step, -10, 60), 100);
  fail_unless_equals_int(encode_db(-10 + 100.6f * step, -10, 60), 101);
  fail_unless_equals_int(encode_db(-10, -10, 60), 0);
  fail_unless_equals_int(encode_db(50, -10, 60), 65535);
  fail_unless_equals_int(encode_db(-400, -10, 60), 0);
  fail_unless_equals_int(encode_db(400, -10, 60), 65535);
  const float row[] = {-400, -10, 20, 50, 400};
  std::uint16_t pixels[5];
  encode_db(row, 5, -10, 60, pixels);
  for (int i = 0; i < 5; ++i)
    fail_unless_equals_int(pixels[i], encode_db(row[i], -10, 60));
}
GST_END_TEST

GST_START_TEST(powers_of_levels_are_those_of_ten_and_end_where_floats_do) {
  std::vector<float> db;
  for (float level = -370; level <= 370; level += 0.0371f) db.push_back(level);
  std::vector<float> power(db.size());
  sonar::dsp::db_to_power(db.data(), db.size(), power.data());
  for (std::size_t i = 0; i < db.size(); ++i)
    // what the header promises
    ASSERT_NEAR_AT(i, power[i] / std::pow(10, double(db[i]) / 10), 1.0, 4e-6);
  const float beyond[] = {-4000, -370, 370, 4000};
  float end[4];
  sonar::dsp::db_to_power(beyond, 4, end);
  fail_unless(end[0] == end[1] && end[2] == end[3]);
}
GST_END_TEST

/* Hann puts a quarter of the power, -6.02 dB, into the bin beside a tone; both
 * are far above a background of digital noise. */
GST_START_TEST(a_tone_reads_alike_over_the_background_in_the_fine_spectrum) {
  Recipe r = fine_recipe(30, 30);
  r.floor_db = -150;
  r.range_db = 300;
  auto x = noise(samples_for(30));
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] = 1e-4f * x[i] + 0.5f * float(std::cos(2 * M_PI * double(i % 8) / 8));
  const auto all = pictures(r, x);
  fail_unless_equals_int(all.size(), 1);
  const Image &fine = all[0].fine_db;
  fail_unless_equals_int(fine.height(), 512);
  fail_unless_equals_int(fine.width(), 30);
  const Image level = decode(all[0], r);
  /* The tone breaks where the stream's end is mirrored, which the last four
   * windows see and the background of eight columns more. 128 Hz is row 384 and
   * row 96. */
  for (std::size_t c = 0; c < 18; ++c) {
    const float top = fine.at(384, c);
    for (const std::size_t y : {383, 385})
      // backgrounds of neighbours differ little, a pixel is 0.005 dB
      ASSERT_NEAR_AT(c, fine.at(y, c) - top, 20 * std::log10(0.5), 0.3);
    for (std::size_t y = 0; y < 512; ++y)
      if (y < 382 || y > 386) fail_unless(fine.at(y, c) < top - 60);
    /* four times narrower bins hold a quarter of the noise; windows and
     * averages leave some deviation */
    ASSERT_NEAR_AT(c, top - level.at(96, c), 10 * std::log10(4.0), 2.0);
  }
}
GST_END_TEST

/* A click at the centre of column 10's window: both spectra have it in the
 * columns around it symmetrically. */
GST_START_TEST(fine_windows_are_centred_where_the_picture_s_are) {
  const Recipe r = fine_recipe(24, 24);
  auto x = noise(samples_for(24));
  for (float &v : x) v *= 1e-3f;
  x[128 * 10 + 128] = 10;  // first sample plus half a window of 256
  const auto all = pictures(r, x);
  Image fine(1, 24);
  for (std::size_t c = 0; c < 24; ++c)
    for (std::size_t y = 0; y < 512; ++y)
      fine.at(0, c) += all[0].fine_db.at(y, c) / 512;
  const Image level = decode(all[0], r);
  const Image background = all[0].background_db;
  for (std::size_t c = 0; c < 24; ++c) {
    double mean = 0;
    for (std::size_t y = 0; y < 128; ++y)
      mean += double(level.at(y, c) + background.at(y, c)) / 128;
    /* -24 dBFS times the window's 2 / 256; noise is 100 dB lower */
    fail_unless((c == 10) == (mean > -30), "column %zu: %g", c, mean);
  }
  for (std::size_t d = 1; d < 8; ++d) {
    fail_unless(fine.at(0, 10) > fine.at(0, 10 - d) + 1);
    fail_unless(fine.at(0, 10) > fine.at(0, 10 + d) + 1);
    // the same window seen from both sides, noise far below
    ASSERT_NEAR_AT(d, fine.at(0, 10 + d), fine.at(0, 10 - d), 0.5);
  }
}
GST_END_TEST

/* A spectrograph of its own on a stream that was mirrored by hand. */
GST_START_TEST(the_fine_spectrum_is_that_of_the_mirrored_stream) {
  const Recipe r = fine_recipe(20, 6);
  const auto x = noise(samples_for(50) + 77);
  std::vector<float> mirrored;
  for (std::size_t i = 384; i > 0; --i) mirrored.push_back(x[i]);
  mirrored.insert(mirrored.end(), x.begin(), x.end());
  for (std::size_t i = 0; i < 384; ++i) mirrored.push_back(x[x.size() - 2 - i]);
  const auto want = pictures(r.evidence_recipe(), mirrored);
  const auto got = pictures(r, x);
  Recipe without = r;
  without.evidence_fft_size = 0;
  const auto coarse = pictures(without, x);
  fail_unless_equals_int(got.size(), want.size());
  fail_unless_equals_int(got.size(), coarse.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    fail_unless(same(got[i].fine_db, decode(want[i], r.evidence_recipe())));
    fail_unless_equals_int(got[i].first_column, want[i].first_column);
    fail_unless_equals_int(got[i].valid.begin, want[i].valid.begin);
    fail_unless_equals_int(got[i].valid.end, want[i].valid.end);
    /* and the picture itself knows nothing of it */
    fail_unless(got[i].pixels == coarse[i].pixels);
    fail_unless(coarse[i].fine_db.empty());
  }
  fail_unless_equals_int(got.back().new_columns, 2);  // 50 of 54
}
GST_END_TEST

GST_START_TEST(pictures_with_a_fine_spectrum_are_bit_identical_for_any_cut) {
  const auto x = noise(9001);
  for (const int advance : {1, 6, 20}) {
    const Recipe r = fine_recipe(20, advance);
    const auto want = pictures(r, x);
    for (const std::size_t piece :
         {std::size_t(1), std::size_t(333), x.size()}) {
      Spectrograph s(r);
      fail_unless(same(pictures(s, x, piece), want), "pieces of %zu", piece);
      s.reset();
      fail_unless(same(pictures(s, x, piece), want), "after reset");
      s.reset();
      s.push(x.data() + 7, 5000);  // abandoned half-way
      Picture picture;
      fail_unless(s.pop(picture));
      s.reset();
      fail_unless(same(pictures(s, x, piece), want), "after half a stream");
    }
  }
}
GST_END_TEST

GST_START_TEST(a_short_stream_has_a_fine_spectrum_too) {
  const Recipe r = fine_recipe(8, 4);
  fail_unless(pictures(r, {}).empty());
  for (const std::size_t n : {1, 100, 255, 256, 400}) {
    auto x = noise(n);
    const auto short_stream = pictures(r, x);
    fail_unless_equals_int(short_stream.size(), 1);
    fail_unless_equals_int(short_stream[0].new_columns, n < 384 ? 1 : 2);
    fail_unless_equals_int(short_stream[0].fine_db.height(), 512);
    float largest = 0;
    for (std::size_t y = 0; y < 512; ++y)
      largest = std::max(
          largest, short_stream[0].fine_db.at(y, short_stream[0].valid.begin));
    fail_unless(largest > 0);
    if (n > 256) continue;
    x.resize(256);
    fail_unless(same(short_stream, pictures(r, x)));
  }
}
GST_END_TEST

/* The fine window reaches (1024 - 256) / 2 samples farther and its background
 * looks 8 columns ahead, the picture's 4. */
GST_START_TEST(the_fine_spectrum_s_latency_is_the_picture_s) {
  const Recipe r = fine_recipe(10, 3);
  Spectrograph s(r);
  fail_unless_equals_int64(s.latency_samples(), (2 + 8) * 128 + 1024 - 384);
  const auto x = noise(6000);
  Picture picture;
  int found = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    s.push(&x[i], 1);
    if (!s.pop(picture)) continue;
    fail_unless_equals_int64(
        std::int64_t(i) + 1,
        (picture.first_column + 7) * 128 + s.latency_samples());
    ++found;
  }
  fail_unless(found >= 7);
}
GST_END_TEST

static Suite *dsp_spectrograph_suite(void) {
  Suite *s = suite_create("dsp_spectrograph");
  TCase *tc = tcase_create("tiles");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, exactly_one_width_of_columns_is_exactly_one_full_picture);
  tcase_add_test(tc, pictures_tile_the_columns_and_say_which_hold_signal);
  tcase_add_test(tc, a_stream_column_looks_the_same_in_every_picture);
  tcase_add_test(tc, columns_without_signal_are_empty);
  tc = tcase_create("values");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, a_tone_reads_its_level_on_its_row_highest_frequency_first);
  tcase_add_test(tc, value_and_background_make_the_level);
  tcase_add_test(tc, levels_are_ten_log10_and_end_at_silence);
  tcase_add_test(tc,
                 a_pixel_is_the_nearest_of_the_scale_and_comes_back_exactly);
  tcase_add_test(tc, powers_of_levels_are_those_of_ten_and_end_where_floats_do);
  tc = tcase_create("fine spectrum");
  suite_add_tcase(s, tc);
  tcase_add_test(tc,
                 a_tone_reads_alike_over_the_background_in_the_fine_spectrum);
  tcase_add_test(tc, fine_windows_are_centred_where_the_picture_s_are);
  tcase_add_test(tc, the_fine_spectrum_is_that_of_the_mirrored_stream);
  tcase_add_test(tc,
                 pictures_with_a_fine_spectrum_are_bit_identical_for_any_cut);
  tcase_add_test(tc, a_short_stream_has_a_fine_spectrum_too);
  tcase_add_test(tc, the_fine_spectrum_s_latency_is_the_picture_s);
  tc = tcase_create("streaming");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, pictures_are_bit_identical_for_any_cut);
  tcase_add_test(tc, a_stream_shorter_than_a_window_is_padded_with_zeros);
  tcase_add_test(tc, a_picture_comes_with_the_sample_the_latency_promises);
  tcase_add_test(tc, reset_makes_the_spectrograph_new);
  tcase_add_test(tc, bad_input_is_refused_in_words);
  return s;
}
GST_CHECK_MAIN(dsp_spectrograph)
