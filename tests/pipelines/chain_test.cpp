/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The whole chain of elements against the library it wraps. */
#include <cstring>

#include "meta/gstsonarclassmeta.h"
#include "meta/gstsonarmaskmeta.h"
#include "meta/gstsonarsignaturemeta.h"
#include "models/line_tensors.h"
#include "models/registry.h"
#include "models/synth/scene.h"
#include "sonar/dsp/spectrograph.h"
#include "sonar/mask/regions.h"
#include "support/testing.h"

#include <gst/audio/audio.h>

using namespace sonar;

namespace {

constexpr const char *kModel = "synthetic";
constexpr std::size_t kMinRegion = 16;

/* What the library makes of one picture. */
struct Expected {
  models::Classification classified;
  models::MaskResult mask;
  mask::Binary kept;
};

Expected expect(const models::Model &model, const dsp::Picture &picture) {
  const models::PictureData data =
      models::picture_data(picture, model.settings().recipe);
  Expected out;
  out.classified = model.classify(data);
  models::MaskOptions options;
  options.recipe = model.settings().mask_recipe;
  out.mask =
      model.make_mask(data, out.classified.best, &out.classified, options);
  out.kept =
      mask::threshold(out.mask.confidence, float(model.settings().threshold));
  mask::remove_small(out.kept, kMinRegion);
  return out;
}

void assert_same_bytes(GBytes *got, const void *want, std::size_t size) {
  gsize got_size = 0;
  const void *data = g_bytes_get_data(got, &got_size);
  fail_unless_equals_uint64(got_size, size);
  fail_unless(std::memcmp(data, want, size) == 0);
}

GstHarness *chain() {
  GstHarness *h = gst_harness_new_parse(
      "sonarspectrogram model=synthetic advance=32 ! "
      "specnnclassify model=synthetic min-confidence=0 ! scorecammask ! "
      "signatureextract min-region=16");
  gst_harness_set_src_caps_str(h,
                               "audio/x-raw, format=" GST_AUDIO_NE(
                                   F32) ", layout=interleaved, channels=1, "
                                        "rate=1024");
  return h;
}

GST_START_TEST(chain_and_library_give_the_same_class_mask_and_signature) {
  models::SceneOptions options;
  options.recipe = models::synthetic_recipe();
  options.seconds = 30;
  options.seed = 41 + std::uint64_t(__i__);
  const auto classes = models::scene_classes();
  const auto scene =
      models::make_scene(classes[std::size_t(__i__) % classes.size()], options);

  const auto model = models::open(kModel, "cpu");
  Recipe recipe = model->settings().recipe;
  recipe.advance = 32;
  dsp::Spectrograph spectrograph(recipe);
  spectrograph.push(scene.samples.data(), scene.samples.size());
  spectrograph.drain();

  GstHarness *h = chain();
  GstBuffer *audio = gst_buffer_new_memdup(
      scene.samples.data(), scene.samples.size() * sizeof(float));
  GST_BUFFER_PTS(audio) = 0;
  fail_unless_equals_int(gst_harness_push(h, audio), GST_FLOW_OK);
  fail_unless(gst_harness_push_event(h, gst_event_new_eos()));

  std::size_t pictures = 0, kept = 0;
  for (dsp::Picture picture; spectrograph.pop(picture); ++pictures) {
    const Expected want = expect(*model, picture);
    GstBuffer *frame = gst_harness_try_pull(h);
    fail_unless(frame != nullptr);
    const auto *seen = gst_buffer_get_sonar_class_meta(frame);
    fail_unless_equals_uint64(seen->best, want.classified.best);
    assert_same_bytes(seen->probabilities, want.classified.probabilities.data(),
                      want.classified.probabilities.size() * sizeof(float));
    assert_same_bytes(gst_buffer_get_sonar_mask_meta(frame)->values,
                      want.mask.confidence.data(),
                      want.mask.confidence.size() * sizeof(float));
    assert_same_bytes(gst_buffer_get_sonar_signature_meta(frame)->kept,
                      want.kept.values.data(), want.kept.values.size());
    for (const auto k : want.kept.values) kept += k;
    gst_buffer_unref(frame);
  }
  fail_unless(gst_harness_try_pull(h) == nullptr);
  fail_unless(pictures >= 7);  // 239 columns, 32 at a time
  fail_unless(kept > 1000);    // or there was nothing to compare
  gst_harness_teardown(h);
}
GST_END_TEST

Suite *chain_suite() {
  Suite *s = suite_create("chain");
  TCase *tc = tcase_create("library");
  suite_add_tcase(s, tc);
  tcase_add_loop_test(
      tc, chain_and_library_give_the_same_class_mask_and_signature, 0, 5);
  return s;
}

}  // namespace
GST_CHECK_MAIN(chain)
