/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <clocale>

#include "support/table_bench.h"

using namespace sonar;
using namespace sonar::testing;

static const std::string kHeader =
    "id,begin_s,end_s,low_hz,high_hz,peak_hz,excess_db,level_db,class,score,"
    "confidence,recipe,threshold,fft_size,hop_size,level_unit,begin_utc,"
    "end_utc,Begin Date,Begin Clock Time,track_id\n";

/* Column x spans (x + 1/2) to (x + 3/2) times 15.625 ms, so columns 3 to 6
 * are 54.6875 to 117.1875 ms; row y spans (16 - y -+ 1/2) * 32 Hz. */
static const std::string kBlockRow =
    "0.0547,0.1172,336.00,400.00,352.00,20.00,-40.00,low,0.875,0.750,subband,"
    "0.500,32,16,dBFS,,,,,\n";

/* ---- rows ---- */

GST_START_TEST(a_known_mask_gives_a_known_table) {
  Table t;
  t.push(block());
  assert_text(t.text(), kHeader);
  t.end();
  assert_text(t.text(), ("1," + kBlockRow));
  g_autoptr(GstCaps) caps = gst_pad_get_current_caps(t->sinkpad);
  fail_unless(
      gst_structure_has_name(gst_caps_get_structure(caps, 0), "text/csv"));
}
GST_END_TEST

GST_START_TEST(a_row_comes_at_its_regions_end) {
  Table t;
  t.push(block());
  t.end();
  const auto buffers = take_frames(t);
  fail_unless_equals_int(buffers.size(), 2);
  fail_unless_equals_uint64(buffers[1].pts(), 117187500);
}
GST_END_TEST

GST_START_TEST(the_level_is_value_plus_background_or_the_value_itself) {
  Table t;
  Image background(kTiny, kTiny, -60);
  background.at(5, 4) = -57.25f;
  t.push(block({}, "low", background));
  t.end();
  std::string text = t.text();
  fail_unless(text.find(",20.00,-37.25,") != text.npos, "%s", text.c_str());
  Table plain;
  plain.push(block({}, "low", {}));
  plain.end();
  text = plain.text();
  fail_unless(text.find(",352.00,,20.00,low,") != text.npos, "%s",
              text.c_str());
}
GST_END_TEST

GST_START_TEST(a_region_below_min_region_over_all_frames_is_left_out) {
  for (const int limit : {8, 9}) {
    Table t("min-region=" + std::to_string(limit));
    t.push(block());  // 8 pixels
    t.end();
    assert_text(t.text(),
                (kHeader + (limit == 8 ? "1," + kBlockRow : std::string())));
  }
}
GST_END_TEST

GST_START_TEST(a_label_that_would_break_the_row_is_quoted) {
  Table t;
  t.push(block({}, "tug, \"large\""));
  t.end();
  const std::string text = t.text();
  fail_unless(text.find(",-40.00,\"tug, \"\"large\"\"\",0.875,") != text.npos,
              "%s", text.c_str());
}
GST_END_TEST

GST_START_TEST(a_decimal_comma_in_the_locale_does_not_change_a_number) {
  const char *found = nullptr;
  for (const char *name :
       {"de_DE.UTF-8", "de_DE", "fr_FR.UTF-8", "da_DK.UTF-8"})
    if (!found) found = setlocale(LC_ALL, name);
  if (found) fail_unless_equals_string(localeconv()->decimal_point, ",");
  Table t;
  t.push(block());
  t.end();
  assert_text(t.text(), (kHeader + "1," + kBlockRow));
  setlocale(LC_ALL, "C");
}
GST_END_TEST

/* ---- across frames ---- */

/* A recording of 64 columns: a line in row 6 over columns 5 to 50, loudest at
 * 33, and a dot of one pixel in row 12. */
