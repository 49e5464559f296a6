/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "meta/gstsonarclassmeta.h"
#include "meta/gstsonarpropulsionmeta.h"
#include "meta/gstsonarsignaturemeta.h"
#include "support/tiny_frames.h"

using namespace sonar;
using namespace sonar::testing;

/* How often what the metas share was freed. */
static int freed = 0;

template <typename T>
static GBytes *counted_bytes(std::size_t count, T first) {
  auto *values = new std::vector<T>(count, first);
  return g_bytes_new_with_free_func(
      values->data(), count * sizeof(T),
      [](gpointer data) {
        ++freed;
        delete static_cast<std::vector<T> *>(data);
      },
      values);
}
static const int kPayloads = 18;  // seventeen bytes and the original
static const guint kFineRows = 64, kTracks = 2, kStructures = 3;

static void add_spectrogram(GstBuffer *frame) {
  g_autoptr(GBytes) edges = counted_bytes<double>(kTiny + 1, 512);
  g_autoptr(GBytes) background = counted_bytes<float>(kTiny * kTiny, -60);
  GstSonarSpectrogramMeta meta{};
  gchar recipe[] = "{}";
  meta.recipe = recipe;
  meta.unit = "dBFS";
  meta.width = meta.height = kTiny;
  meta.range_db = 60;
  meta.first_column = -7;
  meta.row_edges = edges;
  meta.background = background;
  g_autoptr(GBytes) fine = counted_bytes<float>(kFineRows * kTiny, 3);
  meta.fine = fine;
  meta.fine_rows = kFineRows;
  meta.fine_fft_size = 128;
  g_autoptr(GBytes) dbfs = counted_bytes<float>(kTiny * kTiny, -90);
  meta.level_unit = "dB re 1 uPa";
  meta.background_dbfs = dbfs;
  meta.column0_utc = 951868799;
  g_autoptr(GBytes) samples = counted_bytes<float>(64, 0.5f);
  meta.samples = samples;
  meta.first_sample = 640;
  gst_buffer_add_sonar_spectrogram_meta(frame, &meta);
}

static void add_class(GstBuffer *frame, gboolean rejected, guint n_beside = 1) {
  g_autoptr(GBytes) probabilities = counted_bytes<float>(2, 0.5f);
  g_autoptr(GBytes) input = counted_bytes<float>(8, 0.25f);
  g_autoptr(GBytes) maps = counted_bytes<float>(8, 0.125f);
  gchar model[] = "tiny", low[] = "low", high[] = "high";
  gchar *labels[] = {low, high, nullptr};
  GstSonarClassMeta meta{};
  meta.model = model;
  gchar device[] = "cuda:1";
  meta.device = device;
  meta.labels = labels;
  meta.n_classes = 2;
  meta.probabilities = probabilities;
  meta.best = 1;
  meta.confidence = 0.5f;
  guint beside[] = {0};
  meta.n_beside = n_beside;
  meta.beside = beside;
  meta.rejected = rejected;
  meta.input = input;
  meta.feature_maps = maps;
  gst_buffer_add_sonar_class_meta(frame, &meta);
}

static void add_mask(GstBuffer *frame) {
  g_autoptr(GBytes) values = counted_bytes<float>(kTiny * kTiny, 0.75f);
  g_autoptr(GBytes) explanation = counted_bytes<float>(kTiny * kTiny, -1);
  GstSonarMaskMeta meta{};
  gchar label[] = "high";
  meta.recipe = "subband";
  meta.label = label;
  meta.threshold = 0.75f;
  meta.width = meta.height = kTiny;
  meta.values = values;
  meta.explanation = explanation;
  g_autoptr(GBytes) tracks =
      counted_bytes<GstSonarTrack>(kTracks, {120, TRUE, 0.875, 7, 0, 0});
  g_autoptr(GBytes) frequencies = counted_bytes<float>(kTracks * kTiny, 121);
  g_autoptr(GBytes) levels = counted_bytes<float>(kTracks * kTiny, 6);
  meta.n_tracks = kTracks;
  meta.tracks = tracks;
  meta.track_frequencies = frequencies;
  meta.track_levels = levels;
  g_autoptr(GBytes) structures = counted_bytes<GstSonarStructure>(
      kStructures, {1, 2, 3, 4, 1, 9, 0, -0.5f});
  g_autoptr(GBytes) owners = counted_bytes<guint16>(kTiny * kTiny, 1);
  meta.n_structures = kStructures;
  meta.structures = structures;
  meta.structure_owners = owners;
  meta.valid = TRUE;
  gst_buffer_add_sonar_mask_meta(frame, &meta);
}

