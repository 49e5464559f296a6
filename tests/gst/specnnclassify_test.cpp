/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "meta/gstsonarclassmeta.h"
#include "models/registry.h"
#include "support/tiny_frames.h"
#include "support/tiny_model.h"

using namespace sonar;
using namespace sonar::testing;

/* A convolution may add in another order when its batch is larger. */
static const double kBatchTolerance = 1e-6;

static std::string classify(const ModelFile &model,
                            const std::string &settings = "") {
  return "specnnclassify name=c model=" + model.path() + " " + settings;
}

static const GstSonarClassMeta &class_of(const Buffer &frame) {
  const auto *meta = gst_buffer_get_sonar_class_meta(frame.get());
  ck_assert_msg(meta, "the frame has no class meta");
  return *meta;
}

static std::vector<float> probabilities_of(const Buffer &frame) {
  return values_of<float>(class_of(frame).probabilities);
}

static Buffer push_and_pull(GstHarness *h, GstBuffer *frame) {
  fail_unless_equals_int(gst_harness_push(h, frame), GST_FLOW_OK);
  GstBuffer *out = gst_harness_try_pull(h);
  ck_assert_msg(out, "no frame came out");
  return Buffer(out);
}

/* ---- classes ---- */

GST_START_TEST(the_louder_half_names_the_frame_and_probabilities_add_up) {
  const ModelFile model;
  const Bench h(classify(model));
  gst_harness_set_src_caps_str(h, kTinyCaps);
  for (const bool high : {false, true}) {
    const Buffer out =
        push_and_pull(h, tiny_frame(tiny_line(high ? kHighRow : kLowRow)));
    const auto &meta = class_of(out);
    fail_unless_equals_int(meta.n_classes, 2);
    fail_unless_equals_string(meta.labels[0], "low");
    fail_unless_equals_string(meta.labels[1], "high");
    fail_unless(meta.labels[2] == nullptr);
    fail_unless_equals_int(meta.best, high);
    fail_unless_equals_string(gst_sonar_class_meta_get_label(&meta),
                              high ? "high" : "low");
    fail_unless(meta.model == model.path());
    fail_unless(!meta.rejected);
    const auto p = probabilities_of(out);
    ASSERT_NEAR_AT(0, p[0] + p[1], 1, 1e-6);  // a float's rounding
    fail_unless(p[meta.best] == meta.confidence && meta.confidence > 0.5f);
  }
}
GST_END_TEST

GST_START_TEST(the_class_is_the_librarys_for_the_decoded_picture) {
  const ModelFile model;
  const Bench h(classify(model));
  gst_harness_set_src_caps_str(h, kTinyCaps);
  FrameOptions options;
  options.valid = {4, 13};
  const Buffer out =
      push_and_pull(h, tiny_frame(tiny_line(kLowRow), {}, options));
  const auto want =
      models::open(model.path(), "cpu")
          ->classify({tiny_decoded(tiny_line(kLowRow)), {}, {4, 13}});
  fail_unless(probabilities_of(out) == want.probabilities);
  fail_unless(values_of<float>(class_of(out).input) == want.input);
  fail_unless(values_of<float>(class_of(out).feature_maps) == want.maps);
}
GST_END_TEST

GST_START_TEST(pixels_times_flags_and_the_spectrogram_meta_pass_unchanged) {
  const ModelFile model;
  const Bench h(classify(model));
  for (const int bits : {16, 8}) {
    gst_harness_set_src_caps_str(h, bits == 16 ? kTinyCaps : kTinyCaps8);
    FrameOptions options;
    options.first_column = 48;
    options.bits = bits;
    options.discont = true;
    GstBuffer *in = tiny_frame(tiny_line(kHighRow), {}, options);
    const auto pixels = bytes_of(in);
    const Buffer out = push_and_pull(h, in);
    fail_unless(out.bytes() == pixels);
    fail_unless_equals_uint64(out.pts(), 48 * kColumnNs);
    fail_unless_equals_uint64(out.duration(), 16 * kColumnNs);
    fail_unless(out.discont());
    fail_unless_equals_int64(out.spectrogram().first_column, 48);
    fail_unless_equals_string(gst_sonar_class_meta_get_label(&class_of(out)),
                              "high");
  }
}
GST_END_TEST

