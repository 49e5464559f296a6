/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <atomic>
#include <filesystem>
#include <thread>

#include "models/registry.h"
#include "sonar/core/error.h"
#include "support/mask_frames.h"

/* Another model while frames flow. */

using namespace sonar;
using namespace sonar::testing;

static const GstClockTime kPatience = 20 * GST_SECOND;  // of a loaded machine

/* As tiny_bundle(), but surer, and with gates where nothing sounds. */
static models::Bundle other_bundle() {
  models::Bundle b = tiny_bundle();
  for (float &v : b.tensors["net.out.weight"].values) v *= 0.5f;
  auto &gate = b.tensors["class.gate"].values;
  std::rotate(gate.begin(), gate.begin() + 1, gate.end());
  return b;
}

static models::Bundle bundle_of_labels() {
  models::Bundle b = other_bundle();
  b.settings.labels = {"high", "low"};
  return b;
}

static models::Bundle bundle_of_recipe() {
  models::Bundle b = other_bundle();
  b.settings.recipe.window = Window::kHamming;
  return b;
}

/* How a change ended. */
struct Change {
  std::string source, model, requested, reason;
  bool changed = false;
};

static std::string text_of(const GstStructure *s, const char *field) {
  const gchar *text = gst_structure_get_string(s, field);
  ck_assert_msg(text, "the message has no %s", field);
  return text;
}

static Change wait_for_change(GstBus *bus) {
  for (;;) {
    GstMessage *m =
        gst_bus_timed_pop_filtered(bus, kPatience, GST_MESSAGE_ELEMENT);
    ck_assert_msg(m, "no message told of the change");
    const GstStructure *s = gst_message_get_structure(m);
    if (!gst_structure_has_name(s, "sonar-model")) {
      gst_message_unref(m);
      continue;
    }
    gboolean changed = FALSE;
    fail_unless(gst_structure_get_boolean(s, "changed", &changed));
    const Change change{text_of(s, "element"), text_of(s, "model"),
                        text_of(s, "requested"), text_of(s, "reason"),
                        bool(changed)};
    fail_unless(change.source == GST_OBJECT_NAME(GST_MESSAGE_SRC(m)));
    gst_message_unref(m);
    return change;
  }
}

static std::string warning_of(GstBus *bus) {
  GstMessage *m =
      gst_bus_timed_pop_filtered(bus, kPatience, GST_MESSAGE_WARNING);
  ck_assert_msg(m, "there is no warning");
  g_autoptr(GError) warning = nullptr;
  gst_message_parse_warning(m, &warning, nullptr);
  gst_message_unref(m);
  return warning->message;
}

static void assert_took(const Change &change, const std::string &model) {
  fail_unless(change.changed, "%s", change.reason.c_str());
  fail_unless(change.model == model && change.requested == model);
  fail_unless(change.reason.empty());
}

static std::string model_of(GstElement *element) {
  gchar *name = nullptr;
  g_object_get(element, "model", &name, nullptr);
  const std::string out = name ? name : "";
  g_free(name);
  return out;
}

static void set_model(GstElement *element, const std::string &name) {
  g_object_set(element, "model", name.empty() ? nullptr : name.c_str(),
               nullptr);
}

static const GstSonarClassMeta &class_of(const Buffer &frame) {
  const auto *meta = gst_buffer_get_sonar_class_meta(frame.get());
  ck_assert_msg(meta, "the frame has no class meta");
  return *meta;
}

/* Whether the frame's probabilities are those that @p model gives. */
static bool is_of(const Buffer &frame, const models::Model &model) {
  const auto &meta = class_of(frame);
  const auto input = values_of<float>(meta.input);
  const auto out =
      model.network().forward(input.data(), 1, nn::Network::Want::kEverything);
  const auto want = model.network().probabilities(out.logits.data());
  return values_of<float>(meta.probabilities) == want;
}

/* Whether the mask has the line, which only the first model's gate lets pass.
 */
static bool has_line(const Buffer &frame) {
  const auto mask = values_of_mask(frame);
  const auto row = mask.begin() + std::ptrdiff_t(kLowRow * kTiny);
  return *std::max_element(row, row + kTiny) > 0.5f;
}

/* The two models, open for as long as the test compares with them. */
struct Pair {
  ModelFile first, second{other_bundle()};
  std::shared_ptr<const models::Model> a = models::open(first.path(), "cpu"),
                                       b = models::open(second.path(), "cpu");

