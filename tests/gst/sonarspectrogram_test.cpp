/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames and their times; sonarspectrogram_setup_test.cpp has negotiation,
 * states, models and properties. */
#include <limits>

#include "sonar/dsp/level.h"
#include "sonar/dsp/spectrograph.h"
#include "support/gst_testing.h"

using namespace sonar::testing;

static constexpr int kRate = 8000, kFft = 256, kHop = 128;
static constexpr int kWidth = 32, kAdvance = 8;
/* Samples that complete the first picture without a normaliser. */
static constexpr std::size_t kFirst = (kAdvance - 1) * kHop + kFft;

static const std::string kElement =
    "sonarspectrogram fft-size=256 hop-size=128 width=32 advance=8 ";
static const std::string kLevels = kElement + "normalizer=none ";

static GstClockTime time_of(guint64 samples, int rate = kRate) {
  return gst_util_uint64_scale(samples, GST_SECOND, guint64(rate));
}

static void set_caps(const Bench &bench, int rate = kRate) {
  gst_harness_set_src_caps_str(bench, audio_caps(rate).c_str());
}

static void push_segment(const Bench &bench, GstFormat format,
                         guint64 start = 0, guint64 stop = guint64(-1)) {
  GstSegment segment;
  gst_segment_init(&segment, format);
  segment.start = segment.time = start;
  segment.stop = stop;
  gst_harness_push_event(bench, gst_event_new_segment(&segment));
}

static void push_eos(const Bench &bench) {
  fail_unless(gst_harness_push_event(bench, gst_event_new_eos()));
}

/* Everything one run of samples gives, to the end of the stream. */
static std::vector<Buffer> frames_of(const std::string &launch,
                                     const std::vector<float> &samples,
                                     std::size_t chunk = 4096,
                                     GstClockTime start = 0, int rate = kRate) {
  Bench bench(launch);
  set_caps(bench, rate);
  fail_unless_equals_int(push_samples(bench, samples, rate, chunk, start),
                         GST_FLOW_OK);
  push_eos(bench);
  return take_frames(bench);
}

static void assert_same_frame(const Buffer &a, const Buffer &b) {
  const auto &m = a.spectrogram(), &n = b.spectrogram();
  fail_unless_equals_uint64(a.pts(), b.pts());
  fail_unless_equals_uint64(a.duration(), b.duration());
  fail_unless_equals_int(a.discont(), b.discont());
  fail_unless(a.bytes() == b.bytes(), "pixels differ");
  fail_unless_equals_int64(m.column0_time, n.column0_time);
  fail_unless_equals_int64(m.first_column, n.first_column);
  fail_unless_equals_int(m.new_columns, n.new_columns);
  fail_unless_equals_int(m.valid_begin, n.valid_begin);
  fail_unless_equals_int(m.valid_end, n.valid_end);
  fail_unless(values_of<float>(m.background) == values_of<float>(n.background),
              "backgrounds differ");
  fail_unless_equals_int64(m.first_sample, n.first_sample);
  fail_unless(values_of<float>(m.samples) == values_of<float>(n.samples));
}

static void assert_same_frames(const std::vector<Buffer> &got,
                               const std::vector<Buffer> &want) {
  fail_unless_equals_int(got.size(), want.size());
  for (std::size_t i = 0; i < got.size(); ++i)
    assert_same_frame(got[i], want[i]);
}

/* Rows from the top to the one that holds @p hz. */
static std::size_t row_of(const GstSonarSpectrogramMeta &meta, double hz) {
  const auto edges = values_of<double>(meta.row_edges);
  fail_unless_equals_int(edges.size(), meta.height + 1);
  for (std::size_t y = 0; y < meta.height; ++y)
    if (edges[y + 1] <= hz && hz < edges[y]) return y;
  ck_abort_msg("no row holds %g Hz", hz);
  return 0;
}

/* Frames */

GST_START_TEST(frames_are_bit_identical_for_any_buffer_size) {
  auto samples = noise(10 * kRate);
  const auto line = tone(samples.size(), kRate, 1000, 3 * kRate, 5 * kRate);
  for (std::size_t i = 0; i < samples.size(); ++i) samples[i] += line[i];
  const auto whole = frames_of(kElement, samples, samples.size());
  fail_unless(whole.size() > 70 && whole.back().spectrogram().background);
  for (const std::size_t chunk : {1, 333, 4096})
    assert_same_frames(frames_of(kElement, samples, chunk), whole);
}
GST_END_TEST

