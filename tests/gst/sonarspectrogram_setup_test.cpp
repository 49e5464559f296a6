/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Negotiation, states, models and properties; sonarspectrogram_test.cpp has
 * the frames. */
#include <cstdlib>
#include <filesystem>

#include "models/bundle.h"
#include "support/gst_testing.h"

using namespace sonar::testing;
namespace fs = std::filesystem;

static constexpr int kModelRate = 12000;

static fs::path folder;
static std::string model_path;

static sonar::Recipe model_recipe() {
  sonar::Recipe recipe;
  recipe.rate_hz = kModelRate;
  recipe.fft_size = 512;
  recipe.hop_size = 200;
  recipe.window = sonar::Window::kHamming;
  recipe.bands = 40;
  recipe.max_frequency_hz = 5000;
  recipe.width = 30;
  recipe.advance = 6;
  recipe.floor_db = -5;
  recipe.range_db = 40;
  return recipe;
}

/* A model file of settings alone: this element reads no weights. */
static void make_model() {
  std::string name = (fs::temp_directory_path() / "sonar-XXXXXX").string();
  folder = mkdtemp(name.data());
  sonar::models::Bundle bundle;
  bundle.settings.name = "small";
  bundle.settings.labels = {"ferry", "tanker"};
  bundle.settings.recipe = model_recipe();
  bundle.settings.made_with = "test";
  bundle.settings.training_json = "{}";
  model_path = (folder / "small.safetensors").string();
  sonar::models::write_bundle(model_path, bundle);
}
static void remove_model() { fs::remove_all(folder); }

static void set_caps(const Bench &bench, int rate = 8000) {
  gst_harness_set_src_caps_str(bench, audio_caps(rate).c_str());
}

template <typename T>
static T get(GstElement *element, const char *property) {
  T value{};
  g_object_get(element, property, &value, nullptr);
  return value;
}

/* A pipeline that runs to its end or its first error, then stops. */
class Pipeline {
 public:
  explicit Pipeline(const std::string &launch)
      : pipeline_(gst_parse_launch(launch.c_str(), nullptr)),
        bus_(gst_element_get_bus(pipeline_)) {
    fail_unless(pipeline_);
    gst_element_set_state(pipeline_, GST_STATE_PLAYING);
    GstMessage *end = gst_bus_timed_pop_filtered(
        bus_, 20 * GST_SECOND,
        GstMessageType(GST_MESSAGE_EOS | GST_MESSAGE_ERROR));
    fail_unless(end, "neither end nor error in 20 s");
    if (GST_MESSAGE_TYPE(end) == GST_MESSAGE_ERROR)
      gst_bus_post(other_, end);
    else
      gst_message_unref(end);
    caps_ = caps_of_element();
    // READY keeps the bus; what the streaming threads still say is complete
    gst_element_set_state(pipeline_, GST_STATE_READY);
    while (GstMessage *more = gst_bus_pop_filtered(bus_, GST_MESSAGE_ERROR))
      gst_bus_post(other_, more);
    errors_ = pop_errors(other_);
  }
  ~Pipeline() {
    gst_element_set_state(pipeline_, GST_STATE_NULL);
    gst_object_unref(bus_);
    gst_object_unref(other_);
    gst_object_unref(pipeline_);
  }
  Pipeline(const Pipeline &) = delete;
  Pipeline &operator=(const Pipeline &) = delete;

  const std::string &sink_caps() const { return caps_; }
  /** Those that the element "s" posted. */
  std::vector<PostedError> own_errors() const {
    std::vector<PostedError> own;
    for (const PostedError &error : errors_)
      if (error.source == "s") own.push_back(error);
    return own;
  }
  const std::vector<PostedError> &errors() const { return errors_; }

 private:
  std::string caps_of_element() const {
    GstElement *element = gst_bin_get_by_name(GST_BIN(pipeline_), "s");
    GstPad *pad = gst_element_get_static_pad(element, "sink");
    g_autoptr(GstCaps) caps = gst_pad_get_current_caps(pad);
    gst_object_unref(pad);
    gst_object_unref(element);
    if (!caps) return {};
    g_autofree gchar *text = gst_caps_to_string(caps);
    return text;
  }

  GstElement *pipeline_;
  GstBus *bus_, *other_ = gst_bus_new();
  std::string caps_;
  std::vector<PostedError> errors_;
};

/* Rates */

