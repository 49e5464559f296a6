/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <algorithm>

#include "models/registry.h"
#include "support/mask_frames.h"

using namespace sonar;
using namespace sonar::testing;
using sonar::models::MaskOptions;
using sonar::models::MaskRecipe;

/* A convolution may add in another order in another batch. */
static const double kBatchTolerance = 1e-6;

static std::vector<float> floats_of(const Image &image) {
  return {image.data(), image.data() + image.size()};
}

static void assert_near(const std::vector<float> &got,
                        const std::vector<float> &want, double tolerance) {
  fail_unless_equals_int(got.size(), want.size());
  for (std::size_t i = 0; i < got.size(); ++i)
    ASSERT_NEAR_AT(i, got[i], want[i], tolerance);
}

static Image background() {
  Image image(kTiny, kTiny);
  for (std::size_t i = 0; i < image.size(); ++i)
    image.data()[i] = -60 - float(i % 7);
  return image;
}

/* ---- what a mask is ---- */

GST_START_TEST(the_mask_is_the_librarys_for_the_decoded_picture_bit_for_bit) {
  const ModelFile file;
  const auto model = models::open(file.path(), "cpu");
  const ColumnRange valid{3, 15};
  const Image value = tiny_decoded(tiny_line(kLowRow));
  const auto seen = model->classify({value, background(), valid});
  for (const MaskRecipe recipe :
       {MaskRecipe::kReleased, MaskRecipe::kSubband, MaskRecipe::kEvidence,
        MaskRecipe::kTpsw, MaskRecipe::kGateStationary, MaskRecipe::kGradCam}) {
    MaskOptions options;
    options.recipe = recipe;
    options.explain = true;
    const auto want =
        model->make_mask({value, background(), valid}, 0, &seen, options);
    FrameOptions frame;
    frame.valid = valid;
    const Buffer out = first_frame(
        chain(file, "explain=true recipe=" + std::string(models::nick(recipe))),
        tiny_frame(tiny_line(kLowRow), background(), frame));
    const auto &meta = mask_of(out);
    fail_unless(meta.valid && want.valid);
    fail_unless(values_of_mask(out) == floats_of(want.confidence));
    fail_unless(values_of<float>(meta.explanation) ==
                floats_of(want.explanation));
    fail_unless_equals_string(meta.recipe, models::nick(recipe));
    fail_unless_equals_string(meta.label, "low");
    fail_unless(meta.score == seen.probabilities[0]);
  }
}
GST_END_TEST

GST_START_TEST(every_recipe_gives_values_of_0_to_1_that_fill_the_frame) {
  const ModelFile model;
  for (const char *recipe : {"released", "subband", "evidence"}) {
    GstBuffer *in = tiny_frame(tiny_line(kHighRow));
    const auto pixels = bytes_of(in);
    const Buffer out =
        first_frame(chain(model, "recipe=" + std::string(recipe)), in);
    const auto &meta = mask_of(out);
    fail_unless_equals_int(meta.width, kTiny);
    fail_unless_equals_int(meta.height, kTiny);
    fail_unless(meta.valid && meta.explanation == nullptr);
    const auto values = values_of_mask(out);
    fail_unless_equals_int(values.size(), kTiny * kTiny);
    for (const float v : values) fail_unless(v >= 0 && v <= 1);
    // the line stands out of it
    fail_unless(std::max_element(values.begin(), values.end()) -
                    values.begin() >=
                long(kHighRow * kTiny));
    fail_unless(*std::max_element(values.begin() + kHighRow * kTiny,
                                  values.begin() + (kHighRow + 1) * kTiny) >
                0.75f);
    fail_unless(out.bytes() == pixels);
  }
}
GST_END_TEST

