/* SPDX-License-Identifier: GPL-2.0-or-later */
/* specnnclassify and scorecammask with a model that knows its classes' lines;
 * their own tests have the rest. */
#include <algorithm>

#include "meta/gstsonarclassmeta.h"
#include "models/line_tensors.h"
#include "models/registry.h"
#include "models/verdict.h"
#include "support/tiny_frames.h"
#include "support/tiny_lines.h"
#include "support/tiny_model.h"

using namespace sonar;
using namespace sonar::testing;
using models::MaskRecipe;

static Recipe line_recipe() {
  Recipe r = tiny_recipe();
  r.evidence_fft_size = kEvidenceFft;
  return r;
}

static models::Bundle line_bundle() {
  models::Bundle bundle = tiny_bundle();
  bundle.settings.recipe = line_recipe();
  bundle.settings.mask_recipe = MaskRecipe::kLines;
  bundle.settings.min_confidence = 0.5;
  models::add_line_tensors(tiny_line_model(), kFineHz, bundle.tensors);
  return bundle;
}

static std::string chain(const ModelFile &model, const std::string &mask = "") {
  return "specnnclassify top-k=2 model=" + model.path() + " ! scorecammask " +
         mask;
}

static FrameOptions lines_frame(const std::vector<Vessel> &vessels) {
  FrameOptions options;
  options.recipe = line_recipe();
  options.fine = fine_picture(vessels, kTiny);
  return options;
}

/* What the model sees of a frame of noise with these options. */
static models::PictureData picture_of(const FrameOptions &options) {
  return {tiny_decoded(tiny_line(0, 1)), {}, options.valid, options.fine};
}
static GstBuffer *frame_of(const FrameOptions &options) {
  return tiny_frame(tiny_line(0, 1), {}, options);
}

static Buffer push_and_pull(GstHarness *h, GstBuffer *frame) {
  fail_unless_equals_int(gst_harness_push(h, frame), GST_FLOW_OK);
  GstBuffer *out = gst_harness_try_pull(h);
  ck_assert_msg(out, "no frame came out");
  return Buffer(out);
}

static Buffer through(const std::string &launch, GstBuffer *frame) {
  const Bench h(launch);
  gst_harness_set_src_caps_str(h, kTinyCaps);
  return push_and_pull(h, frame);
}

static const GstSonarClassMeta &class_of(const Buffer &frame) {
  const auto *meta = gst_buffer_get_sonar_class_meta(frame.get());
  ck_assert_msg(meta, "the frame has no class meta");
  return *meta;
}
static const GstSonarMaskMeta &mask_of(const Buffer &frame) {
  const auto *meta = gst_buffer_get_sonar_mask_meta(frame.get());
  ck_assert_msg(meta, "the frame has no mask meta");
  return *meta;
}

static std::vector<float> floats_of(const Image &image) {
  return {image.data(), image.data() + image.size()};
}

/* ---- classes ---- */

GST_START_TEST(the_class_and_those_beside_it_are_the_librarys) {
  const ModelFile file(line_bundle());
  const auto model = models::open(file.path(), "cpu");
  const struct {
    std::vector<Vessel> vessels;
    const char *label;
  } cases[] = {{{{0}}, "low"},
               {{{1}}, "high"},
               {{{0, -2}, {1}}, "high+low"},
               {{{0}, {1, -6.5}}, "low"},
               {{}, "unknown"}};
  for (const auto &c : cases) {
    const FrameOptions options = lines_frame(c.vessels);
    const auto want = model->classify(picture_of(options));
    const Buffer out = through(chain(file), frame_of(options));
    const auto &meta = class_of(out);
    fail_unless(values_of<float>(meta.probabilities) == want.probabilities);
    fail_unless_equals_int(meta.best, want.best);
    fail_unless(meta.confidence == want.probabilities[want.best]);
    fail_unless_equals_string(meta.label, c.label);
    fail_unless_equals_int(meta.rejected, c.vessels.empty());
    const auto beside = meta.rejected ? std::vector<std::size_t>()
                                      : models::classes_beside(*model, want);
    fail_unless_equals_int(meta.n_beside, beside.size());
    for (guint i = 0; i < meta.n_beside; ++i)
      fail_unless_equals_int(meta.beside[i], beside[i]);
  }
}
GST_END_TEST