static std::string rows_with_advance(int advance) {
  Table t;
  FrameOptions options;
  options.recipe.advance = advance;
  // the first frame ends with the first columns, as sonarspectrogram's does
  for (gint64 first = advance - gint64(kTiny); first <= 48; first += advance) {
    Image value(kTiny, kTiny, 1), mask(kTiny, kTiny);
    for (gint64 x = 0; x < gint64(kTiny); ++x) {
      const gint64 column = first + x;
      if (column >= 5 && column <= 50) {
        value.at(6, std::size_t(x)) = column == 33 ? 25.0f : 9.0f;
        mask.at(6, std::size_t(x)) = 0.625f;
      }
      if (column == 17) mask.at(12, std::size_t(x)) = 1;
    }
    options.first_column = first;
    options.valid.begin = std::size_t(std::max<gint64>(0, -first));
    GstBuffer *frame = tiny_frame(value, Image(kTiny, kTiny, -50), options);
    add_tiny_mask(frame, mask);
    t.push(frame);
  }
  t.end();
  return t.text();
}

GST_START_TEST(a_line_is_one_row_however_many_frames_it_crosses) {
  // columns 17 and 5 to 50; rows 12 and 6
  const std::string want =
      kHeader +
      "1,0.2734,0.2891,112.00,144.00,128.00,1.00,-49.00,low,0.875,1.000,"
      "subband,0.500,32,16,dBFS,,,,,\n"
      "2,0.0859,0.8047,304.00,336.00,320.00,25.00,-25.00,low,0.875,0.625,"
      "subband,0.500,32,16,dBFS,,,,,1\n";  // a tonal of that id
  for (const int advance : {16, 8, 1})
    assert_text(rows_with_advance(advance), want);
}
GST_END_TEST

/* A frame whose row 6 is a line of @p columns from @p begin on. */
static GstBuffer *line(const FrameOptions &options, const char *label,
                       float score, std::size_t begin = 0,
                       std::size_t columns = kTiny) {
  Image mask(kTiny, kTiny);
  std::fill_n(mask.row(6) + begin, columns, 0.5f);
  GstBuffer *frame =
      tiny_frame(Image(kTiny, kTiny, 6), Image(kTiny, kTiny, -50), options);
  add_tiny_mask(frame, mask, true, label, score);
  return frame;
}

static std::string line_row(const std::string &id_begin_end,
                            const std::string &label_score) {
  return id_begin_end + ",304.00,336.00,320.00,6.00,-44.00," + label_score +
         ",0.500,subband,0.500,32,16,dBFS,,,,,\n";
}

GST_START_TEST(a_row_is_written_once_the_frames_have_moved_past_it) {
  Table t;
  FrameOptions options;
  options.recipe.advance = 8;
  t.push(line(options, "low", 0.5f, 2, 4));
  options.first_column = 8;
  t.push(line(options, "low", 0.5f, 0, 0));
  assert_text(t.text(), (kHeader + line_row("1,0.0391,0.1016", "low,0.500")));
}
GST_END_TEST

GST_START_TEST(the_class_of_a_row_is_that_of_most_of_its_columns) {
  Table t;
  FrameOptions options;
  for (int i = 0; i < 3; ++i) {
    options.first_column = i * kTiny;
    t.push(line(options, i == 0 ? "low" : "high", i == 1 ? 0.5f : 0.75f));
  }
  t.end();
  assert_text(t.text(), (kHeader + line_row("1,0.0078,0.7578", "high,0.625")));
}
GST_END_TEST

/* Two frames of one line; @p between is what comes between them. */
template <typename Between>
static std::string split_by(Between between, bool discont = false) {
  Table t;
  FrameOptions options;
  t.push(line(options, "low", 0.5f));
  between(t);
  if (discont) {  // columns are counted anew, a second later
    options.discont = true;
    options.origin = 64;
  } else {
    options.first_column = kTiny;
  }
  t.push(line(options, "low", 0.5f));
  t.end();
  return t.text();
}

GST_START_TEST(a_break_in_time_ends_a_line_and_a_flush_forgets_it) {
  const auto nothing = [](GstHarness *) {};
  assert_text(split_by(nothing),
              (kHeader + line_row("1,0.0078,0.5078", "low,0.500")));
  assert_text(split_by(nothing, true),
              (kHeader + line_row("1,0.0078,0.2578", "low,0.500") +
               line_row("2,1.0078,1.2578", "low,0.500")));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  const std::string two = kHeader + line_row("1,0.0078,0.2578", "low,0.500") +
                          line_row("2,0.2578,0.5078", "low,0.500");
  assert_text(split_by([&](GstHarness *h) {
                gst_harness_push_event(h, gst_event_new_segment(&segment));
              }),
              two);
  assert_text(split_by([&](GstHarness *h) {
                gst_harness_push_event(h, gst_event_new_flush_start());
                gst_harness_push_event(h, gst_event_new_flush_stop(FALSE));
                gst_harness_push_event(h, gst_event_new_segment(&segment));
              }),
              (kHeader + line_row("1,0.2578,0.5078", "low,0.500")));
}
GST_END_TEST

