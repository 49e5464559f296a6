/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What scorecammask leaves out when a stream is behind. All clocks are test
 * clocks: nothing here takes or measures time. */
#include <algorithm>
#include <memory>
#include <numeric>

#include "support/mask_frames.h"

using namespace sonar;
using namespace sonar::testing;

/* ---- late by what sinks say ---- */

static void be_late(GstHarness *h, GstClockTimeDiff late) {
  gst_harness_push_upstream_event(
      h, gst_event_new_qos(GST_QOS_TYPE_UNDERFLOW, 1.5, late, 0));
}

GST_START_TEST(a_late_frame_reuses_its_mask_and_says_so_once) {
  const ModelFile model;
  const Bench h(chain(model, "recipe=released combine=image"));
  gst_harness_set_src_caps_str(h, kTinyCaps);
  const auto first = values_of_mask(push_and_pull(h, frame_number(0)));
  // until 2 * 150 ms; frame 1 begins at 250 ms, frame 2 at 312.5 ms
  be_late(h, 150 * GST_MSECOND);
  const Buffer late = push_and_pull(h, frame_number(1));
  fail_unless(values_of_mask(late) == moved(first, 4));

  g_autoptr(GstMessage) message =
      gst_bus_pop_filtered(h.bus(), GST_MESSAGE_QOS);
  fail_unless(message != nullptr);
  fail_unless_equals_string(GST_OBJECT_NAME(GST_MESSAGE_SRC(message)), "m");
  guint64 running, stream, timestamp, duration, processed, dropped;
  gboolean live;
  GstFormat format;
  gint64 jitter;
  gst_message_parse_qos(message, &live, &running, &stream, &timestamp,
                        &duration);
  gst_message_parse_qos_stats(message, &format, &processed, &dropped);
  gst_message_parse_qos_values(message, &jitter, nullptr, nullptr);
  fail_unless_equals_uint64(timestamp, 250 * GST_MSECOND);
  fail_unless_equals_uint64(running, 250 * GST_MSECOND);
  fail_unless_equals_uint64(stream, 250 * GST_MSECOND);
  fail_unless_equals_uint64(duration, 4 * kColumnNs);
  fail_unless_equals_int64(jitter, 50 * GST_MSECOND);
  fail_unless_equals_int(format, GST_FORMAT_BUFFERS);
  fail_unless_equals_uint64(processed, 1);
  fail_unless_equals_uint64(dropped, 1);
  fail_unless_equals_int(count_messages(h.bus(), GST_MESSAGE_QOS), 0);

  const Buffer caught_up = push_and_pull(h, frame_number(2));
  fail_unless(values_of_mask(caught_up) != moved(first, 8));
  fail_unless_equals_int(count_messages(h.bus(), GST_MESSAGE_QOS), 0);
  fail_unless_equals_int(gst_harness_buffers_received(h), 3);
}
GST_END_TEST

GST_START_TEST(a_late_frame_still_gets_a_cheap_mask_and_a_first_mask) {
  const ModelFile model;
  for (const char *recipe : {"subband", "released"}) {
    const Bench h(chain(model, "recipe=" + std::string(recipe)));
    gst_harness_set_src_caps_str(h, kTinyCaps);
    if (strcmp(recipe, "subband") == 0) push_and_pull(h, frame_number(0));
    be_late(h, GST_SECOND);
    const Buffer out = push_and_pull(h, frame_number(1));
    fail_unless(
        values_of_mask(out) ==
        values_of_mask(first_frame(
            chain(model, "recipe=" + std::string(recipe)), frame_number(1))));
    fail_unless_equals_int(count_messages(h.bus(), GST_MESSAGE_QOS), 0);
  }
}
GST_END_TEST

GST_START_TEST(a_frame_on_time_again_ends_the_skipping) {
  const ModelFile model;
  const Bench h(chain(model, "recipe=released"));
  gst_harness_set_src_caps_str(h, kTinyCaps);
  push_and_pull(h, frame_number(0));
  be_late(h, GST_SECOND);
  gst_harness_push_upstream_event(
      h, gst_event_new_qos(GST_QOS_TYPE_OVERFLOW, 0.5, -20 * GST_MSECOND,
                           30 * GST_MSECOND));
  push_and_pull(h, frame_number(1));
  fail_unless_equals_int(count_messages(h.bus(), GST_MESSAGE_QOS), 0);
}
GST_END_TEST