  /** 0 or 1: which one made class and mask of a frame, alike. */
  int maker(const Buffer &frame, bool masked) const {
    const bool is_a = is_of(frame, *a), is_b = is_of(frame, *b);
    fail_unless(is_a != is_b, "made by both or by none");
    if (masked) fail_unless_equals_int(has_line(frame), is_a);
    return is_b;
  }
};

static std::string classifier(const Pair &models) {
  return "specnnclassify name=c model=" + models.first.path();
}

/* ---- it takes over ---- */

GST_START_TEST(a_model_that_fits_takes_over_and_the_bus_says_so) {
  const Pair models;
  const Bench h(classifier(models));
  gst_harness_set_src_caps_str(h, kTinyCaps);
  fail_unless_equals_int(models.maker(push_and_pull(h, frame_number(0)), false),
                         0);
  set_model(h.element(), models.second.path());
  const Change change = wait_for_change(h.bus());
  assert_took(change, models.second.path());
  ck_assert_str_eq(change.source.c_str(), "c");
  fail_unless(model_of(h.element()) == models.second.path());
  const Buffer frame = push_and_pull(h, frame_number(1));
  fail_unless_equals_int(models.maker(frame, false), 1);
  fail_unless(class_of(frame).model == models.second.path());
  fail_unless_equals_int(count_messages(h.bus(), GST_MESSAGE_WARNING), 0);
}
GST_END_TEST

GST_START_TEST(frames_of_a_batch_have_one_model) {
  const Pair models;
  const Bench h(classifier(models) + " batch-size=3");
  gst_harness_set_src_caps_str(h, kTinyCaps);
  for (int i = 0; i < 2; ++i)
    fail_unless_equals_int(gst_harness_push(h, frame_number(i)), GST_FLOW_OK);
  set_model(h.element(), models.second.path());
  assert_took(wait_for_change(h.bus()), models.second.path());
  fail_unless_equals_int(gst_harness_push(h, frame_number(2)), GST_FLOW_OK);
  const auto frames = take_frames(h);
  fail_unless_equals_int(frames.size(), 3);
  for (const Buffer &frame : frames)
    fail_unless(class_of(frame).model == models.second.path());
}
GST_END_TEST

/* Frames that wait between the two elements have the mask of their own model,
 * also where the new one has the old one's name. */
GST_START_TEST(a_frame_is_masked_by_the_model_that_classified_it) {
  for (const bool same_name : {false, true}) {
    const Pair models;
    const ModelFile file;
    const Bench classify("specnnclassify model=" + file.path());
    const Bench mask("scorecammask");
    gst_harness_set_src_caps_str(classify, kTinyCaps);
    gst_harness_set_src_caps_str(mask, kTinyCaps);
    GstBuffer *waiting[2];
    for (int i = 0; i < 2; ++i) {
      if (i == 1) {
        if (same_name)
          std::filesystem::copy_file(
              models.second.path(), file.path(),
              std::filesystem::copy_options::overwrite_existing);
        set_model(classify.element(),
                  same_name ? file.path() : models.second.path());
        fail_unless(wait_for_change(classify.bus()).changed);
      }
      fail_unless_equals_int(gst_harness_push(classify, frame_number(i)),
                             GST_FLOW_OK);
      waiting[i] = gst_harness_pull(classify);
    }
    for (const int i : {0, 1, 0, 1}) {
      GstBuffer *copy = gst_buffer_copy(waiting[i]);
      const Buffer masked = push_and_pull(mask, copy);
      fail_unless_equals_int(models.maker(masked, true), i);
    }
    for (GstBuffer *frame : waiting) gst_buffer_unref(frame);
  }
}
GST_END_TEST

/* What a running pipeline gives: frames until the model has changed and some
 * more. */
static std::vector<Buffer> play_through_change(GstElement *pipeline,
                                               const Pair &models,
                                               const char *changing) {
  g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
  g_autoptr(GstElement) element =
      gst_bin_get_by_name(GST_BIN(pipeline), changing);
  g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  std::vector<Buffer> frames;
  const auto pull = [&](int count) {
    for (int i = 0; i < count; ++i) {
      GstSample *sample = nullptr;
      g_signal_emit_by_name(sink, "pull-sample", &sample);
      ck_assert_msg(sample, "the pipeline stopped");
      frames.emplace_back(gst_buffer_ref(gst_sample_get_buffer(sample)));
      gst_sample_unref(sample);
    }
  };
  pull(10);
  std::thread([&] { set_model(element, models.second.path()); }).join();
  std::atomic<bool> told{false};
  std::thread listener([&] {
    assert_took(wait_for_change(bus), models.second.path());
    told = true;
  });
  while (!told) pull(1);
  listener.join();
  pull(40);  // more than wait in queues
  gst_element_set_state(pipeline, GST_STATE_NULL);
  return frames;
}

