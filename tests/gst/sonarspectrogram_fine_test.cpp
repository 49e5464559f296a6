/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fine spectrum beside the picture (evidence-fft-size). */
#include "sonar/dsp/spectrograph.h"
#include "support/tiny_frames.h"
#include "support/tiny_model.h"

using namespace sonar;
using namespace sonar::testing;

static const int kRate = 1024;

static const std::string kElement =
    "sonarspectrogram fft-size=32 hop-size=16 axis=linear min-frequency=32 "
    "width=16 advance=4 ";

static void set_caps(const Bench &bench) {
  gst_harness_set_src_caps_str(bench, audio_caps(kRate).c_str());
}

static std::vector<float> sound(std::size_t count) {
  auto samples = noise(count);
  const auto line = tone(count, kRate, 200);
  for (std::size_t i = 0; i < count; ++i) samples[i] += line[i];
  return samples;
}

static std::vector<Buffer> frames_of(const std::string &launch,
                                     const std::vector<float> &samples,
                                     std::size_t chunk = 4096) {
  const Bench bench(launch);
  set_caps(bench);
  fail_unless_equals_int(push_samples(bench, samples, kRate, chunk),
                         GST_FLOW_OK);
  fail_unless(gst_harness_push_event(bench, gst_event_new_eos()));
  return take_frames(bench);
}

static std::vector<float> fine_of(const Buffer &frame) {
  return values_of<float>(frame.spectrogram().fine);
}

GST_START_TEST(frames_hold_the_fine_spectrum_of_the_shared_spectrograph) {
  for (const std::size_t count : {5000, 100, 20}) {  // 20: less than a window
    const auto samples = sound(count);
    const auto frames =
        frames_of(kElement + "evidence-fft-size=128", samples, 333);
    dsp::Spectrograph oracle(
        Recipe::from_json(frames.at(0).spectrogram().recipe));
    oracle.push(samples.data(), samples.size());
    oracle.drain();
    dsp::Picture picture;
    for (const Buffer &frame : frames) {
      fail_unless(oracle.pop(picture));
      const auto &meta = frame.spectrogram();
      fail_unless_equals_int(meta.fine_fft_size, 128);
      fail_unless_equals_int(meta.fine_rows, 64);
      fail_unless(
          fine_of(frame) ==
          std::vector<float>(picture.fine_db.data(),
                             picture.fine_db.data() + picture.fine_db.size()));
      fail_unless_equals_int(fine_of(frame).size(), 64 * 16);
    }
    fail_unless(!oracle.pop(picture));
  }
}
GST_END_TEST

GST_START_TEST(the_tone_is_in_the_fine_bin_of_its_frequency) {
  const auto frames =
      frames_of(kElement + "evidence-fft-size=128", sound(5000));
  const auto fine = fine_of(frames.at(8));
  // 200 Hz is bin 25 of 8 Hz; row 0 is bin 64
  const std::size_t row = 64 - 25;
  for (std::size_t x = 0; x < 16; ++x)
    for (std::size_t y = 0; y < 64; ++y)
      fail_unless(y == row || fine[y * 16 + x] < fine[row * 16 + x]);
}
GST_END_TEST

GST_START_TEST(without_it_a_frame_has_none) {
  for (const std::string extra : {"", "evidence-fft-size=0"})
    for (const Buffer &frame : frames_of(kElement + extra, sound(2000))) {
      fail_unless(!frame.spectrogram().fine);
      fail_unless_equals_int(frame.spectrogram().fine_rows, 0);
      fail_unless_equals_int(frame.spectrogram().fine_fft_size, 0);
    }
}
GST_END_TEST

GST_START_TEST(the_picture_is_the_same_with_and_without_it) {
  const auto plain = frames_of(kElement, sound(3000));
  const auto fine = frames_of(kElement + "evidence-fft-size=128", sound(3000));
  fail_unless_equals_int(plain.size(), fine.size());
  for (std::size_t i = 0; i < plain.size(); ++i) {
    fail_unless(plain[i].bytes() == fine[i].bytes());
    fail_unless_equals_uint64(plain[i].pts(), fine[i].pts());
    fail_unless_equals_int64(plain[i].spectrogram().column0_time,
                             fine[i].spectrogram().column0_time);
  }
}
GST_END_TEST

static GstClockTime latency_of(const Bench &bench) {
  GstQuery *query = gst_query_new_latency();
  fail_unless(gst_pad_peer_query(bench->sinkpad, query));
  GstClockTime min = 0;
  gst_query_parse_latency(query, nullptr, &min, nullptr);
  gst_query_unref(query);
  return min;
}

/* A fine column needs 8 columns of look-ahead and half of what its window is
 * longer by: (3 + 8) * 16 + 128 - 48 samples of 1,024 a second. */
GST_START_TEST(latency_is_that_of_the_fine_window_in_samples) {
  const Bench bench(kElement + "evidence-fft-size=128");
  set_caps(bench);
  fail_unless_equals_uint64(latency_of(bench), 250 * GST_MSECOND);
}
GST_END_TEST

