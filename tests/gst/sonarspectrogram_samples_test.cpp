/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support/gst_testing.h"

using namespace sonar::testing;

static const int kRate = 1024;

/* Windows of 64, a column every 16 samples. */
static const char *const kPlain =
    "sonarspectrogram fft-size=64 hop-size=16 width=8 advance=4 axis=linear "
    "min-frequency=16 max-frequency=512 normalizer=none";

struct Heard {
  std::vector<float> samples;  // of the frames, then of the events
  std::vector<gint64> begins;  // first sample of each frame and event
  std::size_t events = 0;
};

/* What frames and events carry, which must follow on each other. */
static Heard heard(const std::string &launch, const std::vector<float> &in,
                   std::size_t chunk) {
  Bench bench(launch);
  gst_harness_set_src_caps_str(bench, audio_caps(kRate).c_str());
  fail_unless_equals_int(push_samples(bench, in, kRate, chunk), GST_FLOW_OK);
  fail_unless(gst_harness_push_event(bench, gst_event_new_eos()));
  Heard out;
  for (const Buffer &frame : take_frames(bench)) {
    const auto &meta = frame.spectrogram();
    const auto own = values_of<float>(meta.samples);
    fail_unless_equals_int64(meta.first_sample, gint64(out.samples.size()));
    fail_unless_equals_uint64(
        frame.pts(),
        gst_util_uint64_scale(guint64(meta.first_sample), GST_SECOND, kRate));
    fail_unless(own.size() <= meta.new_columns * meta.hop_size);
    out.begins.push_back(meta.first_sample);
    out.samples.insert(out.samples.end(), own.begin(), own.end());
  }
  while (GstEvent *event = gst_harness_try_pull_event(bench)) {
    gint64 begin = -1;
    g_autoptr(GBytes) bytes = nullptr;
    if (gst_event_parse_sonar_samples(event, &begin, &bytes)) {
      fail_unless(GST_EVENT_IS_SERIALIZED(event));
      fail_unless_equals_int64(begin, gint64(out.samples.size()));
      const auto own = values_of<float>(bytes);
      fail_unless(!own.empty());
      out.begins.push_back(begin);
      out.samples.insert(out.samples.end(), own.begin(), own.end());
      ++out.events;
    }
    gst_event_unref(event);
  }
  return out;
}

static const struct {
  const char *more;
  std::size_t samples;
  std::size_t events;
} kCases[] = {
    {"", 1024, 1},  // ends with a full frame
    {"", 1023, 1},
    {"", 33, 1},  // shorter than a window
    {"", 7, 0},   // than a column
    {"normalizer=tpsw", 2000, 1},
    {"decimation=4 max-frequency=100 min-frequency=4", 5003, 1},
    {"mode=demon demon-min-frequency=50 demon-max-frequency=400 "
     "decimation=4 max-frequency=100 min-frequency=4",
     5003, 1},
};

GST_START_TEST(frames_and_the_event_behind_them_carry_every_sample_once) {
  const auto &c = kCases[__i__];
  const auto in = noise(c.samples);
  const std::string launch = std::string(kPlain) + " " + c.more;
  const Heard whole = heard(launch, in, in.size());
  fail_unless(whole.samples == in);
  fail_unless_equals_int(whole.events, c.events);
  for (const std::size_t chunk : {1, 77}) {
    const Heard cut = heard(launch, in, chunk);
    fail_unless(cut.samples == in && cut.begins == whole.begins);
  }
}
GST_END_TEST

GST_START_TEST(after_a_discontinuity_samples_count_from_zero_again) {
  Bench bench(kPlain);
  gst_harness_set_src_caps_str(bench, audio_caps(kRate).c_str());
  const auto first = noise(500), second = noise(640, 0.1, 2);
  push_samples(bench, first, kRate);
  push_samples(bench, second, kRate, 4096, 10 * GST_SECOND);
  gst_harness_push_event(bench, gst_event_new_eos());
  std::vector<float> got;
  for (const Buffer &frame : take_frames(bench)) {
    if (frame.pts() < 10 * GST_SECOND) continue;
    const auto own = values_of<float>(frame.spectrogram().samples);
    fail_unless_equals_int64(frame.spectrogram().first_sample,
                             gint64(got.size()));
    got.insert(got.end(), own.begin(), own.end());
  }
  fail_unless(got.size() > 500 && got.size() <= second.size());
  fail_unless(std::equal(got.begin(), got.end(), second.begin()));
}
GST_END_TEST

GST_START_TEST(another_event_is_none_of_samples) {
  gint64 first = 0;
  GBytes *bytes = nullptr;
  for (GstEvent *event :
       {gst_event_new_eos(),
        gst_event_new_custom(GST_EVENT_CUSTOM_DOWNSTREAM,
                             gst_structure_new_empty("other"))}) {
    fail_unless(!gst_event_parse_sonar_samples(event, &first, &bytes));
    gst_event_unref(event);
  }
  fail_unless(bytes == nullptr);
}
GST_END_TEST

static Suite *sonarspectrogram_samples_suite() {
  Suite *s = suite_create("sonarspectrogram_samples");
  TCase *c = tcase_create("all");
  suite_add_tcase(s, c);
  tcase_add_loop_test(c,
                      frames_and_the_event_behind_them_carry_every_sample_once,
                      0, int(G_N_ELEMENTS(kCases)));
  tcase_add_test(c, after_a_discontinuity_samples_count_from_zero_again);
  tcase_add_test(c, another_event_is_none_of_samples);
  return s;
}

GST_CHECK_MAIN(sonarspectrogram_samples);