GST_START_TEST(the_recipe_and_its_threshold_are_the_models_unless_set) {
  const ModelFile model;
  const Buffer own =
      first_frame(chain(model, ""), tiny_frame(tiny_line(kLowRow)));
  fail_unless_equals_string(mask_of(own).recipe, "subband");
  fail_unless_equals_float(mask_of(own).threshold, kTinyThreshold);
  // the model's threshold was found for subband; evidence is made for 0.75
  const Buffer other = first_frame(chain(model, "recipe=evidence"),
                                   tiny_frame(tiny_line(kLowRow)));
  fail_unless_equals_float(mask_of(other).threshold, 0.75);
}
GST_END_TEST

GST_START_TEST(each_way_to_combine_is_its_formula_of_class_and_image_map) {
  const ModelFile model;
  const auto mask = [&](const char *combine) {
    return values_of_mask(first_frame(
        chain(model, "recipe=released combine=" + std::string(combine)),
        tiny_frame(tiny_line(kLowRow))));
  };
  const auto a = mask("class"), b = mask("image");
  for (std::size_t i = 0; i < a.size(); ++i)  // the model's ramp
    ASSERT_NEAR_AT(i, a[i],
                   i / kTiny == kLowRow ? double(i % kTiny + 1) / kTiny : 0.0,
                   1e-6);
  const auto expect = [&](const char *combine, auto formula) {
    std::vector<double> want(a.size());
    for (std::size_t i = 0; i < a.size(); ++i) want[i] = formula(a[i], b[i]);
    const auto ends = std::minmax_element(want.begin(), want.end());
    const double low = *ends.first, span = *ends.second - low;
    const auto got = mask(combine);
    // a few float roundings of values of at most 2
    for (std::size_t i = 0; i < a.size(); ++i)
      ASSERT_NEAR_AT(i, got[i], (want[i] - low) / span, 1e-6);
    return got;
  };
  const auto larger =
      expect("max", [](double x, double y) { return std::max(x, y); });
  const auto sum = expect("add", [](double x, double y) { return x + y; });
  expect("mean", [](double x, double y) { return (x + y) / 2; });
  const auto product =
      expect("product", [](double x, double y) { return x * y; });
  fail_unless(larger != sum && sum != product && product != larger);
  /* the pixels below it, and half of those that equal it, itself left out */
  const auto place = [](const std::vector<float> &all, double v) {
    return double(std::count_if(all.begin(), all.end(),
                                [&](float o) { return o < v; })) +
           0.5 * double(std::count(all.begin(), all.end(), float(v)) - 1);
  };
  expect("rank", [&](double x, double y) { return place(a, x) + place(b, y); });
  fail_unless(mask("gate-and-evidence") != larger);
}
GST_END_TEST

GST_START_TEST(reverse_of_two_classes_is_one_less_the_other_ones_mask) {
  const ModelFile model;
  for (const char *combine : {"add", "image", "class"}) {
    const auto mask = [&](const std::string &how) {
      return values_of_mask(
          first_frame(chain(model, how + " combine=" + combine),
                      tiny_frame(tiny_line(kHighRow))));
    };
    const auto other = mask("recipe=released target=low");
    const auto rest = mask("recipe=reverse target=high");
    for (std::size_t i = 0; i < rest.size(); ++i)
      ASSERT_NEAR_AT(i, rest[i], 1.0 - other[i], 1e-7);  // one rounding
  }
}
GST_END_TEST

GST_START_TEST(batch_size_and_threads_do_not_change_a_mask_channels_do) {
  const ModelFile model;
  const auto mask = [&](const char *settings) {
    return values_of_mask(first_frame(
        chain(model, "recipe=released combine=image " + std::string(settings)),
        tiny_frame(tiny_line(kLowRow))));
  };
  const auto want = mask("batch-size=32 threads=1");
  assert_near(mask("batch-size=1 threads=1"), want, kBatchTolerance);
  assert_near(mask("batch-size=2 threads=2"), want, kBatchTolerance);
  assert_near(mask("max-channels=4"), want, kBatchTolerance);  // all there are
  const auto fewer = mask("max-channels=2 batch-size=1");
  assert_near(mask("max-channels=2 batch-size=32 threads=2"), fewer,
              kBatchTolerance);
  fail_unless(fewer != want);
}
GST_END_TEST