GST_START_TEST(a_running_pipeline_changes_at_one_frame_and_loses_none) {
  const Pair models;
  const std::string launch =
      "audiotestsrc freq=128 samplesperbuffer=48 ! " + audio_caps(1024) +
      " ! sonarspectrogram advance=1 model=" + models.first.path() + " ! " +
      classifier(models) +
      " ! queue max-size-buffers=8 ! scorecammask ! appsink name=sink "
      "sync=false max-buffers=1";
  g_autoptr(GstElement) pipeline = gst_parse_launch(launch.c_str(), nullptr);
  const auto frames = play_through_change(pipeline, models, "c");
  int switches = 0, last = 0;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    fail_unless_equals_uint64(frames[i].pts(), i * kColumnNs);
    fail_unless_equals_int64(frames[i].spectrogram().first_column + kTiny - 1,
                             i);
    const bool is_a = is_of(frames[i], *models.a);
    fail_unless(is_a != is_of(frames[i], *models.b));
    // the tone fills the picture from there on
    if (i > 2 * kTiny) fail_unless_equals_int(has_line(frames[i]), is_a);
    switches += int(is_a) == last;
    last = !is_a;
  }
  fail_unless_equals_int(switches, 1);
  fail_unless_equals_int(last, 1);
}
GST_END_TEST

GST_START_TEST(models_asked_for_in_a_row_come_in_that_order) {
  const Pair models;
  const Bench h(classifier(models));
  gst_harness_set_src_caps_str(h, kTinyCaps);
  const std::string order[] = {models.second.path(), models.first.path(),
                               "/nowhere/x.pt", models.second.path()};
  for (const std::string &name : order) set_model(h.element(), name);
  for (const std::string &name : order) {
    const Change change = wait_for_change(h.bus());
    fail_unless(change.requested == name);
    fail_unless(change.changed == (name[1] != 'n'));
    fail_unless(change.model == (change.changed ? name : models.first.path()));
  }
  fail_unless_equals_int(models.maker(push_and_pull(h, frame_number(1)), false),
                         1);
}
GST_END_TEST

GST_START_TEST(
    each_frame_has_one_of_the_models_while_another_thread_sets_them) {
  const Pair models;
  const Bench h(classifier(models) + " ! scorecammask");
  gst_harness_set_src_caps_str(h, kTinyCaps);
  g_autoptr(GstElement) c = gst_bin_get_by_name(GST_BIN(h.element()), "c");
  const int requests = 40;
  std::atomic<bool> over{false};
  std::thread setter([&] {
    for (int i = 0; i < requests; ++i) {
      set_model(c, (i % 2 ? models.first : models.second).path());
      std::this_thread::yield();
    }
    over = true;
  });
  int pushed = 0;
  while (!over || pushed < 50)
    fail_unless_equals_int(gst_harness_push(h, frame_number(pushed++ % 4)),
                           GST_FLOW_OK);
  setter.join();
  for (int i = 0; i < requests; ++i)
    fail_unless(wait_for_change(h.bus()).changed);
  const auto frames = take_frames(h);
  fail_unless_equals_int(frames.size(), pushed);
  for (const Buffer &frame : frames) models.maker(frame, true);
}
GST_END_TEST

/* Behind a queue. */
static Buffer push_and_wait(GstHarness *h, GstBuffer *frame) {
  fail_unless_equals_int(gst_harness_push(h, frame), GST_FLOW_OK);
  GstBuffer *out = gst_harness_pull(h);
  ck_assert_msg(out, "no frame came out");
  return Buffer(out);
}

/* ---- it is refused ---- */

static void assert_refused(const Bench &h, GstElement *element,
                           const std::string &name,
                           const std::vector<std::string> &words) {
  const std::string before = model_of(element);
  set_model(element, name);
  const Change change = wait_for_change(h.bus());
  fail_unless(!change.changed && change.model == before &&
              change.requested == name);
  const std::string warning = warning_of(h.bus());
  const std::string stays = before.empty() ? "as it was" : before;
  fail_unless(warning == "The model stays " + stays + ": " + change.reason,
              "%s", warning.c_str());
  for (const std::string &word : words)
    fail_unless(change.reason.find(word) != std::string::npos,
                "no \"%s\" in: %s", word.c_str(), change.reason.c_str());
  fail_unless(model_of(element) == before);
}