GST_START_TEST(the_message_names_both_vessels) {
  const ModelFile model(line_bundle());
  const Bench h(chain(model));
  gst_harness_set_src_caps_str(h, kTinyCaps);
  push_and_pull(h, frame_of(lines_frame({{0}, {1, -2}})));
  g_autoptr(GstMessage) message =
      gst_bus_pop_filtered(h.bus(), GST_MESSAGE_ELEMENT);
  fail_unless(message && gst_message_has_name(message, "sonar-class"));
  fail_unless_equals_string(
      gst_structure_get_string(gst_message_get_structure(message), "label"),
      "low+high");
}
GST_END_TEST

/* ---- masks ---- */

GST_START_TEST(mask_and_tracks_are_the_librarys_bit_for_bit) {
  const ModelFile file(line_bundle());
  const auto model = models::open(file.path(), "cpu");
  FrameOptions options = lines_frame({{1, 0, 1.02}});
  options.valid = {3, 15};
  models::MaskOptions lines;
  lines.recipe = MaskRecipe::kLines;
  const auto want = model->make_mask(picture_of(options), 1, nullptr, lines);
  const Buffer out = through(chain(file), frame_of(options));
  const auto &meta = mask_of(out);
  fail_unless(meta.valid && want.valid);
  fail_unless_equals_string(meta.recipe, "lines");
  fail_unless_equals_string(meta.label, "high");
  fail_unless_equals_float(meta.threshold, kTinyThreshold);
  fail_unless(values_of<float>(meta.values) == floats_of(want.confidence));
  fail_unless_equals_int(meta.n_tracks, want.tracks.size());
  fail_unless_equals_int(meta.n_tracks, 3);
  const auto tracks = values_of<GstSonarTrack>(meta.tracks);
  const auto hz = values_of<float>(meta.track_frequencies);
  const auto db = values_of<float>(meta.track_levels);
  for (std::size_t i = 0; i < 3; ++i) {
    const auto &track = want.tracks[i];
    fail_unless(tracks[i].nominal_hz == track.nominal_hz);
    fail_unless_equals_int(tracks[i].moving, track.moving);
    fail_unless(tracks[i].presence == double(track.presence));
    for (std::size_t x = 0; x < kTiny; ++x) {
      const std::size_t at = i * kTiny + x;
      const bool valid = x >= 3 && x < 15;
      fail_unless(valid ? hz[at] == track.frequency_hz[x - 3]
                        : std::isnan(hz[at]));
      fail_unless(valid ? db[at] == track.snr_db[x - 3] : std::isnan(db[at]));
    }
  }
}
GST_END_TEST

GST_START_TEST(the_mask_takes_the_classifiers_view_off_the_frame) {
  const ModelFile file(line_bundle());
  const FrameOptions options = lines_frame({{1}});
  const Buffer seen =
      through("specnnclassify model=" + file.path(), frame_of(options));
  const Buffer masked = through(chain(file), frame_of(options));
  const GstMetaInfo *info = gst_meta_get_info("SonarLinesMeta");
  fail_unless(info && gst_buffer_get_meta(seen.get(), info->api));
  fail_unless(!gst_buffer_get_meta(masked.get(), info->api));
}
GST_END_TEST

