/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <clocale>

#include "meta/gstsonarsignaturemeta.h"
#include "support/tiny_frames.h"

using namespace sonar;
using namespace sonar::testing;

static const std::string kHeader =
    "id,begin_s,end_s,low_hz,high_hz,peak_hz,excess_db,level_db,class,score,"
    "confidence,recipe,threshold,fft_size,hop_size,level_unit,begin_utc,"
    "end_utc,Begin Date,Begin Clock Time,track_id\n";

/* Cuts signatures out of frames and tabulates them, every pixel counted. */
class Table : public Bench {
 public:
  explicit Table(const std::string &settings = "min-region=0")
      : Bench("signatureextract min-region=0 ! signaturetable " + settings) {
    gst_harness_set_src_caps_str(*this, kTinyCaps);
  }
  void push(GstBuffer *frame) {
    fail_unless_equals_int(gst_harness_push(*this, frame), GST_FLOW_OK);
  }
  void end() { gst_harness_push_event(*this, gst_event_new_eos()); }
  /** What has been written since the last call. */
  std::string text() {
    std::string all;
    for (const Buffer &buffer : take_frames(*this)) {
      const auto bytes = buffer.bytes();
      all.append(bytes.begin(), bytes.end());
      ck_assert_msg(bytes.back() == '\n', "a row came in parts");
    }
    return all;
  }
};

/* 2 x 4 pixels of 12 dB at rows 4 and 5, loudest (20 dB) at (5, 4). */
static GstBuffer *block(const FrameOptions &options = {},
                        const char *label = "low",
                        const Image &background = Image(kTiny, kTiny, -60)) {
  Image value(kTiny, kTiny, 1), mask(kTiny, kTiny);
  for (const std::size_t y : {4, 5})
    for (std::size_t x = 3; x < 7; ++x) {
      value.at(y, x) = 12;
      mask.at(y, x) = 0.75f;
    }
  value.at(5, 4) = 20;
  GstBuffer *frame = tiny_frame(value, background, options);
  add_tiny_mask(frame, mask, true, label);
  return frame;
}

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
  tcase_add_test(tc, a_region_of_recipe_lines_has_the_id_of_its_track);
  tcase_add_test(tc, raven_gets_its_columns_and_ours);
  tcase_add_test(tc, audacity_gets_a_label_of_two_lines);
  tcase_add_test(tc, json_lines_are_an_object_each);
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