/* The rates that the element asks for, in its order. */
static std::vector<std::string> rates_asked(GstPad *sink, GstCaps *filter) {
  g_autoptr(GstCaps) caps = gst_pad_query_caps(sink, filter);
  std::vector<std::string> rates;
  for (guint i = 0; i < gst_caps_get_size(caps); ++i) {
    const GValue *rate =
        gst_structure_get_value(gst_caps_get_structure(caps, i), "rate");
    g_autofree gchar *text = gst_value_serialize(rate);
    rates.push_back(text);
  }
  return rates;
}

GST_START_TEST(pad_asks_for_the_rate_of_the_model_where_it_can_be_given) {
  using Rates = std::vector<std::string>;
  const Rates model{"12000"}, model_first{"12000", "[ 1, 2147483647 ]"};
  GstElement *element = gst_element_factory_make("sonarspectrogram", nullptr);
  g_object_set(element, "model", model_path.c_str(), nullptr);
  GstPad *sink = gst_element_get_static_pad(element, "sink");
  fail_unless(rates_asked(sink, nullptr) == Rates{"[ 1, 2147483647 ]"});
  gst_element_set_state(element, GST_STATE_READY);
  fail_unless(rates_asked(sink, nullptr) == model_first);
  g_autoptr(GstCaps) filter = gst_caps_from_string(
      (audio_caps(48000) + "; " + audio_caps(kModelRate)).c_str());
  fail_unless(rates_asked(sink, filter) == Rates({"12000", "48000"}));

  GstElement *source = gst_element_factory_make("capsfilter", nullptr);
  fail_unless(gst_element_link(source, element));
  fail_unless(rates_asked(sink, nullptr) == model);
  fail_unless(rates_asked(sink, filter) == model);
  g_autoptr(GstCaps) other = gst_caps_from_string(audio_caps(48000).c_str());
  g_object_set(source, "caps", other, nullptr);
  fail_unless(rates_asked(sink, nullptr) == model_first);
  gst_element_set_state(element, GST_STATE_NULL);
  gst_object_unref(sink);
  gst_object_unref(source);
  gst_object_unref(element);
}
GST_END_TEST

GST_START_TEST(chains_that_can_settle_on_the_rate_of_the_model) {
  const char *chains[] = {
      "audio/x-raw,channels=2,rate=48000 ! audioconvert ! audioresample",
      "audio/x-raw,channels=2,rate=8000 ! audioresample ! audioconvert",
      "audio/x-raw,rate=12000 ! audioconvert ! audioresample",
      "audio/x-raw,rate={8000,12000,48000} ! audioconvert",
      "audio/x-raw,rate=44100 ! audioconvert ! audioresample ! queue",
      "audioconvert",
  };
  for (const std::string chain : chains) {
    const Pipeline pipeline("audiotestsrc num-buffers=20 ! " + chain +
                            " ! sonarspectrogram name=s model=" + model_path +
                            " ! fakesink");
    fail_unless(pipeline.errors().empty(), "%s: %s", chain.c_str(),
                texts_of(pipeline.errors()).c_str());
    fail_unless(
        pipeline.sink_caps().find("rate=(int)12000") != std::string::npos,
        "%s: %s", chain.c_str(), pipeline.sink_caps().c_str());
  }
}
GST_END_TEST

GST_START_TEST(without_a_model_any_rate_passes_a_resampler_untouched) {
  const Pipeline pipeline(
      "audiotestsrc num-buffers=20 ! audio/x-raw,rate=22050 ! audioconvert ! "
      "audioresample ! sonarspectrogram name=s ! fakesink");
  fail_unless(pipeline.errors().empty());
  fail_unless(pipeline.sink_caps().find("rate=(int)22050") !=
              std::string::npos);
}
GST_END_TEST

GST_START_TEST(wrong_rate_without_a_resampler_is_one_error_naming_both) {
  const Pipeline pipeline(
      "audiotestsrc num-buffers=20 ! audio/x-raw,rate=48000,channels=1 ! "
      "audioconvert ! sonarspectrogram name=s model=" +
      model_path + " ! fakesink");
  const auto own = pipeline.own_errors();
  fail_unless(own.size() == 1, "%s", texts_of(own).c_str());
  fail_unless(own[0].is(GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS));
  fail_unless(own[0].says("48000") && own[0].says("12000") &&
                  own[0].says("audioresample"),
              "%s", own[0].text.c_str());
  fail_unless(pipeline.errors()[0].source == "s", "another spoke first");
}
GST_END_TEST