/* ---- late by the clock ---- */

constexpr GstClockTime kFrameNs = 4 * kColumnNs;

/* Running time at which frame @p i is there, where nothing is announced. */
static GstClockTime start_of_frame(int i) {
  return (12 + 4 * GstClockTime(i)) * kColumnNs;
}

/* A chain that plays by a test clock; its source is live. */
class Live {
 public:
  explicit Live(const std::string &launch, GstTestClock *clock = nullptr)
      : h_(launch),
        clock_(GST_TEST_CLOCK(clock ? gst_object_ref(clock)
                                    : gst_test_clock_new())) {
    gst_element_set_clock(h_.element(), GST_CLOCK(clock_));
    gst_harness_set_src_caps_str(h_, kTinyCaps);
  }
  ~Live() { gst_object_unref(clock_); }
  Live(const Live &) = delete;
  Live &operator=(const Live &) = delete;

  const Bench &bench() const { return h_; }
  /* The frame's mask when it comes so much later than it is there. */
  std::vector<float> mask_when(int i, GstClockTimeDiff late) {
    set_time(i, late);
    return values_of_mask(push(i));
  }
  void set_time(int i, GstClockTimeDiff late) {
    gst_test_clock_set_time(
        clock_, GstClockTime(GstClockTimeDiff(start_of_frame(i)) + late));
  }
  Buffer push(int i, GstBuffer *frame = nullptr) {
    Buffer out = push_and_pull(h_, frame ? frame : frame_number(i));
    skipped_ = count_messages(h_.bus(), GST_MESSAGE_QOS) > 0;
    return out;
  }
  bool skipped() const { return skipped_; }

 private:
  const Bench h_;
  GstTestClock *clock_;
  bool skipped_ = false;
};

static const char *const kReleased = "recipe=released combine=image ";

/* Whether frame 1, which comes @p late ns late, goes without its own mask. */
static bool skips(const std::string &settings, GstClockTimeDiff late,
                  GstClockTime announced = 0) {
  const ModelFile model;
  Live live(chain(model, kReleased + settings));
  gst_harness_set_upstream_latency(live.bench(), announced);
  const auto first = live.mask_when(0, 0);
  const auto second = live.mask_when(1, late);
  fail_unless(live.skipped() == (second == moved(first, 4)));
  return live.skipped();
}

GST_START_TEST(a_live_frame_is_late_when_the_next_one_waits_already) {
  const auto frame = GstClockTimeDiff(kFrameNs);
  fail_unless(!skips("", 0));
  fail_unless(!skips("", frame));
  fail_unless(skips("", frame + 1));
}
GST_END_TEST

GST_START_TEST(what_is_announced_as_latency_is_not_late) {
  const auto frame = GstClockTimeDiff(kFrameNs);
  fail_unless(!skips("", 3 * frame, 2 * kFrameNs));
  fail_unless(skips("", 3 * frame + 1, 2 * kFrameNs));
}
GST_END_TEST

GST_START_TEST(max_lateness_says_how_late_a_frame_may_be) {
  const auto frame = GstClockTimeDiff(kFrameNs);
  fail_unless(!skips("max-lateness=1000", 1000));
  fail_unless(skips("max-lateness=1000", 1001));
  fail_unless(!skips("max-lateness=1000000000", 3 * frame));
  fail_unless(!skips("max-lateness=18446744073709551615", 100 * frame));
}
GST_END_TEST

static GstPadProbeReturn answer_not_live(GstPad *, GstPadProbeInfo *info,
                                         gpointer) {
  GstQuery *query = GST_PAD_PROBE_INFO_QUERY(info);
  if (GST_QUERY_TYPE(query) != GST_QUERY_LATENCY) return GST_PAD_PROBE_OK;
  gst_query_set_latency(query, FALSE, 0, GST_CLOCK_TIME_NONE);
  return GST_PAD_PROBE_HANDLED;
}

GST_START_TEST(a_file_that_is_read_slower_than_it_plays_loses_no_mask) {
  const ModelFile model;
  Live file(chain(model, kReleased));
  gst_pad_add_probe(file.bench()->srcpad, GST_PAD_PROBE_TYPE_QUERY_UPSTREAM,
                    answer_not_live, nullptr, nullptr);
  file.mask_when(0, 0);
  file.mask_when(1, 100 * GstClockTimeDiff(kFrameNs));
  fail_unless(!file.skipped());
}
GST_END_TEST

