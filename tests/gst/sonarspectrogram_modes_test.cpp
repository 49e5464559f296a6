/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mode=lofar and mode=demon: defaults, times, and the settings they add. */
#include <cstring>

#include "sonar/dsp/spectrograph.h"
#include "support/gst_testing.h"

using namespace sonar;
using namespace sonar::testing;

static void set_caps(const Bench &bench, int rate) {
  gst_harness_set_src_caps_str(bench, audio_caps(rate).c_str());
}

static std::vector<Buffer> frames_of(const std::string &launch,
                                     const std::vector<float> &samples,
                                     int rate = 16000,
                                     std::size_t chunk = 4096) {
  const Bench bench(launch);
  set_caps(bench, rate);
  fail_unless_equals_int(push_samples(bench, samples, rate, chunk),
                         GST_FLOW_OK);
  fail_unless(gst_harness_push_event(bench, gst_event_new_eos()));
  return take_frames(bench);
}

static Recipe recipe_of(const Buffer &frame) {
  return Recipe::from_json(frame.spectrogram().recipe);
}

/* Noise whose loudness goes up and down @p hz times a second. */
static std::vector<float> modulated(std::size_t count, int rate, double hz) {
  auto samples = noise(count);
  for (std::size_t i = 0; i < count; ++i)
    samples[i] *=
        float(0.3 * (1 + 0.8 * std::cos(2 * M_PI * hz * double(i) / rate)));
  return samples;
}

static std::size_t row_of(const GstSonarSpectrogramMeta &meta, double hz) {
  const auto edges = values_of<double>(meta.row_edges);
  std::size_t y = 0;
  while (y < meta.height && !(edges[y + 1] <= hz && hz < edges[y])) ++y;
  fail_unless(y < meta.height, "no row holds %g Hz", hz);
  return y;
}

static std::size_t brightest_row(const Buffer &frame, std::size_t column) {
  std::size_t best = 0;
  for (std::size_t y = 0; y < frame.spectrogram().height; ++y)
    if (frame.gray16(y, column) > frame.gray16(best, column)) best = y;
  return best;
}

GST_START_TEST(lofar_is_a_lofargram_at_any_rate_without_another_setting) {
  const struct {
    int rate, decimation;
    double max_hz;
  } cases[] = {
      {4000, 3, 500}, {16000, 12, 500}, {96000, 76, 500}, {700, 1, 350}};
  for (const auto &c : cases) {
    const auto frames = frames_of("sonarspectrogram mode=lofar",
                                  noise(std::size_t(6 * c.rate)), c.rate);
    const Recipe r = recipe_of(frames.at(0));
    fail_unless_equals_int(r.decimation, c.decimation);
    fail_unless(r.mode == Mode::kLofar && r.axis == FrequencyAxis::kLinear);
    fail_unless_equals_float(r.max_frequency_hz, c.max_hz);
    ASSERT_NEAR_AT(c.rate, r.bin_hz(), 0.5, 0.001);  // an even fft-size
    fail_unless_equals_int(r.hop_size, r.fft_size / 2);
    fail_unless_equals_int(r.advance, 1);
  }
}
GST_END_TEST

GST_START_TEST(demon_is_a_demongram_at_any_rate_without_another_setting) {
  for (const int rate : {2000, 16000, 48000}) {
    const auto frames =
        frames_of("sonarspectrogram mode=demon",
                  modulated(std::size_t(25 * rate), rate, 7.3), rate);
    const Recipe r = recipe_of(frames.at(0));
    fail_unless(r.mode == Mode::kDemon);
    fail_unless_equals_float(r.max_frequency_hz, 50);
    ASSERT_NEAR_AT(rate, r.bin_hz(), 0.1, 0.0005);
    ASSERT_NEAR_AT(rate, r.column_seconds(), 1.0, 0.01);
    const auto &meta = frames.back().spectrogram();
    fail_unless_equals_int(brightest_row(frames.back(), meta.valid_end - 5),
                           row_of(meta, 7.3));
  }
}
GST_END_TEST

