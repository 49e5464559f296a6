/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UTC of frames. */
#include <filesystem>

#include "sonar/core/utc.h"
#include "support/folder.h"
#include "support/gst_testing.h"

using namespace sonar::testing;

static constexpr int kRate = 8000, kFft = 256, kHop = 128;
static constexpr gint64 kSecond = GST_SECOND;

static const std::string kElement =
    "sonarspectrogram fft-size=256 hop-size=128 width=16 advance=8 "
    "normalizer=none ";

static gint64 utc(const char *iso) {
  return sonar::utc::parse_iso8601(iso, "a test's time");
}

static std::string iso(gint64 ns) {
  return ns == G_MININT64 ? "unknown" : sonar::utc::format_iso8601(ns);
}

static void set_caps(const Bench &bench) {
  gst_harness_set_src_caps_str(bench, audio_caps(kRate).c_str());
}

static void push_segment(const Bench &bench, guint64 start, guint64 time,
                         guint64 stop = guint64(-1)) {
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.start = start;
  segment.time = time;
  segment.stop = stop;
  gst_harness_push_event(bench, gst_event_new_segment(&segment));
}

static std::vector<Buffer> frames_of(const std::string &settings,
                                     GstClockTime start = 0) {
  Bench bench(kElement + settings);
  set_caps(bench);
  fail_unless_equals_int(push_samples(bench, noise(kRate), kRate, 1000, start),
                         GST_FLOW_OK);
  gst_harness_push_event(bench, gst_event_new_eos());
  return take_frames(bench);
}

/* UTC of stream time 0 by a frame's meta: that of its column 0, which is its
 * time later. */
static gint64 origin_of(const Buffer &frame) {
  const auto &meta = frame.spectrogram();
  return meta.column0_utc == G_MININT64 ? G_MININT64
                                        : meta.column0_utc - meta.column0_time;
}

/* Times of samples are rounded to nanoseconds on both sides. */
static void assert_origin(const Buffer &frame, gint64 want) {
  ck_assert_msg(std::llabs(origin_of(frame) - want) <= 2, "got %s, want %s",
                iso(origin_of(frame)).c_str(), iso(want).c_str());
}

/* ---- start-datetime ---- */

GST_START_TEST(without_a_source_of_time_utc_is_unknown) {
  for (const Buffer &frame : frames_of(""))
    fail_unless_equals_int64(frame.spectrogram().column0_utc, G_MININT64);
}
GST_END_TEST

GST_START_TEST(start_datetime_is_that_of_stream_time_0) {
  for (const char *text : {"2023-12-31T23:59:59.5Z",
                           "2024-01-01T05:29:59.5+05:30", "20231231T235959.5"})
    for (const Buffer &frame :
         frames_of(std::string("start-datetime=") + text, 3 * kSecond))
      assert_origin(frame, utc("2023-12-31T23:59:59.5Z"));
}
GST_END_TEST

/* Column 15 of frame k is the stream's column 8 k + 7, whose centre is
 * (8 k + 8) * 16 ms after the start. */
GST_START_TEST(frames_go_on_across_midnight) {
  const auto frames = frames_of("start-datetime=2023-12-31T23:59:59.5Z");
  const auto newest = [&](std::size_t k) {
    return iso(frames.at(k).spectrogram().column0_utc +
               15 * kSecond * kHop / kRate);
  };
  assert_text(newest(0), "2023-12-31T23:59:59.628Z");
  assert_text(newest(2), "2023-12-31T23:59:59.884Z");
  assert_text(newest(3), "2024-01-01T00:00:00.012Z");
}
GST_END_TEST

GST_START_TEST(a_seek_keeps_utc_by_stream_time) {
  Bench bench(kElement + "start-datetime=2023-03-02T05:48:58Z");
  set_caps(bench);
  const gint64 start = utc("2023-03-02T05:48:58Z");
  // time stamps 100 s on are 40 s of the recording
  push_segment(bench, 100 * kSecond, 40 * kSecond);
  push_samples(bench, noise(kRate), kRate, 1000, 100 * kSecond);
  auto frames = take_frames(bench);
  fail_unless(frames.size() > 3);
  for (const Buffer &frame : frames) assert_origin(frame, start - 60 * kSecond);
  gst_harness_push_event(bench, gst_event_new_flush_start());
  gst_harness_push_event(bench, gst_event_new_flush_stop(TRUE));
  push_segment(bench, 7 * kSecond, 7 * kSecond);
  push_samples(bench, noise(kRate), kRate, 1000, 7 * kSecond);
  frames = take_frames(bench);
  fail_unless(frames.size() > 3);
  for (const Buffer &frame : frames) assert_origin(frame, start);
}
GST_END_TEST

