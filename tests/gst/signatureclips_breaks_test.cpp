/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <sys/resource.h>

#include <csignal>
#include <fstream>

#include "support/clip_bench.h"

using namespace sonar;
using namespace sonar::testing;

/* ---- breaks ---- */

GST_START_TEST(a_break_in_the_audio_ends_a_clip_and_the_next_one_begins_anew) {
  ClipBench b(at("pre-roll=0.125 post-roll=0.125"));
  const auto audio = random_audio(128000, b.frame_bytes());
  b.push_audio(audio, 0, 32000, true);
  b.push_audio(audio, 32000, 64000, true, 64000);  // half a second is missing
  b.push_frames({{20, 32}}, 32);
  ClipFrame options;
  options.discont = true;
  options.origin = 64;
  b.push_frames({{3, 5}}, 32, options);
  b.end_frames();
  b.end_audio();
  assert_names({"000000.195s_low_000001.wav", "000001.000s_low_000002.wav"});
  assert_clip("000000.195s_low_000001.wav", audio, 12500, 32000);
  // 3500 - 8000 is before the run
  assert_clip("000001.000s_low_000002.wav", audio, 32000, 32000 + 5500 + 8000);
}
GST_END_TEST

GST_START_TEST(audio_that_goes_back_in_time_is_matched_with_its_own_frames) {
  ClipBench b(at("pre-roll=0 post-roll=0"));
  const auto audio = random_audio(128000, b.frame_bytes());
  b.push_audio(audio, 0, 64000, true);
  b.push_audio(audio, 64000, 128000, true, 32000);  // from 0.5 s on once more
  b.push_frames({{40, 50}}, 64);
  ClipFrame options;
  options.discont = true;
  options.origin = 32;
  b.push_frames({{10, 14}}, 64, options);
  b.end_frames();
  b.end_audio();
  assert_names({"000000.633s_low_000001.wav", "000000.664s_low_000002.wav"});
  assert_clip("000000.633s_low_000001.wav", audio, 40500, 50500);
  assert_clip("000000.664s_low_000002.wav", audio, 74500, 78500);
}
GST_END_TEST

GST_START_TEST(frames_find_their_audio_after_a_run_that_was_too_short_for_any) {
  ClipBench b(at("pre-roll=0 post-roll=0"));
  const auto audio = random_audio(64000, b.frame_bytes());
  b.push_audio(audio, 0, 1000, true);
  b.push_audio(audio, 1000, 64000, true, 2000);  // a column is missing
  ClipFrame options;
  options.discont = true;
  options.origin = 2;
  b.push_frames({{10, 14}}, 48, options);
  b.end_frames();
  b.end_audio();
  assert_names({"000000.195s_low_000001.wav"});
  assert_clip("000000.195s_low_000001.wav", audio, 11500, 15500);
}
GST_END_TEST

GST_START_TEST(a_gap_and_a_segment_end_a_run_as_a_break_does) {
  for (const bool gap : {true, false}) {
    ClipBench b(at("pre-roll=0 post-roll=0"));
    const auto audio = random_audio(64000, b.frame_bytes());
    b.push_audio(audio, 0, 32000, true);
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    const auto event = [&] {
      return gap ? gst_event_new_gap(GST_SECOND / 2, GST_SECOND / 2)
                 : gst_event_new_segment(&segment);
    };
    gst_pad_push_event(b.audio(), event());
    b.push_audio(audio, 32000, 64000, false, gap ? 64000 : 32000);
    b.push_frames({{20, 40}}, 32);
    gst_pad_push_event(b.frames(), event());
    b.end_frames();
    b.end_audio();
    assert_names({"000000.320s_low_000001.wav"});
    assert_clip("000000.320s_low_000001.wav", audio, 20500, 32000);
    std::filesystem::remove(folder / "000000.320s_low_000001.wav");
  }
}
GST_END_TEST