GST_START_TEST(wrong_rate_of_a_source_that_does_not_ask_is_one_error) {
  Bench bench("sonarspectrogram model=" + model_path);
  // the harness answers queries with ANY as long as it did not send them itself
  g_autoptr(GstCaps) caps = gst_caps_from_string(audio_caps(48000).c_str());
  gst_harness_push_event(bench, gst_event_new_caps(caps));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_harness_push_event(bench, gst_event_new_segment(&segment));
  const PostedError error = bench.one_error();
  fail_unless(error.says("48000") && error.says("12000"), "%s",
              error.text.c_str());
  const float sample = 0;
  fail_unless_equals_int(gst_harness_push(bench, audio_buffer(&sample, 1, 0)),
                         GST_FLOW_NOT_NEGOTIATED);
}
GST_END_TEST

GST_START_TEST(stereo_is_refused_without_a_mixer) {
  Bench bench("sonarspectrogram");
  for (const int channels : {1, 2}) {
    g_autoptr(GstCaps) caps =
        gst_caps_from_string(audio_caps(8000, channels).c_str());
    fail_unless_equals_int(gst_pad_peer_query_accept_caps(bench->srcpad, caps),
                           channels == 1);
  }
  const float sample = 0;
  gst_harness_set_src_caps_str(bench, audio_caps(8000, 2).c_str());
  fail_unless_equals_int(gst_harness_push(bench, audio_buffer(&sample, 1, 0)),
                         GST_FLOW_NOT_NEGOTIATED);
}
GST_END_TEST

GST_START_TEST(frame_rate_and_size_follow_from_the_settings) {
  Bench bench("sonarspectrogram fft-size=256 hop-size=100 width=24 advance=3");
  set_caps(bench, 16000);
  g_autoptr(GstCaps) caps = gst_pad_get_current_caps(bench->sinkpad);
  g_autoptr(GstCaps) want = gst_caps_from_string(
      "video/x-raw,format=GRAY16_LE,width=24,height=128,framerate=160/3");
  fail_unless(gst_caps_is_subset(caps, want), "%s", gst_caps_to_string(caps));
}
GST_END_TEST

GST_START_TEST(advance_that_is_not_set_follows_a_narrower_width) {
  Bench bench("sonarspectrogram hop-size=100 width=8");
  set_caps(bench, 16000);
  g_autoptr(GstCaps) caps = gst_pad_get_current_caps(bench->sinkpad);
  g_autoptr(GstCaps) want =
      gst_caps_from_string("video/x-raw,width=8,framerate=20/1");
  fail_unless(gst_caps_is_subset(caps, want));
}
GST_END_TEST

GST_START_TEST(gray8_is_chosen_only_where_downstream_takes_nothing_else) {
  const struct {
    const char *downstream, *format;
  } cases[] = {{"video/x-raw,format=GRAY8", "GRAY8"},
               {"video/x-raw,format=GRAY16_LE", "GRAY16_LE"},
               {"video/x-raw,format={GRAY8,GRAY16_LE}", "GRAY16_LE"}};
  for (const auto &c : cases) {
    Bench bench("sonarspectrogram");
    gst_harness_set_sink_caps_str(bench, c.downstream);
    set_caps(bench);
    g_autoptr(GstCaps) caps = gst_pad_get_current_caps(bench->sinkpad);
    fail_unless_equals_string(
        gst_structure_get_string(gst_caps_get_structure(caps, 0), "format"),
        c.format);
  }
}
GST_END_TEST

/* Latency */

static GstClockTime latency_of(const Bench &bench, bool *live = nullptr) {
  GstQuery *query = gst_query_new_latency();
  fail_unless(gst_pad_peer_query(bench->sinkpad, query));
  gboolean is_live = FALSE;
  GstClockTime min = 0;
  gst_query_parse_latency(query, &is_live, &min, nullptr);
  gst_query_unref(query);
  if (live) *live = is_live;
  return min;
}