GST_START_TEST(two_classes_have_the_larger_confidence_and_all_tracks) {
  const ModelFile model(line_bundle());
  const FrameOptions options = lines_frame({{0, -2}, {1}});
  const Buffer both = through(chain(model), frame_of(options));
  const Buffer low = through(chain(model, "target=low"), frame_of(options));
  const Buffer high = through(chain(model, "target=high"), frame_of(options));
  fail_unless_equals_string(mask_of(both).label, "high+low");
  fail_unless_equals_string(mask_of(low).label, "low");
  fail_unless(mask_of(both).score == class_of(both).confidence);
  const auto a = values_of<float>(mask_of(low).values);
  const auto b = values_of<float>(mask_of(high).values);
  const auto got = values_of<float>(mask_of(both).values);
  fail_unless_equals_int(got.size(), kTiny * kTiny);
  for (std::size_t i = 0; i < got.size(); ++i)
    fail_unless(got[i] == std::max(a[i], b[i]));
  fail_unless(a != got && b != got);
  // the louder's tracks come first
  auto hz = values_of<float>(mask_of(high).track_frequencies);
  const auto more = values_of<float>(mask_of(low).track_frequencies);
  hz.insert(hz.end(), more.begin(), more.end());
  fail_unless_equals_int(mask_of(both).n_tracks, 6);
  fail_unless(values_of<float>(mask_of(both).track_frequencies) == hz);
}
GST_END_TEST

GST_START_TEST(noise_gives_an_invalid_mask_of_zeros_without_tracks) {
  const ModelFile model(line_bundle());
  const Buffer out = through(chain(model), frame_of(lines_frame({})));
  const auto &meta = mask_of(out);
  fail_unless(!meta.valid && meta.n_tracks == 0 && !meta.tracks);
  fail_unless_equals_string(meta.label, "unknown");
  for (const float v : values_of<float>(meta.values)) fail_unless(v == 0.0f);
}
GST_END_TEST

GST_START_TEST(another_vessel_ends_the_reuse_of_a_costly_map) {
  const ModelFile file(line_bundle());
  const auto model = models::open(file.path(), "cpu");
  const Bench h(chain(file, "recipe=released interval=10"));
  gst_harness_set_src_caps_str(h, kTinyCaps);
  push_and_pull(h, frame_of(lines_frame({{0}})));
  FrameOptions options = lines_frame({{0}, {1, -2}});
  options.first_column = 4;
  const Buffer out = push_and_pull(h, frame_of(options));
  fail_unless_equals_string(mask_of(out).label, "low+high");
  const auto seen = model->classify(picture_of(options));
  models::MaskOptions released;
  released.recipe = MaskRecipe::kReleased;
  auto want = model->make_mask(picture_of(options), 0, &seen, released);
  const auto other = model->make_mask(picture_of(options), 1, &seen, released);
  mask::take_larger(want.confidence, other.confidence);
  fail_unless(values_of<float>(mask_of(out).values) ==
              floats_of(want.confidence));
}
GST_END_TEST

/* ---- tracks of a stream ---- */

static Buffer push_at(GstHarness *h, const std::vector<Vessel> &vessels,
                      gint64 first_column, bool discont = false) {
  FrameOptions options = lines_frame(vessels);
  options.fine = fine_picture(vessels, kTiny, unsigned(first_column + 1));
  options.first_column = first_column;
  options.discont = discont;
  return push_and_pull(h, frame_of(options));
}

static std::vector<GstSonarTrack> tracks_of(const Buffer &frame) {
  const auto &meta = mask_of(frame);
  return meta.tracks ? values_of<GstSonarTrack>(meta.tracks)
                     : std::vector<GstSonarTrack>();
}
static std::vector<guint64> ids_of(const Buffer &frame) {
  std::vector<guint64> ids;
  for (const GstSonarTrack &t : tracks_of(frame)) ids.push_back(t.id);
  return ids;
}

using Ids = std::vector<guint64>;