static std::string corrupt(const ModelFile &file) {
  std::ifstream in(file.path(), std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(in), {}};
  bytes.back() = char(bytes.back() ^ 1);
  std::ofstream(file.path(), std::ios::binary) << bytes;
  return file.path();
}

/* Missing, corrupt, of another recipe, of other labels. */
static void assert_four_refused(const Bench &h, GstElement *element) {
  assert_refused(h, element, "/nowhere/m.safetensors",
                 {"model file /nowhere/m.safetensors does not exist"});
  const ModelFile broken(other_bundle()), recipe(bundle_of_recipe()),
      labels(bundle_of_labels());
  assert_refused(h, element, corrupt(broken), {"is corrupt: its CRC-32"});
  assert_refused(h, element, recipe.path(),
                 {"does not fit the model " + recipe.path(),
                  "window is hann, the model needs hamming", "in READY"});
  assert_refused(h, element, labels.path(),
                 {"has the labels high, low; the one in use has low, high",
                  "go to READY"});
}

GST_START_TEST(a_model_that_does_not_fit_leaves_the_old_one_and_says_why) {
  const Pair models;
  const Bench h(classifier(models));
  gst_harness_set_src_caps_str(h, kTinyCaps);
  for (int i = 0; i < 2; ++i) {  // before the first frame, and after it
    assert_four_refused(h, h.element());
    assert_refused(h, h.element(), "", {"no model named"});
    fail_unless_equals_int(
        models.maker(push_and_pull(h, frame_number(i)), false), 0);
  }
}
GST_END_TEST

GST_START_TEST(the_recipe_of_the_frames_counts_not_that_of_the_old_model) {
  models::Bundle bundle = tiny_bundle();
  const ModelFile first(bundle);
  bundle.settings.recipe.evidence_fft_size = 64;  // and so needs it
  const ModelFile finer(bundle);
  const Bench h("specnnclassify model=" + first.path());
  gst_harness_set_src_caps_str(h, kTinyCaps);
  assert_refused(h, h.element(), finer.path(),
                 {"evidence-fft-size is 0, the model needs 64"});
  FrameOptions options;
  options.recipe.evidence_fft_size = 64;
  options.fine = Image(32, kTiny);
  push_and_pull(h, tiny_frame(tiny_line(kLowRow), {}, options));
  set_model(h.element(), finer.path());
  assert_took(wait_for_change(h.bus()), finer.path());
  push_and_pull(h, tiny_frame(tiny_line(kLowRow), {}, options));
}
GST_END_TEST

/* ---- scorecammask's own ---- */

GST_START_TEST(the_masks_own_model_changes_alike_and_can_be_given_up) {
  const Pair models;
  const Bench h("specnnclassify model=" + models.second.path() +
                " ! scorecammask name=m model=" + models.first.path());
  gst_harness_set_src_caps_str(h, kTinyCaps);
  g_autoptr(GstElement) m = gst_bin_get_by_name(GST_BIN(h.element()), "m");
  const auto line = [&] { return has_line(push_and_pull(h, frame_number(0))); };
  fail_unless(line());
  assert_four_refused(h, m);
  fail_unless(line());
  set_model(m, models.second.path());
  assert_took(wait_for_change(h.bus()), models.second.path());
  fail_unless(!line());
  set_model(m, models.first.path());
  assert_took(wait_for_change(h.bus()), models.first.path());
  fail_unless(line());
  set_model(m, "");
  assert_took(wait_for_change(h.bus()), "");
  fail_unless(!line());  // the classifier's
  assert_four_refused(h, m);
  set_model(m, models.first.path());
  assert_took(wait_for_change(h.bus()), models.first.path());
  fail_unless(line());
}
GST_END_TEST

/* ---- what the masks need ---- */