GST_START_TEST(latency_adds_to_upstream_and_keeps_its_live_flag) {
  for (const bool live : {false, true}) {
    Bench bench(
        "sonarspectrogram normalizer=none fft-size=256 hop-size=128 "
        "width=32 advance=8");
    gst_harness_set_live(bench, live);
    gst_harness_set_upstream_latency(bench, 5 * GST_MSECOND);
    set_caps(bench);
    bool is_live = !live;
    // 7 * 128 + 256 samples
    fail_unless_equals_uint64(latency_of(bench, &is_live), 149 * GST_MSECOND);
    fail_unless_equals_int(is_live, live);
  }
}
GST_END_TEST

GST_START_TEST(latency_is_what_the_first_frame_takes) {
  for (const char *normalizer : {"none", "tpsw"}) {
    Bench bench(std::string("sonarspectrogram fft-size=256 hop-size=128 "
                            "width=32 advance=8 normalizer=") +
                normalizer);
    set_caps(bench);
    const auto count =
        gst_util_uint64_scale(latency_of(bench), 8000, GST_SECOND);
    const auto samples = noise(count);
    push_samples(bench, {samples.begin(), samples.end() - 1}, 8000);
    fail_unless_equals_int(gst_harness_buffers_received(bench), 0);
    gst_harness_push(bench, audio_buffer(&samples.back(), 1,
                                         (count - 1) * GST_SECOND / 8000));
    fail_unless_equals_int(gst_harness_buffers_received(bench), 1);
  }
}
GST_END_TEST

GST_START_TEST(latency_message_is_posted_when_the_latency_changes) {
  Bench bench("sonarspectrogram");
  count_messages(bench.bus(), GST_MESSAGE_LATENCY);
  set_caps(bench);
  fail_unless_equals_int(count_messages(bench.bus(), GST_MESSAGE_LATENCY), 1);
  set_caps(bench);
  fail_unless_equals_int(count_messages(bench.bus(), GST_MESSAGE_LATENCY), 0);
  gst_harness_set_src_caps_str(
      bench, (audio_caps(8000) + ", channel-mask=(bitmask)1").c_str());
  fail_unless_equals_int(count_messages(bench.bus(), GST_MESSAGE_LATENCY), 0);
  set_caps(bench, 16000);
  fail_unless_equals_int(count_messages(bench.bus(), GST_MESSAGE_LATENCY), 1);
}
GST_END_TEST

/* States */

GST_START_TEST(element_survives_going_up_and_down_with_and_without_caps) {
  const auto samples = noise(8000);
  for (const bool caps : {false, true}) {
    Bench bench("sonarspectrogram normalizer=none width=32 advance=4");
    std::vector<guint8> first;
    for (int i = 0; i < 3; ++i) {
      gst_element_set_state(bench.element(), GST_STATE_NULL);
      gst_pad_set_active(bench->srcpad, FALSE);  // forgets its sticky events
      gst_pad_set_active(bench->srcpad, TRUE);
      gst_element_set_state(bench.element(), GST_STATE_PLAYING);
      gst_harness_push_event(bench, gst_event_new_stream_start("again"));
      if (!caps) continue;
      set_caps(bench);
      fail_unless_equals_int(push_samples(bench, samples, 8000), GST_FLOW_OK);
      const auto frames = take_frames(bench);
      fail_unless_equals_uint64(frames.at(0).pts(), 0);
      if (i == 0) first = frames[0].bytes();
      fail_unless(frames[0].bytes() == first);
    }
  }
}
GST_END_TEST

GST_START_TEST(missing_model_fails_the_state_change_with_one_error) {
  const std::string file = (folder / "none.safetensors").string();
  const PostedError by_path = error_on_start("sonarspectrogram model=" + file);
  fail_unless(by_path.is(GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND));
  fail_unless(by_path.says(file.c_str()), "%s", by_path.text.c_str());
  const PostedError by_name =
      error_on_start("sonarspectrogram model=no-such-model");
  fail_unless(by_name.is(GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND));
  fail_unless(by_name.says("no-such-model"), "%s", by_name.text.c_str());
}
GST_END_TEST

GST_START_TEST(damaged_model_fails_the_state_change_with_one_error) {
  const std::string file = (folder / "bad.safetensors").string();
  std::ofstream(file, std::ios::binary) << "no model at all";
  fail_unless(error_on_start("sonarspectrogram model=" + file)
                  .is(GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_INIT));
}
GST_END_TEST