/* ---- targets ---- */

GST_START_TEST(a_target_is_the_predicted_class_a_label_or_a_number) {
  const ModelFile model;
  const auto mask = [&](const char *settings) {
    const Buffer out =
        first_frame(chain(model, settings), tiny_frame(tiny_line(kHighRow)));
    return std::string(mask_of(out).label) +
           (mask_of(out).score > 0.5f ? " likely" : " unlikely");
  };
  assert_text(mask(""), "high likely");
  assert_text(mask("target=predicted"), "high likely");
  assert_text(mask("target=low"), "low unlikely");
  assert_text(mask("target=high"), "high likely");
  assert_text(mask("target=0"), "low unlikely");
  assert_text(mask("target=1"), "high likely");
}
GST_END_TEST

GST_START_TEST(a_named_target_with_a_model_needs_no_classifier) {
  const ModelFile model;
  const Buffer out =
      first_frame("scorecammask target=low model=" + model.path(),
                  tiny_frame(tiny_line(kLowRow)));
  fail_unless(mask_of(out).valid);
  fail_unless_equals_string(mask_of(out).label, "low");
  fail_unless_equals_float(mask_of(out).score, 0);
  fail_unless(values_of_mask(out)[kLowRow * kTiny + 8] > 0.75f);
}
GST_END_TEST

GST_START_TEST(a_target_set_while_playing_takes_effect) {
  const ModelFile model;
  const Bench h(chain(model, "recipe=released interval=100"));
  gst_harness_set_src_caps_str(h, kTinyCaps);
  const Buffer before = push_and_pull(h, tiny_frame(tiny_line(kLowRow)));
  fail_unless_equals_string(mask_of(before).label, "low");
  gst_harness_set(h, "scorecammask", "target", "high", nullptr);
  const Buffer after = push_and_pull(h, tiny_frame(tiny_line(kLowRow)));
  fail_unless_equals_string(mask_of(after).label, "high");
  fail_unless(values_of_mask(after) != values_of_mask(before));
}
GST_END_TEST

GST_START_TEST(a_rejected_class_gives_an_invalid_mask_of_zeros) {
  const ModelFile model;
  const Buffer out = first_frame(
      chain(model, "recipe=released explain=true", "min-confidence=1"),
      tiny_frame(tiny_line(kLowRow)));
  const auto &meta = mask_of(out);
  fail_unless(!meta.valid && meta.explanation == nullptr);
  fail_unless_equals_string(meta.label, "unknown");
  fail_unless(values_of_mask(out) == std::vector<float>(kTiny * kTiny, 0));
}
GST_END_TEST

GST_START_TEST(another_model_is_asked_for_the_label_not_for_its_number) {
  const ModelFile classifier;
  models::Bundle bundle = tiny_bundle();
  bundle.settings.labels = {"high", "middle", "low"};
  bundle.tensors["net.conv3.weight"] = tiny_tensor({4, 4, 1, 3});
  bundle.tensors["net.conv3.weight"].values[1] = 1;  // one map of four is left
  bundle.tensors["net.out.weight"] = {{3, 2}, {-1, 1, 0, 0, 1, -1}};
  bundle.tensors["net.out.bias"] = tiny_tensor({3});
  bundle.tensors["class.gate"] = tiny_tensor({3, kTiny}, 1);
  bundle.tensors["class.mask"] = tiny_tensor({3, kTiny, kTiny}, 0.5f);
  const ModelFile other(bundle);
  const Buffer out = first_frame(
      chain(classifier, "recipe=released combine=image model=" + other.path()),
      tiny_frame(tiny_line(kLowRow)));
  fail_unless_equals_string(mask_of(out).label, "low");
  fail_unless(mask_of(out).score > 0.5f);
  // its own forward pass, not the classifier's of the same size
  MaskOptions options;
  options.recipe = MaskRecipe::kReleased;
  options.combine = mask::Combine::kImage;
  const auto want =
      models::open(other.path(), "cpu")
          ->make_mask({tiny_decoded(tiny_line(kLowRow)), {}, {0, kTiny}}, 2,
                      nullptr, options);
  fail_unless(want.valid);
  fail_unless(values_of_mask(out) == floats_of(want.confidence));
}
GST_END_TEST