GST_START_TEST(frames_hold_the_pictures_of_the_shared_spectrograph) {
  const auto samples = noise(2 * kRate);
  const auto frames = frames_of(kElement, samples);
  const auto recipe =
      sonar::Recipe::from_json(frames.at(0).spectrogram().recipe);
  sonar::dsp::Spectrograph oracle(recipe);
  oracle.push(samples.data(), samples.size());
  oracle.drain();
  sonar::dsp::Picture picture;
  for (const Buffer &frame : frames) {
    fail_unless(oracle.pop(picture));
    fail_unless_equals_int(frame.spectrogram().height, recipe.height());
    for (std::size_t y = 0; y < std::size_t(recipe.height()); ++y)
      for (std::size_t x = 0; x < kWidth; ++x)
        fail_unless_equals_int(frame.gray16(y, x),
                               picture.pixels[y * kWidth + x]);
    const auto background = values_of<float>(frame.spectrogram().background);
    fail_unless(std::equal(background.begin(), background.end(),
                           picture.background_db.data()));
  }
  fail_unless(!oracle.pop(picture));
}
GST_END_TEST

GST_START_TEST(tone_of_one_window_lies_in_the_row_and_column_of_its_meta) {
  // 240 samples hold 30 whole periods, and 3.0 s is the start of column 200
  constexpr std::size_t window = 240, start = 3 * kRate;
  const auto samples = tone(5 * kRate, kRate, 1000, start, start + window, 0.5);
  const auto frames = frames_of(
      "sonarspectrogram fft-size=240 hop-size=120 width=32 advance=8 "
      "normalizer=none",
      samples);
  int seen = 0;
  for (const Buffer &frame : frames) {
    const auto &meta = frame.spectrogram();
    // its centre, half a window after its start
    const double column = (3.015e9 - double(meta.column0_time)) / 15e6;
    if (column < -0.5 || column > meta.width - 0.5) continue;
    const auto row = row_of(meta, 1000);
    const auto x = std::size_t(std::lround(column));
    ASSERT_NEAR_AT(seen, column, double(x), 1e-9);
    // a bin-centred sine of 0.5 has 20 lg 0.5 dBFS; a step has 0.0018 dB
    const double got = sonar::dsp::decode_db(
        std::uint16_t(frame.gray16(row, x)), meta.floor_db, meta.range_db);
    ASSERT_NEAR_AT(seen, got, 20 * std::log10(0.5), 0.002);
    for (std::size_t y = 0; y < meta.height; ++y)
      for (std::size_t c = 0; c < meta.width; ++c)
        fail_unless(frame.gray16(y, c) < frame.gray16(row, x) ||
                    (y == row && c == x));
    ++seen;
  }
  fail_unless_equals_int(seen, kWidth / kAdvance);
}
GST_END_TEST

GST_START_TEST(gray8_frames_are_the_upper_bytes_of_gray16_frames) {
  const auto samples = noise(kRate);
  const auto wide = frames_of(kElement, samples);
  const auto narrow = frames_of(
      kElement + "! capsfilter caps=video/x-raw,format=GRAY8", samples);
  fail_unless_equals_int(narrow.size(), wide.size());
  for (std::size_t i = 0; i < wide.size(); ++i) {
    const auto bytes = narrow[i].bytes();
    const gsize height = wide[i].spectrogram().height;
    fail_unless_equals_int(bytes.size(), height * kWidth);
    for (std::size_t y = 0; y < height; ++y)
      for (std::size_t x = 0; x < kWidth; ++x)
        fail_unless_equals_int(bytes[y * kWidth + x],
                               wide[i].gray16(y, x) >> 8);
  }
}
GST_END_TEST

/* Time */