/* Without what the recipe is made of it would end the stream. */
static void assert_gates_needed(const std::string &element,
                                const std::string &own) {
  models::Bundle bare = other_bundle();
  bare.tensors.erase("class.gate");
  const ModelFile first, lacking(bare);
  // a class that nothing is sure enough of is masked sooner or later, too
  for (const char *limit : {"", "min-confidence=1"}) {
    const Bench h("specnnclassify name=c model=" + first.path() + " " + limit +
                  " ! queue ! scorecammask name=m recipe=subband " + own +
                  (own.empty() ? "" : first.path()));
    gst_harness_set_src_caps_str(h, kTinyCaps);
    g_autoptr(GstElement) changed =
        gst_bin_get_by_name(GST_BIN(h.element()), element.c_str());
    push_and_wait(h, frame_number(0));
    assert_refused(h, changed, lacking.path(),
                   {"mask recipe subband needs the tensor class.gate"});
    push_and_wait(h, frame_number(1));
    g_autoptr(GstElement) m = gst_bin_get_by_name(GST_BIN(h.element()), "m");
    gst_util_set_object_arg(G_OBJECT(m), "recipe", "evidence");
    set_model(changed, lacking.path());
    assert_took(wait_for_change(h.bus()), lacking.path());
    push_and_wait(h, frame_number(2));
  }
}

GST_START_TEST(a_model_that_the_masks_cannot_be_made_with_is_refused) {
  assert_gates_needed("c", "");
  assert_gates_needed("m", "model=");
}
GST_END_TEST

/* A model of its own answers for the masks, not the classifier's. */
GST_START_TEST(the_classifiers_model_needs_nothing_for_anothers_masks) {
  models::Bundle bare = other_bundle();
  bare.tensors.erase("class.gate");
  const ModelFile first, lacking(bare);
  const Bench h("specnnclassify name=c model=" + first.path() +
                " ! scorecammask recipe=subband model=" + first.path());
  gst_harness_set_src_caps_str(h, kTinyCaps);
  g_autoptr(GstElement) c = gst_bin_get_by_name(GST_BIN(h.element()), "c");
  push_and_pull(h, frame_number(0));
  set_model(c, lacking.path());
  assert_took(wait_for_change(h.bus()), lacking.path());
  push_and_pull(h, frame_number(1));
}
GST_END_TEST

/* ---- sonarspectrogram's ---- */

GST_START_TEST(a_spectrogram_takes_a_model_of_the_pixels_that_flow) {
  const Pair models;
  models::Bundle slower = other_bundle();
  slower.settings.recipe.advance = 4;  // which frames do not take over
  const ModelFile third(slower), recipe(bundle_of_recipe()),
      labels(bundle_of_labels()), broken(other_bundle());
  const Bench h("sonarspectrogram name=s model=" + models.first.path());
  for (int i = 0; i < 2; ++i) {
    // without frames there are no pixels to keep
    if (i == 1)
      assert_refused(
          h, h.element(), recipe.path(),
          {"does not fit the model " + recipe.path(),
           "window is hann, the model needs hamming", "Go to READY to set it"});
    assert_refused(h, h.element(), "/nowhere/m.safetensors",
                   {"does not exist"});
    for (const ModelFile *file : {&third, &labels, &models.first}) {
      set_model(h.element(), file->path());
      const Change change = wait_for_change(h.bus());
      assert_took(change, file->path());
      ck_assert_str_eq(change.source.c_str(), "s");
      fail_unless(model_of(h.element()) == file->path());
    }
    if (i == 1) break;
    gst_harness_set_src_caps_str(h, audio_caps(1024).c_str());
    push_samples(h, noise(1024), 1024);
  }
  push_samples(h, noise(1024), 1024, 4096, GST_SECOND);
  gst_harness_push_event(h, gst_event_new_eos());
  const auto frames = take_frames(h);
  for (std::size_t i = 0; i < frames.size(); ++i)
    fail_unless_equals_uint64(frames[i].pts(), i * kTiny * kColumnNs);
  fail_unless_equals_int(frames.size(), 8);
}
GST_END_TEST

/* ---- events and states ---- */

GST_START_TEST(a_change_survives_flush_eos_and_ends_before_ready) {
  const Pair models;
  const Bench h(classifier(models));
  gst_harness_set_src_caps_str(h, kTinyCaps);
  push_and_pull(h, frame_number(0));
  gst_harness_push_event(h, gst_event_new_flush_start());
  set_model(h.element(), models.second.path());
  gst_harness_push_event(h, gst_event_new_flush_stop(TRUE));
  assert_took(wait_for_change(h.bus()), models.second.path());
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_harness_push_event(h, gst_event_new_segment(&segment));
  fail_unless_equals_int(models.maker(push_and_pull(h, frame_number(1)), false),
                         1);
  gst_harness_push_event(h, gst_event_new_eos());
  set_model(h.element(), models.first.path());
  gst_element_set_state(h.element(), GST_STATE_READY);
  // answered by then, and in use from the next start on
  fail_unless(model_of(h.element()) == models.first.path());
  assert_took(wait_for_change(h.bus()), models.first.path());
  gst_element_set_state(h.element(), GST_STATE_PLAYING);
}
GST_END_TEST

