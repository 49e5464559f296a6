/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <functional>

#include "meta/gstsonarsignaturemeta.h"
#include "support/tiny_frames.h"

using namespace sonar;
using namespace sonar::testing;

static const int kRate = 1024;

/* Windows of 64 samples, a column every 16, frames of 8 that move on by 4. */
static const char *const kLinear =
    "sonarspectrogram fft-size=64 hop-size=16 width=8 advance=4 axis=linear "
    "min-frequency=16 max-frequency=512";
static const char *const kBands =
    "sonarspectrogram fft-size=256 hop-size=192 width=8 advance=8 bands=20 "
    "min-frequency=30 max-frequency=400";

/* Gain of a pixel by its column in the stream and its row. */
using Gains = std::function<float(gint64 column, guint row)>;
static float all(gint64, guint) { return 1; }
static float none(gint64, guint) { return 0; }

static void add_mask(GstBuffer *frame, const Gains &gains, bool kept) {
  const auto &picture = *gst_buffer_get_sonar_spectrogram_meta(frame);
  std::vector<float> values;
  std::vector<guint8> pixels;
  for (guint y = 0; y < picture.height; ++y)
    for (guint x = 0; x < picture.width; ++x) {
      const float gain = gains(picture.first_column + x, y);
      // soft_gain() of it is the gain: a ninth of the odds
      values.push_back(
          gain >= 1 ? 1 : gain / (1 - gain) * 9 / (1 + gain / (1 - gain) * 9));
      pixels.push_back(gain > 0);
    }
  g_autoptr(GBytes) bytes =
      g_bytes_new(values.data(), values.size() * sizeof(float));
  GstSonarMaskMeta mask{};
  gchar label[] = "ship";
  mask.recipe = "evidence";
  mask.label = label;
  mask.width = picture.width;
  mask.height = picture.height;
  mask.values = bytes;
  mask.valid = TRUE;
  gst_buffer_add_sonar_mask_meta(frame, &mask);
  if (!kept) return;
  g_autoptr(GBytes) bits = g_bytes_new(pixels.data(), pixels.size());
  GstSonarSignatureMeta signature{};
  signature.width = picture.width;
  signature.height = picture.height;
  signature.kept = bits;
  gst_buffer_add_sonar_signature_meta(frame, &signature);
}

/* A run of frames and what comes behind them. */
struct Frames {
  std::vector<Buffer> frames;
  GstEvent *rest = nullptr;
  std::string caps;

  Frames(const std::string &spectrogram, const std::vector<float> &in,
         const Gains &gains, bool kept = true, std::size_t chunk = 4096,
         GstClockTime start = 0, int rate = kRate) {
    const Bench bench(spectrogram);
    gst_harness_set_src_caps_str(bench, audio_caps(rate).c_str());
    push_samples(bench, in, rate, chunk, start);
    gst_harness_push_event(bench, gst_event_new_eos());
    frames = take_frames(bench);
    for (Buffer &frame : frames) add_mask(frame.get(), gains, kept);
    while (GstEvent *event = gst_harness_try_pull_event(bench)) {
      gint64 begin;
      g_autoptr(GBytes) bytes = nullptr;
      if (gst_event_parse_sonar_samples(event, &begin, &bytes))
        rest = gst_event_ref(event);
      gst_event_unref(event);
    }
    g_autoptr(GstCaps) got = gst_pad_get_current_caps(bench->sinkpad);
    g_autofree gchar *text = gst_caps_to_string(got);
    caps = text;
  }
  Frames(Frames &&) = delete;
  ~Frames() { gst_clear_event(&rest); }

  void push(const Bench &bench, std::size_t without = std::size_t(-1)) const {
    for (std::size_t i = 0; i < frames.size(); ++i)
      if (i != without)
        fail_unless_equals_int(
            gst_harness_push(bench, gst_buffer_ref(frames[i].get())),
            GST_FLOW_OK);
    if (rest) gst_harness_push_event(bench, gst_event_ref(rest));
  }
};