GST_START_TEST(below_the_models_least_confidence_the_class_is_unknown) {
  models::Bundle bundle = tiny_bundle();
  bundle.settings.min_confidence = 1;
  const ModelFile model(bundle);
  const Bench h(classify(model));
  gst_harness_set_src_caps_str(h, kTinyCaps);
  const Buffer out = push_and_pull(h, tiny_frame(tiny_line(kLowRow)));
  fail_unless(class_of(out).rejected);
  fail_unless_equals_int(class_of(out).best, 0);
  fail_unless_equals_string(gst_sonar_class_meta_get_label(&class_of(out)),
                            "unknown");
}
GST_END_TEST

GST_START_TEST(least_confidence_set_while_playing_takes_effect) {
  const ModelFile model;
  const Bench h(classify(model));
  gst_harness_set_src_caps_str(h, kTinyCaps);
  const auto push = [&] {
    return push_and_pull(h, tiny_frame(tiny_line(kLowRow)));
  };
  const float confidence = class_of(push()).confidence;
  gst_harness_set(h, "specnnclassify", "min-confidence", 1.0, nullptr);
  fail_unless(class_of(push()).rejected);
  // equality is enough
  gst_harness_set(h, "specnnclassify", "min-confidence", double(confidence),
                  nullptr);
  fail_unless(!class_of(push()).rejected);
  gst_harness_set(h, "specnnclassify", "min-confidence", -1.0, nullptr);
  fail_unless(!class_of(push()).rejected);
}
GST_END_TEST

/* ---- batches ---- */

static const int kDiscont = 5;  // a frame that follows a gap

static std::vector<Buffer> classified_in_batches_of(const ModelFile &model,
                                                    int batch, int frames) {
  const Bench h(classify(model, "batch-size=" + std::to_string(batch)));
  gst_harness_set_src_caps_str(h, kTinyCaps);
  for (int i = 0; i < frames; ++i) {
    FrameOptions options;
    options.first_column = i * kTiny;
    options.discont = i == kDiscont;
    const Image picture =
        tiny_line(i % 2 ? kLowRow : kHighRow, 4 + float(i), guint32(i + 1));
    fail_unless_equals_int(
        gst_harness_push(h, tiny_frame(picture, {}, options)), GST_FLOW_OK);
    // complete batches, which begin anew at a discontinuity
    const int begin = i < kDiscont ? 0 : kDiscont;
    fail_unless_equals_int(gst_harness_buffers_received(h),
                           begin + (i + 1 - begin) / batch * batch);
  }
  gst_harness_push_event(h, gst_event_new_eos());
  return take_frames(h);
}

static void assert_same_floats(GBytes *got, GBytes *want) {
  const auto a = values_of<float>(got), b = values_of<float>(want);
  fail_unless_equals_int(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i)
    ASSERT_NEAR_AT(i, a[i], b[i], kBatchTolerance);
}

GST_START_TEST(batches_of_any_size_give_every_frame_in_order_and_alike) {
  const ModelFile model;
  const int frames = 10;  // neither 3 nor 7 divides it
  const auto want = classified_in_batches_of(model, 1, frames);
  fail_unless_equals_int(want.size(), frames);
  for (const int batch : {3, 7}) {
    const auto got = classified_in_batches_of(model, batch, frames);
    fail_unless_equals_int(got.size(), frames);
    for (std::size_t i = 0; i < got.size(); ++i) {
      fail_unless_equals_uint64(got[i].pts(), i * kTiny * kColumnNs);
      fail_unless_equals_int(got[i].discont(), want[i].discont());
      fail_unless(got[i].bytes() == want[i].bytes());
      fail_unless_equals_int(class_of(got[i]).best, i % 2 ? 0 : 1);
      fail_unless_equals_int(class_of(got[i]).rejected,
                             class_of(want[i]).rejected);
      assert_same_floats(class_of(got[i]).probabilities,
                         class_of(want[i]).probabilities);
      assert_same_floats(class_of(got[i]).input, class_of(want[i]).input);
      assert_same_floats(class_of(got[i]).feature_maps,
                         class_of(want[i]).feature_maps);
    }
  }
}
GST_END_TEST