GST_START_TEST(time_stamps_tile_three_minutes_without_drift) {
  // ten milliseconds a column, and a column that no whole number of ns divides
  const struct {
    int rate, hop, advance;
  } cases[] = {{44100, 441, 16}, {11025, 333, 7}};
  for (const auto &c : cases) {
    Bench bench(
        "sonarspectrogram normalizer=none fft-size=512 width=16 "
        "hop-size=" +
        std::to_string(c.hop) + " advance=" + std::to_string(c.advance));
    set_caps(bench, c.rate);
    const std::vector<float> second(std::size_t(c.rate));
    std::vector<Buffer> frames;
    const auto take = [&] {
      for (Buffer &frame : take_frames(bench))
        frames.push_back(std::move(frame));
    };
    for (guint64 i = 0; i < 180; ++i) {
      fail_unless_equals_int(
          gst_harness_push(bench, audio_buffer(second.data(), second.size(),
                                               i * GST_SECOND)),
          GST_FLOW_OK);
      take();
    }
    push_eos(bench);
    take();
    const guint64 columns = (180 * guint64(c.rate) - 512) / c.hop + 1;
    fail_unless_equals_int(frames.size(),
                           (columns + c.advance - 1) / c.advance);
    for (guint64 i = 0; i < frames.size(); ++i) {
      const guint64 end = std::min((i + 1) * c.advance, columns);
      fail_unless_equals_uint64(frames[i].pts(),
                                time_of(i * c.advance * c.hop, c.rate));
      fail_unless_equals_uint64(frames[i].pts() + frames[i].duration(),
                                time_of(end * c.hop, c.rate));
      fail_unless_equals_int(frames[i].discont(), i == 0);
    }
  }
}
GST_END_TEST

GST_START_TEST(jitter_of_time_stamps_below_40_ms_does_not_reach_the_frames) {
  const auto samples = noise(4 * kRate);
  Bench bench(kLevels);
  set_caps(bench);
  for (std::size_t i = 0; i < 40; ++i)
    gst_harness_push(
        bench, audio_buffer(samples.data() + i * 800, 800,
                            time_of(i * 800) + (i % 2) * 30 * GST_MSECOND));
  push_eos(bench);
  assert_same_frames(take_frames(bench), frames_of(kLevels, samples));
}
GST_END_TEST

GST_START_TEST(end_of_stream_drains_a_partly_valid_frame) {
  // two whole frames and three columns more
  const auto frames = frames_of(kLevels, noise(18 * kHop + kFft));
  fail_unless_equals_int(frames.size(), 3);
  const auto &meta = frames[2].spectrogram();
  fail_unless_equals_int(meta.new_columns, 3);
  fail_unless_equals_int(meta.valid_begin, kWidth - 3 * kAdvance);
  fail_unless_equals_int(meta.valid_end, kWidth - kAdvance + 3);
  fail_unless_equals_uint64(frames[2].pts(), time_of(16 * kHop));
  fail_unless_equals_uint64(frames[2].duration(), time_of(3 * kHop));
  for (std::size_t y = 0; y < meta.height; ++y)
    fail_unless_equals_int(frames[2].gray16(y, meta.valid_end), 0);
}
GST_END_TEST

GST_START_TEST(recording_shorter_than_a_window_gives_one_column) {
  for (const auto *element : {&kElement, &kLevels}) {
    const auto frames = frames_of(*element, noise(10));
    fail_unless_equals_int(frames.size(), 1);
    fail_unless_equals_int(frames[0].spectrogram().new_columns, 1);
    fail_unless_equals_uint64(frames[0].pts(), 0);
    fail_unless_equals_uint64(frames[0].duration(), time_of(kHop));
  }
}
GST_END_TEST

GST_START_TEST(end_without_audio_gives_no_frame_and_no_error) {
  for (const bool caps : {true, false}) {
    Bench bench(kElement);
    if (caps) set_caps(bench);
    push_segment(bench, GST_FORMAT_TIME);
    push_eos(bench);
    bool ended = false;
    while (GstEvent *event = gst_harness_try_pull_event(bench)) {
      ended = ended || GST_EVENT_TYPE(event) == GST_EVENT_EOS;
      gst_event_unref(event);
    }
    fail_unless(ended);
    fail_unless_equals_int(gst_harness_buffers_received(bench), 0);
  }
}
GST_END_TEST