GST_START_TEST(latency_that_is_announced_anew_is_asked_for_anew) {
  const ModelFile model;
  Live live(chain(model, kReleased));
  const auto late = 2 * GstClockTimeDiff(kFrameNs);
  live.mask_when(0, 0);
  live.mask_when(1, late);
  fail_unless(live.skipped());
  gst_harness_set_upstream_latency(live.bench(), 2 * kFrameNs);
  gst_harness_push_upstream_event(live.bench(),
                                  gst_event_new_latency(2 * kFrameNs));
  live.mask_when(2, late);
  fail_unless(!live.skipped());
}
GST_END_TEST

GST_START_TEST(a_class_that_changes_while_late_gets_no_map_of_another_class) {
  const ModelFile model;
  const auto late = 2 * GstClockTimeDiff(kFrameNs);
  for (const char *recipe : {"released", "subband"}) {
    Live live(chain(model, "explain=true recipe=" + std::string(recipe)));
    const auto low = live.mask_when(0, 0);
    fail_unless(!live.skipped());
    FrameOptions options;
    options.recipe.advance = 4;
    options.first_column = 4;
    live.set_time(1, late);
    const Buffer high =
        live.push(1, tiny_frame(tiny_line(kHighRow), {}, options));
    fail_unless(live.skipped());
    fail_unless_equals_string(mask_of(high).label, "high");
    fail_unless(mask_of(high).explanation == nullptr);
    const bool cheap = strcmp(recipe, "subband") == 0;
    fail_unless(bool(mask_of(high).valid) == cheap);
    fail_unless((values_of_mask(high) ==
                 std::vector<float>(kTiny * kTiny, 0)) == !cheap);
    // the other class' map is still there for its next frame
    const auto again = live.mask_when(2, late);
    fail_unless(live.skipped());
    if (!cheap) fail_unless(again == moved(low, 8));
  }
}
GST_END_TEST

GST_START_TEST(a_break_in_the_sound_is_no_reason_for_a_mask_while_late) {
  const ModelFile model;
  Live live(chain(model, kReleased));
  live.mask_when(0, 0);
  live.mask_when(1, 2 * GstClockTimeDiff(kFrameNs));
  live.set_time(2, 2 * GstClockTimeDiff(kFrameNs));
  const Buffer broken = live.push(2, frame_number(2, true));
  fail_unless(live.skipped());
  fail_unless(!mask_of(broken).valid);
}
GST_END_TEST

/* ---- many streams ---- */

/* Streams that one processor serves, frame by frame in the order in which the
 * frames are there, at the same moment in the order of the streams. A mask
 * takes the processor for so long that all of them together take @p load times
 * what there is; without a mask a frame takes a twentieth. */
struct Served {
  std::vector<int> skipped;
  GstClockTimeDiff latest = 0;
};

static Served serve(int streams, int frames, double load,
                    GstClockTime between_streams) {
  const ModelFile model;
  g_autoptr(GstTestClock) clock = GST_TEST_CLOCK(gst_test_clock_new());
  std::vector<std::unique_ptr<Live>> all;
  for (int k = 0; k < streams; ++k) {
    all.push_back(std::make_unique<Live>(chain(model, kReleased), clock));
    // a stream that began later
    g_autoptr(GstElement) mask =
        gst_bin_get_by_name(GST_BIN(all.back()->bench().element()), "m");
    gst_element_set_base_time(mask, GstClockTime(k) * between_streams);
  }
  const double mask_ns = load * double(kFrameNs) / streams;
  Served out{std::vector<int>(std::size_t(streams), 0)};
  double now = 0;
  for (int i = 0; i < frames; ++i)
    for (int k = 0; k < streams; ++k) {
      const GstClockTime there =
          start_of_frame(i) + GstClockTime(k) * between_streams;
      now = std::max(now, double(there));
      out.latest =
          std::max(out.latest, GST_CLOCK_DIFF(there, GstClockTime(now)));
      gst_test_clock_set_time(clock, GstClockTime(now));
      all[std::size_t(k)]->push(i);
      const bool skipped = all[std::size_t(k)]->skipped();
      out.skipped[std::size_t(k)] += skipped;
      now += mask_ns * (skipped ? 0.05 : 1);
    }
  return out;
}