GST_START_TEST(a_tonal_keeps_its_id_and_its_beginning_from_frame_to_frame) {
  const ModelFile model(line_bundle());
  const Bench h(chain(model));
  gst_harness_set_src_caps_str(h, kTinyCaps);
  const gint64 began = push_at(h, {{0}}, 0).spectrogram().column0_time;
  for (const gint64 column : {4, 8, 24, 40}) {  // the last two side by side
    const Buffer frame = push_at(h, {{0}}, column);
    fail_unless(ids_of(frame) == Ids({1, 2, 3}));
    for (const GstSonarTrack &t : tracks_of(frame))
      fail_unless_equals_int64(t.begin_time, began);
  }
}
GST_END_TEST

GST_START_TEST(tracks_say_which_of_two_vessels_they_are_of) {
  const ModelFile model(line_bundle());
  const Buffer both =
      through(chain(model), frame_of(lines_frame({{0, -2}, {1}})));
  fail_unless_equals_string(mask_of(both).label, "high+low");
  const auto tracks = tracks_of(both);
  fail_unless_equals_int(tracks.size(), 6);
  for (std::size_t i = 0; i < 6; ++i) {
    fail_unless_equals_int(tracks[i].class_number, i < 3 ? 0 : 1);
    fail_unless(tracks[i].nominal_hz == kLineBins[i < 3][i % 3] * kFineHz);
  }
}
GST_END_TEST

GST_START_TEST(a_vessel_that_is_lost_keeps_its_ids_for_the_track_gap) {
  const ModelFile model(line_bundle());
  const double column_seconds = line_recipe().column_seconds();
  const struct {
    double gap_columns;  // 0: a frame's
    gint64 next;
    bool same;
  } cases[] = {{0, 32, true}, {0, 33, false}, {40, 56, true}, {40, 57, false}};
  for (const auto &c : cases) {
    const Bench h(chain(
        model, "track-gap=" +
                   std::to_string((c.gap_columns + 0.5 * (c.gap_columns > 0)) *
                                  column_seconds)));
    gst_harness_set_src_caps_str(h, kTinyCaps);
    push_at(h, {{0}}, 0);
    fail_unless(ids_of(push_at(h, {}, 16)).empty());
    fail_unless(ids_of(push_at(h, {{0}}, c.next)) ==
                    (c.same ? Ids({1, 2, 3}) : Ids({4, 5, 6})),
                "gap %g, next frame at %d", c.gap_columns, int(c.next));
  }
}
GST_END_TEST

GST_START_TEST(another_class_ends_the_tracks) {
  const ModelFile model(line_bundle());
  const Bench h(chain(model));
  gst_harness_set_src_caps_str(h, kTinyCaps);
  push_at(h, {{0}}, 0);
  fail_unless(ids_of(push_at(h, {{1}}, 4)) == Ids({4, 5, 6}));
  fail_unless(ids_of(push_at(h, {{0}}, 8)) == Ids({7, 8, 9}));
}
GST_END_TEST

/* Column numbers go on, so nothing but the event says that it is new. */
GST_START_TEST(what_breaks_the_stream_begins_new_tracks) {
  const ModelFile model(line_bundle());
  for (const char *what : {"discont", "flush", "segment"}) {
    const Bench h(chain(model));
    gst_harness_set_src_caps_str(h, kTinyCaps);
    push_at(h, {{0}}, 0);
    if (what[0] == 'f') {
      gst_harness_push_event(h, gst_event_new_flush_start());
      gst_harness_push_event(h, gst_event_new_flush_stop(FALSE));
    }
    if (what[0] != 'd') {
      GstSegment segment;
      gst_segment_init(&segment, GST_FORMAT_TIME);
      gst_harness_push_event(h, gst_event_new_segment(&segment));
    }
    const Buffer frame = push_at(h, {{0}}, 4, what[0] == 'd');
    fail_unless(ids_of(frame) == Ids({4, 5, 6}), "%s", what);
  }
}
GST_END_TEST

/* ---- from sound on ---- */