GST_START_TEST(audio_without_time_stamps_gives_frames_without) {
  const auto samples = noise(kRate);
  Bench bench(kLevels);
  set_caps(bench);
  for (std::size_t i = 0; i < samples.size(); i += 1000)
    gst_harness_push(bench, audio_buffer(samples.data() + i, 1000));
  push_eos(bench);
  const auto frames = take_frames(bench), timed = frames_of(kLevels, samples);
  fail_unless_equals_int(frames.size(), timed.size());
  for (std::size_t i = 0; i < frames.size(); ++i) {
    fail_unless_equals_uint64(frames[i].pts(), GST_CLOCK_TIME_NONE);
    fail_unless_equals_uint64(frames[i].duration(), GST_CLOCK_TIME_NONE);
    fail_unless_equals_int64(frames[i].spectrogram().column0_time, G_MININT64);
    fail_unless(frames[i].bytes() == timed[i].bytes());
  }
}
GST_END_TEST

GST_START_TEST(buffers_without_time_stamps_follow_on_those_with) {
  const auto samples = noise(4 * kRate);
  Bench bench(kLevels);
  set_caps(bench);
  for (std::size_t i = 0; i < 40; ++i)
    gst_harness_push(
        bench, audio_buffer(samples.data() + i * 800, 800,
                            i % 3 ? GST_CLOCK_TIME_NONE : time_of(i * 800)));
  push_eos(bench);
  assert_same_frames(take_frames(bench), frames_of(kLevels, samples));
}
GST_END_TEST

GST_START_TEST(discont_without_a_time_stamp_gives_frames_without) {
  const auto samples = noise(kFirst);
  Bench bench(kLevels);
  set_caps(bench);
  push_samples(bench, samples, kRate);
  GstBuffer *buffer = audio_buffer(samples.data(), samples.size());
  GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DISCONT);
  gst_harness_push(bench, buffer);
  const auto frames = take_frames(bench);
  fail_unless_equals_int(frames.size(), 2);
  fail_unless_equals_uint64(frames[1].pts(), GST_CLOCK_TIME_NONE);
}
GST_END_TEST

GST_START_TEST(audio_outside_the_segment_is_cut_off) {
  const auto samples = noise(3 * kRate);
  Bench bench(kLevels);
  set_caps(bench);
  push_segment(bench, GST_FORMAT_TIME, GST_SECOND, 2 * GST_SECOND);
  push_samples(bench, samples, kRate, 3000);
  push_eos(bench);
  const std::vector<float> inside(samples.begin() + kRate,
                                  samples.begin() + 2 * kRate);
  const auto frames = take_frames(bench);
  fail_unless_equals_uint64(frames.at(0).pts(), GST_SECOND);
  assert_same_frames(frames, frames_of(kLevels, inside, 4096, GST_SECOND));
}
GST_END_TEST

/* Breaks in the stream */

static void assert_starts_afresh(const std::vector<Buffer> &frames,
                                 std::size_t at,
                                 const std::vector<float> &samples,
                                 GstClockTime start) {
  const auto want = frames_of(kLevels, samples, 4096, start);
  fail_unless_equals_int(frames.size(), at + want.size());
  fail_unless_equals_uint64(frames[at].pts(), start);
  fail_unless(frames[at].discont());
  for (std::size_t i = 0; i < want.size(); ++i)
    assert_same_frame(frames[at + i], want[i]);
}

/* Without any DISCONT flag, and longer than the second after which a jump
 * counts as one, so that a clock left behind would show. */
static void push_unflagged(const Bench &bench,
                           const std::vector<float> &samples,
                           GstClockTime start) {
  for (std::size_t i = 0; i < samples.size(); i += 800)
    gst_harness_push(bench,
                     audio_buffer(samples.data() + i, 800, start + time_of(i)));
}

GST_START_TEST(flush_drops_what_is_held_and_starts_afresh) {
  const auto samples = noise(3 * kRate);
  Bench bench(kLevels);
  set_caps(bench);
  push_samples(bench, noise(kFirst + 300, 0.5, 2), kRate);
  gst_harness_push_event(bench, gst_event_new_flush_start());
  gst_harness_push_event(bench, gst_event_new_flush_stop(TRUE));
  fail_unless_equals_int(take_frames(bench).size(), 1);
  push_segment(bench, GST_FORMAT_TIME);
  push_unflagged(bench, samples, 10 * GST_SECOND);
  push_eos(bench);
  assert_starts_afresh(take_frames(bench), 0, samples, 10 * GST_SECOND);
}
GST_END_TEST