static void add_signature(GstBuffer *frame) {
  g_autoptr(GBytes) kept = counted_bytes<guint8>(kTiny * kTiny, 1);
  g_autoptr(GBytes) regions = counted_bytes<GstSonarRegion>(1, {});
  GstBuffer *original = gst_buffer_new();
  gst_mini_object_weak_ref(
      GST_MINI_OBJECT(original), [](gpointer, GstMiniObject *) { ++freed; },
      nullptr);
  GstSonarSignatureMeta meta{};
  meta.width = meta.height = kTiny;
  meta.kept = kept;
  meta.n_regions = 1;
  meta.regions = regions;
  meta.original = original;
  gst_buffer_add_sonar_signature_meta(frame, &meta);
  gst_buffer_unref(original);
}

static void add_propulsion(GstBuffer *frame) {
  GstSonarPropulsionMeta meta{};
  meta.shaft_hz = 2.4;
  meta.blades = 4;
  meta.end = 17;
  gst_buffer_add_sonar_propulsion_meta(frame, &meta);
}

/* A frame of 16 x 16 pixels of 16 bits with all five metas. */
static GstBuffer *full_frame(gboolean rejected = FALSE) {
  GstBuffer *frame = gst_buffer_new_allocate(nullptr, 512, nullptr);
  gst_buffer_memset(frame, 0, 0x80, 512);
  add_spectrogram(frame);
  add_class(frame, rejected);
  add_mask(frame);
  add_signature(frame);
  add_propulsion(frame);
  return frame;
}

static int metas_on(GstBuffer *frame) {
  return (gst_buffer_get_sonar_spectrogram_meta(frame) != nullptr) +
         (gst_buffer_get_sonar_class_meta(frame) != nullptr) +
         (gst_buffer_get_sonar_mask_meta(frame) != nullptr) +
         (gst_buffer_get_sonar_signature_meta(frame) != nullptr) +
         (gst_buffer_get_sonar_propulsion_meta(frame) != nullptr);
}

/* All five metas of @p b say what those of @p a say, sharing its payload and
 * with strings of their own. */
static void assert_same_metas(GstBuffer *a, GstBuffer *b) {
  const auto *s = gst_buffer_get_sonar_spectrogram_meta(a);
  const auto *t = gst_buffer_get_sonar_spectrogram_meta(b);
  fail_unless(t->row_edges == s->row_edges && t->background == s->background);
  fail_unless(t->recipe != s->recipe && t->unit == s->unit);
  fail_unless_equals_string(t->recipe, "{}");
  fail_unless_equals_int(t->width * t->height, kTiny * kTiny);
  fail_unless_equals_float(t->range_db, 60);
  fail_unless_equals_int64(t->first_column, -7);
  fail_unless(t->fine == s->fine);
  fail_unless_equals_int(t->fine_rows, kFineRows);
  fail_unless_equals_int(t->fine_fft_size, 128);
  fail_unless(t->background_dbfs && t->background_dbfs == s->background_dbfs);
  fail_unless_equals_string(t->level_unit, "dB re 1 uPa");
  fail_unless_equals_int64(t->column0_utc, 951868799);
  fail_unless(t->samples && t->samples == s->samples);
  fail_unless_equals_int64(t->first_sample, 640);

  const auto *c = gst_buffer_get_sonar_class_meta(a);
  const auto *d = gst_buffer_get_sonar_class_meta(b);
  fail_unless(d->probabilities == c->probabilities && d->input == c->input &&
              d->feature_maps == c->feature_maps);
  fail_unless(d->labels != c->labels && d->labels[0] != c->labels[0]);
  fail_unless_equals_string(d->labels[0], "low");
  fail_unless_equals_string(d->labels[1], "high");
  fail_unless(d->labels[2] == nullptr && d->model != c->model);
  fail_unless_equals_string(d->model, "tiny");
  fail_unless(d->device != c->device);
  fail_unless_equals_string(d->device, "cuda:1");
  fail_unless_equals_int(d->n_classes, 2);
  fail_unless_equals_int(d->best, 1);
  fail_unless_equals_float(d->confidence, 0.5);
  fail_unless(d->label != c->label && d->beside != c->beside);
  fail_unless_equals_string(d->label, c->label);
  fail_unless_equals_int(d->n_beside, 1);
  fail_unless_equals_int(d->beside[0], 0);

  const auto *m = gst_buffer_get_sonar_mask_meta(a);
  const auto *n = gst_buffer_get_sonar_mask_meta(b);
  fail_unless(n->values == m->values && n->explanation == m->explanation);
  fail_unless(n->recipe == m->recipe && n->label != m->label && n->valid);
  fail_unless_equals_string(n->label, "high");
  fail_unless_equals_float(n->threshold, 0.75);
  fail_unless_equals_int(n->n_tracks, kTracks);
  fail_unless(n->tracks == m->tracks &&
              n->track_frequencies == m->track_frequencies &&
              n->track_levels == m->track_levels);
  fail_unless_equals_int(n->n_structures, kStructures);
  fail_unless(n->structures == m->structures &&
              n->structure_owners == m->structure_owners);

  const auto *g = gst_buffer_get_sonar_signature_meta(a);
  const auto *h = gst_buffer_get_sonar_signature_meta(b);
  fail_unless(h->kept == g->kept && h->regions == g->regions &&
              h->original == g->original);
  fail_unless_equals_int(h->n_regions, 1);

  const auto *q = gst_buffer_get_sonar_propulsion_meta(b);
  fail_unless_equals_float(q->shaft_hz, 2.4);
  fail_unless_equals_int(q->blades, 4);
  fail_unless_equals_int64(q->end, 17);
}