GST_START_TEST(a_gap_keeps_utc_by_time_stamps) {
  Bench bench(kElement + "start-datetime=2023-03-02T05:48:58Z");
  set_caps(bench);
  push_samples(bench, noise(kRate), kRate, 1000);
  push_samples(bench, noise(kRate), kRate, 1000, 3600 * kSecond);
  const auto frames = take_frames(bench);
  fail_unless(frames.back().pts() > 3600 * guint64(kSecond));
  for (const Buffer &frame : frames)
    assert_origin(frame, utc("2023-03-02T05:48:58Z"));
}
GST_END_TEST

GST_START_TEST(without_time_stamps_utc_is_unknown) {
  Bench bench(kElement + "start-datetime=2023-03-02T05:48:58Z");
  set_caps(bench);
  const auto samples = noise(kRate);
  gst_harness_push(bench, audio_buffer(samples.data(), samples.size()));
  for (const Buffer &frame : take_frames(bench))
    fail_unless_equals_int64(frame.spectrogram().column0_utc, G_MININT64);
}
GST_END_TEST

GST_START_TEST(text_that_is_no_time_or_pattern_fails_the_state_change) {
  const struct {
    const char *settings, *words;
  } cases[] = {
      {"start-datetime=yesterday", "start-datetime is \"yesterday\""},
      {"start-datetime=2023-02-30T00:00:00Z", "ISO 8601"},
      {"datetime-pattern=%H%M%S", "it gives no date"},
      {"datetime-pattern=%Y%m%d_%Q", "%Q is not known"},
      {"start-datetime=now datetime-pattern=%Y%m%d",
       "start-datetime and datetime-pattern are both set"},
  };
  for (const auto &c : cases) {
    const PostedError error =
        error_on_start(std::string("sonarspectrogram ") + c.settings);
    fail_unless(error.is(GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS));
    fail_unless(error.says(c.words), "%s", error.text.c_str());
  }
}
GST_END_TEST

/* ---- datetime-pattern ---- */

/* What filesrc tells, as decoders hand it on. */
static std::string uri_upstream;
static int uri_queries = 0;

static gboolean tell_uri(GstPad *pad, GstObject *parent, GstQuery *query) {
  if (GST_QUERY_TYPE(query) != GST_QUERY_URI)
    return gst_pad_query_default(pad, parent, query);
  ++uri_queries;
  gst_query_set_uri(query, uri_upstream.c_str());
  return TRUE;
}

static void tell(const Bench &bench, const std::string &uri) {
  uri_upstream = uri;
  gst_pad_set_query_function(bench->srcpad, tell_uri);
}

GST_START_TEST(the_recordings_name_tells_its_start) {
  Bench bench(kElement + "datetime-pattern=%y%m%d%H%M%S");
  tell(bench, "file:///data/2001/1677738025.140401062345.wav");
  set_caps(bench);
  uri_queries = 0;
  push_samples(bench, noise(kRate), kRate, 1000);
  auto frames = take_frames(bench);
  fail_unless(frames.size() > 3 && uri_queries == 1, "asked %d times",
              uri_queries);
  for (const Buffer &frame : frames)
    assert_origin(frame, utc("2014-04-01T06:23:45Z"));
  // the next recording of a list
  tell(bench, "file:///data/1677738025.140401065345%20b.wav?x=1");
  push_segment(bench, 0, 0);
  push_samples(bench, noise(kRate), kRate, 1000);
  frames = take_frames(bench);
  fail_unless(frames.size() > 3);
  assert_origin(frames.back(), utc("2014-04-01T06:53:45Z"));
}
GST_END_TEST