GST_START_TEST(model_set_in_ready_is_taken) {
  GstElement *element = gst_element_factory_make("sonarspectrogram", nullptr);
  gst_element_set_state(element, GST_STATE_READY);
  g_object_set(element, "model", model_path.c_str(), nullptr);
  gst_element_set_state(element, GST_STATE_PAUSED);
  fail_unless_equals_int(get<int>(element, "fft-size"), 512);
  gst_element_set_state(element, GST_STATE_READY);
  g_object_set(element, "model", nullptr, nullptr);
  gst_element_set_state(element, GST_STATE_PAUSED);
  fail_unless_equals_int(get<int>(element, "fft-size"), 1024);
  gst_element_set_state(element, GST_STATE_NULL);
  gst_object_unref(element);
}
GST_END_TEST

/* Settings */

GST_START_TEST(settings_that_do_not_fit_are_one_error_with_got_and_needed) {
  const struct {
    const char *settings;
    std::vector<const char *> words;
  } cases[] = {
      {"fft-size=1001", {"fft-size is 1001", "even"}},
      {"width=8 advance=9", {"advance is 9", "8 columns"}},
      {"max-frequency=4001", {"max-frequency is 4001 Hz", "4000 Hz"}},
      {"hop-size=600 fft-size=512", {"hop-size is 600", "512 samples"}},
      {"axis=geometric", {"min-frequency is 0 Hz", "above 0 Hz"}},
  };
  for (const auto &c : cases) {
    Bench bench(std::string("sonarspectrogram ") + c.settings);
    set_caps(bench);
    expect_settings_refused(bench, c.words);
  }
}
GST_END_TEST

GST_START_TEST(unfit_settings_in_a_pipeline_post_one_error_of_their_own) {
  const Pipeline pipeline(
      "audiotestsrc num-buffers=20 ! audioconvert ! sonarspectrogram name=s "
      "fft-size=1001 ! fakesink");
  const auto own = pipeline.own_errors();
  fail_unless(own.size() == 1, "%s", texts_of(own).c_str());
  fail_unless(pipeline.errors()[0].source == "s", "another spoke first");
}
GST_END_TEST

GST_START_TEST(properties_have_the_defaults_that_are_used) {
  Bench bench("sonarspectrogram");
  GstElement *e = bench.element();
  set_caps(bench);
  push_samples(bench, noise(16000), 8000);
  const auto frames = take_frames(bench);
  const auto used = sonar::Recipe::from_json(frames.at(0).spectrogram().recipe);
  fail_unless_equals_int(get<int>(e, "fft-size"), used.fft_size);
  fail_unless_equals_int(get<int>(e, "hop-size"), used.hop_size);
  fail_unless_equals_int(get<int>(e, "width"), used.width);
  fail_unless_equals_int(get<int>(e, "advance"), used.advance);
  fail_unless_equals_int(get<int>(e, "window"), int(used.window));
  fail_unless_equals_int(get<int>(e, "axis"), int(used.axis));
  fail_unless_equals_int(get<int>(e, "normalizer"), int(used.normalizer));
  fail_unless_equals_float(get<double>(e, "floor-db"), used.floor_db);
  fail_unless_equals_float(get<double>(e, "range-db"), used.range_db);
  fail_unless_equals_float(get<double>(e, "max-frequency"), 0);
  fail_unless_equals_float(used.max_frequency_hz, 4000);
  assert_default_properties(e);
}
GST_END_TEST

GST_START_TEST(properties_read_the_model_and_give_way_to_what_is_set) {
  Bench bench("sonarspectrogram advance=3 floor-db=-20 model=" + model_path);
  GstElement *e = bench.element();
  fail_unless_equals_int(get<int>(e, "fft-size"), 512);
  fail_unless_equals_int(get<int>(e, "hop-size"), 200);
  fail_unless_equals_int(get<int>(e, "bands"), 40);
  fail_unless_equals_int(get<int>(e, "width"), 30);
  fail_unless_equals_int(get<int>(e, "window"), int(sonar::Window::kHamming));
  fail_unless_equals_int(get<int>(e, "axis"),
                         int(sonar::FrequencyAxis::kGeometric));
  fail_unless_equals_float(get<double>(e, "max-frequency"), 5000);
  fail_unless_equals_float(get<double>(e, "range-db"), 40);
  fail_unless_equals_int(get<int>(e, "advance"), 3);
  fail_unless_equals_float(get<double>(e, "floor-db"), -20);
  g_autofree gchar *model = get<gchar *>(e, "model");
  fail_unless_equals_string(model, model_path.c_str());

  set_caps(bench, kModelRate);
  push_samples(bench, noise(2 * kModelRate), kModelRate);
  sonar::Recipe want = model_recipe();
  want.advance = 3;
  want.floor_db = -20;
  const auto frames = take_frames(bench);
  fail_unless(frames.at(0).spectrogram().recipe == want.to_json());
}
GST_END_TEST

