/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <algorithm>
#include <cmath>
#include <limits>

#include "sonar/core/error.h"
#include "sonar/dsp/masked_sound.h"
#include "sonar/dsp/sound_gain.h"
#include "support/testing.h"
#include "support/tiny_pictures.h"

using namespace sonar;
using namespace sonar::dsp;
using namespace sonar::testing;

static const SoundGain kAtOnce{-std::numeric_limits<double>::infinity(), 0, 0};

/* What the grids of recipes look like, handy or not. */
static std::vector<SoundGrid> grids() {
  std::vector<SoundGrid> all;
  Recipe r = tiny_recipe();  // hop of half a window
  const auto add = [&all](const Recipe &recipe) {
    all.push_back({recipe.rate_hz, recipe.window_samples() * recipe.decimation,
                   recipe.column_samples(), recipe.span_samples(),
                   recipe.row_edges_hz()});
  };
  add(r);
  r.fft_size = 250;  // no multiple of four
  r.hop_size = 250;  // windows side by side
  add(r);
  r.fft_size = 256;
  r.hop_size = 37;
  r.average = 3;
  add(r);
  r = Recipe();  // bands
  r.hop_size = 700;
  add(r);
  r.axis = FrequencyAxis::kMel;
  r.decimation = 2;
  r.max_frequency_hz = 3500;
  add(r);
  return all;
}

/* Columns that the grid has over @p samples, all of one gain. */
static Image same_gain(const SoundGrid &g, std::size_t samples, float gain) {
  const auto columns =
      1 + (std::int64_t(samples) - g.span_samples) / g.column_samples;
  return Image(g.row_edges_hz.size() - 1, std::size_t(columns), gain);
}

static std::vector<float> masked(const SoundGrid &grid, const Image &gain,
                                 const std::vector<float> &samples,
                                 const SoundGain &how,
                                 bool complement = false) {
  MaskedSound sound(grid, 0, complement);
  sound.set(how);
  sound.push(samples.data(), samples.size());
  sound.put(0, {0, gain.width()}, gain, std::int64_t(gain.width()), 0);
  sound.drain();
  std::vector<float> out;
  sound.pop(out);
  fail_unless_equals_int(out.size(), samples.size());
  return out;
}

static double error_db(const std::vector<float> &got,
                       const std::vector<float> &want) {
  double error = 0, power = 0;
  for (std::size_t i = 0; i < want.size(); ++i) {
    error += std::pow(double(got[i]) - double(want[i]), 2);
    power += std::pow(double(want[i]), 2);
  }
  return 10 * std::log10(error / power);
}

/* Float rounding through two transforms of up to 4096 points is near 1e-7 of
 * the signal, -140 dB. */
GST_START_TEST(a_gain_of_one_gives_every_sample_back) {
  const SoundGrid grid = grids()[std::size_t(__i__)];
  const std::vector<float> in = noise(std::size_t(grid.span_samples) * 7 + 13);
  const std::vector<float> out =
      masked(grid, same_gain(grid, in.size(), 1), in, kAtOnce);
  fail_unless(error_db(out, in) < -120);
  for (std::size_t i = 0; i < in.size(); ++i)
    ASSERT_NEAR_AT(i, out[i], in[i], 1e-6);
}
GST_END_TEST

/* Whatever the gains are. */
GST_START_TEST(what_is_kept_and_what_is_removed_sum_to_the_input) {
  const SoundGrid grid = grids()[std::size_t(__i__)];
  const std::vector<float> in = noise(std::size_t(grid.span_samples) * 7 + 13);
  Image gain = same_gain(grid, in.size(), 0);
  const std::vector<float> random = noise(gain.size(), 0.5, 9);
  for (std::size_t i = 0; i < gain.size(); ++i)
    gain.data()[i] = random[i] + 0.5f;
  const std::vector<float> kept = masked(grid, gain, in, {}),
                           removed = masked(grid, gain, in, {}, true);
  fail_unless(error_db(kept, in) > -20);
  // samples within 0.1: a float's rounding there
  for (std::size_t i = 0; i < in.size(); ++i)
    ASSERT_NEAR_AT(i, double(kept[i]) + double(removed[i]), in[i], 1e-8);
}
GST_END_TEST