GST_START_TEST(a_batch_adds_the_time_of_its_other_frames_to_the_latency) {
  const ModelFile model;
  for (const guint batch : {1u, 3u}) {
    const Bench h(classify(model, "batch-size=" + std::to_string(batch)));
    gst_harness_set_upstream_latency(h, 7 * GST_MSECOND);
    gst_harness_set_src_caps_str(h, kTinyCaps);
    // four frames a second
    fail_unless_equals_uint64(gst_harness_query_latency(h),
                              7 * GST_MSECOND + (batch - 1) * GST_SECOND / 4);
    // a latency asked for before the caps was too short
    fail_unless_equals_int(count_messages(h.bus(), GST_MESSAGE_LATENCY),
                           batch > 1);
  }
}
GST_END_TEST

GST_START_TEST(a_flush_forgets_an_incomplete_batch) {
  const ModelFile model;
  const Bench h(classify(model, "batch-size=3"));
  gst_harness_set_src_caps_str(h, kTinyCaps);
  FrameOptions options;
  const auto push = [&](gint64 column) {
    options.first_column = column;
    gst_harness_push(h, tiny_frame(tiny_line(kLowRow), {}, options));
  };
  push(0);
  push(16);
  gst_harness_push_event(h, gst_event_new_flush_start());
  gst_harness_push_event(h, gst_event_new_flush_stop(TRUE));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_harness_push_event(h, gst_event_new_segment(&segment));
  for (const gint64 column : {320, 336, 352}) push(column);
  const auto frames = take_frames(h);
  fail_unless_equals_int(frames.size(), 3);
  fail_unless_equals_uint64(frames[0].pts(), 320 * kColumnNs);
}
GST_END_TEST

GST_START_TEST(new_caps_end_a_batch_in_the_old_format) {
  const ModelFile model;
  const Bench h(classify(model, "batch-size=3"));
  gst_harness_set_src_caps_str(h, kTinyCaps);
  gst_harness_push(h, tiny_frame(tiny_line(kLowRow)));
  gst_harness_set_src_caps_str(h, kTinyCaps8);
  const auto frames = take_frames(h);
  fail_unless_equals_int(frames.size(), 1);
  fail_unless_equals_int(class_of(frames[0]).best, 0);
}
GST_END_TEST

/* ---- messages ---- */

static double array_number(const GValue *array, guint i) {
  return g_value_get_double(gst_value_array_get_value(array, i));
}
static const char *array_text(const GValue *array, guint i) {
  return g_value_get_string(gst_value_array_get_value(array, i));
}

static guint64 clock_time(const GstStructure *s, const char *field) {
  guint64 time = 0;
  fail_unless(gst_structure_get_uint64(s, field, &time), "no %s", field);
  return time;
}

