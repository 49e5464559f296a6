/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What sonarspectrogram says about the propeller it hears in mode=demon. */
#include "meta/gstsonarpropulsionmeta.h"
#include "support/gst_testing.h"

using namespace sonar::testing;

static constexpr int kRate = 8000;

/* Noise that a propeller of @p blades modulates. */
static std::vector<float> propeller(int seconds, double shaft_hz, int blades) {
  auto samples = noise(std::size_t(seconds * kRate));
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double turns = 2 * G_PI * shaft_hz * double(i) / kRate;
    double envelope = 1;
    for (int k = 1; k <= 3; ++k)
      envelope += 0.1 / k * std::cos(k * turns) +
                  0.4 / k * std::cos(k * blades * turns);
    samples[i] *= float(0.2 * envelope);
  }
  return samples;
}

/* Whatever a run of @p samples posts and gives. */
struct Heard {
  std::vector<Buffer> frames;
  std::vector<GstStructure *> messages;
  ~Heard() {
    for (GstStructure *message : messages) gst_structure_free(message);
  }
};

static void hear(const std::string &launch, const std::vector<float> &samples,
                 Heard &heard) {
  Bench bench(launch);
  gst_harness_set_src_caps_str(bench, audio_caps(kRate).c_str());
  fail_unless_equals_int(push_samples(bench, samples, kRate, 4096),
                         GST_FLOW_OK);
  fail_unless(gst_harness_push_event(bench, gst_event_new_eos()));
  heard.frames = take_frames(bench);
  while (GstMessage *m =
             gst_bus_pop_filtered(bench.bus(), GST_MESSAGE_ELEMENT)) {
    heard.messages.push_back(gst_structure_copy(gst_message_get_structure(m)));
    gst_message_unref(m);
  }
}

static const GstSonarPropulsionMeta *meta_of(const Buffer &frame) {
  return gst_buffer_get_sonar_propulsion_meta(frame.get());
}

GST_START_TEST(the_propeller_is_named_on_the_frame_and_once_on_the_bus) {
  const struct {
    double shaft_hz;
    int blades;
  } cases[] = {{2.4, 4}, {1.7, 5}, {4.1, 3}};
  for (const auto &c : cases) {
    Heard heard;
    hear("sonarspectrogram mode=demon demon-min-frequency=500",
         propeller(90, c.shaft_hz, c.blades), heard);
    const auto *meta = meta_of(heard.frames.back());
    fail_unless(meta != nullptr);
    // a tenth of a bin
    ASSERT_NEAR_AT(c.blades, meta->shaft_hz, c.shaft_hz, 0.01);
    fail_unless_equals_int(meta->blades, c.blades);
    ASSERT_NEAR_AT(c.blades, meta->blade_hz, meta->shaft_hz * c.blades, 1e-9);
    fail_unless(meta->confidence > 0.5 && meta->confidence <= 1);
    fail_unless(meta->shaft_sd_hz > 0 && meta->shaft_sd_hz < 0.05);
    fail_unless_equals_int64(meta->begin, 0);
    fail_unless(meta->end > 85 * gint64(GST_SECOND) &&
                meta->end <= 90 * gint64(GST_SECOND));

    fail_unless_equals_int(heard.messages.size(), 1);
    const GstStructure *message = heard.messages[0];
    fail_unless(gst_structure_has_name(message, "sonar-propulsion"));
    double shaft_hz = 0, blade_hz = 0, confidence = 0;
    guint blades = 0;
    guint64 stream_time = 1;
    fail_unless(gst_structure_get(
        message, "shaft-rate", G_TYPE_DOUBLE, &shaft_hz, "blades", G_TYPE_UINT,
        &blades, "blade-rate", G_TYPE_DOUBLE, &blade_hz, "confidence",
        G_TYPE_DOUBLE, &confidence, "stream-time", G_TYPE_UINT64, &stream_time,
        nullptr));
    // the first frame that is sure enough is less exact than the last
    ASSERT_NEAR_AT(c.blades, shaft_hz, c.shaft_hz, 0.05);
    fail_unless_equals_int(blades, c.blades);
    fail_unless(confidence >= 0.5);
  }
}
GST_END_TEST

GST_START_TEST(another_propeller_is_news) {
  auto samples = propeller(80, 2.4, 4);
  const auto other = propeller(120, 3.3, 5);
  samples.insert(samples.end(), other.begin(), other.end());
  Heard heard;
  hear("sonarspectrogram mode=demon demon-min-frequency=500 width=32", samples,
       heard);
  guint before = 0, after = 0;
  fail_unless(heard.messages.size() >= 2);
  gst_structure_get_uint(heard.messages.front(), "blades", &before);
  gst_structure_get_uint(heard.messages.back(), "blades", &after);
  fail_unless_equals_int(before, 4);
  fail_unless_equals_int(after, 5);
}
GST_END_TEST

GST_START_TEST(nothing_is_said_of_steady_noise) {
  Heard heard;
  hear("sonarspectrogram mode=demon demon-min-frequency=500", noise(90 * kRate),
       heard);
  fail_unless(meta_of(heard.frames.back())->confidence < 0.5);
  fail_unless_equals_int(heard.messages.size(), 0);
}
GST_END_TEST

GST_START_TEST(nothing_is_looked_for_where_a_shaft_cannot_be_seen) {
  for (const char *settings :
       {"mode=lofar", "mode=demon max-frequency=10", "mode=demon resolution=1",
        "mode=demon axis=geometric min-frequency=1"}) {
    Heard heard;
    hear(std::string("sonarspectrogram ") + settings, propeller(30, 2.4, 4),
         heard);
    fail_unless(meta_of(heard.frames.back()) == nullptr, "%s", settings);
    fail_unless_equals_int(heard.messages.size(), 0);
  }
}
GST_END_TEST

GST_START_TEST(the_overlay_draws_the_comb_where_the_finding_is_trusted) {
  const std::string launch =
      "sonarspectrogram mode=demon demon-min-frequency=500 ! "
      "signatureoverlay width=640 height=360 history=90 show-families=";
  for (const bool heard_one : {true, false}) {
    const auto samples = heard_one ? propeller(90, 2.4, 4) : noise(90 * kRate);
    Heard with, without;
    hear(launch + "true", samples, with);
    hear(launch + "false", samples, without);
    fail_unless((with.frames.back().bytes() != without.frames.back().bytes()) ==
                heard_one);
  }
}
GST_END_TEST

static Suite *propulsion_suite(void) {
  Suite *s = suite_create("propulsion");
  TCase *tc = tcase_create("propulsion");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, the_propeller_is_named_on_the_frame_and_once_on_the_bus);
  tcase_add_test(tc, another_propeller_is_news);
  tcase_add_test(tc, nothing_is_said_of_steady_noise);
  tcase_add_test(tc, nothing_is_looked_for_where_a_shaft_cannot_be_seen);
  tcase_add_test(tc, the_overlay_draws_the_comb_where_the_finding_is_trusted);
  return s;
}
GST_CHECK_MAIN(propulsion)