GST_START_TEST(the_class_mask_of_centroids_is_used_where_asked_for) {
  models::Bundle bundle = tiny_bundle();
  const std::string settings =
      "recipe=released combine=class class-mask=centroids";
  auto centroids = tiny_tensor({2, kTiny, kTiny});
  for (const std::size_t c : {0, 1})
    centroids.values[c * kTiny * kTiny + 7 * kTiny + 3] = 1;
  bundle.tensors["class.mask_centroids"] = centroids;
  const ModelFile model(bundle);
  const std::vector<float> mask = values_of_mask(
      first_frame(chain(model, settings), tiny_frame(tiny_line(kLowRow))));
  for (std::size_t i = 0; i < mask.size(); ++i)
    fail_unless(mask[i] == (i == 7 * kTiny + 3 ? 1.0f : 0.0f), "%zu", i);
}
GST_END_TEST

/* ---- reuse ---- */

GST_START_TEST(between_two_costly_maps_the_last_one_moves_with_the_columns) {
  const ModelFile model;
  const std::string released =
      __i__ == 0 ? "recipe=released combine=image " : "recipe=reverse ";
  const Bench h(chain(model, released + "interval=3 explain=true"));
  const Bench each(chain(model, released + "explain=true"));
  gst_harness_set_src_caps_str(h, kTinyCaps);
  gst_harness_set_src_caps_str(each, kTinyCaps);
  std::vector<float> last, last_explanation;
  for (int i = 0; i < 7; ++i) {
    const Buffer got = push_and_pull(h, frame_number(i));
    const Buffer fresh = push_and_pull(each, frame_number(i));
    if (i % 3 == 0) {
      last = values_of_mask(fresh);
      last_explanation = values_of<float>(mask_of(fresh).explanation);
    }
    fail_unless(values_of_mask(got) == moved(last, std::size_t(i % 3 * 4)),
                "frame %d", i);
    fail_unless(values_of<float>(mask_of(got).explanation) ==
                    moved(last_explanation, std::size_t(i % 3 * 4)),
                "frame %d", i);
    fail_unless(mask_of(got).valid);
  }
}
GST_END_TEST

GST_START_TEST(a_cheap_mask_is_never_reused_its_explanation_is) {
  const ModelFile model;
  const Bench h(chain(model, "recipe=subband interval=3 explain=true"));
  const Bench each(chain(model, "recipe=subband explain=true"));
  gst_harness_set_src_caps_str(h, kTinyCaps);
  gst_harness_set_src_caps_str(each, kTinyCaps);
  std::vector<float> explanation;
  for (int i = 0; i < 3; ++i) {
    const Buffer got = push_and_pull(h, frame_number(i));
    const Buffer fresh = push_and_pull(each, frame_number(i));
    if (i == 0) explanation = values_of<float>(mask_of(fresh).explanation);
    fail_unless(values_of_mask(got) == values_of_mask(fresh));
    fail_unless(values_of<float>(mask_of(got).explanation) ==
                moved(explanation, std::size_t(i * 4)));
  }
}
GST_END_TEST

GST_START_TEST(a_map_that_has_left_the_frame_is_no_mask) {
  const ModelFile model;
  const Bench h(chain(model, "recipe=released interval=2"));
  gst_harness_set_src_caps_str(h, kTinyCaps);
  fail_unless(mask_of(push_and_pull(h, frame_number(0))).valid);
  const Buffer far = push_and_pull(h, frame_number(4));  // 16 columns on
  fail_unless(!mask_of(far).valid);
  fail_unless(values_of_mask(far) == std::vector<float>(kTiny * kTiny, 0));
}
GST_END_TEST