GST_START_TEST(in_ready_a_model_of_other_labels_is_set_and_a_bad_one_an_error) {
  const Pair models;
  const ModelFile labels(bundle_of_labels());
  const Bench h(classifier(models));
  for (const GstState from : {GST_STATE_READY, GST_STATE_NULL}) {
    gst_element_set_state(h.element(), from);
    set_model(h.element(), labels.path());
    fail_unless(model_of(h.element()) == labels.path());
    fail_unless_equals_int(
        gst_element_set_state(h.element(), GST_STATE_PLAYING),
        GST_STATE_CHANGE_SUCCESS);
    gst_harness_play(h);
    gst_harness_set_src_caps_str(h, kTinyCaps);
    const Buffer frame = push_and_pull(h, frame_number(0));
    ck_assert_str_eq(class_of(frame).labels[0], "high");
    fail_unless(class_of(frame).model == labels.path());
    gst_element_set_state(h.element(), from);
    set_model(h.element(), "/nowhere/m.safetensors");
    fail_unless_equals_int(
        gst_element_set_state(h.element(), GST_STATE_PLAYING),
        GST_STATE_CHANGE_FAILURE);
    const PostedError error = h.one_error();
    fail_unless(error.is(GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND));
    set_model(h.element(), models.first.path());
    gst_element_set_state(h.element(), GST_STATE_PLAYING);
    fail_unless_equals_int(count_messages(h.bus(), GST_MESSAGE_WARNING), 0);
  }
}
GST_END_TEST

GST_START_TEST(states_change_while_models_are_asked_for) {
  const Pair models;
  const Bench h(classifier(models));
  std::atomic<bool> over{false};
  std::thread setter([&] {
    for (int i = 0; !over; ++i) {
      set_model(h.element(), (i % 2 ? models.first : models.second).path());
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
  for (int i = 0; i < 30; ++i)
    for (const GstState state : {GST_STATE_READY, GST_STATE_PLAYING,
                                 GST_STATE_NULL, GST_STATE_PLAYING})
      fail_unless(gst_element_set_state(h.element(), state) !=
                  GST_STATE_CHANGE_FAILURE);
  over = true;
  setter.join();
  gst_element_set_state(h.element(), GST_STATE_READY);
  const std::string last = model_of(h.element());
  gst_element_set_state(h.element(), GST_STATE_PLAYING);
  gst_harness_set_src_caps_str(h, kTinyCaps);
  const Buffer frame = push_and_pull(h, frame_number(0));
  fail_unless(class_of(frame).model == last);
}
GST_END_TEST

static Suite *model_change_suite() {
  Suite *suite = suite_create("model_change");
  TCase *tc = tcase_create("all");
  suite_add_tcase(suite, tc);
  tcase_add_test(tc, a_model_that_fits_takes_over_and_the_bus_says_so);
  tcase_add_test(tc, frames_of_a_batch_have_one_model);
  tcase_add_test(tc, a_frame_is_masked_by_the_model_that_classified_it);
  tcase_add_test(tc, a_running_pipeline_changes_at_one_frame_and_loses_none);
  tcase_add_test(tc, models_asked_for_in_a_row_come_in_that_order);
  tcase_add_test(
      tc, each_frame_has_one_of_the_models_while_another_thread_sets_them);
  tcase_add_test(tc, a_model_that_does_not_fit_leaves_the_old_one_and_says_why);
  tcase_add_test(tc, the_recipe_of_the_frames_counts_not_that_of_the_old_model);
  tcase_add_test(tc, the_masks_own_model_changes_alike_and_can_be_given_up);
  tcase_add_test(tc, a_model_that_the_masks_cannot_be_made_with_is_refused);
  tcase_add_test(tc, the_classifiers_model_needs_nothing_for_anothers_masks);
  tcase_add_test(tc, a_spectrogram_takes_a_model_of_the_pixels_that_flow);
  tcase_add_test(tc, a_change_survives_flush_eos_and_ends_before_ready);
  tcase_add_test(
      tc, in_ready_a_model_of_other_labels_is_set_and_a_bad_one_an_error);
  tcase_add_test(tc, states_change_while_models_are_asked_for);
  return suite;
}
GST_CHECK_MAIN(model_change);