static void push_eos(const Bench &bench) {
  fail_unless(gst_harness_push_event(bench, gst_event_new_eos()));
}

static std::vector<float> samples_of(const Buffer &buffer) {
  const auto bytes = buffer.bytes();
  std::vector<float> samples(bytes.size() / sizeof(float));
  std::copy_n(bytes.data(), bytes.size(),
              reinterpret_cast<guint8 *>(samples.data()));
  return samples;
}

/* All samples, whose buffers must tile time from @p start on. */
static std::vector<float> joined(const std::vector<Buffer> &buffers,
                                 GstClockTime start = 0) {
  std::vector<float> out;
  const auto time = [&] {
    return start + gst_util_uint64_scale(out.size(), GST_SECOND, kRate);
  };
  for (const Buffer &buffer : buffers) {
    fail_unless_equals_uint64(buffer.pts(), time());
    fail_unless_equals_int(buffer.discont(), out.empty());
    fail_unless_equals_uint64(GST_BUFFER_OFFSET(buffer.get()), out.size());
    const auto own = samples_of(buffer);
    out.insert(out.end(), own.begin(), own.end());
    fail_unless_equals_uint64(buffer.pts() + buffer.duration(), time());
  }
  return out;
}

/* What comes of @p in by a signatureaudio with @p settings. */
static std::vector<float> sound_of(const std::string &settings,
                                   const std::string &spectrogram,
                                   const std::vector<float> &in,
                                   const Gains &gains,
                                   std::size_t chunk = 4096) {
  const Frames run(spectrogram, in, gains, true, chunk);
  const Bench bench("signatureaudio " + settings);
  gst_harness_set_src_caps_str(bench, run.caps.c_str());
  run.push(bench);
  push_eos(bench);
  auto out = joined(take_frames(bench));
  fail_unless_equals_int(out.size(), in.size());
  return out;
}

static double error_db(const std::vector<float> &got,
                       const std::vector<float> &want) {
  double error = 0, power = 0;
  for (std::size_t i = 0; i < want.size(); ++i) {
    error += std::pow(double(got.at(i)) - double(want[i]), 2);
    power += std::pow(double(want[i]), 2);
  }
  return 10 * std::log10(error / power);
}

/* Sound */

GST_START_TEST(a_mask_of_ones_gives_the_input_back_from_end_to_end) {
  const auto in = noise(5003);
  for (const char *spectrogram : {kLinear, kBands})
    for (const char *gate : {"gate=soft", "gate=binary"}) {
      const double error = error_db(sound_of(gate, spectrogram, in, all), in);
      fail_unless(error < -120, "%g dB", error);
    }
}
GST_END_TEST

GST_START_TEST(signature_and_complement_sum_to_the_input) {
  const auto in = noise(3000);
  const Gains some = [](gint64 column, guint row) {
    return (column / 5 + row) % 3 == 0 ? 0.8f : 0.1f;
  };
  auto sum = sound_of("", kLinear, in, some);
  fail_unless(error_db(sum, in) > -20);
  const auto rest = sound_of("output=complement", kLinear, in, some);
  for (std::size_t i = 0; i < in.size(); ++i)
    ASSERT_NEAR_AT(i, double(sum[i]) + double(rest[i]), in[i], 1e-8);
}
GST_END_TEST

GST_START_TEST(a_click_comes_out_at_its_sample) {
  std::vector<float> in(2000);
  for (const std::size_t at : {0u, 1u, 777u, 1999u}) in[at] = 1;
  const auto out = sound_of("", kBands, in, all);
  for (std::size_t i = 0; i < in.size(); ++i)
    ASSERT_NEAR_AT(i, out[i], in[i], 1e-6);
}
GST_END_TEST

GST_START_TEST(what_is_outside_of_the_mask_falls_to_the_floor) {
  const auto in = noise(2000);
  const auto out = sound_of("floor-db=-20", kLinear, in, none);
  for (std::size_t i = 0; i < in.size(); ++i)
    ASSERT_NEAR_AT(i, out[i], 0.1f * in[i], 1e-6);
  for (const float sample : sound_of("floor-db=-10000", kLinear, in, none))
    fail_unless(sample == 0);
}
GST_END_TEST