GST_START_TEST(a_flat_map_stays_no_mask_when_it_is_reused) {
  const ModelFile model;
  const Bench h(chain(model, "recipe=released combine=image interval=2",
                      "min-confidence=0"));
  gst_harness_set_src_caps_str(h, kTinyCaps);
  for (int i = 0; i < 2; ++i) {
    FrameOptions options;
    options.first_column = i;
    const Buffer out =
        push_and_pull(h, tiny_frame(Image(kTiny, kTiny), {}, options));
    fail_unless(!mask_of(out).valid, "frame %d", i);
  }
}
GST_END_TEST

/* Pushes a frame, does @p between, and says whether the next frame's mask is
 * that of a chain that reuses nothing. */
template <typename Between>
static bool next_is_fresh(const std::string &settings, Between between,
                          bool discont = false) {
  const ModelFile model;
  const Bench h(chain(model, "interval=100 " + settings));
  gst_harness_set_src_caps_str(h, kTinyCaps);
  push_and_pull(h, frame_number(0));
  between(h);
  const Buffer out = push_and_pull(h, frame_number(1, discont));
  const std::string now = mask_of(out).recipe;
  return values_of_mask(out) ==
         values_of_mask(
             first_frame(chain(model, "recipe=" + now), frame_number(1)));
}

GST_START_TEST(another_combination_while_playing_ends_reuse) {
  const ModelFile model;
  const Bench h(chain(model, "interval=100 recipe=released"));
  gst_harness_set_src_caps_str(h, kTinyCaps);
  push_and_pull(h, frame_number(0));
  gst_harness_set(h, "scorecammask", "combine", int(mask::Combine::kImage),
                  nullptr);
  const Buffer out = push_and_pull(h, frame_number(1));
  fail_unless(
      values_of_mask(out) ==
      values_of_mask(first_frame(chain(model, "recipe=released combine=image"),
                                 frame_number(1))));
}
GST_END_TEST

GST_START_TEST(a_break_or_another_recipe_ends_reuse) {
  const auto nothing = [](GstHarness *) {};
  fail_unless(!next_is_fresh("recipe=released", nothing));
  fail_unless(next_is_fresh("recipe=released", nothing, true));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  fail_unless(next_is_fresh("recipe=released", [&](GstHarness *h) {
    gst_harness_push_event(h, gst_event_new_segment(&segment));
  }));
  fail_unless(next_is_fresh("recipe=released", [&](GstHarness *h) {
    gst_harness_push_event(h, gst_event_new_flush_start());
    gst_harness_push_event(h, gst_event_new_flush_stop(FALSE));
    gst_harness_push_event(h, gst_event_new_segment(&segment));
  }));
  fail_unless(next_is_fresh("recipe=subband explain=true", [](GstHarness *h) {
    gst_harness_set(h, "scorecammask", "recipe", int(MaskRecipe::kReleased),
                    nullptr);
  }));
}
GST_END_TEST

/* ---- errors ---- */

/* The one error of pushing @p frame through @p launch. */
static PostedError error_of(const std::string &launch, GstBuffer *frame) {
  const Bench h(launch);
  gst_harness_set_src_caps_str(h, kTinyCaps);
  fail_unless_equals_int(gst_harness_push(h, frame), GST_FLOW_ERROR);
  return h.one_error();
}

GST_START_TEST(what_a_mask_lacks_is_one_error_that_says_what_to_do) {
  const ModelFile model;
  const auto frame = [] { return tiny_frame(tiny_line(kLowRow)); };
  PostedError e = error_of("scorecammask", frame());
  fail_unless(e.is(GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS));
  fail_unless(e.says("put specnnclassify upstream"), "%s", e.text.c_str());

  e = error_of("scorecammask model=" + model.path(), frame());
  fail_unless(e.is(GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS));
  fail_unless(e.says("target=predicted") && e.says("name a target class"), "%s",
              e.text.c_str());

  e = error_of(chain(model, "target=whale"), frame());
  fail_unless(e.is(GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS));
  fail_unless(e.says("\"whale\"") && e.says("low, high"), "%s", e.text.c_str());

  e = error_of(chain(model, "target=2"), frame());
  fail_unless(e.says("\"2\"") && e.says("low, high"), "%s", e.text.c_str());

  e = error_of(chain(model, "device=cuda:99"), frame());
  fail_unless(e.is(GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_FAILED));
  fail_unless(e.says("device cuda:99 is not there"), "%s", e.text.c_str());
}
GST_END_TEST