GST_START_TEST(the_message_lists_the_best_classes_and_the_frames_times) {
  const ModelFile model;
  const Bench h(classify(model, "top-k=5"));
  gst_harness_set_src_caps_str(h, kTinyCaps);
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.start = 250 * GST_MSECOND;
  segment.time = 5 * GST_SECOND;
  gst_harness_push_event(h, gst_event_new_segment(&segment));
  FrameOptions options;
  options.first_column = 32;  // 500 ms
  options.utc0 = 951868799 * gint64(GST_SECOND);
  const Buffer out =
      push_and_pull(h, tiny_frame(tiny_line(kHighRow), {}, options));
  const auto p = probabilities_of(out);

  g_autoptr(GstMessage) message =
      gst_bus_pop_filtered(h.bus(), GST_MESSAGE_ELEMENT);
  fail_unless(message && gst_message_has_name(message, "sonar-class"));
  const GstStructure *s = gst_message_get_structure(message);
  double confidence = 0;
  gst_structure_get_double(s, "confidence", &confidence);
  fail_unless_equals_string(gst_structure_get_string(s, "label"), "high");
  fail_unless(confidence == double(p[1]));
  const GValue *labels = gst_structure_get_value(s, "labels");
  const GValue *probabilities = gst_structure_get_value(s, "probabilities");
  fail_unless_equals_int(gst_value_array_get_size(labels), 2);
  fail_unless_equals_int(gst_value_array_get_size(probabilities), 2);
  fail_unless_equals_string(array_text(labels, 0), "high");
  fail_unless_equals_string(array_text(labels, 1), "low");
  fail_unless(array_number(probabilities, 0) == double(p[1]));
  fail_unless(array_number(probabilities, 1) == double(p[0]));
  fail_unless_equals_uint64(clock_time(s, "timestamp"), 500 * GST_MSECOND);
  fail_unless_equals_uint64(clock_time(s, "stream-time"), 5250 * GST_MSECOND);
  fail_unless_equals_uint64(clock_time(s, "running-time"), 250 * GST_MSECOND);
  fail_unless_equals_uint64(clock_time(s, "duration"), 250 * GST_MSECOND);
  fail_unless_equals_string(gst_structure_get_string(s, "utc"),
                            "2000-02-29T23:59:59.500Z");
  fail_unless(!gst_bus_pop_filtered(h.bus(), GST_MESSAGE_ELEMENT));
}
GST_END_TEST

GST_START_TEST(the_message_of_a_rejected_class_says_unknown_and_lists_one) {
  const ModelFile model;
  const Bench h(classify(model, "min-confidence=1"));
  gst_harness_set_src_caps_str(h, kTinyCaps);
  push_and_pull(h, tiny_frame(tiny_line(kLowRow)));
  g_autoptr(GstMessage) message =
      gst_bus_pop_filtered(h.bus(), GST_MESSAGE_ELEMENT);
  const GstStructure *s = gst_message_get_structure(message);
  fail_unless_equals_string(gst_structure_get_string(s, "label"), "unknown");
  fail_unless(!gst_structure_has_field(s, "utc"), "nobody knows the time");
  const GValue *labels = gst_structure_get_value(s, "labels");
  fail_unless_equals_int(gst_value_array_get_size(labels), 1);
  fail_unless_equals_string(array_text(labels, 0), "low");
}
GST_END_TEST

/* ---- errors ---- */

/* The one error of a start that fails. */
static PostedError error_of_start(const char *model, const char *device) {
  GstElement *element = gst_element_factory_make("specnnclassify", nullptr);
  g_object_set(element, "model", model, "device", device, nullptr);
  g_autoptr(GstBus) bus = gst_bus_new();
  gst_element_set_bus(element, bus);
  fail_unless_equals_int(gst_element_set_state(element, GST_STATE_PLAYING),
                         GST_STATE_CHANGE_FAILURE);
  gst_element_set_state(element, GST_STATE_NULL);
  gst_element_set_bus(element, nullptr);
  gst_object_unref(element);
  return pop_one_error(bus);
}