/* All rows at the floor: the samples times it. */
GST_START_TEST(nothing_kept_leaves_the_floor) {
  const SoundGrid grid = grids()[0];
  const std::vector<float> in = noise(4000);
  const Image none = same_gain(grid, in.size(), 0);
  SoundGain how = kAtOnce;
  for (const float sample : masked(grid, none, in, how))
    fail_unless(sample == 0);
  how.floor_db = -20;
  const std::vector<float> out = masked(grid, none, in, how);
  for (std::size_t i = 0; i < in.size(); ++i)
    ASSERT_NEAR_AT(i, out[i], 0.1f * in[i], 1e-6);
}
GST_END_TEST

/* Two tones on bins of which one's rows are kept: what is left is the other,
 * with its phase. A Hann window's main lobe is 4 bins wide; the floor of its
 * side lobes is 1e-4 twenty bins away. */
GST_START_TEST(a_tone_in_kept_rows_comes_out_where_it_was) {
  Recipe r = tiny_recipe();
  r.fft_size = 256;
  r.hop_size = 128;
  r.min_frequency_hz = 4;
  const SoundGrid grid{r.rate_hz, 256, 128, 256, r.row_edges_hz()};
  std::vector<float> low(8192), both(8192);
  for (std::size_t i = 0; i < low.size(); ++i) {
    low[i] = float(0.4 * std::sin(2 * M_PI * 80 * double(i) / 1024 + 0.7));
    both[i] = low[i] + float(0.4 * std::sin(2 * M_PI * 320 * double(i) / 1024));
  }
  Image gain = same_gain(grid, both.size(), 0);
  for (std::size_t y = 0; y < gain.height(); ++y)
    if (grid.row_edges_hz[y] < 200)
      std::fill_n(gain.row(y), gain.width(), 1.0f);
  const std::vector<float> out = masked(grid, gain, both, kAtOnce);
  for (std::size_t i = 256; i + 256 < low.size(); ++i)
    ASSERT_NEAR_AT(i, out[i], low[i], 1e-3);
}
GST_END_TEST

/* A gain that steps from 0 to 1 between two columns: the envelope of a tone
 * rises only, and no frequency comes in that was not there. */
GST_START_TEST(a_gate_that_opens_fades_and_does_not_chirp) {
  Recipe r = tiny_recipe();
  r.fft_size = 256;
  r.hop_size = 128;
  r.min_frequency_hz = 4;
  const SoundGrid grid{r.rate_hz, 256, 128, 256, r.row_edges_hz()};
  std::vector<float> in(16384);
  for (std::size_t i = 0; i < in.size(); ++i)
    in[i] = float(std::sin(2 * M_PI * 128 * double(i) / 1024));
  Image gain = same_gain(grid, in.size(), 0);
  const std::size_t opens = gain.width() / 2;
  for (std::size_t y = 0; y < gain.height(); ++y)
    std::fill(gain.row(y) + opens, gain.row(y) + gain.width(), 1.0f);
  SoundGain how = kAtOnce;
  how.attack_s = 0.5;
  const std::vector<float> out = masked(grid, gain, in, how);
  // 128 Hz has 8 samples a turn: two samples a quarter of a turn apart
  double before = 0;
  for (std::size_t i = 0; i + 2 < in.size(); i += 8) {
    const double envelope = std::hypot(double(out[i]), double(out[i + 2]));
    fail_unless(envelope > before - 2e-3, "%g after %g", envelope, before);
    before = envelope;
  }
  // 1 - exp(-t / attack) behind the opening, which is blurred by one window
  const double opening = double(opens) * 128 + 128 - 64;
  for (const double t : {0.5, 1.0, 2.0}) {
    const auto i = std::size_t(opening + t * 1024) / 8 * 8;
    ASSERT_NEAR_AT(i, std::hypot(double(out[i]), double(out[i + 2])),
                   1 - std::exp(-t / 0.5), 0.08);
  }
  // its neighbours in frequency stay as the windows' side lobes leave them
  double own = 0, other = 0;
  for (std::size_t k = 0; k < 64; ++k) {
    double re = 0, im = 0;
    for (std::size_t i = 0; i < 1024; ++i) {
      const double w = 0.5 - 0.5 * std::cos(2 * M_PI * double(i) / 1024);
      const double x = w * double(out[std::size_t(opening) - 512 + i]);
      re += x * std::cos(2 * M_PI * double(k * 8 * i) / 1024);
      im += x * std::sin(2 * M_PI * double(k * 8 * i) / 1024);
    }
    (k == 16 ? own : other) += re * re + im * im;
  }
  fail_unless(other < 1e-5 * own, "%g of %g", other, own);
}
GST_END_TEST