GST_START_TEST(a_copy_of_a_frame_has_the_same_metas_and_shares_their_payload) {
  GstBuffer *frame = full_frame();
  for (GstBuffer *copy :
       {gst_buffer_copy(frame), gst_buffer_copy_deep(frame),
        gst_buffer_copy_region(frame, GST_BUFFER_COPY_ALL, 0, gsize(-1))}) {
    fail_unless_equals_int(metas_on(copy), 5);
    assert_same_metas(frame, copy);
    gst_buffer_unref(copy);
  }
  gst_buffer_unref(frame);
}
GST_END_TEST

GST_START_TEST(a_copy_of_a_part_of_a_frame_has_no_metas) {
  GstBuffer *frame = full_frame();
  GstBuffer *upper = gst_buffer_copy_region(frame, GST_BUFFER_COPY_ALL, 0, 256);
  GstBuffer *lower =
      gst_buffer_copy_region(frame, GST_BUFFER_COPY_ALL, 256, gsize(-1));
  fail_unless_equals_int(metas_on(upper) + metas_on(lower), 0);
  gst_buffer_unref(upper);
  gst_buffer_unref(lower);
  gst_buffer_unref(frame);
}
GST_END_TEST

GST_START_TEST(the_payload_is_freed_once_with_the_last_frame_that_shares_it) {
  freed = 0;
  GstBuffer *frame = full_frame();
  GstBuffer *copy = gst_buffer_copy(frame);
  gst_buffer_unref(frame);
  fail_unless_equals_int(freed, 0);
  fail_unless_equals_string(gst_buffer_get_sonar_mask_meta(copy)->label,
                            "high");
  gst_buffer_unref(copy);
  fail_unless_equals_int(freed, kPayloads);
}
GST_END_TEST

/* The metas left on a frame that went through @p launch. */
static int metas_after(const char *launch) {
  freed = 0;
  int left = 0;
  {
    const Bench h(launch);
    gst_harness_set_src_caps_str(h, kTinyCaps);
    GstBuffer *out = gst_harness_push_and_pull(h, full_frame());
    left = metas_on(out);
    gst_buffer_unref(out);
  }
  fail_unless_equals_int(freed, kPayloads);
  return left;
}

GST_START_TEST(a_frame_keeps_its_metas_where_its_picture_stays_the_same) {
  fail_unless_equals_int(metas_after("queue"), 5);
  fail_unless_equals_int(
      metas_after("tee name=t ! queue t. ! queue ! fakesink async=false"), 5);
  fail_unless_equals_int(metas_after("videoscale"), 5);
  fail_unless_equals_int(
      metas_after("videoconvert ! video/x-raw, format=BGRA ! queue"), 5);
}
GST_END_TEST

GST_START_TEST(a_rescaled_cropped_or_flipped_frame_loses_its_metas) {
  fail_unless_equals_int(
      metas_after("videoscale ! video/x-raw, width=8 ! queue"), 0);
  fail_unless_equals_int(metas_after("videocrop left=4"), 0);
  fail_unless_equals_int(metas_after("videoflip video-direction=horiz"), 0);
}
GST_END_TEST