GST_START_TEST(frames_of_both_modes_hold_the_pictures_of_the_spectrograph) {
  const auto samples = modulated(16000 * 30, 16000, 4.1);
  for (const char *settings :
       {"mode=lofar", "mode=lofar average-time=4 normalizer=ota agc=band",
        "mode=demon", "mode=demon envelope=square-law demon-sub-bands=4"}) {
    const auto frames = frames_of(std::string("sonarspectrogram ") + settings,
                                  samples, 16000, 777);
    dsp::Spectrograph oracle(recipe_of(frames.at(0)));
    oracle.push(samples.data(), samples.size());
    oracle.drain();
    dsp::Picture picture;
    for (const Buffer &frame : frames) {
      fail_unless(oracle.pop(picture));
      const auto pixels = frame.bytes();
      fail_unless(std::memcmp(pixels.data(), picture.pixels.data(),
                              2 * picture.pixels.size()) == 0,
                  "%s", settings);
      fail_unless(values_of<float>(frame.spectrogram().background) ==
                  std::vector<float>(picture.background_db.data(),
                                     picture.background_db.data() +
                                         picture.background_db.size()));
    }
    fail_unless(!oracle.pop(picture));
  }
}
GST_END_TEST

GST_START_TEST(frames_tile_the_time_line_in_samples_of_the_audio) {
  for (const char *settings :
       {"mode=lofar", "mode=lofar average-time=3 advance=2", "mode=demon"}) {
    const auto frames = frames_of(std::string("sonarspectrogram ") + settings,
                                  noise(16000 * 40));
    const Recipe r = recipe_of(frames.at(0));
    guint64 columns = 0;
    for (const Buffer &frame : frames) {
      const auto &meta = frame.spectrogram();
      const auto samples = columns * guint64(r.column_samples());
      fail_unless_equals_uint64(
          frame.pts(), gst_util_uint64_scale(samples, GST_SECOND, 16000));
      fail_unless_equals_int(meta.hop_size, r.column_samples());
      fail_unless_equals_int(meta.span_size, r.span_samples());
      fail_unless_equals_int(meta.fft_size, r.window_samples() * r.decimation);
      columns += meta.new_columns;
    }
  }
}
GST_END_TEST

GST_START_TEST(a_click_lies_in_the_columns_that_cover_it) {
  constexpr std::size_t kClick = 16000 * 10;
  std::vector<float> samples(16000 * 20, 0.0f);
  for (std::size_t i = 0; i < 20; ++i) samples[kClick + i] = 0.9f;
  const auto frames = frames_of(
      "sonarspectrogram mode=lofar normalizer=none width=64 advance=64",
      samples);
  const auto &meta = frames.at(0).spectrogram();
  const std::size_t row = row_of(meta, 300);
  std::size_t best = 0;
  for (std::size_t c = meta.valid_begin; c < meta.valid_end; ++c)
    if (frames[0].gray16(row, c) > frames[0].gray16(row, best)) best = c;
  const double centre =
      double(meta.column0_time) / 1e9 + double(best) * meta.hop_size / 16000;
  // columns lie a second apart
  ASSERT_NEAR_AT(best, centre, 10.0, 0.51);
}
GST_END_TEST

static GstClockTime latency_of(const Bench &bench) {
  GstQuery *query = gst_query_new_latency();
  g_autoptr(GstPad) src = gst_element_get_static_pad(bench.element(), "src");
  fail_unless(gst_pad_query(src, query));
  GstClockTime min = 0;
  gst_query_parse_latency(query, nullptr, &min, nullptr);
  gst_query_unref(query);
  return min;
}

GST_START_TEST(the_first_frame_comes_by_the_latency) {
  for (const char *settings : {"mode=lofar", "mode=lofar average-time=5",
                               "mode=demon", "mode=demon demon-sub-bands=3"}) {
    Bench bench(std::string("sonarspectrogram ") + settings);
    set_caps(bench, 16000);
    const auto count =
        gst_util_uint64_scale(latency_of(bench), 16000, GST_SECOND);
    push_samples(bench, noise(count), 16000, count);
    fail_unless(gst_harness_buffers_received(bench) >= 1, "%s", settings);
  }
}
GST_END_TEST

GST_START_TEST(an_automatic_range_is_that_of_the_frame) {
  auto samples = noise(16000 * 20);
  for (std::size_t i = samples.size() / 2; i < samples.size(); ++i)
    samples[i] *= 0.01f;
  const auto frames = frames_of(
      "sonarspectrogram mode=lofar normalizer=none width=4 advance=4 "
      "auto-range=2",
      samples);
  fail_unless(frames.front().spectrogram().auto_range);
  // 40 dB less loud
  ASSERT_NEAR_AT(0,
                 frames.front().spectrogram().floor_db -
                     frames.back().spectrogram().floor_db,
                 40.0, 2.0);
  const auto plain = frames_of("sonarspectrogram mode=lofar", samples);
  fail_unless(!plain.front().spectrogram().auto_range);
}
GST_END_TEST