/* Power in the tenth of a second behind @p second. */
static double power_after(const std::vector<float> &samples, double second) {
  double sum = 0;
  const auto begin = std::size_t(second * kRate);
  for (std::size_t i = begin; i < begin + kRate / 10; ++i)
    sum += double(samples.at(i)) * double(samples[i]);
  return sum / (kRate / 10);
}

/* The mask opens from 2 s to 4 s; a tone of power 1/8. */
GST_START_TEST(attack_and_release_are_the_time_constants_of_the_gate) {
  const auto in = tone(6 * kRate, kRate, 128);
  const Gains gate = [](gint64 column, guint) {
    return column >= 128 && column < 256 ? 1.0f : 0.0f;
  };
  const auto out = sound_of(
      "floor-db=-1000 attack=500000000 release=1000000000", kLinear, in, gate);
  const auto gain = [&](double second) {
    return std::sqrt(power_after(out, second) * 8);
  };
  fail_unless(gain(1.8) < 1e-3);
  // a tenth of a second blurs the exponentials, and so does the window
  ASSERT_NEAR_AT(0, gain(2.5), 1 - std::exp(-0.55 / 0.5), 0.06);
  ASSERT_NEAR_AT(1, gain(3.8), 1 - std::exp(-1.85 / 0.5), 0.03);
  ASSERT_NEAR_AT(2, gain(5.0), gain(3.9) * std::exp(-1.05), 0.04);
}
GST_END_TEST

GST_START_TEST(sound_is_bit_identical_for_any_buffer_size) {
  const auto in = noise(3000);
  const Gains some = [](gint64 column, guint row) {
    return (column + row) % 4 == 0 ? 1.0f : 0.0f;
  };
  const auto whole = sound_of("", kLinear, in, some);
  for (const std::size_t chunk : {1, 333})
    fail_unless(sound_of("", kLinear, in, some, chunk) == whole);
}
GST_END_TEST

/* Every frame says 1 of its newest columns and 0 of those before. */
GST_START_TEST(wait_says_whether_the_first_or_the_last_frame_decides) {
  const auto in = noise(3000);
  Frames run(kLinear, in, all, false);
  for (Buffer &frame : run.frames) {
    gst_buffer_remove_meta(
        frame.get(),
        GST_META_CAST(gst_buffer_get_sonar_mask_meta(frame.get())));
    const gint64 newest = frame.spectrogram().first_column + 4;
    add_mask(
        frame.get(),
        [newest](gint64 column, guint) { return column >= newest ? 1.0f : 0; },
        false);
  }
  const auto middle_db = [&](const char *settings) {
    const Bench bench(std::string("signatureaudio floor-db=-1000 ") + settings);
    gst_harness_set_src_caps_str(bench, run.caps.c_str());
    run.push(bench);
    push_eos(bench);
    const auto out = joined(take_frames(bench));
    return 10 * std::log10(power_after(out, 1) / power_after(in, 1));
  };
  fail_unless(std::fabs(middle_db("wait=0")) < 1e-4);
  fail_unless(middle_db("") < -100, "%g", middle_db(""));
}
GST_END_TEST

/* Time */

GST_START_TEST(samples_of_a_lost_frame_are_silent_and_the_rest_stays_in_step) {
  const auto in = noise(3000);
  const Frames run(kLinear, in, all);
  const Bench bench("signatureaudio");
  gst_harness_set_src_caps_str(bench, run.caps.c_str());
  run.push(bench, 10);
  push_eos(bench);
  const auto out = joined(take_frames(bench));
  fail_unless_equals_int(out.size(), in.size());
  for (std::size_t i = 0; i < in.size(); ++i)
    ASSERT_NEAR_AT(i, out[i], i / 64 == 10 ? 0 : in[i], 1e-6);
  fail_unless_equals_int(count_messages(bench.bus(), GST_MESSAGE_WARNING), 1);
}
GST_END_TEST