GST_START_TEST(new_segment_drains_and_starts_afresh) {
  const auto samples = noise(3 * kRate);
  Bench bench(kLevels);
  set_caps(bench);
  push_samples(bench, noise(kFirst + kHop, 0.5, 2), kRate);
  push_segment(bench, GST_FORMAT_TIME, 20 * GST_SECOND);
  push_unflagged(bench, samples, 20 * GST_SECOND);
  push_eos(bench);
  const auto frames = take_frames(bench);
  fail_unless_equals_int(frames[1].spectrogram().new_columns, 1);
  assert_starts_afresh(frames, 2, samples, 20 * GST_SECOND);
}
GST_END_TEST

GST_START_TEST(discont_with_a_jump_drains_and_restarts_at_the_new_time) {
  const auto samples = noise(kRate);
  Bench bench(kLevels);
  set_caps(bench);
  push_samples(bench, noise(kFirst + kHop, 0.5, 2), kRate);
  push_samples(bench, samples, kRate, 4096, 7 * GST_SECOND);
  push_eos(bench);
  const auto frames = take_frames(bench);
  fail_unless(frames[0].discont() && !frames[1].discont());
  fail_unless(frames[2].discont());
  fail_unless_equals_int(frames[1].spectrogram().new_columns, 1);
  assert_starts_afresh(frames, 2, samples, 7 * GST_SECOND);
}
GST_END_TEST

GST_START_TEST(jump_that_lasts_a_second_restarts_without_a_discont_flag) {
  const auto samples = noise(5 * kRate);
  Bench bench(kLevels);
  set_caps(bench);
  for (std::size_t i = 0; i < 50; ++i)
    gst_harness_push(
        bench, audio_buffer(samples.data() + i * 800, 800,
                            time_of(i * 800) + (i < 20 ? 0 : 5 * GST_SECOND)));
  push_eos(bench);
  // a second after the jump at 2 s, at the buffer that starts at 3 s + 5 s
  const std::vector<float> rest(samples.begin() + 3 * kRate, samples.end());
  const auto frames = take_frames(bench);
  const auto want = frames_of(kLevels, rest, 4096, 8 * GST_SECOND);
  assert_starts_afresh(frames, frames.size() - want.size(), rest,
                       8 * GST_SECOND);
}
GST_END_TEST

GST_START_TEST(gap_drains_and_time_goes_on_after_it) {
  const auto samples = noise(3 * kRate);
  Bench bench(kLevels);
  set_caps(bench);
  push_samples(bench, noise(kFirst + kHop, 0.5, 2), kRate);
  fail_unless(gst_harness_push_event(
      bench, gst_event_new_gap(time_of(kFirst + kHop), 2 * GST_SECOND)));
  const auto before = take_frames(bench);
  fail_unless_equals_int(before.size(), 2);
  fail_unless_equals_int(before[1].spectrogram().new_columns, 1);
  push_unflagged(bench, samples, 4 * GST_SECOND);
  push_eos(bench);
  assert_starts_afresh(take_frames(bench), 0, samples, 4 * GST_SECOND);
}
GST_END_TEST

GST_START_TEST(caps_change_drains_renegotiates_and_keeps_the_segment) {
  const auto samples = noise(16000);
  Bench bench(kLevels);
  set_caps(bench);
  push_segment(bench, GST_FORMAT_TIME, 0, 6 * GST_SECOND);
  push_samples(bench, noise(kFirst + kHop, 0.5, 2), kRate);
  g_autoptr(GstCaps) faster = gst_caps_from_string(audio_caps(16000).c_str());
  // not through the harness, which would send a segment after it
  fail_unless(gst_harness_push_event(bench, gst_event_new_caps(faster)));
  fail_unless_equals_int(take_frames(bench).size(), 2);
  gst_harness_push(
      bench, audio_buffer(samples.data(), samples.size(), 5500 * GST_MSECOND));
  push_eos(bench);
  g_autoptr(GstCaps) caps = gst_pad_get_current_caps(bench->sinkpad);
  gint numerator = 0, denominator = 0;
  fail_unless(gst_structure_get_fraction(
      gst_caps_get_structure(caps, 0), "framerate", &numerator, &denominator));
  // 16000 / (8 * 128)
  fail_unless(numerator == 125 && denominator == 8);
  const std::vector<float> inside(samples.begin(), samples.begin() + 8000);
  assert_same_frames(take_frames(bench), frames_of(kLevels, inside, 4096,
                                                   5500 * GST_MSECOND, 16000));
}
GST_END_TEST