/* At load L a share s must be skipped so that L (1 - s + s / 20) = 1; somewhat
 * less as the first frame's time is filled without skipping, and more as a
 * stream waits a whole frame for its turn. Shares may differ by a few frames:
 * the start, and a memory of 16 frames. */
GST_START_TEST(at_twice_the_load_streams_skip_evenly_and_are_late_by_a_bound) {
  constexpr int kStreams = 8, kFrames = 50;
  for (const GstClockTime apart : {GstClockTime(0), kFrameNs / kStreams}) {
    const Served s = serve(kStreams, kFrames, 2, apart);
    const auto ends = std::minmax_element(s.skipped.begin(), s.skipped.end());
    const int sum = std::accumulate(s.skipped.begin(), s.skipped.end(), 0);
    ck_assert_msg(*ends.second - *ends.first <= 6, "skipped %d to %d of %d",
                  *ends.first, *ends.second, kFrames);
    const double share = double(sum) / (kStreams * kFrames);
    ck_assert_msg(share >= 0.5 / 0.95 - 0.03 && share <= 0.5 / 0.95 + 0.1,
                  "skipped %.3f of all", share);
    // the allowance, and all the masks that were begun within it
    ck_assert_msg(s.latest <= 2 * GstClockTimeDiff(kFrameNs), "late by %.1f ms",
                  double(s.latest) / 1e6);
  }
}
GST_END_TEST

GST_START_TEST(below_full_load_no_stream_skips) {
  for (const GstClockTime apart : {GstClockTime(0), kFrameNs / 8})
    for (const int n : serve(8, 20, 0.95, apart).skipped)
      fail_unless_equals_int(n, 0);
}
GST_END_TEST

/* Stream A is behind, and has skipped more than B; so it would be A's turn. */
GST_START_TEST(a_stream_that_is_gone_holds_no_other_back) {
  const ModelFile model;
  const auto frame = GstClockTimeDiff(kFrameNs);
  for (const bool silent : {true, false}) {
    g_autoptr(GstTestClock) clock = GST_TEST_CLOCK(gst_test_clock_new());
    auto a = std::make_unique<Live>(chain(model, kReleased), clock);
    Live b(chain(model, kReleased), clock);
    a->mask_when(0, 0);
    b.mask_when(0, 0);
    for (const int i : {1, 2}) {
      a->mask_when(i, 2 * frame);
      fail_unless(a->skipped());
    }
    b.mask_when(4, 0);
    fail_unless(b.skipped());  // on time, but not its turn
    if (silent) {              // for more than four frames
      b.mask_when(9, 0);
    } else {
      a.reset();
      b.mask_when(5, 0);
    }
    fail_unless(!b.skipped());
  }
}
GST_END_TEST

static Suite *scorecammask_load_suite(void) {
  Suite *s = suite_create("scorecammask_load");
  TCase *tc = tcase_create("all");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, a_late_frame_reuses_its_mask_and_says_so_once);
  tcase_add_test(tc, a_late_frame_still_gets_a_cheap_mask_and_a_first_mask);
  tcase_add_test(tc, a_frame_on_time_again_ends_the_skipping);
  tcase_add_test(tc, a_live_frame_is_late_when_the_next_one_waits_already);
  tcase_add_test(tc, what_is_announced_as_latency_is_not_late);
  tcase_add_test(tc, max_lateness_says_how_late_a_frame_may_be);
  tcase_add_test(tc, a_file_that_is_read_slower_than_it_plays_loses_no_mask);
  tcase_add_test(tc, latency_that_is_announced_anew_is_asked_for_anew);
  tcase_add_test(tc,
                 a_class_that_changes_while_late_gets_no_map_of_another_class);
  tcase_add_test(tc, a_break_in_the_sound_is_no_reason_for_a_mask_while_late);
  tcase_add_test(tc,
                 at_twice_the_load_streams_skip_evenly_and_are_late_by_a_bound);
  tcase_add_test(tc, below_full_load_no_stream_skips);
  tcase_add_test(tc, a_stream_that_is_gone_holds_no_other_back);
  return s;
}
GST_CHECK_MAIN(scorecammask_load)