GST_START_TEST(frames_without_time_stamps_are_counted_from_zero) {
  Table t;
  GstBuffer *frame = block();
  gst_buffer_get_sonar_spectrogram_meta(frame)->column0_time = G_MININT64;
  t.push(frame);
  t.end();
  assert_text(t.text(), (kHeader + "1," + kBlockRow));
}
GST_END_TEST

GST_START_TEST(what_was_painted_over_does_not_change_the_levels) {
  for (const char *background : {"white", "black"}) {
    const Bench h("signatureextract min-region=0 output=mask background=" +
                  std::string(background) + " ! signaturetable min-region=0");
    gst_harness_set_src_caps_str(h, kTinyCaps);
    fail_unless_equals_int(gst_harness_push(h, block()), GST_FLOW_OK);
    gst_harness_push_event(h, gst_event_new_eos());
    const auto buffers = take_frames(h);
    fail_unless_equals_int(buffers.size(), 2);
    const auto bytes = buffers[1].bytes();
    fail_unless(std::string(bytes.begin(), bytes.end()) == "1," + kBlockRow);
  }
}
GST_END_TEST

/* ---- clock time ---- */

/* Time 0 is 64 ms before midnight: columns 3 to 6 span 54.6875 to 117.1875 ms.
 */
GST_START_TEST(a_known_clock_gives_utc_and_ravens_date_and_time) {
  Table t;
  FrameOptions options;
  options.utc0 = 951868800 * gint64(GST_SECOND) - 64 * gint64(GST_MSECOND);
  t.push(block(options));
  t.end();
  const std::string text = t.text();
  const std::string want =
      ",32,16,dBFS,2000-02-29T23:59:59.991Z,2000-03-01T00:00:00.053Z,"
      "2000/02/29,23:59:59.991,\n";
  fail_unless(text.find(want) != text.npos, "%s", text.c_str());
}
GST_END_TEST

/* 16 frames of 0.25 s, whose clock is 10 ms later each than by the nominal
 * rate: the begin is that of the first frame, the end of the last. */
GST_START_TEST(a_long_line_has_the_clock_of_both_its_ends) {
  Table t;
  FrameOptions options;
  for (int i = 0; i < 16; ++i) {
    options.first_column = i * kTiny;
    options.utc0 = i * 10 * gint64(GST_MSECOND);
    t.push(line(options, "low", 0.5f));
  }
  t.end();
  const std::string text = t.text();
  // 7.8125 ms; 4.0078125 s and 150 ms
  const std::string want =
      ",1970-01-01T00:00:00.008Z,1970-01-01T00:00:04.158Z,1970/01/01,"
      "00:00:00.008,\n";
  fail_unless(text.find(want) != text.npos, "%s", text.c_str());
}
GST_END_TEST

GST_START_TEST(a_row_says_what_unit_its_level_has) {
  Table t;
  FrameOptions options;
  options.level_unit = "dB re 1 uPa";
  t.push(block(options));
  t.end();
  const std::string text = t.text();
  fail_unless(text.find(",32,16,dB re 1 uPa,,,,,\n") != text.npos, "%s",
              text.c_str());
}
GST_END_TEST

/* ---- ends ---- */

GST_START_TEST(a_recording_without_frames_or_regions_is_a_header_alone) {
  Table t;
  t.end();
  assert_text(t.text(), kHeader);
  Table empty;
  GstBuffer *frame = tiny_frame(Image(kTiny, kTiny));
  add_tiny_mask(frame, Image(kTiny, kTiny), false, "unknown");
  empty.push(frame);
  empty.end();
  assert_text(empty.text(), kHeader);
}
GST_END_TEST