GST_START_TEST(what_is_set_wins_over_the_mode) {
  const auto frames = frames_of(
      "sonarspectrogram mode=lofar decimation=20 max-frequency=200 "
      "fft-size=512 window-size=400 hop-size=100 window=kaiser kaiser-beta=12 "
      "detrend=line average-time=2 axis=mel bands=50 min-frequency=10 "
      "normalizer=median normalizer-half-width=20 normalizer-smooth=5 "
      "agc=column width=30 advance=3 floor-db=-12 range-db=33",
      noise(16000 * 30));
  const Recipe r = recipe_of(frames.at(0));
  Recipe want;
  want.mode = Mode::kLofar;
  want.decimation = 20;
  want.max_frequency_hz = 200;
  want.fft_size = 512;
  want.window_size = 400;
  want.hop_size = 100;
  want.window = Window::kKaiser;
  want.kaiser_beta = 12;
  want.detrend = Detrend::kLine;
  want.average = 16;  // of 1/8 s
  want.axis = FrequencyAxis::kMel;
  want.bands = 50;
  want.min_frequency_hz = 10;
  want.normalizer = Normalizer::kMedian;
  want.normalizer_half_width = 20;
  want.normalizer_smooth = 5;
  want.agc = Agc::kColumn;
  want.width = 30;
  want.advance = 3;
  want.floor_db = -12;
  want.range_db = 33;
  fail_unless_equals_string(r.to_json().c_str(), want.to_json().c_str());
}
GST_END_TEST

GST_START_TEST(a_resolution_makes_the_fft_size) {
  const auto frames =
      frames_of("sonarspectrogram resolution=2", noise(16000 * 5));
  const Recipe r = recipe_of(frames.at(0));
  fail_unless_equals_int(r.fft_size, 8000);
  fail_unless_equals_int(r.hop_size, 4000);
  fail_unless(r.mode == Mode::kSpectrogram);
}
GST_END_TEST

GST_START_TEST(settings_that_do_not_fit_a_mode_are_one_error) {
  const struct {
    const char *settings;
    std::vector<const char *> words;
  } cases[] = {
      {"mode=lofar resolution=0.001", {"fft-size is 1333334", "65536"}},
      {"mode=lofar decimation=100",
       {"max-frequency is 500 Hz", "decimated rate (80 Hz)"}},
      {"mode=demon demon-min-frequency=9000 demon-max-frequency=10000",
       {"demon-min-frequency is 9000 Hz", "below half the rate"}},
      {"mode=demon demon-max-frequency=40",
       {"demon-max-frequency is 40 Hz", "above demon-min-frequency"}},
      {"mode=demon evidence-fft-size=4096", {"0 with mode demon"}},
  };
  for (const auto &c : cases) {
    Bench bench(std::string("sonarspectrogram ") + c.settings);
    set_caps(bench, 16000);
    expect_settings_refused(bench, c.words);
  }
}
GST_END_TEST

static Suite *sonarspectrogram_modes_suite(void) {
  Suite *s = suite_create("sonarspectrogram_modes");
  TCase *tc = tcase_create("modes");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, lofar_is_a_lofargram_at_any_rate_without_another_setting);
  tcase_add_test(tc, demon_is_a_demongram_at_any_rate_without_another_setting);
  tcase_add_test(tc,
                 frames_of_both_modes_hold_the_pictures_of_the_spectrograph);
  tc = tcase_create("times");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, frames_tile_the_time_line_in_samples_of_the_audio);
  tcase_add_test(tc, a_click_lies_in_the_columns_that_cover_it);
  tcase_add_test(tc, the_first_frame_comes_by_the_latency);
  tc = tcase_create("settings");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, an_automatic_range_is_that_of_the_frame);
  tcase_add_test(tc, what_is_set_wins_over_the_mode);
  tcase_add_test(tc, a_resolution_makes_the_fft_size);
  tcase_add_test(tc, settings_that_do_not_fit_a_mode_are_one_error);
  return s;
}
GST_CHECK_MAIN(sonarspectrogram_modes)