/* Noise, and the tones of a class, each 12 dB over the noise in a fine bin. */
static std::vector<float> sound_of(std::size_t label) {
  const double amplitude = 0.1;
  std::vector<float> samples = noise(3072, amplitude);
  // variance of the noise times the Hann window's noise bandwidth, per bin
  const double bin = amplitude * amplitude / 3 * 1.5 / kFineBins;
  const double level = std::sqrt(2 * bin * std::pow(10, kLineDb / 10));
  for (const double at : kLineBins[label]) {
    const auto line =
        tone(samples.size(), 1024, at * kFineHz, 0, std::size_t(-1), level);
    for (std::size_t i = 0; i < samples.size(); ++i) samples[i] += line[i];
  }
  return samples;
}

GST_START_TEST(tones_are_named_masked_and_followed_where_they_are) {
  const ModelFile model(line_bundle());
  for (const std::size_t label : {0, 1}) {
    const Bench h("sonarspectrogram model=" + model.path() + " ! " +
                  chain(model));
    gst_harness_set_src_caps_str(h, audio_caps(1024).c_str());
    fail_unless_equals_int(push_samples(h, sound_of(label), 1024), GST_FLOW_OK);
    const auto frames = take_frames(h);
    fail_unless(frames.size() >= 8);
    for (const Buffer &frame : frames) {
      fail_unless_equals_string(class_of(frame).label, label ? "high" : "low");
      const auto &meta = mask_of(frame);
      const auto tracks = values_of<GstSonarTrack>(meta.tracks);
      const auto hz = values_of<float>(meta.track_frequencies);
      const auto mask = values_of<float>(meta.values);
      fail_unless_equals_int(meta.n_tracks, 3);
      for (std::size_t i = 0; i < 3; ++i) {
        const double want = kLineBins[label][i] * kFineHz;
        ASSERT_NEAR_AT(i, tracks[i].nominal_hz, want, 1e-3);
        for (std::size_t x = 0; x < kTiny; ++x) {
          // noise moves a track by up to a fine bin
          ASSERT_NEAR_AT(x, hz[i * kTiny + x], want, kFineHz);
          const std::size_t row = kTiny - std::size_t(std::lround(want / 32));
          fail_unless(mask[row * kTiny + x] > 0.75f);
        }
      }
    }
  }
}
GST_END_TEST

GST_START_TEST(silence_is_unknown_and_has_no_mask) {
  const ModelFile model(line_bundle());
  const Bench h("sonarspectrogram model=" + model.path() + " ! " +
                chain(model));
  gst_harness_set_src_caps_str(h, audio_caps(1024).c_str());
  fail_unless_equals_int(push_samples(h, std::vector<float>(2048), 1024),
                         GST_FLOW_OK);
  const auto frames = take_frames(h);
  fail_unless(!frames.empty());
  for (const Buffer &frame : frames) {
    fail_unless_equals_string(class_of(frame).label, "unknown");
    for (const float p : values_of<float>(class_of(frame).probabilities))
      fail_unless(p >= 0 && p < 0.5f, "%g", p);
    fail_unless(!mask_of(frame).valid);
  }
}
GST_END_TEST

/* The end of a recording may leave a frame of one column. */
GST_START_TEST(a_recording_of_one_column_passes) {
  const ModelFile model(line_bundle());
  const Bench h("sonarspectrogram model=" + model.path() + " ! " +
                chain(model, "target=low"));
  gst_harness_set_src_caps_str(h, audio_caps(1024).c_str());
  fail_unless_equals_int(push_samples(h, noise(10), 1024), GST_FLOW_OK);
  gst_harness_push_event(h, gst_event_new_eos());
  const auto frames = take_frames(h);
  fail_unless_equals_int(frames.size(), 1);
  const auto &meta = frames[0].spectrogram();
  fail_unless_equals_int(meta.valid_end - meta.valid_begin, 1);
  for (const float v : values_of<float>(mask_of(frames[0]).values))
    fail_unless(v >= 0 && v <= 1);
}
GST_END_TEST