GST_START_TEST(a_start_without_a_good_model_fails_with_one_error) {
  PostedError e = error_of_start(nullptr, "cpu");
  fail_unless(e.is(GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND));
  fail_unless(e.says("No model is set"), "%s", e.text.c_str());

  e = error_of_start("no-such-model", "cpu");
  fail_unless(e.is(GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND));
  fail_unless(e.says("no-such-model.safetensors"), "%s", e.text.c_str());

  e = error_of_start("/no/such/folder/m.safetensors", "cpu");
  fail_unless(e.is(GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND));
  fail_unless(e.says("/no/such/folder/m.safetensors does not exist"), "%s",
              e.text.c_str());

  const ModelFile model;
  {
    std::fstream file(model.path(),
                      std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(-1, std::ios::end);
    file.put('\x55');
  }
  e = error_of_start(model.path().c_str(), "cpu");
  fail_unless(e.is(GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_INIT));
  fail_unless(e.says("is corrupt") && e.says(model.path().c_str()), "%s",
              e.text.c_str());
}
GST_END_TEST

GST_START_TEST(a_device_that_is_not_there_is_one_error_and_never_the_cpu) {
  const ModelFile model;
  PostedError e = error_of_start(model.path().c_str(), "cuda:99");
  fail_unless(e.is(GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_FAILED));
  fail_unless(e.says("device cuda:99 is not there"), "%s", e.text.c_str());
  e = error_of_start(model.path().c_str(), "tpu");
  fail_unless(e.is(GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS));
  fail_unless(e.says("\"tpu\""), "%s", e.text.c_str());
}
GST_END_TEST

GST_START_TEST(a_spectrogram_of_other_settings_is_one_error_naming_both) {
  const ModelFile model;
  const Bench h(classify(model));
  gst_harness_set_src_caps_str(h, kTinyCaps);
  FrameOptions options;
  options.recipe.rate_hz = 2048;  // the same rows from a longer window
  options.recipe.fft_size = 64;
  fail_unless_equals_int(
      gst_harness_push(h, tiny_frame(tiny_line(kLowRow), {}, options)),
      GST_FLOW_ERROR);
  const PostedError e = h.one_error();
  fail_unless(e.is(GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS));
  fail_unless(e.says("fft-size is 64, the model needs 32"), "%s",
              e.text.c_str());
  fail_unless(e.says("rate is 2048 Hz, the model needs 1024 Hz"), "%s",
              e.text.c_str());
  fail_unless(e.says(("model=" + model.path()).c_str()), "%s", e.text.c_str());
}
GST_END_TEST

GST_START_TEST(levels_of_another_unit_than_in_training_are_one_error) {
  models::Bundle bundle = tiny_bundle();
  bundle.settings.recipe.normalizer = Normalizer::kNone;
  const ModelFile model(bundle);
  const Bench h(classify(model));
  gst_harness_set_src_caps_str(h, kTinyCaps);
  FrameOptions options;
  options.recipe.normalizer = Normalizer::kNone;
  push_and_pull(h, tiny_frame(tiny_line(kLowRow), {}, options));
  options.level_unit = "dB re 1 uPa";
  fail_unless_equals_int(
      gst_harness_push(h, tiny_frame(tiny_line(kLowRow), {}, options)),
      GST_FLOW_ERROR);
  const PostedError e = h.one_error();
  fail_unless(e.is(GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS));
  fail_unless(
      e.says("are levels in dB re 1 uPa") && e.says("was trained on dBFS"),
      "%s", e.text.c_str());
}
GST_END_TEST

/* The shipped model sees levels too, by their difference from the mean. */
GST_START_TEST(calibration_changes_no_class) {
  std::vector<std::vector<float>> seen;
  for (const std::string settings : {"", "sensitivity=-170 gain=12 "}) {
    const Bench h("sonarspectrogram model=hydrophone " + settings +
                  "! specnnclassify model=hydrophone");
    gst_harness_set_src_caps_str(h, audio_caps(16000).c_str());
    push_samples(h, noise(2 * 16000), 16000);
    const auto frames = take_frames(h);
    fail_unless(frames.size() > 3);
    seen.push_back(values_of<float>(class_of(frames.back()).input));
    seen.push_back(probabilities_of(frames.back()));
  }
  fail_unless(seen[0] == seen[2] && seen[1] == seen[3]);
}
GST_END_TEST

GST_START_TEST(a_frame_that_lost_its_spectrogram_on_the_way_is_one_error) {
  const ModelFile model;
  const Bench h("videoscale ! video/x-raw, width=8, height=8 ! " +
                classify(model));
  gst_harness_set_src_caps_str(h, kTinyCaps);
  fail_unless_equals_int(gst_harness_push(h, tiny_frame(tiny_line(kLowRow))),
                         GST_FLOW_ERROR);
  const PostedError e = h.one_error();
  fail_unless(e.is(GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS));
  fail_unless(e.says("no spectrogram meta") && e.says("rescales"), "%s",
              e.text.c_str());
  fail_unless_equals_string(e.source.c_str(), "c");
}
GST_END_TEST

GST_START_TEST(an_error_in_the_rest_of_a_batch_is_posted_at_the_end) {
  const ModelFile model;
  const Bench h(classify(model, "batch-size=3"));
  gst_harness_set_src_caps_str(h, kTinyCaps);
  GstBuffer *bare = gst_buffer_new_allocate(nullptr, 512, nullptr);
  fail_unless_equals_int(gst_harness_push(h, bare), GST_FLOW_OK);
  gst_harness_push_event(h, gst_event_new_eos());
  fail_unless(h.one_error().says("no spectrogram meta"));
  fail_unless_equals_int(gst_harness_buffers_received(h), 0);
}
GST_END_TEST

/* ---- states ---- */

GST_START_TEST(the_element_goes_up_and_down_twice_and_then_still_works) {
  const ModelFile model;
  GstElement *element = gst_element_factory_make("specnnclassify", nullptr);
  g_object_set(element, "model", model.path().c_str(), "batch-size", 2,
               nullptr);
  for (int round = 0; round < 2; ++round)
    for (const GstState state : {GST_STATE_PLAYING, GST_STATE_NULL})
      fail_unless_equals_int(gst_element_set_state(element, state),
                             GST_STATE_CHANGE_SUCCESS);
  GstHarness *h = gst_harness_new_with_element(element, "sink", "src");
  gst_object_unref(element);
  gst_harness_set_src_caps_str(h, kTinyCaps);
  gst_harness_push(h, tiny_frame(tiny_line(kLowRow)));
  gst_harness_push(h, tiny_frame(tiny_line(kLowRow)));
  gst_harness_push(h, tiny_frame(tiny_line(kLowRow)));  // left for the teardown
  fail_unless_equals_int(take_frames(h).size(), 2);
  gst_harness_teardown(h);
}
GST_END_TEST

static Suite *specnnclassify_suite(void) {
  Suite *s = suite_create("specnnclassify");
  TCase *tc = tcase_create("all");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, the_louder_half_names_the_frame_and_probabilities_add_up);
  tcase_add_test(tc, the_class_is_the_librarys_for_the_decoded_picture);
  tcase_add_test(tc,
                 pixels_times_flags_and_the_spectrogram_meta_pass_unchanged);
  tcase_add_test(tc, below_the_models_least_confidence_the_class_is_unknown);
  tcase_add_test(tc, least_confidence_set_while_playing_takes_effect);
  tcase_add_test(tc, batches_of_any_size_give_every_frame_in_order_and_alike);
  tcase_add_test(tc, a_batch_adds_the_time_of_its_other_frames_to_the_latency);
  tcase_add_test(tc, a_flush_forgets_an_incomplete_batch);
  tcase_add_test(tc, new_caps_end_a_batch_in_the_old_format);
  tcase_add_test(tc, the_message_lists_the_best_classes_and_the_frames_times);
  tcase_add_test(tc,
                 the_message_of_a_rejected_class_says_unknown_and_lists_one);
  tcase_add_test(tc, a_start_without_a_good_model_fails_with_one_error);
  tcase_add_test(tc, a_device_that_is_not_there_is_one_error_and_never_the_cpu);
  tcase_add_test(tc, a_spectrogram_of_other_settings_is_one_error_naming_both);
  tcase_add_test(tc, levels_of_another_unit_than_in_training_are_one_error);
  tcase_add_test(tc, calibration_changes_no_class);
  tcase_add_test(tc, a_frame_that_lost_its_spectrogram_on_the_way_is_one_error);
  tcase_add_test(tc, an_error_in_the_rest_of_a_batch_is_posted_at_the_end);
  tcase_add_test(tc, the_element_goes_up_and_down_twice_and_then_still_works);
  return s;
}
GST_CHECK_MAIN(specnnclassify)