GST_START_TEST(a_name_that_does_not_match_is_one_error_with_both) {
  Bench bench(kElement + "datetime-pattern=%Y%m%d_%H%M%S");
  tell(bench, "file:///data/20230302/ship%207.wav");
  set_caps(bench);
  fail_unless_equals_int(push_samples(bench, noise(kRate), kRate, 1000),
                         GST_FLOW_ERROR);
  const PostedError error = bench.one_error();
  fail_unless(error.is(GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS));
  fail_unless(error.says("%Y%m%d_%H%M%S") && error.says("\"ship 7.wav\"") &&
                  error.says("start-datetime"),
              "%s", error.text.c_str());
  fail_unless(take_frames(bench).empty());
}
GST_END_TEST

GST_START_TEST(a_pattern_where_nothing_has_a_name_is_one_error) {
  Bench bench(kElement + "datetime-pattern=%Y%m%d_%H%M%S");
  set_caps(bench);
  fail_unless_equals_int(push_samples(bench, noise(kRate), kRate, 1000),
                         GST_FLOW_ERROR);
  const PostedError error = bench.one_error();
  fail_unless(error.says("nothing upstream tells it"), "%s",
              error.text.c_str());
}
GST_END_TEST

static void write_wav(const std::string &path, std::size_t samples) {
  std::ofstream out(path, std::ios::binary);
  const auto number = [&](guint32 value, int bytes) {
    for (int i = 0; i < bytes; ++i) out.put(char(value >> 8 * i));
  };
  const auto size = guint32(2 * samples);
  out << "RIFF";
  number(36 + size, 4);
  out << "WAVEfmt ";
  for (const auto &[value, bytes] : {std::pair(16u, 4),
                                     {1u, 2},
                                     {1u, 2},
                                     {guint32(kRate), 4},
                                     {guint32(2 * kRate), 4},
                                     {2u, 2},
                                     {16u, 2}})
    number(value, bytes);
  out << "data";
  number(size, 4);
  for (const float s : noise(samples)) number(guint16(gint16(s * 32767)), 2);
}

/* Decoder, converter and resampler hand the question on to filesrc. */
GST_START_TEST(a_file_tells_its_name_through_a_decoder) {
  const std::string path = (folder / "AMAR_20181231_235959.wav").string();
  write_wav(path, kRate);
  GstElement *pipeline = gst_parse_launch(
      ("filesrc location=" + path +
       " ! decodebin ! audioconvert ! audioresample ! sonarspectrogram "
       "datetime-pattern=AMAR_%Y%m%d_%H%M%S ! fakesink name=f "
       "enable-last-sample=true")
          .c_str(),
      nullptr);
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  GstBus *bus = gst_element_get_bus(pipeline);
  GstMessage *end = gst_bus_timed_pop_filtered(
      bus, 20 * GST_SECOND,
      GstMessageType(GST_MESSAGE_EOS | GST_MESSAGE_ERROR));
  fail_unless(end && GST_MESSAGE_TYPE(end) == GST_MESSAGE_EOS);
  gst_message_unref(end);
  GstElement *sink = gst_bin_get_by_name(GST_BIN(pipeline), "f");
  GstSample *sample = nullptr;
  g_object_get(sink, "last-sample", &sample, nullptr);
  {
    const Buffer frame(gst_buffer_ref(gst_sample_get_buffer(sample)));
    assert_origin(frame, utc("2018-12-31T23:59:59Z"));
  }
  gst_sample_unref(sample);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(sink);
  gst_object_unref(bus);
  gst_object_unref(pipeline);
}
GST_END_TEST

/* ---- reference timestamps ---- */

constexpr gint64 kHeard = 1677736138 * kSecond;  // 2023-03-02T05:48:58Z

static void add_reference(GstBuffer *buffer, const char *caps_name,
                          gint64 time_ns) {
  g_autoptr(GstCaps) caps = gst_caps_new_empty_simple(caps_name);
  gst_buffer_add_reference_timestamp_meta(buffer, caps, GstClockTime(time_ns),
                                          GST_CLOCK_TIME_NONE);
}

/* Buffers of 1000 samples whose clock, by their references, runs @p ppm too
 * slow from @p heard on. */