GST_START_TEST(followed_gains_rise_and_fall_by_their_time_constants) {
  GainFollower follower(0.01);
  follower.set(0.05, 0.2);
  std::vector<float> gain{0.0f, 0.25f};
  follower.follow(gain);
  fail_unless(gain[0] == 0 && gain[1] == 0.25f);
  for (int n = 1; n <= 30; ++n) {
    gain = {1, 0};
    follower.follow(gain);
    ASSERT_NEAR_AT(n, gain[0], 1 - std::exp(-n * 0.01 / 0.05), 1e-5);
    ASSERT_NEAR_AT(n, gain[1], 0.25 * std::exp(-n * 0.01 / 0.2), 1e-5);
  }
}
GST_END_TEST

GST_START_TEST(a_bin_has_the_mean_gain_of_its_band) {
  // bins of 4 Hz; rows 0..2 cover 8 to 20 Hz
  const RowsToBins map({20, 14, 13, 8}, 32, 8);
  std::vector<float> bins;
  map.map({0.8f, 0.4f, 0.2f}, bins);
  fail_unless_equals_int(bins.size(), 5);
  fail_unless(bins[0] == 0.2f && bins[1] == 0.2f);  // outside: the least
  ASSERT_NEAR_AT(2, bins[2], 0.2, 1e-6);            // 6 to 10
  ASSERT_NEAR_AT(3, bins[3], (3 * 0.2 + 0.4) / 4, 1e-6);
  ASSERT_NEAR_AT(4, bins[4], 0.8, 1e-6);  // 14 to 16, Nyquist
}
GST_END_TEST

using Gains = std::vector<float>;

/* Pictures of four columns that move on by one. */
GST_START_TEST(the_newest_picture_decides_until_a_column_is_settled) {
  const auto decided = [](std::int64_t wait) {
    ColumnGains columns;
    for (int i = 0; i < 6; ++i)
      columns.put(i, {0, 4}, Image(1, 4, float(i)), 1, wait);
    const std::int64_t last = 8 - std::min<std::int64_t>(wait, 3);
    fail_unless(columns.is_settled(2 * last, 2));
    fail_unless(!columns.is_settled(2 * last + 1, 2));
    std::vector<float> gain, all;
    for (int c = 0; c < 9; ++c) {
      columns.at(2 * c, 2, gain);
      all.push_back(gain[0]);
    }
    return all;
  };
  fail_unless((decided(0) == Gains{0, 0, 0, 0, 1, 2, 3, 4, 5}));
  fail_unless((decided(2) == Gains{0, 0, 1, 2, 3, 4, 5, 5, 5}));
  fail_unless((decided(3) == Gains{0, 1, 2, 3, 4, 5, 5, 5, 5}));
  fail_unless(decided(99) == decided(3));
}
GST_END_TEST

/* What stands before the first column is that column's, which is not settled
 * either. */
GST_START_TEST(nothing_is_settled_before_the_first_column_is) {
  ColumnGains columns;
  columns.put(-4, {4, 8}, Image(1, 8, 1.0f), 4, 4);
  fail_unless(!columns.is_settled(-8, 1));
  columns.put(0, {0, 8}, Image(1, 8, 1.0f), 4, 4);
  fail_unless(columns.is_settled(-8, 1));
}
GST_END_TEST

GST_START_TEST(columns_hold_to_the_ends_and_a_missing_one_is_silent) {
  ColumnGains columns;
  columns.put(3, {1, 3}, Image(1, 4, 0.5f), 4, 0);
  columns.put(7, {0, 4}, Image(1, 4, 1.0f), 4, 0);
  std::vector<float> gain;
  const auto at = [&](std::int64_t halves) {
    columns.at(halves, 2, gain);
    return gain[0];
  };
  fail_unless(at(-7) == 0.5f && at(8) == 0.5f && at(11) == 0.25f);
  fail_unless(at(12) == 0 && at(13) == 0.5f && at(14) == 1 && at(99) == 1);
}
GST_END_TEST