GST_START_TEST(latency_is_what_the_first_frame_takes_and_grows_with_it) {
  GstClockTime before = 0;
  for (const char *evidence : {"0", "32", "128", "1024"}) {
    const Bench bench(kElement + "evidence-fft-size=" + evidence);
    set_caps(bench);
    const GstClockTime latency = latency_of(bench);
    fail_unless(latency > before || evidence == std::string("32"));
    fail_unless(latency >= before);
    before = latency;
    const auto count = gst_util_uint64_scale(latency, kRate, GST_SECOND);
    const auto samples = noise(count);
    push_samples(bench, {samples.begin(), samples.end() - 1}, kRate);
    fail_unless_equals_int(gst_harness_buffers_received(bench), 0);
    gst_harness_push(bench, audio_buffer(&samples.back(), 1,
                                         (count - 1) * GST_SECOND / kRate));
    fail_unless_equals_int(gst_harness_buffers_received(bench), 1);
  }
}
GST_END_TEST

GST_START_TEST(after_a_break_the_fine_spectrum_begins_anew) {
  const Bench bench(kElement + "evidence-fft-size=128");
  set_caps(bench);
  const auto samples = sound(2000);
  push_samples(bench, noise(1111, 0.5, 7), kRate);
  take_frames(bench);
  gst_harness_push_event(bench, gst_event_new_flush_start());
  gst_harness_push_event(bench, gst_event_new_flush_stop(TRUE));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_harness_push_event(bench, gst_event_new_segment(&segment));
  push_samples(bench, samples, kRate);
  gst_harness_push_event(bench, gst_event_new_eos());
  const auto got = take_frames(bench);
  const auto want = frames_of(kElement + "evidence-fft-size=128", samples);
  fail_unless_equals_int(got.size(), want.size());
  for (std::size_t i = 0; i < got.size(); ++i)
    fail_unless(fine_of(got[i]) == fine_of(want[i]));
}
GST_END_TEST

/* ---- settings ---- */

static models::Bundle fine_bundle() {
  models::Bundle bundle = tiny_bundle();
  bundle.settings.recipe.evidence_fft_size = 128;
  return bundle;
}

static int evidence_of(const Bench &bench) {
  int value = -1;
  g_object_get(bench.element(), "evidence-fft-size", &value, nullptr);
  return value;
}

GST_START_TEST(the_models_fine_spectrum_is_taken) {
  const ModelFile model(fine_bundle());
  const std::string launch = "sonarspectrogram model=" + model.path();
  for (const int set : {-1, 0, 256}) {
    const Bench bench(
        launch + (set < 0 ? "" : " evidence-fft-size=" + std::to_string(set)));
    const int want = set < 0 ? 128 : set;
    fail_unless_equals_int(evidence_of(bench), want);
    set_caps(bench);
    push_samples(bench, sound(4000), kRate);
    const auto frames = take_frames(bench);
    fail_unless_equals_int(frames.at(0).spectrogram().fine_fft_size, want);
    fail_unless_equals_int(fine_of(frames.at(0)).size(), want / 2 * kTiny);
  }
}
GST_END_TEST

GST_START_TEST(settings_that_cannot_have_the_models_fine_spectrum_drop_it) {
  const ModelFile model(fine_bundle());
  for (const char *given :
       {"normalizer=none", "axis=geometric bands=20", "fft-size=256"}) {
    const Bench bench("sonarspectrogram model=" + model.path() + " " + given);
    set_caps(bench);
    push_samples(bench, sound(12000), kRate);
    const auto frames = take_frames(bench);
    fail_unless(!frames.empty(), "%s", given);
    fail_unless(!frames[0].spectrogram().fine, "%s", given);
  }
}
GST_END_TEST

GST_START_TEST(a_size_that_does_not_fit_is_one_error_with_got_and_needed) {
  const struct {
    const char *settings;
    std::vector<const char *> words;
  } cases[] = {
      {"evidence-fft-size=30",
       {"evidence-fft-size is 30", "0 (none)", "from fft-size (32) to 65536"}},
      {"evidence-fft-size=129", {"evidence-fft-size is 129", "even"}},
      {"evidence-fft-size=128 normalizer=none",
       {"evidence-fft-size is 128", "normalizer tpsw"}},
      {"evidence-fft-size=128 axis=geometric",
       {"evidence-fft-size is 128", "axis is linear"}},
  };
  for (const auto &c : cases) {
    // the later of two values of a property counts
    const Bench bench(kElement + c.settings);
    set_caps(bench);
    expect_settings_refused(bench, c.words);
  }
}
GST_END_TEST

static Suite *sonarspectrogram_fine_suite(void) {
  Suite *s = suite_create("sonarspectrogram_fine");
  TCase *frames = tcase_create("frames");
  suite_add_tcase(s, frames);
  tcase_add_test(frames,
                 frames_hold_the_fine_spectrum_of_the_shared_spectrograph);
  tcase_add_test(frames, the_tone_is_in_the_fine_bin_of_its_frequency);
  tcase_add_test(frames, without_it_a_frame_has_none);
  tcase_add_test(frames, the_picture_is_the_same_with_and_without_it);
  tcase_add_test(frames,
                 latency_is_what_the_first_frame_takes_and_grows_with_it);
  tcase_add_test(frames, latency_is_that_of_the_fine_window_in_samples);
  tcase_add_test(frames, after_a_break_the_fine_spectrum_begins_anew);
  TCase *settings = tcase_create("settings");
  suite_add_tcase(s, settings);
  tcase_add_test(settings, the_models_fine_spectrum_is_taken);
  tcase_add_test(settings,
                 settings_that_cannot_have_the_models_fine_spectrum_drop_it);
  tcase_add_test(settings,
                 a_size_that_does_not_fit_is_one_error_with_got_and_needed);
  return s;
}
GST_CHECK_MAIN(sonarspectrogram_fine)
