/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support/table_bench.h"

using namespace sonar;
using namespace sonar::testing;

/* ---- tracks ---- */

/* A frame whose row 6 (304 to 336 Hz) is a line of two tracks: 41 sounds in
 * six columns, 42 in all but is silent in eleven. */
static GstBuffer *tracked(const char *recipe) {
  Image mask(kTiny, kTiny);
  std::fill_n(mask.row(6), kTiny, 1.0f);
  GstBuffer *frame = tiny_frame(Image(kTiny, kTiny, 6));
  Image hz(2, kTiny, 320), level(2, kTiny, 3);
  for (std::size_t x = 0; x < kTiny; ++x) {
    if (x >= 6) hz.at(0, x) = NAN;
    if (x >= 5) level.at(1, x) = GST_SONAR_TRACK_SILENT;
  }
  GstSonarTrack tracks[2]{};
  tracks[0].id = 41;
  tracks[1].id = 42;
  GstSonarMaskMeta content{};
  content.recipe = recipe;
  content.label = const_cast<gchar *>("low");
  content.threshold = 0.5f;
  content.width = content.height = kTiny;
  g_autoptr(GBytes) values =
      g_bytes_new(mask.data(), mask.size() * sizeof(float));
  g_autoptr(GBytes) track_bytes = g_bytes_new(tracks, sizeof tracks);
  g_autoptr(GBytes) hz_bytes =
      g_bytes_new(hz.data(), 2 * kTiny * sizeof(float));
  g_autoptr(GBytes) level_bytes =
      g_bytes_new(level.data(), 2 * kTiny * sizeof(float));
  content.values = values;
  content.n_tracks = 2;
  content.tracks = track_bytes;
  content.track_frequencies = hz_bytes;
  content.track_levels = level_bytes;
  content.valid = TRUE;
  fail_unless(gst_buffer_add_sonar_mask_meta(frame, &content) != nullptr);
  return frame;
}

GST_START_TEST(a_region_of_recipe_lines_has_the_id_of_its_track) {
  for (const char *recipe : {"lines", "subband"}) {
    Table t;
    t.push(tracked(recipe));
    t.end();
    const std::string text = t.text();
    // the pixels are flat, so there is no tonal
    const std::string last = std::string(recipe) == "lines" ? ",41\n" : ",\n";
    fail_unless(
        text.size() > last.size() &&
            text.compare(text.size() - last.size(), last.size(), last) == 0,
        "%s", text.c_str());
  }
}
GST_END_TEST

/* ---- formats ---- */

static std::string table_in(const std::string &format, const char *caps_name,
                            const char *label = "low") {
  Table t("min-region=0 format=" + format);
  FrameOptions options;
  options.utc0 = 951868800 * gint64(GST_SECOND) - 64 * gint64(GST_MSECOND);
  t.push(block(options, label));
  t.end();
  g_autoptr(GstCaps) caps = gst_pad_get_current_caps(t->sinkpad);
  fail_unless(
      gst_structure_has_name(gst_caps_get_structure(caps, 0), caps_name));
  return t.text();
}

GST_START_TEST(raven_gets_its_columns_and_ours) {
  assert_text(
      table_in("raven", "text/tab-separated-values"),
      "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)"
      "\tHigh Freq (Hz)\tBegin Date\tBegin Clock Time\tPeak Freq (Hz)\t"
      "Annotation\texcess_db\tlevel_db\tscore\tconfidence\trecipe\tthreshold\t"
      "fft_size\thop_size\tlevel_unit\tbegin_utc\tend_utc\ttrack_id\n"
      "1\tSpectrogram 1\t1\t0.0547\t0.1172\t336.00\t400.00\t2000/02/29\t"
      "23:59:59.991\t352.00\tlow\t20.00\t-40.00\t0.875\t0.750\tsubband\t"
      "0.500\t32\t16\tdBFS\t2000-02-29T23:59:59.991Z\t"
      "2000-03-01T00:00:00.053Z\t\n");
}
GST_END_TEST

GST_START_TEST(audacity_gets_a_label_of_two_lines) {
  assert_text(
      table_in("audacity", "text/plain"),
      "0.0547\t0.1172\tlow; id=1; peak_hz=352.00; excess_db=20.00; "
      "level_db=-40.00; score=0.875; confidence=0.750; recipe=subband; "
      "threshold=0.500; fft_size=32; hop_size=16; level_unit=dBFS; "
      "begin_utc=2000-02-29T23:59:59.991Z; end_utc=2000-03-01T00:00:00.053Z\n"
      "\\\t336.00\t400.00\n");
}
GST_END_TEST

GST_START_TEST(json_lines_are_an_object_each) {
  assert_text(
      table_in("json-lines", "application/x-ndjson", "tug, \"large\""),
      "{\"kind\":\"region\",\"id\":1,\"begin_s\":0.0547,\"end_s\":0.1172,"
      "\"low_hz\":336.00,\"high_hz\":400.00,\"peak_hz\":352.00,"
      "\"excess_db\":20.00,\"level_db\":-40.00,"
      "\"class\":\"tug, \\\"large\\\"\",\"score\":0.875,"
      "\"confidence\":0.750,\"recipe\":\"subband\",\"threshold\":0.500,"
      "\"fft_size\":32,\"hop_size\":16,\"level_unit\":\"dBFS\","
      "\"begin_utc\":\"2000-02-29T23:59:59.991Z\","
      "\"end_utc\":\"2000-03-01T00:00:00.053Z\",\"track_id\":null}\n");
}
GST_END_TEST

static int gaps_of(GstHarness *h) {
  int gaps = 0;
  while (GstEvent *event = gst_harness_try_pull_event(h)) {
    gaps += GST_EVENT_TYPE(event) == GST_EVENT_GAP;
    gst_event_unref(event);
  }
  return gaps;
}

/* Else a file would wait for its first row while others wait for it. */
GST_START_TEST(a_table_without_rows_yet_lets_its_sink_play_after_each_segment) {
  for (const char *format : {"csv", "json-lines"}) {
    Table t("min-region=100 format=" + std::string(format));
    FrameOptions options;
    for (int i = 0; i < 3; ++i) {
      options.first_column = i * kTiny;
      t.push(block(options));
      fail_unless_equals_int(gaps_of(t), i == 0);
    }
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_harness_push_event(t, gst_event_new_segment(&segment));
    options.first_column += kTiny;
    t.push(block(options));
    fail_unless_equals_int(gaps_of(t), 1);
  }
}
GST_END_TEST

static Suite *signaturetable_formats_suite(void) {
  Suite *s = suite_create("signaturetable_formats");
  TCase *tc = tcase_create("all");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, a_region_of_recipe_lines_has_the_id_of_its_track);
  tcase_add_test(tc, raven_gets_its_columns_and_ours);
  tcase_add_test(tc, audacity_gets_a_label_of_two_lines);
  tcase_add_test(tc, json_lines_are_an_object_each);
  tcase_add_test(
      tc, a_table_without_rows_yet_lets_its_sink_play_after_each_segment);
  return s;
}
GST_CHECK_MAIN(signaturetable_formats)
