/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The whole chain of elements against the library it wraps. */
#include <algorithm>
#include <cstring>
#include <filesystem>

#include "meta/gstsonarclassmeta.h"
#include "meta/gstsonarmaskmeta.h"
#include "meta/gstsonarsignaturemeta.h"
#include "models/line_tensors.h"
#include "models/registry.h"
#include "models/synth/scene.h"
#include "models/verdict.h"
#include "sonar/dsp/spectrograph.h"
#include "sonar/mask/regions.h"
#include "support/folder.h"
#include "support/testing.h"

#include <gst/audio/audio.h>

using namespace sonar;

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMinRegion = 16;
constexpr int kScenes = 5;

/* Mask of all the classes of the frame; the element's label. */
struct Expected {
  models::Classification classified;
  std::string label;
  models::MaskResult mask;
  mask::Binary kept;
};

Expected expect(const models::Model &model, const dsp::Picture &picture,
                lines::TrackContinuation &stream) {
  const models::Settings &settings = model.settings();
  const models::PictureData data =
      models::picture_data(picture, settings.recipe);
  Expected out;
  out.classified = model.classify(data);
  const std::size_t best = out.classified.best;
  models::MaskOptions options;
  options.recipe = settings.mask_recipe;
  out.label = settings.labels[best];
  const auto beside = models::classes_beside(model, out.classified);
  std::vector<std::size_t> classes{best};
  classes.insert(classes.end(), beside.begin(), beside.end());
  stream.announce(classes);
  out.mask = model.make_mask(data, best, &out.classified, options, &stream);
  for (const std::size_t c : beside) {
    const auto more =
        model.make_mask(data, c, &out.classified, options, &stream);
    out.label += "+" + settings.labels[c];
    mask::take_larger(out.mask.confidence, more.confidence);
    out.mask.tracks.insert(out.mask.tracks.end(), more.tracks.begin(),
                           more.tracks.end());
  }
  out.kept = mask::threshold(out.mask.confidence, float(settings.threshold));
  mask::remove_small(out.kept, kMinRegion);
  return out;
}

void assert_same_bytes(GBytes *got, const void *want, std::size_t size) {
  gsize got_size = 0;
  const void *data = g_bytes_get_data(got, &got_size);
  fail_unless_equals_uint64(got_size, size);
  fail_unless(std::memcmp(data, want, size) == 0);
}

/* Outside the frame's valid columns there is no track. */
void assert_same_tracks(const GstSonarMaskMeta &mask, ColumnRange valid,
                        const std::vector<models::TonalTrack> &want) {
  fail_unless_equals_int(mask.n_tracks, want.size());
  if (want.empty()) return;
  const auto *about = static_cast<const GstSonarTrack *>(
      g_bytes_get_data(mask.tracks, nullptr));
  const auto *hz = static_cast<const float *>(
      g_bytes_get_data(mask.track_frequencies, nullptr));
  for (std::size_t i = 0; i < want.size(); ++i) {
    fail_unless_equals_uint64(about[i].id, want[i].id);
    fail_unless(std::equal(want[i].frequency_hz.begin(),
                           want[i].frequency_hz.end(),
                           hz + i * mask.width + valid.begin));
  }
}

void assert_same(GstBuffer *frame, ColumnRange valid, const Expected &want) {
  const auto *seen = gst_buffer_get_sonar_class_meta(frame);
  fail_unless_equals_uint64(seen->best, want.classified.best);
  fail_unless_equals_string(seen->label, want.label.c_str());
  assert_same_bytes(seen->probabilities, want.classified.probabilities.data(),
                    want.classified.probabilities.size() * sizeof(float));
  const auto *mask = gst_buffer_get_sonar_mask_meta(frame);
  fail_unless_equals_string(mask->label, want.label.c_str());
  assert_same_bytes(mask->values, want.mask.confidence.data(),
                    want.mask.confidence.size() * sizeof(float));
  assert_same_tracks(*mask, valid, want.mask.tracks);
  assert_same_bytes(gst_buffer_get_sonar_signature_meta(frame)->kept,
                    want.kept.values.data(), want.kept.values.size());
}

GstHarness *chain(const std::string &model) {
  GstHarness *h = gst_harness_new_parse(
      ("sonarspectrogram model=" + model +
       " advance=32 ! specnnclassify model=" + model +
       " min-confidence=0 ! scorecammask ! signatureextract min-region=16")
          .c_str());
  gst_harness_set_src_caps_str(h,
                               "audio/x-raw, format=" GST_AUDIO_NE(
                                   F32) ", layout=interleaved, channels=1, "
                                        "rate=1024");
  return h;
}

models::SynthScene scene_of(const std::string &label, std::uint64_t seed) {
  models::SceneOptions options;
  options.recipe = models::synthetic_recipe();
  options.seconds = 30;
  options.seed = seed;
  return models::make_scene(label, options);
}