GST_START_TEST(sound_begins_with_the_first_frame_that_comes) {
  const auto in = noise(1000);
  const Frames run(kLinear, in, all);
  const Bench bench("signatureaudio");
  gst_harness_set_src_caps_str(bench, run.caps.c_str());
  run.push(bench, 0);
  push_eos(bench);
  std::vector<float> out;
  for (const Buffer &buffer : take_frames(bench)) {
    if (out.empty()) fail_unless_equals_uint64(buffer.pts(), 62500000);
    const auto own = samples_of(buffer);
    out.insert(out.end(), own.begin(), own.end());
  }
  fail_unless(error_db(out, {in.begin() + 64, in.end()}) < -120);
  fail_unless_equals_int(count_messages(bench.bus(), GST_MESSAGE_WARNING), 1);
}
GST_END_TEST

GST_START_TEST(a_new_run_has_its_own_time_and_the_discont_flag) {
  const auto in = noise(1000), later = noise(700, 0.1, 2);
  const Frames first(kLinear, in, all),
      second(kLinear, later, all, true, 4096, 7 * GST_SECOND);
  const Bench bench("signatureaudio");
  gst_harness_set_src_caps_str(bench, first.caps.c_str());
  first.push(bench);
  second.push(bench);
  push_eos(bench);
  std::vector<Buffer> before, after;
  for (Buffer &buffer : take_frames(bench))
    (buffer.pts() < 7 * GST_SECOND ? before : after)
        .push_back(std::move(buffer));
  fail_unless(error_db(joined(before), in) < -120);
  fail_unless(error_db(joined(after, 7 * GST_SECOND), later) < -120);
}
GST_END_TEST

GST_START_TEST(a_flush_forgets_what_is_held) {
  const auto in = noise(1000);
  const Frames run(kLinear, in, all);
  const Bench bench("signatureaudio");
  gst_harness_set_src_caps_str(bench, run.caps.c_str());
  run.push(bench);
  take_frames(bench);
  gst_harness_push_event(bench, gst_event_new_flush_start());
  gst_harness_push_event(bench, gst_event_new_flush_stop(TRUE));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_harness_push_event(bench, gst_event_new_segment(&segment));
  fail_unless(take_frames(bench).empty());
  run.push(bench);
  push_eos(bench);
  fail_unless(error_db(joined(take_frames(bench)), in) < -120);
}
GST_END_TEST

GST_START_TEST(a_gap_and_a_segment_bring_out_what_is_held_before_them) {
  const auto in = noise(1000);
  const Frames run(kLinear, in, all);
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  for (GstEvent *event : {gst_event_new_gap(GST_SECOND, GST_SECOND),
                          gst_event_new_segment(&segment)}) {
    const Bench bench("signatureaudio");
    gst_harness_set_src_caps_str(bench, run.caps.c_str());
    run.push(bench);
    fail_unless(gst_harness_push_event(bench, event));
    fail_unless_equals_int(joined(take_frames(bench)).size(), in.size());
  }
}
GST_END_TEST

GST_START_TEST(frames_without_time_give_sound_without) {
  const auto in = noise(1000);
  const Frames run(kLinear, in, all, true, 4096, GST_CLOCK_TIME_NONE);
  const Bench bench("signatureaudio");
  gst_harness_set_src_caps_str(bench, run.caps.c_str());
  for (const Buffer &frame : run.frames) {
    GST_BUFFER_PTS(frame.get()) = GST_CLOCK_TIME_NONE;
    GST_BUFFER_DURATION(frame.get()) = GST_CLOCK_TIME_NONE;
  }
  run.push(bench);
  push_eos(bench);
  std::vector<float> out;
  for (const Buffer &buffer : take_frames(bench)) {
    fail_unless_equals_uint64(buffer.pts(), GST_CLOCK_TIME_NONE);
    const auto own = samples_of(buffer);
    out.insert(out.end(), own.begin(), own.end());
  }
  fail_unless(error_db(out, in) < -120);
}
GST_END_TEST