/* No test machine need have a second device: that the mask asks for the
 * classifier's shows in the error that it is not there. */
GST_START_TEST(the_mask_runs_where_the_class_was_found_unless_told_otherwise) {
  const ModelFile model;
  const Buffer classified = first_frame("specnnclassify model=" + model.path(),
                                        tiny_frame(tiny_line(kLowRow)));
  GstSonarClassMeta seen = *gst_buffer_get_sonar_class_meta(classified.get());
  fail_unless_equals_string(seen.device, "cpu");
  gchar elsewhere[] = "cuda:99";
  seen.device = elsewhere;
  const auto frame = [&] {
    GstBuffer *out = tiny_frame(tiny_line(kLowRow));
    gst_buffer_add_sonar_class_meta(out, &seen);
    return out;
  };
  const PostedError e = error_of("scorecammask name=m", frame());
  fail_unless(e.is(GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_FAILED));
  fail_unless(e.says("device cuda:99 is not there"), "%s", e.text.c_str());
  for (const std::string &own :
       {std::string("device=cpu"), "target=low model=" + model.path()})
    fail_unless(mask_of(first_frame("scorecammask " + own, frame())).valid);
}
GST_END_TEST

GST_START_TEST(a_recipe_the_model_has_no_tensors_for_is_one_error) {
  models::Bundle bundle = tiny_bundle();
  bundle.tensors.erase("class.gate");
  const ModelFile model(bundle);
  const PostedError e =
      error_of(chain(model, ""), tiny_frame(tiny_line(kLowRow)));
  fail_unless(e.is(GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS));
  fail_unless(e.says("subband") && e.says("class.gate"), "%s", e.text.c_str());
}
GST_END_TEST

GST_START_TEST(a_frame_of_other_settings_is_one_error_naming_both) {
  const ModelFile model;
  FrameOptions options;
  options.recipe.rate_hz = 2048;
  options.recipe.fft_size = 64;
  const PostedError e =
      error_of("scorecammask target=low model=" + model.path(),
               tiny_frame(tiny_line(kLowRow), {}, options));
  fail_unless(e.is(GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS));
  fail_unless(e.says("fft-size is 64, the model needs 32"), "%s",
              e.text.c_str());
}
GST_END_TEST

GST_START_TEST(a_rescaled_frame_is_one_error_of_this_element) {
  const ModelFile model;
  const PostedError e = error_of(
      "videoscale ! video/x-raw, width=8 ! scorecammask name=m "
      "target=low model=" +
          model.path(),
      tiny_frame(tiny_line(kLowRow)));
  fail_unless(e.says("no spectrogram meta"), "%s", e.text.c_str());
  fail_unless_equals_string(e.source.c_str(), "m");
}
GST_END_TEST

/* The one error of a start that fails. */
static PostedError error_of_start(const char *property, const char *value,
                                  const std::string &model) {
  GstElement *element = gst_element_factory_make("scorecammask", nullptr);
  g_object_set(element, "model", model.c_str(), property, value, nullptr);
  g_autoptr(GstBus) bus = gst_bus_new();
  gst_element_set_bus(element, bus);
  fail_unless_equals_int(gst_element_set_state(element, GST_STATE_PLAYING),
                         GST_STATE_CHANGE_FAILURE);
  gst_element_set_state(element, GST_STATE_NULL);
  gst_element_set_bus(element, nullptr);
  gst_object_unref(element);
  return pop_one_error(bus);
}

