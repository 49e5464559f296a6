/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recipe `contact` of scorecammask. */
#include <algorithm>

#include "meta/gstsonarmaskmeta.h"
#include "sonar/mask/contact.h"
#include "sonar/mask/evidence.h"
#include "support/tiny_frames.h"
#include "support/tiny_model.h"

using namespace sonar;
using namespace sonar::testing;

/* 32 columns of 15.625 ms, the shortest stretch. */
static const std::string kShort = "contact-seconds=0.5 ";
static const std::string kContact = "scorecammask name=m recipe=contact ";

static const GstSonarMaskMeta &mask_of(const Buffer &frame) {
  const auto *meta = gst_buffer_get_sonar_mask_meta(frame.get());
  ck_assert_msg(meta, "the frame has no mask meta");
  return *meta;
}

static Image background() { return Image(kTiny, kTiny, -60); }

/* Frame @p i, 16 columns after the one before, with a line of @p line_db. */
static GstBuffer *frame_number(int i, float line_db, std::size_t row = kLowRow,
                               bool discont = false) {
  FrameOptions options;
  options.first_column = 16 * i;
  options.discont = discont;
  return tiny_frame(tiny_line(row, line_db, guint32(i + 1)), background(),
                    options);
}

static Buffer push_and_pull(GstHarness *h, GstBuffer *frame) {
  fail_unless_equals_int(gst_harness_push(h, frame), GST_FLOW_OK);
  GstBuffer *out = gst_harness_try_pull(h);
  ck_assert_msg(out, "no frame came out");
  return Buffer(out);
}

static std::string time_of_column(int column) {
  // a column's time is the centre of its window, which is two columns long
  return std::to_string(guint64(column + 1) * kColumnNs);
}
/* Columns 16 to 48: frames 1 and 2. */
static std::string marked() {
  return "contact-begin=" + time_of_column(16) +
         " contact-end=" + time_of_column(48) + " ";
}

static void assert_no_mask(const Buffer &frame) {
  const auto &meta = mask_of(frame);
  fail_unless(!meta.valid);
  fail_unless_equals_string(meta.label, "unknown");
  fail_unless_equals_float(meta.score, 0);
  fail_unless(values_of<float>(meta.values) ==
              std::vector<float>(kTiny * kTiny, 0));
}
static void assert_contact(const Buffer &frame) {
  const auto &meta = mask_of(frame);
  fail_unless(meta.valid);
  fail_unless_equals_string(meta.label, "contact");
  fail_unless_equals_string(meta.recipe, "contact");
  fail_unless_equals_float(meta.score, 1);
  fail_unless_equals_float(meta.threshold, 0.75);
}

GST_START_TEST(a_marked_stretch_needs_no_model_and_gives_the_librarys_mask) {
  const Bench h(kContact + marked());
  gst_harness_set_src_caps_str(h, kTinyCaps);
  assert_no_mask(push_and_pull(h, frame_number(0, 30)));
  push_and_pull(h, frame_number(1, 12));
  const Buffer learnt = push_and_pull(h, frame_number(2, 12));
  assert_contact(learnt);
  Image value(kTiny, 2 * kTiny);
  for (int i : {1, 2}) {
    const Image part = tiny_decoded(tiny_line(kLowRow, 12, guint32(i + 1)));
    for (std::size_t y = 0; y < kTiny; ++y)
      std::copy_n(part.row(y), kTiny, value.row(y) + (i - 1) * kTiny);
  }
  const auto gate =
      mask::learn_contact(value, Image(kTiny, 2 * kTiny, -60), {0, 2 * kTiny});
  const Image want = mask::contact_confidence(
      tiny_decoded(tiny_line(kLowRow, 12, 3)), background(), {0, kTiny}, gate);
  fail_unless(values_of<float>(mask_of(learnt).values) ==
              std::vector<float>(want.data(), want.data() + want.size()));
}
GST_END_TEST

GST_START_TEST(in_a_marked_stretch_what_is_evident_is_the_contacts) {
  const Bench h(kContact + "contact-begin=" + time_of_column(20) +
                " contact-end=" + time_of_column(60));
  gst_harness_set_src_caps_str(h, kTinyCaps);
  assert_no_mask(push_and_pull(h, frame_number(0, 12)));
  const Buffer inside = push_and_pull(h, frame_number(1, 12));
  assert_contact(inside);
  const Image want = mask::blind_confidence(
      tiny_decoded(tiny_line(kLowRow, 12, 2)), background(), {4, kTiny});
  fail_unless(values_of<float>(mask_of(inside).values) ==
              std::vector<float>(want.data(), want.data() + want.size()));
}
GST_END_TEST

GST_START_TEST(the_contacts_line_passes_later_and_another_line_does_not) {
  const Bench h(kContact + marked());
  gst_harness_set_src_caps_str(h, kTinyCaps);
  for (int i = 0; i < 3; ++i) push_and_pull(h, frame_number(i, 12));
  const auto at = [&](const Buffer &frame, std::size_t row) {
    return values_of<float>(mask_of(frame).values)[row * kTiny + 8];
  };
  fail_unless(at(push_and_pull(h, frame_number(3, 12)), kLowRow) > 0.75f);
  fail_unless(at(push_and_pull(h, frame_number(4, 12, kHighRow)), kHighRow) <
              0.75f);
}
GST_END_TEST