GST_START_TEST(properties_hold_what_is_set) {
  Bench bench(
      "sonarspectrogram fft-size=2048 hop-size=100 window=blackman-harris "
      "axis=geometric bands=77 min-frequency=10.5 max-frequency=900 width=50 "
      "advance=5 normalizer=none floor-db=-90 range-db=80");
  GstElement *e = bench.element();
  fail_unless_equals_int(get<int>(e, "fft-size"), 2048);
  fail_unless_equals_int(get<int>(e, "hop-size"), 100);
  fail_unless_equals_int(get<int>(e, "window"),
                         int(sonar::Window::kBlackmanHarris));
  fail_unless_equals_int(get<int>(e, "axis"),
                         int(sonar::FrequencyAxis::kGeometric));
  fail_unless_equals_int(get<int>(e, "bands"), 77);
  fail_unless_equals_float(get<double>(e, "min-frequency"), 10.5);
  fail_unless_equals_float(get<double>(e, "max-frequency"), 900);
  fail_unless_equals_int(get<int>(e, "width"), 50);
  fail_unless_equals_int(get<int>(e, "advance"), 5);
  fail_unless_equals_int(get<int>(e, "normalizer"),
                         int(sonar::Normalizer::kNone));
  fail_unless_equals_float(get<double>(e, "floor-db"), -90);
  fail_unless_equals_float(get<double>(e, "range-db"), 80);
}
GST_END_TEST

static Suite *sonarspectrogram_setup_suite(void) {
  Suite *s = suite_create("sonarspectrogram_setup");
  TCase *rates = tcase_create("rates");
  suite_add_tcase(s, rates);
  tcase_add_unchecked_fixture(rates, make_model, remove_model);
  tcase_add_test(rates,
                 pad_asks_for_the_rate_of_the_model_where_it_can_be_given);
  tcase_add_test(rates, chains_that_can_settle_on_the_rate_of_the_model);
  tcase_add_test(rates, without_a_model_any_rate_passes_a_resampler_untouched);
  tcase_add_test(rates,
                 wrong_rate_without_a_resampler_is_one_error_naming_both);
  tcase_add_test(rates, wrong_rate_of_a_source_that_does_not_ask_is_one_error);
  tcase_add_test(rates, stereo_is_refused_without_a_mixer);
  tcase_add_test(rates, frame_rate_and_size_follow_from_the_settings);
  tcase_add_test(rates, advance_that_is_not_set_follows_a_narrower_width);
  tcase_add_test(rates,
                 gray8_is_chosen_only_where_downstream_takes_nothing_else);
  TCase *latency = tcase_create("latency");
  suite_add_tcase(s, latency);
  tcase_add_test(latency, latency_adds_to_upstream_and_keeps_its_live_flag);
  tcase_add_test(latency, latency_is_what_the_first_frame_takes);
  tcase_add_test(latency, latency_message_is_posted_when_the_latency_changes);
  TCase *states = tcase_create("states");
  suite_add_tcase(s, states);
  tcase_add_unchecked_fixture(states, make_model, remove_model);
  tcase_add_test(states,
                 element_survives_going_up_and_down_with_and_without_caps);
  tcase_add_test(states, missing_model_fails_the_state_change_with_one_error);
  tcase_add_test(states, damaged_model_fails_the_state_change_with_one_error);
  tcase_add_test(states, model_set_in_ready_is_taken);
  TCase *settings = tcase_create("settings");
  suite_add_tcase(s, settings);
  tcase_add_unchecked_fixture(settings, make_model, remove_model);
  tcase_add_test(settings,
                 settings_that_do_not_fit_are_one_error_with_got_and_needed);
  tcase_add_test(settings,
                 unfit_settings_in_a_pipeline_post_one_error_of_their_own);
  tcase_add_test(settings, properties_have_the_defaults_that_are_used);
  tcase_add_test(settings,
                 properties_read_the_model_and_give_way_to_what_is_set);
  tcase_add_test(settings, properties_hold_what_is_set);
  return s;
}
GST_CHECK_MAIN(sonarspectrogram_setup)