GST_START_TEST(an_end_before_any_caps_is_handed_on_in_silence) {
  const Bench h("signaturetable");
  gst_harness_push_event(h, gst_event_new_stream_start("test"));
  fail_unless(gst_harness_push_event(h, gst_event_new_eos()));
  fail_unless_equals_int(gst_harness_buffers_received(h), 0);
  bool ended = false;
  while (GstEvent *event = gst_harness_try_pull_event(h)) {
    ended = ended || GST_EVENT_TYPE(event) == GST_EVENT_EOS;
    gst_event_unref(event);
  }
  fail_unless(ended);
}
GST_END_TEST

GST_START_TEST(a_second_run_writes_a_table_of_its_own) {
  GstElement *element = gst_element_factory_make("signaturetable", nullptr);
  for (int round = 0; round < 2; ++round) {
    for (const GstState state : {GST_STATE_PLAYING, GST_STATE_NULL})
      fail_unless_equals_int(gst_element_set_state(element, state),
                             GST_STATE_CHANGE_SUCCESS);
    GstHarness *h = gst_harness_new_with_element(element, "sink", "src");
    gst_harness_set_src_caps_str(h, kTinyCaps);
    gst_harness_push_event(h, gst_event_new_eos());
    fail_unless_equals_int(gst_harness_buffers_received(h), 1);
    gst_harness_teardown(h);
  }
  gst_object_unref(element);
}
GST_END_TEST

/* ---- errors ---- */

static PostedError error_of(GstBuffer *frame) {
  const Bench h("signaturetable");
  gst_harness_set_src_caps_str(h, kTinyCaps);
  fail_unless_equals_int(gst_harness_push(h, frame), GST_FLOW_ERROR);
  const PostedError e = h.one_error();
  fail_unless(e.is(GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS));
  return e;
}

GST_START_TEST(a_frame_without_a_fitting_signature_is_one_error) {
  PostedError e = error_of(block());
  fail_unless(e.says("no signature") && e.says("put signatureextract before"),
              "%s", e.text.c_str());
  GstBuffer *frame = block();
  GstSonarSignatureMeta signature{};
  signature.width = 2;
  signature.height = 3;
  g_autoptr(GBytes) kept = g_bytes_new("\0\0\0\0\0\0", 6);
  signature.kept = kept;
  gst_buffer_add_sonar_signature_meta(frame, &signature);
  e = error_of(frame);
  fail_unless(e.says("signature is 2x3") && e.says("spectrogram is 16x16"),
              "%s", e.text.c_str());
}
GST_END_TEST

static Suite *signaturetable_suite(void) {
  Suite *s = suite_create("signaturetable");
  TCase *tc = tcase_create("all");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, a_known_mask_gives_a_known_table);
  tcase_add_test(tc, a_row_comes_at_its_regions_end);
  tcase_add_test(tc, the_level_is_value_plus_background_or_the_value_itself);
  tcase_add_test(tc, a_region_below_min_region_over_all_frames_is_left_out);
  tcase_add_test(tc, a_label_that_would_break_the_row_is_quoted);
  tcase_add_test(tc, a_decimal_comma_in_the_locale_does_not_change_a_number);
  tcase_add_test(tc, a_line_is_one_row_however_many_frames_it_crosses);
  tcase_add_test(tc, a_row_is_written_once_the_frames_have_moved_past_it);
  tcase_add_test(tc, the_class_of_a_row_is_that_of_most_of_its_columns);
  tcase_add_test(tc, a_break_in_time_ends_a_line_and_a_flush_forgets_it);
  tcase_add_test(tc, frames_without_time_stamps_are_counted_from_zero);
  tcase_add_test(tc, what_was_painted_over_does_not_change_the_levels);
  tcase_add_test(tc, a_known_clock_gives_utc_and_ravens_date_and_time);
  tcase_add_test(tc, a_long_line_has_the_clock_of_both_its_ends);
  tcase_add_test(tc, a_row_says_what_unit_its_level_has);
  tcase_add_test(tc, a_recording_without_frames_or_regions_is_a_header_alone);
  tcase_add_test(tc, an_end_before_any_caps_is_handed_on_in_silence);
  tcase_add_test(tc, a_second_run_writes_a_table_of_its_own);
  tcase_add_test(tc, a_frame_without_a_fitting_signature_is_one_error);
  return s;
}
GST_CHECK_MAIN(signaturetable)