GST_START_TEST(a_begin_alone_marks_contact_seconds) {
  const Bench h(kContact + kShort + "contact-begin=" + time_of_column(16));
  gst_harness_set_src_caps_str(h, kTinyCaps);
  for (int i = 0; i < 3; ++i) push_and_pull(h, frame_number(i, 12));
  // learnt: no longer what is evident
  const auto values = values_of<float>(
      mask_of(push_and_pull(h, frame_number(3, 12, kHighRow))).values);
  fail_unless(values[kHighRow * kTiny + 8] < 0.75f);
}
GST_END_TEST

GST_START_TEST(without_a_mark_the_first_stretch_with_steady_lines_is_learnt) {
  const Bench h(kContact + kShort);
  gst_harness_set_src_caps_str(h, kTinyCaps);
  // up to 2 dB, 1 dB in the median, is no line
  for (int i = 0; i < 4; ++i)
    assert_no_mask(push_and_pull(h, frame_number(i, 1)));
  assert_no_mask(push_and_pull(h, frame_number(4, 12)));
  assert_contact(push_and_pull(h, frame_number(5, 12)));
}
GST_END_TEST

GST_START_TEST(what_was_learnt_outlives_breaks_and_seeks_not_the_stream) {
  const Bench h(kContact + marked());
  gst_harness_set_src_caps_str(h, kTinyCaps);
  for (int i = 0; i < 3; ++i) push_and_pull(h, frame_number(i, 12));
  assert_contact(push_and_pull(h, frame_number(7, 12, kLowRow, true)));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_harness_push_event(h, gst_event_new_flush_start());
  gst_harness_push_event(h, gst_event_new_flush_stop(FALSE));
  gst_harness_push_event(h, gst_event_new_segment(&segment));
  assert_contact(push_and_pull(h, frame_number(0, 12)));
  gst_harness_push_event(h, gst_event_new_stream_start("another"));
  gst_harness_push_event(h, gst_event_new_segment(&segment));
  assert_no_mask(push_and_pull(h, frame_number(0, 12)));
}
GST_END_TEST

GST_START_TEST(another_mark_while_playing_is_learnt_anew) {
  const Bench h(kContact + marked());
  gst_harness_set_src_caps_str(h, kTinyCaps);
  for (int i = 0; i < 3; ++i) push_and_pull(h, frame_number(i, 12));
  gst_harness_set(h, "scorecammask", "contact-begin", guint64(65 * kColumnNs),
                  "contact-end", guint64(97 * kColumnNs),
                  nullptr);  // columns 64 to 96
  assert_no_mask(push_and_pull(h, frame_number(3, 12)));
  for (int i = 4; i < 7; ++i)
    assert_contact(push_and_pull(h, frame_number(i, 12)));
}
GST_END_TEST

GST_START_TEST(a_mark_is_in_stream_time_wherever_the_segment_begins) {
  const Bench h(kContact + marked());
  gst_harness_set_src_caps_str(h, kTinyCaps);
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.start = 1000 * kColumnNs;  // stream time 0
  gst_harness_push_event(h, gst_event_new_segment(&segment));
  for (int i = 0; i < 3; ++i) {
    FrameOptions options;
    options.first_column = 16 * i;
    options.origin = 1000;
    const Buffer out =
        push_and_pull(h, tiny_frame(tiny_line(kLowRow), background(), options));
    i < 1 ? assert_no_mask(out) : assert_contact(out);
  }
}
GST_END_TEST

static void assert_refused(const std::string &settings, GstBuffer *frame,
                           const char *words) {
  const Bench h(kContact + settings);
  gst_harness_set_src_caps_str(h, kTinyCaps);
  fail_unless_equals_int(gst_harness_push(h, frame), GST_FLOW_ERROR);
  const PostedError error = h.one_error();
  fail_unless(error.is(GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS));
  ck_assert_msg(error.says(words), "%s", error.text.c_str());
}

GST_START_TEST(a_stretch_that_cannot_be_learnt_is_refused) {
  assert_refused("contact-begin=0 contact-end=" + time_of_column(20),
                 frame_number(0, 12), "needed at least 0.50 s (32 columns)");
  assert_refused("contact-begin=" + time_of_column(40) + " contact-end=0",
                 frame_number(0, 12), "needed at least 0.50 s");
  assert_refused("contact-seconds=0.2", frame_number(0, 12), "0.20 s long");
  assert_refused("contact-end=1000000000", frame_number(0, 12),
                 "contact-begin is not");
  GstBuffer *timeless = frame_number(0, 12);
  GST_BUFFER_PTS(timeless) = GST_CLOCK_TIME_NONE;
  assert_refused(marked(), timeless, "the frames carry none");
}
GST_END_TEST

static Suite *scorecammask_contact_suite(void) {
  Suite *s = suite_create("scorecammask_contact");
  TCase *c = tcase_create("contact");
  suite_add_tcase(s, c);
  tcase_add_test(c,
                 a_marked_stretch_needs_no_model_and_gives_the_librarys_mask);
  tcase_add_test(c, in_a_marked_stretch_what_is_evident_is_the_contacts);
  tcase_add_test(c, the_contacts_line_passes_later_and_another_line_does_not);
  tcase_add_test(c, a_begin_alone_marks_contact_seconds);
  tcase_add_test(c,
                 without_a_mark_the_first_stretch_with_steady_lines_is_learnt);
  tcase_add_test(c, what_was_learnt_outlives_breaks_and_seeks_not_the_stream);
  tcase_add_test(c, another_mark_while_playing_is_learnt_anew);
  tcase_add_test(c, a_mark_is_in_stream_time_wherever_the_segment_begins);
  tcase_add_test(c, a_stretch_that_cannot_be_learnt_is_refused);
  return s;
}
GST_CHECK_MAIN(scorecammask_contact)