/* ---- errors ---- */

static PostedError error_of(const std::string &launch, GstBuffer *frame) {
  const Bench h(launch);
  gst_harness_set_src_caps_str(h, kTinyCaps);
  fail_unless_equals_int(gst_harness_push(h, frame), GST_FLOW_ERROR);
  return h.one_error();
}

GST_START_TEST(a_frame_without_the_fine_spectrum_is_one_error_that_says_so) {
  const ModelFile model(line_bundle());
  // made without it: it does not fit the model
  for (const std::string &launch :
       {chain(model), "scorecammask target=low model=" + model.path()}) {
    const PostedError e = error_of(launch, tiny_frame(tiny_line(kLowRow)));
    fail_unless(e.is(GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS));
    fail_unless(e.says("evidence-fft-size is 0, the model needs 128"), "%s",
                e.text.c_str());
    fail_unless(e.says(("Set model=" + model.path()).c_str()), "%s",
                e.text.c_str());
  }
  // lost on the way
  FrameOptions options = lines_frame({{0}});
  options.fine = Image();
  const PostedError e = error_of(
      "scorecammask target=low model=" + model.path(), frame_of(options));
  fail_unless(e.is(GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS));
  fail_unless(e.says("needs the fine spectrum"), "%s", e.text.c_str());
}
GST_END_TEST

GST_START_TEST(a_model_without_lines_has_no_recipe_lines) {
  const ModelFile model;
  const PostedError e =
      error_of(chain(model, "recipe=lines"), tiny_frame(tiny_line(kLowRow)));
  fail_unless(e.is(GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS));
  fail_unless(e.says("mask recipe lines needs a line model"), "%s",
              e.text.c_str());
}
GST_END_TEST

GST_START_TEST(a_model_without_lines_takes_frames_with_a_fine_spectrum) {
  const ModelFile model;
  const Buffer out = through(
      chain(model), tiny_frame(tiny_line(kLowRow), {}, lines_frame({{1}})));
  fail_unless_equals_string(class_of(out).label, "low");
  fail_unless_equals_int(class_of(out).n_beside, 0);
}
GST_END_TEST

static Suite *lines_suite(void) {
  Suite *s = suite_create("lines");
  TCase *tc = tcase_create("all");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, the_class_and_those_beside_it_are_the_librarys);
  tcase_add_test(tc, the_message_names_both_vessels);
  tcase_add_test(tc, mask_and_tracks_are_the_librarys_bit_for_bit);
  tcase_add_test(tc, the_mask_takes_the_classifiers_view_off_the_frame);
  tcase_add_test(tc, two_classes_have_the_larger_confidence_and_all_tracks);
  tcase_add_test(tc, noise_gives_an_invalid_mask_of_zeros_without_tracks);
  tcase_add_test(tc, another_vessel_ends_the_reuse_of_a_costly_map);
  tcase_add_test(tc,
                 a_tonal_keeps_its_id_and_its_beginning_from_frame_to_frame);
  tcase_add_test(tc, tracks_say_which_of_two_vessels_they_are_of);
  tcase_add_test(tc, a_vessel_that_is_lost_keeps_its_ids_for_the_track_gap);
  tcase_add_test(tc, another_class_ends_the_tracks);
  tcase_add_test(tc, what_breaks_the_stream_begins_new_tracks);
  tcase_add_test(tc, silence_is_unknown_and_has_no_mask);
  tcase_add_test(tc, a_recording_of_one_column_passes);
  tcase_add_test(tc, tones_are_named_masked_and_followed_where_they_are);
  tcase_add_test(tc,
                 a_frame_without_the_fine_spectrum_is_one_error_that_says_so);
  tcase_add_test(tc, a_model_without_lines_has_no_recipe_lines);
  tcase_add_test(tc, a_model_without_lines_takes_frames_with_a_fine_spectrum);
  return s;
}
GST_CHECK_MAIN(lines)