GST_START_TEST(
    with_a_model_set_a_wrong_setting_fails_the_start_with_one_error) {
  const ModelFile model;
  PostedError e = error_of_start("target", "whale", model.path());
  fail_unless(e.is(GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS));
  fail_unless(e.says("low, high"), "%s", e.text.c_str());
  e = error_of_start("device", "cuda:99", model.path());
  fail_unless(e.is(GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_FAILED));
  e = error_of_start("target", "low", "/no/such/file");
  fail_unless(e.is(GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND));
}
GST_END_TEST

GST_START_TEST(the_element_goes_up_and_down_twice_and_then_still_works) {
  const ModelFile model;
  GstElement *element = gst_element_factory_make("scorecammask", nullptr);
  g_object_set(element, "model", model.path().c_str(), "target", "low",
               nullptr);
  for (int round = 0; round < 2; ++round)
    for (const GstState state : {GST_STATE_PLAYING, GST_STATE_NULL})
      fail_unless_equals_int(gst_element_set_state(element, state),
                             GST_STATE_CHANGE_SUCCESS);
  GstHarness *h = gst_harness_new_with_element(element, "sink", "src");
  gst_object_unref(element);
  gst_harness_set_src_caps_str(h, kTinyCaps);
  fail_unless(mask_of(push_and_pull(h, tiny_frame(tiny_line(kLowRow)))).valid);
  gst_harness_teardown(h);
}
GST_END_TEST

static Suite *scorecammask_suite(void) {
  Suite *s = suite_create("scorecammask");
  TCase *tc = tcase_create("all");
  suite_add_tcase(s, tc);
  tcase_add_test(tc,
                 the_mask_is_the_librarys_for_the_decoded_picture_bit_for_bit);
  tcase_add_test(tc, every_recipe_gives_values_of_0_to_1_that_fill_the_frame);
  tcase_add_test(tc, the_recipe_and_its_threshold_are_the_models_unless_set);
  tcase_add_test(tc, each_way_to_combine_is_its_formula_of_class_and_image_map);
  tcase_add_test(tc, reverse_of_two_classes_is_one_less_the_other_ones_mask);
  tcase_add_test(tc, batch_size_and_threads_do_not_change_a_mask_channels_do);
  tcase_add_test(tc, a_target_is_the_predicted_class_a_label_or_a_number);
  tcase_add_test(tc, a_named_target_with_a_model_needs_no_classifier);
  tcase_add_test(tc, a_target_set_while_playing_takes_effect);
  tcase_add_test(tc, a_rejected_class_gives_an_invalid_mask_of_zeros);
  tcase_add_test(tc, another_model_is_asked_for_the_label_not_for_its_number);
  tcase_add_test(tc, the_class_mask_of_centroids_is_used_where_asked_for);
  tcase_add_loop_test(
      tc, between_two_costly_maps_the_last_one_moves_with_the_columns, 0, 2);
  tcase_add_test(tc, a_cheap_mask_is_never_reused_its_explanation_is);
  tcase_add_test(tc, a_map_that_has_left_the_frame_is_no_mask);
  tcase_add_test(tc, a_flat_map_stays_no_mask_when_it_is_reused);
  tcase_add_test(tc, another_combination_while_playing_ends_reuse);
  tcase_add_test(tc, a_break_or_another_recipe_ends_reuse);
  tcase_add_test(tc, what_a_mask_lacks_is_one_error_that_says_what_to_do);
  tcase_add_test(tc,
                 the_mask_runs_where_the_class_was_found_unless_told_otherwise);
  tcase_add_test(tc, a_recipe_the_model_has_no_tensors_for_is_one_error);
  tcase_add_test(tc, a_frame_of_other_settings_is_one_error_naming_both);
  tcase_add_test(tc, a_rescaled_frame_is_one_error_of_this_element);
  tcase_add_test(
      tc, with_a_model_set_a_wrong_setting_fails_the_start_with_one_error);
  tcase_add_test(tc, the_element_goes_up_and_down_twice_and_then_still_works);
  return s;
}
GST_CHECK_MAIN(scorecammask)