GST_START_TEST(another_rate_is_announced_after_the_last_sample_of_the_old) {
  const auto in = noise(1000);
  const Frames slow(kLinear, in, all),
      fast(kLinear, in, all, true, 4096, 0, 2 * kRate);
  const Bench bench("signatureaudio");
  for (const Frames *run : {&slow, &fast}) {
    gst_harness_set_src_caps_str(bench, run->caps.c_str());
    run->push(bench);
    push_eos(bench);
    std::size_t count = 0;
    for (const Buffer &buffer : take_frames(bench))
      count += samples_of(buffer).size();
    fail_unless_equals_int(count, in.size());
    g_autoptr(GstCaps) caps = gst_pad_get_current_caps(bench->sinkpad);
    int rate = 0;
    gst_structure_get_int(gst_caps_get_structure(caps, 0), "rate", &rate);
    fail_unless_equals_int(rate, run == &slow ? kRate : 2 * kRate);
    if (run == &fast) break;
    gst_harness_push_event(bench, gst_event_new_flush_start());
    gst_harness_push_event(bench, gst_event_new_flush_stop(TRUE));
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_harness_push_event(bench, gst_event_new_segment(&segment));
  }
}
GST_END_TEST

static GstClockTime latency_of(const Bench &bench) {
  GstQuery *query = gst_query_new_latency();
  fail_unless(gst_pad_peer_query(bench->sinkpad, query));
  GstClockTime min;
  gst_query_parse_latency(query, nullptr, &min, nullptr);
  gst_query_unref(query);
  return min;
}

/* A sample whose place is that of a frame's first new one comes out by then. */
GST_START_TEST(sound_comes_within_the_latency_that_is_told) {
  const auto in = noise(3000);
  const Frames run(kLinear, in, all);
  struct Case {
    const char *settings;
    int samples;
  };
  // max(window, (1 + columns waited for) columns)
  for (const Case &c :
       {Case{"wait=0", 64}, Case{"", 80}, Case{"wait=30000000", 64}}) {
    const Bench bench(std::string("signatureaudio ") + c.settings);
    gst_harness_set_upstream_latency(bench, GST_SECOND);
    gst_harness_set_src_caps_str(bench, run.caps.c_str());
    fail_unless_equals_uint64(latency_of(bench), GST_SECOND);
    gint64 out = 0;
    for (std::size_t i = 0; i + 1 < run.frames.size(); ++i) {
      gst_harness_push(bench, gst_buffer_ref(run.frames[i].get()));
      for (const Buffer &buffer : take_frames(bench))
        out += gint64(samples_of(buffer).size());
      fail_unless(gint64(64 * (i + 1)) - out <= c.samples, "%d",
                  int(64 * (i + 1) - std::size_t(out)));
    }
    fail_unless_equals_uint64(
        latency_of(bench),
        GST_SECOND +
            gst_util_uint64_scale_ceil(guint64(c.samples), GST_SECOND, kRate));
    fail_unless_equals_int(count_messages(bench.bus(), GST_MESSAGE_LATENCY), 1);
  }
}
GST_END_TEST

/* Life */

GST_START_TEST(the_element_goes_up_and_down_twice) {
  const auto in = noise(1000);
  const Frames run(kLinear, in, all);
  const Bench bench("signatureaudio");
  for (int i = 0; i < 2; ++i) {
    gst_element_set_state(bench.element(), GST_STATE_NULL);
    gst_element_set_state(bench.element(), GST_STATE_PLAYING);
    gst_harness_set_src_caps_str(bench, run.caps.c_str());
    run.push(bench);
    fail_unless(!take_frames(bench).empty());
  }
}
GST_END_TEST

GST_START_TEST(an_end_without_a_frame_gives_no_sound_and_no_error) {
  const Bench bench("signatureaudio");
  gst_harness_set_src_caps_str(bench, kTinyCaps);
  push_eos(bench);
  fail_unless(take_frames(bench).empty());
}
GST_END_TEST