/* Errors */

GST_START_TEST(sample_that_is_not_finite_is_one_error_naming_it) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(),
                          std::numeric_limits<float>::infinity(),
                          -std::numeric_limits<float>::infinity()}) {
    auto samples = noise(kRate);
    samples[5321] = bad;
    Bench bench(kElement);
    set_caps(bench);
    fail_unless_equals_int(push_samples(bench, samples, kRate, 1000),
                           GST_FLOW_ERROR);
    const PostedError error = bench.one_error();
    fail_unless(error.is(GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED));
    fail_unless(error.says("5321"), "%s", error.text.c_str());
    // as a source does after an error; nothing may follow
    take_frames(bench);
    push_eos(bench);
    fail_unless_equals_int(take_frames(bench).size(), 0);
  }
}
GST_END_TEST

GST_START_TEST(segment_in_bytes_is_one_error_and_stops_the_stream) {
  const auto samples = noise(kRate);
  Bench bench(kElement);
  set_caps(bench);
  push_segment(bench, GST_FORMAT_BYTES);
  fail_unless_equals_int(push_samples(bench, samples, kRate), GST_FLOW_ERROR);
  const PostedError error = bench.one_error();
  fail_unless(error.is(GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS));
  fail_unless(error.says("bytes") && error.says("time"), "%s",
              error.text.c_str());
  push_eos(bench);
  fail_unless_equals_int(take_frames(bench).size(), 0);
}
GST_END_TEST

static Suite *sonarspectrogram_suite(void) {
  Suite *s = suite_create("sonarspectrogram");
  TCase *frames = tcase_create("frames");
  suite_add_tcase(s, frames);
  tcase_add_test(frames, frames_are_bit_identical_for_any_buffer_size);
  tcase_add_test(frames, frames_hold_the_pictures_of_the_shared_spectrograph);
  tcase_add_test(frames,
                 tone_of_one_window_lies_in_the_row_and_column_of_its_meta);
  tcase_add_test(frames, gray8_frames_are_the_upper_bytes_of_gray16_frames);
  TCase *time = tcase_create("time");
  suite_add_tcase(s, time);
  tcase_add_test(time, time_stamps_tile_three_minutes_without_drift);
  tcase_add_test(time,
                 jitter_of_time_stamps_below_40_ms_does_not_reach_the_frames);
  tcase_add_test(time, end_of_stream_drains_a_partly_valid_frame);
  tcase_add_test(time, recording_shorter_than_a_window_gives_one_column);
  tcase_add_test(time, end_without_audio_gives_no_frame_and_no_error);
  tcase_add_test(time, audio_without_time_stamps_gives_frames_without);
  tcase_add_test(time, buffers_without_time_stamps_follow_on_those_with);
  tcase_add_test(time, discont_without_a_time_stamp_gives_frames_without);
  tcase_add_test(time, audio_outside_the_segment_is_cut_off);
  TCase *breaks = tcase_create("breaks");
  suite_add_tcase(s, breaks);
  tcase_add_test(breaks, flush_drops_what_is_held_and_starts_afresh);
  tcase_add_test(breaks, new_segment_drains_and_starts_afresh);
  tcase_add_test(breaks,
                 discont_with_a_jump_drains_and_restarts_at_the_new_time);
  tcase_add_test(breaks,
                 jump_that_lasts_a_second_restarts_without_a_discont_flag);
  tcase_add_test(breaks, gap_drains_and_time_goes_on_after_it);
  tcase_add_test(breaks, caps_change_drains_renegotiates_and_keeps_the_segment);
  TCase *errors = tcase_create("errors");
  suite_add_tcase(s, errors);
  tcase_add_test(errors, sample_that_is_not_finite_is_one_error_naming_it);
  tcase_add_test(errors, segment_in_bytes_is_one_error_and_stops_the_stream);
  return s;
}
GST_CHECK_MAIN(sonarspectrogram)