GST_START_TEST(a_payload_that_does_not_fill_the_frame_is_refused) {
  GstBuffer *frame = gst_buffer_new();
  g_autoptr(GBytes) full = g_bytes_new(std::vector<float>(4).data(), 16);
  g_autoptr(GBytes) part = g_bytes_new(std::vector<float>(3).data(), 12);
  GstSonarMaskMeta mask{};
  mask.recipe = "subband";
  mask.width = mask.height = 2;
  ASSERT_CRITICAL(gst_buffer_add_sonar_mask_meta(frame, &mask));
  mask.values = part;
  ASSERT_CRITICAL(gst_buffer_add_sonar_mask_meta(frame, &mask));
  mask.values = full;
  mask.explanation = part;
  ASSERT_CRITICAL(gst_buffer_add_sonar_mask_meta(frame, &mask));
  GstSonarSignatureMeta signature{};
  signature.width = signature.height = 4;
  signature.kept = part;  // 12 bytes for 16 pixels
  ASSERT_CRITICAL(gst_buffer_add_sonar_signature_meta(frame, &signature));
  fail_unless_equals_int(metas_on(frame), 0);
  signature.kept = full;
  mask.explanation = nullptr;
  fail_unless(gst_buffer_add_sonar_mask_meta(frame, &mask) != nullptr);
  fail_unless(gst_buffer_add_sonar_signature_meta(frame, &signature) !=
              nullptr);
  gst_buffer_unref(frame);
}
GST_END_TEST

GST_START_TEST(a_fine_spectrum_that_does_not_fill_the_frame_is_refused) {
  GstBuffer *frame = gst_buffer_new();
  g_autoptr(GBytes) six = g_bytes_new(std::vector<float>(6).data(), 24);
  GstSonarSpectrogramMeta meta{};
  gchar recipe[] = "{}";
  meta.recipe = recipe;
  meta.width = 2;
  meta.fine = six;
  for (const guint rows : {0, 2, 4}) {
    meta.fine_rows = rows;
    ASSERT_CRITICAL(
        fail_unless(!gst_buffer_add_sonar_spectrogram_meta(frame, &meta)));
  }
  fail_unless_equals_int(metas_on(frame), 0);
  meta.fine_rows = 3;
  fail_unless(gst_buffer_add_sonar_spectrogram_meta(frame, &meta) != nullptr);
  gst_buffer_unref(frame);
}
GST_END_TEST

GST_START_TEST(tracks_that_do_not_hold_what_they_say_are_refused) {
  GstBuffer *frame = gst_buffer_new();
  g_autoptr(GBytes) values = g_bytes_new(std::vector<float>(4).data(), 16);
  g_autoptr(GBytes) part = g_bytes_new(std::vector<float>(3).data(), 12);
  const std::vector<GstSonarTrack> two(2);
  g_autoptr(GBytes) tracks =
      g_bytes_new(two.data(), two.size() * sizeof(GstSonarTrack));
  g_autoptr(GBytes) one = g_bytes_new(two.data(), sizeof(GstSonarTrack));
  GstSonarMaskMeta good{};
  good.recipe = "lines";
  good.width = good.height = 2;
  good.values = values;
  good.n_tracks = 2;
  good.tracks = tracks;
  good.track_frequencies = good.track_levels = values;
  for (GBytes *GstSonarMaskMeta::*field :
       {&GstSonarMaskMeta::tracks, &GstSonarMaskMeta::track_frequencies,
        &GstSonarMaskMeta::track_levels})
    for (GBytes *bad : {static_cast<GBytes *>(nullptr),
                        field == &GstSonarMaskMeta::tracks ? one : part}) {
      GstSonarMaskMeta meta = good;
      meta.*field = bad;
      ASSERT_CRITICAL(
          fail_unless(!gst_buffer_add_sonar_mask_meta(frame, &meta)));
    }
  fail_unless_equals_int(metas_on(frame), 0);
  fail_unless(gst_buffer_add_sonar_mask_meta(frame, &good) != nullptr);
  gst_buffer_unref(frame);
}
GST_END_TEST