/* What the index says of the clips, one line each. */
static std::vector<std::string> index_lines() {
  std::ifstream in(folder / "clips.jsonl");
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

GST_START_TEST(a_clip_that_the_audio_cuts_short_waits_for_its_regions) {
  for (const bool is_end : {true, false}) {
    std::filesystem::remove_all(folder / "clips.jsonl");
    ClipBench b(at("pre-roll=0 post-roll=1"));
    const auto audio = random_audio(64000, b.frame_bytes());
    b.push_audio(audio, 0, 40000, true);
    ClipFrame low;
    b.push_frames({{10, 14}}, 16, low);
    if (is_end)
      b.end_audio();
    else
      b.push_audio(audio, 40000, 64000, true, 80000);
    ClipFrame high;
    high.first = 16;
    high.label = "high";
    b.push_frames({{18, 30}}, 32, high);
    b.end_frames();
    if (!is_end) b.end_audio();
    assert_names({"000000.164s_high_000001.wav"});
    assert_clip("000000.164s_high_000001.wav", audio, 10500, 40000);
    const auto lines = index_lines();
    fail_unless_equals_int(int(lines.size()), 1);
    fail_unless(lines[0].find("\"region_ids\":[1,2]") != std::string::npos,
                "got %s", lines[0].c_str());
    std::filesystem::remove(folder / "000000.164s_high_000001.wav");
  }
}
GST_END_TEST

static void flush(GstPad *h) {
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_pad_push_event(h, gst_event_new_flush_start());
  gst_pad_push_event(h, gst_event_new_flush_stop(TRUE));
  gst_pad_push_event(h, gst_event_new_segment(&segment));
}

GST_START_TEST(a_flush_keeps_what_is_written_and_forgets_the_rest) {
  for (const bool audio_first : {true, false}) {
    ClipBench b(at("pre-roll=0 post-roll=0.5"));
    const auto audio = random_audio(64000, b.frame_bytes());
    b.push_audio(audio, 0, 40000, true);
    b.push_frames({{20, 40}}, 48);
    flush(audio_first ? b.audio() : b.frames());
    flush(audio_first ? b.frames() : b.audio());
    assert_names({"000000.320s_low_000001.wav"});
    assert_clip("000000.320s_low_000001.wav", audio, 20500, 40000);
    std::filesystem::remove(folder / "000000.320s_low_000001.wav");
    b.push_audio(audio, 0, 64000, true);
    ClipFrame options;
    options.discont = true;
    b.push_frames({{2, 4}}, 64, options);
    b.end_frames();
    b.end_audio();
    assert_names({"000000.039s_low_000002.wav"});
    assert_clip("000000.039s_low_000002.wav", audio, 2500, 36500);
    std::filesystem::remove(folder / "000000.039s_low_000002.wav");
  }
}
GST_END_TEST

GST_START_TEST(another_format_of_audio_is_another_clip) {
  ClipBench b(at("pre-roll=0 post-roll=1"));
  const auto audio = random_audio(64000, b.frame_bytes());
  b.push_audio(audio, 0, 32000, true);
  b.push_frames({{20, 30}}, 32);
  b.set_audio("S24LE", 1);
  const auto other = random_audio(64000, b.frame_bytes());
  b.push_audio(other, 32000, 64000);
  ClipFrame options;
  options.discont = true;
  options.origin = 32;
  b.push_frames({{8, 12}}, 16, options);
  b.end_frames();
  b.end_audio();
  assert_names({"000000.320s_low_000001.wav", "000000.633s_low_000002.wav"});
  assert_clip("000000.320s_low_000001.wav", audio, 20500, 32000);
  assert_clip("000000.633s_low_000002.wav", other, 40500, 64000, "S24LE", 1);
}
GST_END_TEST

GST_START_TEST(a_clip_that_is_open_when_the_application_stops_is_kept) {
  ClipBench b(at("pre-roll=0 post-roll=1"));
  const auto audio = random_audio(64000, b.frame_bytes());
  b.push_audio(audio, 0, 64000, true);
  b.push_frames({{20, 90}}, 48);
  b.end_element();
  // the last frame's columns count, as at the end of a stream
  assert_names({"000000.320s_low_000001.wav"});
  assert_clip("000000.320s_low_000001.wav", audio, 20500, 64000);
}
GST_END_TEST

GST_START_TEST(an_element_goes_up_and_down_with_clips_of_their_own) {
  GstElement *element = gst_parse_launch(
      ("signatureclips min-region=1 pre-roll=0 post-roll=0 " + at()).c_str(),
      nullptr);
  gst_object_ref_sink(element);
  for (int round = 0; round < 3; ++round)
    for (const GstState state : {GST_STATE_PLAYING, GST_STATE_NULL})
      fail_unless_equals_int(gst_element_set_state(element, state),
                             state == GST_STATE_PLAYING
                                 ? GST_STATE_CHANGE_ASYNC  // no audio yet
                                 : GST_STATE_CHANGE_SUCCESS);
  gst_object_unref(element);
  element = gst_element_factory_make("signatureclips", nullptr);
  assert_default_properties(element);
  gst_object_unref(element);
  assert_names({});
}
GST_END_TEST

/* ---- bounds ---- */

static int warnings_on(GstBus *bus, std::string *text) {
  int count = 0;
  while (GstMessage *m = gst_bus_pop_filtered(bus, GST_MESSAGE_WARNING)) {
    g_autoptr(GError) error = nullptr;
    gst_message_parse_warning(m, &error, nullptr);
    *text = error->message;
    ++count;
    gst_message_unref(m);
  }
  return count;
}

GST_START_TEST(audio_without_frames_is_dropped_with_one_warning) {
  ClipBench b(at("pre-roll=0 post-roll=0 max-memory=1"));
  const auto audio = random_audio(1280000, b.frame_bytes());  // 5 MB
  for (gint64 i = 0; i < 1280000; i += 6400)
    fail_unless_equals_int(b.push_audio(audio, i, i + 6400, i == 0),
                           GST_FLOW_OK);
  std::string text;
  fail_unless_equals_int(warnings_on(b.bus(), &text), 1);
  fail_unless(text.find("max-memory=1 MiB") != text.npos, "%s", text.c_str());
  // what is left are 262144 frames at the end
  b.push_frames({{1000, 1004}, {1200, 1204}}, 1280);
  b.end_frames();
  b.end_audio();
  assert_names({"000018.758s_low_000001.wav"});
  assert_clip("000018.758s_low_000001.wav", audio, 1200500, 1204500);
}
GST_END_TEST

/* ---- errors ---- */

static PostedError start_error(const std::string &settings) {
  return error_on_start("signatureclips " + settings);
}

GST_START_TEST(a_folder_that_cannot_be_written_to_is_an_error_at_the_start) {
  PostedError e = start_error("");
  fail_unless(e.is(GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS));
  fail_unless(e.says("no folder to write clips to") && e.says("location"));
  e = start_error("location=" + (folder / "none").string());
  fail_unless(e.is(GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_FAILED));
  fail_unless(e.says("none'") && e.says("does not exist") && e.says("make it"));
  std::ofstream(folder / "file") << "x";
  e = start_error("location=" + (folder / "file").string());
  fail_unless(e.says("it is no folder"));
}
GST_END_TEST

GST_START_TEST(flac_refuses_what_it_cannot_hold_unchanged) {
  ClipBench b(at("format=flac"), "F32LE");
  const auto audio = random_audio(64, b.frame_bytes());
  b.push_audio(audio, 0, 64, true);
  const PostedError e = b.one_error();
  fail_unless(e.is(GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS));
  fail_unless(e.says("FLAC clip cannot hold F32LE") && e.says("format=wav") &&
                  e.says("S24LE"),
              "%s", e.text.c_str());
}
GST_END_TEST

GST_START_TEST(a_frame_without_a_signature_is_one_error) {
  ClipBench b(at());
  GstBuffer *frame = tiny_frame(Image(kTiny, kTiny));
  add_tiny_mask(frame, Image(kTiny, kTiny));
  const auto audio = random_audio(64, b.frame_bytes());
  fail_unless_equals_int(b.push_audio(audio, 0, 64, true), GST_FLOW_OK);
  fail_unless_equals_int(b.push_frame(frame), GST_FLOW_ERROR);
  fail_unless_equals_int(b.push_audio(audio, 0, 64, true), GST_FLOW_ERROR);
  b.end_audio();
  const PostedError e = b.one_error();
  fail_unless(e.says("no signature") &&
              e.says("put signatureextract before signatureclips"));
}
GST_END_TEST

GST_START_TEST(a_pad_that_is_not_linked_is_named) {
  for (const char *pad : {"audio", "sink"}) {
    GstElement *element =
        gst_parse_launch(("signatureclips " + at()).c_str(), nullptr);
    gst_object_ref_sink(element);
    GstBus *bus = gst_bus_new();
    gst_element_set_bus(element, bus);
    gst_element_set_state(element, GST_STATE_PLAYING);
    const bool is_audio = std::string(pad) == "audio";
    GstPad *source =
        new_source(element, pad,
                   is_audio ? "audio/x-raw, layout=interleaved, format=S16LE, "
                              "channels=1, rate=64000"
                            : kTinyCaps);
    if (is_audio)
      gst_pad_push_event(source, gst_event_new_eos());
    else  // which would wait for PLAYING
      fail_unless_equals_int(gst_pad_push(source, clip_frame({})),
                             GST_FLOW_ERROR);
    const PostedError e = pop_one_error(bus);
    fail_unless(e.says(std::string(pad) == "audio" ? "The pad sink"
                                                   : "The pad audio") &&
                    e.says("not linked"),
                "%s", e.text.c_str());
    gst_element_set_state(element, GST_STATE_NULL);
    gst_object_unref(source);
    gst_element_set_bus(element, nullptr);
    gst_object_unref(bus);
    gst_object_unref(element);
  }
}
GST_END_TEST

/* As on a full disk: files may have no more than 100000 bytes. */
GST_START_TEST(a_full_disk_is_one_error_and_leaves_what_was_written) {
  signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{100000, RLIM_INFINITY};
  fail_unless_equals_int(setrlimit(RLIMIT_FSIZE, &limit), 0);
  ClipBench b(at("pre-roll=0 post-roll=0"));
  const auto audio = random_audio(64000, b.frame_bytes());
  b.push_audio(audio, 0, 64000, true);
  GstFlowReturn flow = GST_FLOW_OK;
  for (gint64 first = 0; first < 64 && flow == GST_FLOW_OK; first += kTiny) {
    ClipFrame options;
    options.first = first;
    flow = b.push_frame(clip_frame({{2, 64}}, options));
  }
  fail_unless_equals_int(flow, GST_FLOW_ERROR);
  const PostedError e = b.one_error();
  fail_unless(e.is(GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_FAILED));
  fail_unless(e.says("cannot write the clip") && e.says("File too large") &&
                  e.says("has space"),
              "%s", e.text.c_str());
  b.end_element();
  assert_names({"000000.039s_clip_000001.wav.part"});
  SF_INFO info;
  const auto got =
      samples_of(folder / "000000.039s_clip_000001.wav.part", info);
  fail_unless(info.frames > 13000, "%d frames", int(info.frames));
  fail_unless(got == expected(audio, "S16LE", 2, 2500, 2500 + info.frames));
}
GST_END_TEST

static Suite *signatureclips_breaks_suite(void) {
  Suite *s = suite_create("signatureclips_breaks");
  TCase *tc = tcase_create("all");
  tcase_add_checked_fixture(tc, make_folder, remove_folder);
  suite_add_tcase(s, tc);
  tcase_add_test(tc,
                 a_break_in_the_audio_ends_a_clip_and_the_next_one_begins_anew);
  tcase_add_test(tc,
                 audio_that_goes_back_in_time_is_matched_with_its_own_frames);
  tcase_add_test(
      tc, frames_find_their_audio_after_a_run_that_was_too_short_for_any);
  tcase_add_test(tc, a_gap_and_a_segment_end_a_run_as_a_break_does);
  tcase_add_test(tc, a_clip_that_the_audio_cuts_short_waits_for_its_regions);
  tcase_add_test(tc, a_flush_keeps_what_is_written_and_forgets_the_rest);
  tcase_add_test(tc, another_format_of_audio_is_another_clip);
  tcase_add_test(tc, a_clip_that_is_open_when_the_application_stops_is_kept);
  tcase_add_test(tc, an_element_goes_up_and_down_with_clips_of_their_own);
  tcase_add_test(tc, audio_without_frames_is_dropped_with_one_warning);
  tcase_add_test(tc,
                 a_folder_that_cannot_be_written_to_is_an_error_at_the_start);
  tcase_add_test(tc, flac_refuses_what_it_cannot_hold_unchanged);
  tcase_add_test(tc, a_frame_without_a_signature_is_one_error);
  tcase_add_test(tc, a_pad_that_is_not_linked_is_named);
  tcase_add_test(tc, a_full_disk_is_one_error_and_leaves_what_was_written);
  return s;
}
GST_CHECK_MAIN(signatureclips_breaks)