GST_START_TEST(properties_have_the_defaults_that_they_announce) {
  GstElement *element = gst_element_factory_make("signatureaudio", nullptr);
  assert_default_properties(element);
  gst_object_unref(element);
}
GST_END_TEST

static void expect_refused(const std::string &settings, GstBuffer *frame,
                           const char *caps, const char *words) {
  const Bench bench("signatureaudio " + settings);
  gst_harness_set_src_caps_str(bench, caps);
  fail_unless_equals_int(gst_harness_push(bench, frame), GST_FLOW_ERROR);
  const PostedError error = bench.one_error();
  fail_unless(error.is(GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS));
  ck_assert_msg(error.says(words), "no \"%s\" in: %s", words,
                error.text.c_str());
}

GST_START_TEST(what_cannot_become_sound_is_one_error_that_says_why) {
  GstBuffer *frame = tiny_frame(tiny_line(3));
  expect_refused("", gst_buffer_ref(frame), kTinyCaps,
                 "The frame carries no class mask; put scorecammask upstream");
  add_mask(frame, all, false);
  expect_refused("gate=binary", gst_buffer_ref(frame), kTinyCaps,
                 "put signatureextract before signatureaudio, or set "
                 "gate=soft.");
  expect_refused("", frame, kTinyCaps,
                 "carries no samples; put the "
                 "sonarspectrogram of this version upstream.");
  expect_refused("", gst_buffer_new_allocate(nullptr, 512, nullptr), kTinyCaps,
                 "The frame carries no spectrogram meta");
  const Frames demon(
      "sonarspectrogram mode=demon demon-min-frequency=50 "
      "demon-max-frequency=400 decimation=8 fft-size=64 hop-size=16 "
      "min-frequency=2 max-frequency=40 width=8 advance=8",
      noise(4000), all);
  fail_unless(!demon.frames.empty());
  expect_refused("", gst_buffer_ref(demon.frames[0].get()), demon.caps.c_str(),
                 "rows of a frame are modulation frequencies");
}
GST_END_TEST

static Suite *signatureaudio_suite() {
  Suite *s = suite_create("signatureaudio");
  TCase *sound = tcase_create("sound");
  suite_add_tcase(s, sound);
  tcase_add_test(sound, a_mask_of_ones_gives_the_input_back_from_end_to_end);
  tcase_add_test(sound, signature_and_complement_sum_to_the_input);
  tcase_add_test(sound, a_click_comes_out_at_its_sample);
  tcase_add_test(sound, what_is_outside_of_the_mask_falls_to_the_floor);
  tcase_add_test(sound, attack_and_release_are_the_time_constants_of_the_gate);
  tcase_add_test(sound, sound_is_bit_identical_for_any_buffer_size);
  tcase_add_test(sound, wait_says_whether_the_first_or_the_last_frame_decides);
  TCase *time = tcase_create("time");
  suite_add_tcase(s, time);
  tcase_add_test(time,
                 samples_of_a_lost_frame_are_silent_and_the_rest_stays_in_step);
  tcase_add_test(time, sound_begins_with_the_first_frame_that_comes);
  tcase_add_test(time, a_new_run_has_its_own_time_and_the_discont_flag);
  tcase_add_test(time, a_flush_forgets_what_is_held);
  tcase_add_test(time, a_gap_and_a_segment_bring_out_what_is_held_before_them);
  tcase_add_test(time, frames_without_time_give_sound_without);
  tcase_add_test(time,
                 another_rate_is_announced_after_the_last_sample_of_the_old);
  tcase_add_test(time, sound_comes_within_the_latency_that_is_told);
  TCase *life = tcase_create("life");
  suite_add_tcase(s, life);
  tcase_add_test(life, the_element_goes_up_and_down_twice);
  tcase_add_test(life, an_end_without_a_frame_gives_no_sound_and_no_error);
  tcase_add_test(life, properties_have_the_defaults_that_they_announce);
  tcase_add_test(life, what_cannot_become_sound_is_one_error_that_says_why);
  return s;
}

GST_CHECK_MAIN(signatureaudio);