GST_START_TEST(structures_that_do_not_hold_what_they_say_are_refused) {
  GstBuffer *frame = gst_buffer_new();
  g_autoptr(GBytes) values = counted_bytes<float>(4, 0);
  g_autoptr(GBytes) owners = counted_bytes<guint16>(4, 1);
  g_autoptr(GBytes) one = counted_bytes<GstSonarStructure>(1, {});
  GstSonarMaskMeta good{};
  good.recipe = "lines";
  good.width = good.height = 2;
  good.values = values;
  good.n_structures = 1;
  good.structures = one;
  good.structure_owners = owners;
  for (GBytes *GstSonarMaskMeta::*field :
       {&GstSonarMaskMeta::structures, &GstSonarMaskMeta::structure_owners})
    for (GBytes *bad : {static_cast<GBytes *>(nullptr), values}) {
      GstSonarMaskMeta meta = good;
      meta.*field = bad;
      ASSERT_CRITICAL(
          fail_unless(!gst_buffer_add_sonar_mask_meta(frame, &meta)));
    }
  fail_unless_equals_int(metas_on(frame), 0);
  fail_unless(gst_buffer_add_sonar_mask_meta(frame, &good) != nullptr);
  // explained, and there is none: owners alone
  good.n_structures = 0;
  good.structures = nullptr;
  fail_unless(gst_buffer_add_sonar_mask_meta(frame, &good) != nullptr);
  gst_buffer_unref(frame);
}
GST_END_TEST

GST_START_TEST(a_label_joins_the_best_class_and_those_beside_it) {
  const char *want[] = {"high", "high+low"};
  for (const guint beside : {0, 1}) {
    GstBuffer *frame = gst_buffer_new();
    add_class(frame, FALSE, beside);
    fail_unless_equals_string(
        gst_sonar_class_meta_get_label(gst_buffer_get_sonar_class_meta(frame)),
        want[beside]);
    gst_buffer_unref(frame);
  }
}
GST_END_TEST

GST_START_TEST(a_rejected_class_is_labelled_unknown) {
  for (const gboolean rejected : {0, 1}) {
    GstBuffer *frame = full_frame(rejected);
    fail_unless_equals_string(
        gst_sonar_class_meta_get_label(gst_buffer_get_sonar_class_meta(frame)),
        rejected ? "unknown" : "high+low");
    gst_buffer_unref(frame);
  }
}
GST_END_TEST

GST_START_TEST(a_meta_added_bare_is_empty_and_can_be_freed) {
  GstBuffer *frame = gst_buffer_new();
  for (const GstMetaInfo *info :
       {gst_sonar_spectrogram_meta_get_info(), gst_sonar_class_meta_get_info(),
        gst_sonar_mask_meta_get_info(), gst_sonar_signature_meta_get_info()})
    fail_unless(gst_buffer_add_meta(frame, info, nullptr) != nullptr);
  fail_unless(gst_buffer_get_sonar_class_meta(frame)->labels == nullptr);
  fail_unless(gst_buffer_get_sonar_mask_meta(frame)->values == nullptr);
  fail_unless(gst_buffer_get_sonar_signature_meta(frame)->original == nullptr);
  fail_unless(gst_buffer_get_sonar_spectrogram_meta(frame)->recipe == nullptr);
  gst_buffer_unref(frame);
}
GST_END_TEST

static Suite *metas_suite(void) {
  Suite *s = suite_create("metas");
  TCase *tc = tcase_create("all");
  suite_add_tcase(s, tc);
  tcase_add_test(tc,
                 a_copy_of_a_frame_has_the_same_metas_and_shares_their_payload);
  tcase_add_test(tc, a_copy_of_a_part_of_a_frame_has_no_metas);
  tcase_add_test(tc,
                 the_payload_is_freed_once_with_the_last_frame_that_shares_it);
  tcase_add_test(tc, a_frame_keeps_its_metas_where_its_picture_stays_the_same);
  tcase_add_test(tc, a_rescaled_cropped_or_flipped_frame_loses_its_metas);
  tcase_add_test(tc, a_payload_that_does_not_fill_the_frame_is_refused);
  tcase_add_test(tc, a_fine_spectrum_that_does_not_fill_the_frame_is_refused);
  tcase_add_test(tc, tracks_that_do_not_hold_what_they_say_are_refused);
  tcase_add_test(tc, structures_that_do_not_hold_what_they_say_are_refused);
  tcase_add_test(tc, a_label_joins_the_best_class_and_those_beside_it);
  tcase_add_test(tc, a_rejected_class_is_labelled_unknown);
  tcase_add_test(tc, a_meta_added_bare_is_empty_and_can_be_freed);
  return s;
}
GST_CHECK_MAIN(metas)