static void push_referenced(const Bench &bench, std::size_t seconds, double ppm,
                            const char *caps = "timestamp/x-unix",
                            gint64 heard = kHeard) {
  const auto samples = noise(seconds * kRate);
  for (std::size_t i = 0; i < samples.size(); i += 1000) {
    const auto pts = gint64(i) * kSecond / kRate;
    GstBuffer *buffer =
        audio_buffer(samples.data() + i, 1000, GstClockTime(pts));
    add_reference(buffer, caps, heard + pts + gint64(double(pts) * ppm * 1e-6));
    fail_unless_equals_int(gst_harness_push(bench, buffer), GST_FLOW_OK);
  }
}

GST_START_TEST(reference_timestamps_tell_utc_and_win) {
  const gint64 since_1900 = 2208988800 * kSecond;
  for (const bool ntp : {false, true}) {
    Bench bench(kElement + "start-datetime=1999-01-01T00:00:00Z");
    set_caps(bench);
    if (ntp)
      push_referenced(bench, 1, 0, "timestamp/x-ntp", kHeard + since_1900);
    else
      push_referenced(bench, 1, 0);
    const auto frames = take_frames(bench);
    fail_unless(frames.size() > 3);
    for (const Buffer &frame : frames) assert_origin(frame, kHeard);
  }
}
GST_END_TEST

/* The first frame needs 1152 samples, two buffers. */
GST_START_TEST(a_reference_that_comes_later_wins_too) {
  Bench bench(kElement + "start-datetime=1999-01-01T00:00:00Z");
  set_caps(bench);
  const auto samples = noise(2000);
  for (int i = 0; i < 2; ++i) {
    const gint64 pts = i * kSecond / 8;
    GstBuffer *buffer =
        audio_buffer(samples.data() + 1000 * i, 1000, GstClockTime(pts));
    if (i == 1) add_reference(buffer, "timestamp/x-unix", kHeard + pts);
    gst_harness_push(bench, buffer);
  }
  assert_origin(take_frames(bench).at(0), kHeard);
}
GST_END_TEST

GST_START_TEST(other_references_are_not_utc) {
  Bench bench(kElement);
  set_caps(bench);
  push_referenced(bench, 1, 0, "timestamp/x-drm");
  for (const Buffer &frame : take_frames(bench))
    fail_unless_equals_int64(frame.spectrogram().column0_utc, G_MININT64);
}
GST_END_TEST

/* 100 ppm: after 60 s the sound card is 6 ms behind. Between two buffers,
 * 125 ms, it loses 12.5 us more. */
GST_START_TEST(references_correct_the_drift_of_the_clock) {
  Bench bench(kElement);
  set_caps(bench);
  push_referenced(bench, 60, 100);
  const auto frames = take_frames(bench);
  for (const Buffer &frame : frames) {
    const double lost = double(frame.pts()) * 100e-6;
    const double seen = double(origin_of(frame) - kHeard);
    ASSERT_NEAR_AT(frame.pts(), seen, lost, 13e3);
  }
  fail_unless(frames.back().pts() > 59 * guint64(kSecond));
}
GST_END_TEST

/* The clip takes the samples before the segment's start away. */
GST_START_TEST(a_clipped_buffers_reference_is_that_of_its_first_sample) {
  Bench bench(kElement);
  set_caps(bench);
  push_segment(bench, kSecond / 2, 0);
  const auto samples = noise(2 * kRate);
  GstBuffer *buffer = audio_buffer(samples.data(), samples.size(), 0);
  add_reference(buffer, "timestamp/x-unix", kHeard);
  fail_unless_equals_int(gst_harness_push(bench, buffer), GST_FLOW_OK);
  const auto frames = take_frames(bench);
  fail_unless_equals_uint64(frames.at(0).pts(), guint64(kSecond / 2));
  for (const Buffer &frame : frames) assert_origin(frame, kHeard);
}
GST_END_TEST

/* GStreamer 1.22's converters keep the meta on the buffer that is made of the
 * one that had it; its first sample is then off by less than one sample. */