/* How many pixels are kept, and in how many classes' names at most. */
struct Found {
  std::size_t kept = 0, classes = 0;
};

Found compare(const std::string &file, const std::vector<float> &samples) {
  const auto model = models::open(file, "cpu");
  Recipe recipe = model->settings().recipe;
  recipe.advance = 32;
  dsp::Spectrograph spectrograph(recipe);
  spectrograph.push(samples.data(), samples.size());
  spectrograph.drain();

  GstHarness *h = chain(file);
  GstBuffer *audio =
      gst_buffer_new_memdup(samples.data(), samples.size() * sizeof(float));
  GST_BUFFER_PTS(audio) = 0;
  fail_unless_equals_int(gst_harness_push(h, audio), GST_FLOW_OK);
  fail_unless(gst_harness_push_event(h, gst_event_new_eos()));

  Found found;
  std::size_t pictures = 0;
  lines::TrackContinuation stream{std::size_t(recipe.width)};
  for (dsp::Picture picture; spectrograph.pop(picture); ++pictures) {
    const Expected want = expect(*model, picture, stream);
    GstBuffer *frame = gst_harness_try_pull(h);
    fail_unless(frame != nullptr);
    assert_same(frame, picture.valid, want);
    for (const auto k : want.kept.values) found.kept += k;
    found.classes = std::max(
        found.classes,
        std::size_t(gst_buffer_get_sonar_class_meta(frame)->n_beside) + 1);
    gst_buffer_unref(frame);
  }
  fail_unless(gst_harness_try_pull(h) == nullptr);
  fail_unless(pictures >= 7);  // 239 columns, 32 at a time
  gst_harness_teardown(h);
  return found;
}

GST_START_TEST(chain_and_library_give_the_same_class_mask_and_signature) {
  const auto classes = models::scene_classes();
  const auto scene = scene_of(classes[std::size_t(__i__) % classes.size()],
                              41 + std::uint64_t(__i__));
  const Found found = compare("synthetic", scene.samples);
  fail_unless(found.kept > 1000);  // or there was nothing to compare
}
GST_END_TEST

/* ---- a line model ---- */

/* The lines that the scenes of a class are drawn with, where none drops out
 * and no other vessel sounds. */
lines::ClassLines drawn_lines(const std::string &label, double bin_hz) {
  models::SceneOptions options;
  options.recipe = models::synthetic_recipe();
  options.line_dropout = options.unknown_vessel = options.second_vessel = 0;
  const auto scene = models::make_scene(label, options);
  lines::ClassLines out;
  for (const models::SceneLine &line : scene.lines) {
    const bool moving = line.family != "generator";
    const double ratio = moving ? scene.vessels.front().speed_ratio : 1;
    out.lines.push_back(
        {line.frequency_hz / ratio / bin_hz, 10, moving, 0.8, 12, 3, 0.4});
  }
  out.threshold = 5;
  return out;
}

/* The shipped model with a line model written by hand, in @p folder. */
std::string write_line_model(const fs::path &folder) {
  models::Bundle bundle =
      models::read_bundle(models::resolve_model("synthetic"));
  bundle.settings.recipe.evidence_fft_size = 1024;
  bundle.settings.mask_recipe = models::MaskRecipe::kLines;
  const double bin_hz = bundle.settings.recipe.evidence_recipe().bin_hz();
  lines::LineModel model;
  for (const std::string &label : bundle.settings.labels)
    model.classes.push_back(drawn_lines(label, bin_hz));
  models::add_line_tensors(model, bin_hz, bundle.tensors);
  const std::string path = (folder / "lines.safetensors").string();
  models::write_bundle(path, bundle);
  return path;
}

GST_START_TEST(chain_and_library_are_the_same_with_a_line_model) {
  const std::string file = write_line_model(folder);
  const Found one = compare(file, scene_of("ferry", 41).samples);
  fail_unless(one.kept > 300);
  // in one of these scenes both vessels are loud enough to be named
  std::size_t classes = 0;
  for (const std::uint64_t seed : {4, 5})
    classes = std::max(
        classes, compare(file, scene_of("cargo+ferry", seed).samples).classes);
  fail_unless_equals_int(classes, 2);
}
GST_END_TEST

Suite *chain_suite() {
  Suite *s = suite_create("chain");
  TCase *tc = tcase_create("library");
  suite_add_tcase(s, tc);
  tcase_add_loop_test(
      tc, chain_and_library_give_the_same_class_mask_and_signature, 0, kScenes);
  TCase *lines = tcase_create("lines");
  suite_add_tcase(s, lines);
  tcase_add_checked_fixture(lines, make_folder, remove_folder);
  tcase_add_test(lines, chain_and_library_are_the_same_with_a_line_model);
  return s;
}

}  // namespace
GST_CHECK_MAIN(chain)