/* Pictures of 16 columns and an advance of 4, samples in cuts of any size. */
static std::vector<float> streamed(const std::vector<float> &in,
                                   std::size_t cut) {
  const SoundGrid grid = grids()[0];
  MaskedSound sound(grid, 0, false);
  std::vector<float> out;
  std::size_t pushed = 0;
  std::int64_t late = 0;
  for (std::int64_t n = 0; pushed < in.size(); ++n) {
    const auto until = std::min(in.size(), std::size_t(n + 1) * 64);
    while (pushed < until) {
      const std::size_t count = std::min(cut, until - pushed);
      sound.push(in.data() + pushed, count);
      pushed += count;
      if (cut % 2) sound.pop(out);
    }
    const std::vector<float> gains = noise(256, 0.5, std::uint32_t(n + 1));
    Image gain(16, 16);
    for (std::size_t i = 0; i < 256; ++i) gain.data()[i] = gains[i] + 0.5f;
    const std::int64_t first = 4 * n - 12;
    sound.put(first, {std::size_t(std::max<std::int64_t>(0, -first)), 16}, gain,
              4, 8);
    sound.pop(out);
    // the next sample comes with the next picture at the earliest
    late = std::max(late, std::int64_t(pushed) - std::int64_t(out.size()));
  }
  const std::int64_t latency = sound_latency_samples(grid, 8);
  fail_unless(late <= latency && late + 16 >= latency, "%d", int(late));
  sound.drain();
  sound.pop(out);
  fail_unless_equals_int(out.size(), in.size());
  return out;
}

GST_START_TEST(any_cut_gives_the_same_bits_within_the_latency) {
  const std::vector<float> in = noise(3001);
  const std::vector<float> whole = streamed(in, 10000);
  for (const std::size_t cut : {1u, 7u, 64u})
    fail_unless(streamed(in, cut) == whole);
}
GST_END_TEST

GST_START_TEST(a_stream_shorter_than_a_window_comes_back) {
  const std::vector<float> in = noise(5);
  const SoundGrid grid = grids()[0];
  const std::vector<float> out = masked(grid, Image(16, 1, 1.0f), in, kAtOnce);
  for (std::size_t i = 0; i < in.size(); ++i)
    ASSERT_NEAR_AT(i, out[i], in[i], 1e-7);
}
GST_END_TEST

template <typename Body>
static void expect_error(Errc code, const char *words, Body &&body) {
  try {
    body();
  } catch (const Error &e) {
    fail_unless(e.code() == code);
    ck_assert_msg(std::string(e.what()).find(words) != std::string::npos,
                  "no \"%s\" in: %s", words, e.what());
    return;
  }
  ck_abort_msg("no error with \"%s\"", words);
}

GST_START_TEST(what_cannot_be_is_refused) {
  SoundGrid grid = grids()[0];
  MaskedSound sound(grid, 0, false);
  expect_error(Errc::kBadArgument, "floor of 1.0", [&] {
    sound.set({1, 0, 0});
  });
  expect_error(Errc::kBadArgument, "attack of -1.0", [&] {
    sound.set({0, -1, 0});
  });
  expect_error(Errc::kBadArgument, "The gains have 3 rows, the sound's grid 16",
               [&] {
                 sound.put(0, {0, 2}, Image(3, 2), 2, 0);
               });
  const float nan = std::nanf("");
  expect_error(Errc::kNumeric, "Sample 0", [&] { sound.push(&nan, 1); });
  grid.column_samples = 0;
  expect_error(Errc::kBadArgument, "columns of 0 samples",
               [&] { MaskedSound(grid, 0, false); });
  grid = grids()[0];
  std::reverse(grid.row_edges_hz.begin(), grid.row_edges_hz.end());
  expect_error(Errc::kBadArgument,
               "17 row edges, needed two or more in Hz, highest first",
               [&] { MaskedSound(grid, 0, false); });
}
GST_END_TEST

static Suite *dsp_masked_sound_suite() {
  Suite *s = suite_create("masked_sound");
  TCase *c = tcase_create("all");
  tcase_add_loop_test(c, a_gain_of_one_gives_every_sample_back, 0, 5);
  tcase_add_loop_test(c, what_is_kept_and_what_is_removed_sum_to_the_input, 0,
                      5);
  tcase_add_test(c, nothing_kept_leaves_the_floor);
  tcase_add_test(c, a_tone_in_kept_rows_comes_out_where_it_was);
  tcase_add_test(c, a_gate_that_opens_fades_and_does_not_chirp);
  tcase_add_test(c, followed_gains_rise_and_fall_by_their_time_constants);
  tcase_add_test(c, a_bin_has_the_mean_gain_of_its_band);
  tcase_add_test(c, the_newest_picture_decides_until_a_column_is_settled);
  tcase_add_test(c, nothing_is_settled_before_the_first_column_is);
  tcase_add_test(c, columns_hold_to_the_ends_and_a_missing_one_is_silent);
  tcase_add_test(c, any_cut_gives_the_same_bits_within_the_latency);
  tcase_add_test(c, a_stream_shorter_than_a_window_comes_back);
  tcase_add_test(c, what_cannot_be_is_refused);
  suite_add_tcase(s, c);
  return s;
}

GST_CHECK_MAIN(dsp_masked_sound);