GST_START_TEST(references_pass_converter_and_resampler) {
  for (const int rate : {kRate, 3 * kRate, 44100}) {
    Bench bench("audioconvert ! audioresample ! " + kElement +
                "fft-size=256 ! capsfilter");
    gst_harness_set_src_caps_str(
        bench, ("audio/x-raw, format=S16LE, layout=interleaved, channels=1, "
                "rate=" +
                std::to_string(rate))
                   .c_str());
    const std::size_t count = std::size_t(rate) / 8;
    for (int i = 0; i < 16; ++i) {
      std::vector<gint16> samples(count, gint16(100 * (i % 3)));
      GstBuffer *buffer =
          gst_buffer_new_memdup(samples.data(), 2 * samples.size());
      const gint64 pts = i * gint64(count) * kSecond / rate;
      GST_BUFFER_PTS(buffer) = GstClockTime(pts);
      GST_BUFFER_DURATION(buffer) = gint64(count) * kSecond / rate;
      add_reference(buffer, "timestamp/x-unix", kHeard + pts);
      fail_unless_equals_int(gst_harness_push(bench, buffer), GST_FLOW_OK);
    }
    const auto frames = take_frames(bench);
    fail_unless(frames.size() > 3);
    for (const Buffer &frame : frames)
      ASSERT_NEAR_AT(frame.pts(), double(origin_of(frame) - kHeard), 0.0,
                     1e9 / kRate);
  }
}
GST_END_TEST

/* ---- live ---- */

/* The harness' clock stands at 5 s of running time, so stream time 0 was 5 s
 * ago by the system's clock. */
GST_START_TEST(now_is_the_systems_clock_at_running_time) {
  Bench bench(kElement + "start-datetime=now");
  gst_harness_set_live(bench, TRUE);
  gst_harness_use_testclock(bench);
  gst_harness_set_time(bench, 5 * kSecond);
  set_caps(bench);
  const gint64 before = g_get_real_time() * 1000;
  push_samples(bench, noise(kRate), kRate, 1000);
  const gint64 after = g_get_real_time() * 1000;
  const auto frames = take_frames(bench);
  fail_unless(frames.size() > 3);
  for (const Buffer &frame : frames) {
    fail_unless(origin_of(frame) >= before - 5 * kSecond - 2, "%s",
                iso(origin_of(frame)).c_str());
    fail_unless(origin_of(frame) <= after - 5 * kSecond + 2, "%s",
                iso(origin_of(frame)).c_str());
  }
}
GST_END_TEST

GST_START_TEST(now_of_a_recording_is_one_error) {
  Bench bench(kElement + "start-datetime=now");
  gst_harness_set_live(bench, FALSE);
  set_caps(bench);
  fail_unless_equals_int(push_samples(bench, noise(kRate), kRate, 1000),
                         GST_FLOW_ERROR);
  const PostedError error = bench.one_error();
  fail_unless(error.says("the source is not live"), "%s", error.text.c_str());
}
GST_END_TEST

static Suite *sonarspectrogram_clock_suite(void) {
  Suite *s = suite_create("sonarspectrogram_clock");
  TCase *tc = tcase_create("utc");
  suite_add_tcase(s, tc);
  tcase_add_unchecked_fixture(tc, make_folder, remove_folder);
  tcase_add_test(tc, without_a_source_of_time_utc_is_unknown);
  tcase_add_test(tc, start_datetime_is_that_of_stream_time_0);
  tcase_add_test(tc, frames_go_on_across_midnight);
  tcase_add_test(tc, a_seek_keeps_utc_by_stream_time);
  tcase_add_test(tc, a_gap_keeps_utc_by_time_stamps);
  tcase_add_test(tc, without_time_stamps_utc_is_unknown);
  tcase_add_test(tc, text_that_is_no_time_or_pattern_fails_the_state_change);
  tcase_add_test(tc, the_recordings_name_tells_its_start);
  tcase_add_test(tc, a_name_that_does_not_match_is_one_error_with_both);
  tcase_add_test(tc, a_pattern_where_nothing_has_a_name_is_one_error);
  tcase_add_test(tc, a_file_tells_its_name_through_a_decoder);
  tcase_add_test(tc, reference_timestamps_tell_utc_and_win);
  tcase_add_test(tc, a_reference_that_comes_later_wins_too);
  tcase_add_test(tc, other_references_are_not_utc);
  tcase_add_test(tc, references_correct_the_drift_of_the_clock);
  tcase_add_test(tc, a_clipped_buffers_reference_is_that_of_its_first_sample);
  tcase_add_test(tc, references_pass_converter_and_resampler);
  tcase_add_test(tc, now_is_the_systems_clock_at_running_time);
  tcase_add_test(tc, now_of_a_recording_is_one_error);
  return s;
}
GST_CHECK_MAIN(sonarspectrogram_clock)
