/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <cmath>
#include <map>

#include "meta/gstsonarsignaturemeta.h"
#include "sonar/render/scene.h"
#include "support/tiny_frames.h"

using namespace sonar;
using namespace sonar::testing;

/* Tonals and families from frame to frame: rows of 32 Hz, columns of half a
 * window, so that a tonal has ten of them at least. */

/** A line of @p excess_db at a fractional row, in columns from @p begin to
 *  @p end of the stream. */
struct Line {
  double row;
  double excess_db = 20;
  std::int64_t begin = 0, end = 1000;
};

static double hz_of(double row) { return (16 - row) * 32; }

static GstBuffer *frame_of(const std::vector<Line> &lines,
                           const FrameOptions &options, bool with_mask = true) {
  Image value(kTiny, kTiny), mask(kTiny, kTiny, 1);
  for (std::size_t y = 0; y < kTiny; ++y)
    for (std::size_t x = 0; x < kTiny; ++x) {
      double power = 1;
      const std::int64_t column = options.first_column + std::int64_t(x);
      for (const Line &l : lines)
        if (column >= l.begin && column < l.end)
          power += std::pow(10, l.excess_db / 10) *
                   std::exp2(-std::pow(2 * (double(y) - l.row) / 1.44, 2));
      value.at(y, x) = float(10 * std::log10(power));
    }
  GstBuffer *frame = tiny_frame(value, Image(kTiny, kTiny, -60), options);
  if (with_mask) add_tiny_mask(frame, mask);
  return frame;
}

/* Frame @p i of a stream with an advance of four columns. */
static GstBuffer *frame_at(const std::vector<Line> &lines, int i,
                           bool with_mask = true, bool discont = false) {
  FrameOptions options;
  options.recipe.advance = 4;
  options.first_column = 4 * i;
  options.discont = discont;
  options.utc0 = 951868800 * gint64(GST_SECOND);  // 2000-03-01
  return frame_of(lines, options, with_mask);
}

static const GstSonarSignatureMeta &signature_of(const Buffer &frame) {
  const auto *meta = gst_buffer_get_sonar_signature_meta(frame.get());
  ck_assert_msg(meta, "the frame has no signature meta");
  return *meta;
}
static std::vector<GstSonarTonal> tonals_of(const Buffer &frame) {
  const auto &meta = signature_of(frame);
  if (!meta.tonals) return {};
  auto tonals = values_of<GstSonarTonal>(meta.tonals);
  fail_unless_equals_int(tonals.size(), meta.n_tonals);
  return tonals;
}
static std::vector<GstSonarFamily> families_of(const Buffer &frame) {
  const auto &meta = signature_of(frame);
  if (!meta.families) return {};
  auto families = values_of<GstSonarFamily>(meta.families);
  fail_unless_equals_int(families.size(), meta.n_families);
  return families;
}

static Buffer push_and_pull(GstHarness *h, GstBuffer *frame) {
  fail_unless_equals_int(gst_harness_push(h, frame), GST_FLOW_OK);
  GstBuffer *out = gst_harness_try_pull(h);
  ck_assert_msg(out, "no frame came out");
  return Buffer(out);
}

/* Element messages of a name, oldest first. */
static std::vector<GstStructure *> take_messages(GstBus *bus,
                                                 const char *name) {
  std::vector<GstStructure *> found;
  while (GstMessage *m = gst_bus_pop_filtered(bus, GST_MESSAGE_ELEMENT)) {
    const GstStructure *fields = gst_message_get_structure(m);
    if (gst_structure_has_name(fields, name))
      found.push_back(gst_structure_copy(fields));
    gst_message_unref(m);
  }
  return found;
}

/** signatureextract; its bus has the messages. */
class Extract : public Bench {
 public:
  explicit Extract(const std::string &settings = "")
      : Bench("signatureextract min-region=0 " + settings) {
    gst_harness_set_src_caps_str(*this, kTinyCaps);
  }
};

GST_START_TEST(a_line_is_a_tonal_with_one_id_in_all_frames) {
  const Extract h;
  guint64 id = 0;
  for (int i = 0; i < 6; ++i) {
    const Buffer out = push_and_pull(h, frame_at({{5.25}, {11}}, i));
    const auto tonals = tonals_of(out);
    fail_unless_equals_int(tonals.size(), 2);  // by frequency
    const GstSonarTonal &t = tonals[1];
    ASSERT_NEAR_AT(i, t.frequency_hz, hz_of(5.25), 1);
    ASSERT_NEAR_AT(i, t.frame_hz, hz_of(5.25), 1);
    // 20 dB and the noise; the interpolation knows the window's lobe
    ASSERT_NEAR_AT(i, t.excess_db, 20, 0.5);
    ASSERT_NEAR_AT(i, t.level_db, t.excess_db - 60, 1e-6);
    fail_unless_equals_int64(t.begin_column, 0);
    fail_unless_equals_int64(t.end_column, 4 * i + 16);
    // column 0 is centred at one column's time
    fail_unless_equals_int64(t.begin, gint64(kColumnNs) / 2);
    fail_unless_equals_int64(t.end, (8 * i + 33) * gint64(kColumnNs) / 2);
    if (i == 0) id = t.id;
    fail_unless(t.id == id && id > 0);
    const auto hz = values_of<float>(signature_of(out).tonal_frequencies);
    fail_unless_equals_int(hz.size(), 2 * kTiny);
    for (std::size_t x = 0; x < kTiny; ++x)
      ASSERT_NEAR_AT(x, double(hz[kTiny + x]), hz_of(5.25), 1);
  }
}
GST_END_TEST

GST_START_TEST(a_tonal_that_ended_is_told_on_the_bus_with_its_time) {
  Extract h("tonal-gap=0.03");
  for (int i = 0; i < 6; ++i)
    push_and_pull(h, frame_at({{5, 20, 2, 20}, {11}}, i));
  auto ended = take_messages(h.bus(), "sonar-tonal");
  fail_unless_equals_int(ended.size(), 0);  // silent, but not settled yet
  for (int i = 6; i < 9; ++i)
    push_and_pull(h, frame_at({{5, 20, 2, 20}, {11}}, i));
  ended = take_messages(h.bus(), "sonar-tonal");
  fail_unless_equals_int(ended.size(), 1);
  guint64 begin = 0, duration = 0, stream = 0;
  gdouble hz = 0;
  fail_unless(gst_structure_get(ended[0], "timestamp", G_TYPE_UINT64, &begin,
                                "stream-time", G_TYPE_UINT64, &stream,
                                "duration", G_TYPE_UINT64, &duration,
                                "frequency-hz", G_TYPE_DOUBLE, &hz, nullptr));
  ASSERT_NEAR_AT(0, hz, hz_of(5), 2);
  // a peak reaches two columns further than the line by the smoothing
  fail_unless(begin == 0 || begin == kColumnNs / 2);
  fail_unless(stream == begin);
  ASSERT_NEAR_AT(0, double(begin + duration) / double(kColumnNs), 22.5, 0.01);
  gst_structure_free(ended[0]);
  gst_harness_push_event(h, gst_event_new_eos());
  ended = take_messages(h.bus(), "sonar-tonal");
  fail_unless_equals_int(ended.size(), 1);  // the other one
  gst_structure_free(ended[0]);
}
GST_END_TEST

GST_START_TEST(harmonics_are_a_family_and_its_tonals_know_their_numbers) {
  Extract h;
  const std::vector<Line> comb = {{12}, {8}, {4}};  // 128, 256, 384 Hz
  guint64 id = 0;
  for (int i = 0; i < 4; ++i) {
    const Buffer out = push_and_pull(h, frame_at(comb, i));
    const auto families = families_of(out);
    fail_unless_equals_int(families.size(), 1);
    ASSERT_NEAR_AT(i, families[0].fundamental_hz, 128, 0.5);
    fail_unless_equals_int(families[0].n_harmonics, 3);
    fail_unless(families[0].origin == GST_SONAR_FAMILY_UNKNOWN);
    fail_unless_equals_int64(families[0].end_column, 4 * i + 16);
    if (i == 0) id = families[0].id;
    fail_unless(families[0].id == id && id > 0);
    guint number = 0;
    for (const GstSonarTonal &t : tonals_of(out)) {
      fail_unless_equals_int(t.harmonic, ++number);
      fail_unless(t.family == id);
    }
  }
  gst_harness_push_event(h, gst_event_new_eos());
  auto ended = take_messages(h.bus(), "sonar-family");
  fail_unless_equals_int(ended.size(), 1);
  fail_unless_equals_string(gst_structure_get_string(ended[0], "harmonics"),
                            "1,2,3");
  fail_unless_equals_string(gst_structure_get_string(ended[0], "origin"),
                            "unknown");
  gst_structure_free(ended[0]);
}
GST_END_TEST

GST_START_TEST(lines_over_the_noise_need_no_mask) {
  const Extract h("detection=excess");
  const Buffer out = push_and_pull(h, frame_at({{5.25, 10}}, 0, false));
  fail_unless_equals_int(tonals_of(out).size(), 1);
  const auto *mask = gst_buffer_get_sonar_mask_meta(out.get());
  fail_unless(mask && mask->valid);
  fail_unless_equals_string(mask->recipe, "excess");
  fail_unless_equals_string(mask->label, "unknown");
  fail_unless_equals_float(mask->threshold, 0.75);
  const auto kept = values_of<guint8>(signature_of(out).kept);
  const auto sure = values_of<float>(mask->values);
  for (std::size_t y = 0; y < kTiny; ++y) {
    // 3.5, 9.6, 7.6 and 0.7 dB in rows 4 to 7
    fail_unless(bool(kept[y * kTiny + 8]) == (y >= 4 && y <= 6), "row %zu", y);
    fail_unless((sure[y * kTiny + 8] >= 0.75) == (y == 5 || y == 6));
  }
}
GST_END_TEST

GST_START_TEST(what_excess_finds_takes_the_place_of_the_frames_mask) {
  const Extract h("detection=excess");
  GstBuffer *frame = frame_at({{5}}, 0, false);
  add_tiny_mask(frame, Image(kTiny, kTiny), false);
  const Buffer out = push_and_pull(h, frame);
  guint masks = 0;
  gpointer state = nullptr;
  while (gst_buffer_iterate_meta_filtered(out.get(), &state,
                                          GST_SONAR_MASK_META_API_TYPE))
    ++masks;
  fail_unless_equals_int(masks, 1);
  fail_unless_equals_string(gst_buffer_get_sonar_mask_meta(out.get())->recipe,
                            "excess");
  fail_unless_equals_int(tonals_of(out).size(), 1);
}
GST_END_TEST

GST_START_TEST(without_tonals_the_signature_has_none) {
  const Extract h("tonals=off");
  const Buffer out = push_and_pull(h, frame_at({{5}}, 0));
  const auto &meta = signature_of(out);
  fail_unless(meta.n_tonals == 0 && meta.n_families == 0 && meta.gap == 0);
  fail_unless(meta.tonals == nullptr && meta.families == nullptr);
  fail_unless_equals_int(meta.n_regions, 1);
}
GST_END_TEST

GST_START_TEST(a_discontinuity_ends_tonals_and_a_flush_forgets_them) {
  Extract h;
  push_and_pull(h, frame_at({{5}}, 4));
  const Buffer next = push_and_pull(h, frame_at({{5}}, 0, true, true));
  fail_unless_equals_int(tonals_of(next).size(), 1);
  auto ended = take_messages(h.bus(), "sonar-tonal");
  fail_unless_equals_int(ended.size(), 1);
  gst_structure_free(ended[0]);
  gst_harness_push_event(h, gst_event_new_flush_start());
  gst_harness_push_event(h, gst_event_new_flush_stop(TRUE));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_harness_push_event(h, gst_event_new_segment(&segment));
  fail_unless_equals_int(take_messages(h.bus(), "sonar-tonal").size(), 0);
  // back in time without a word, as after a seek
  fail_unless_equals_int(tonals_of(push_and_pull(h, frame_at({{5}}, 0))).size(),
                         1);
}
GST_END_TEST

/* ---- the table ---- */

static std::string table_of(const std::string &rows,
                            const std::vector<Line> &lines, int frames) {
  const Bench h("signatureextract min-region=0 ! signaturetable rows=" + rows);
  gst_harness_set_src_caps_str(h, kTinyCaps);
  for (int i = 0; i < frames; ++i)
    fail_unless_equals_int(gst_harness_push(h, frame_at(lines, i)),
                           GST_FLOW_OK);
  gst_harness_push_event(h, gst_event_new_eos());
  std::string all;
  for (const Buffer &buffer : take_frames(h)) {
    const auto bytes = buffer.bytes();
    all.append(bytes.begin(), bytes.end());
    ck_assert_msg(bytes.back() == '\n', "a row came in parts");
  }
  return all;
}

static std::vector<std::string> cells_of(const std::string &line) {
  std::vector<std::string> cells(1);
  for (const char c : line)
    if (c == ',')
      cells.emplace_back();
    else
      cells.back() += c;
  return cells;
}
static std::vector<std::string> lines_of(const std::string &text) {
  std::vector<std::string> lines(1);
  for (const char c : text)
    if (c == '\n')
      lines.emplace_back();
    else
      lines.back() += c;
  lines.pop_back();
  return lines;
}

GST_START_TEST(a_table_of_tonals_has_a_row_for_each_when_it_ended) {
  const auto rows =
      lines_of(table_of("tonals", {{12}, {8}, {4}, {5.75, 20, 60, 60}}, 4));
  fail_unless_equals_int(rows.size(), 4);
  fail_unless_equals_string(
      rows[0].c_str(),
      "id,begin_s,end_s,frequency_hz,uncertainty_hz,drift_hz_per_s,stability_"
      "hz,bandwidth_hz,excess_db,level_db,heard,family,harmonic,origin,fft_size"
      ",hop_size,level_unit,begin_utc,end_utc,Begin Date,Begin Clock Time,"
      "track_id,low_hz,high_hz,peak_hz,class,score,recipe,threshold");
  std::map<int, int> harmonics;  // by frequency
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const auto cells = cells_of(rows[i]);
    fail_unless_equals_int(cells.size(), 29);
    fail_unless_equals_string(cells[1].c_str(), "0.0078");
    fail_unless_equals_string(cells[2].c_str(), "0.4453");  // 28.5 columns
    harmonics[int(std::lround(g_ascii_strtod(cells[3].c_str(), nullptr)))] =
        std::atoi(cells[12].c_str());
    ASSERT_NEAR_AT(i, g_ascii_strtod(cells[8].c_str(), nullptr), 20, 0.5);
    fail_unless_equals_string(cells[13].c_str(), "unknown");
    fail_unless(cells[14] == "32" && cells[15] == "16");
    fail_unless_equals_string(cells[16].c_str(), "dBFS");
    fail_unless_equals_string(cells[17].c_str(), "2000-03-01T00:00:00.008Z");
    fail_unless_equals_string(cells[18].c_str(), "2000-03-01T00:00:00.445Z");
    fail_unless(cells[19] == "2000/03/01" && cells[20] == "00:00:00.008");
    fail_unless(cells[21] == cells[0] && cells[24] == cells[3]);
    // the row of 32 Hz about its frequency
    const int hz = int(std::lround(g_ascii_strtod(cells[3].c_str(), nullptr)));
    fail_unless(cells[22] == std::to_string(hz - 16) + ".00" &&
                cells[23] == std::to_string(hz + 16) + ".00");
    fail_unless(cells[25] == "low" && cells[26] == "0.875");
    fail_unless(cells[27] == "subband" && cells[28] == "0.500");
  }
  const std::map<int, int> expected = {{128, 1}, {256, 2}, {384, 3}};
  fail_unless(harmonics == expected);
}
GST_END_TEST

/* From row 8 to row 6: 240 to 336 Hz; a class of one frame in four. */
GST_START_TEST(a_tonal_that_moves_has_all_its_rows_and_the_class_of_most) {
  const Bench h("signatureextract min-region=0 ! signaturetable rows=tonals");
  gst_harness_set_src_caps_str(h, kTinyCaps);
  for (int i = 0; i < 4; ++i) {
    GstBuffer *frame = frame_at({{8.25 - 0.6 * i}}, i, false);
    Image mask(kTiny, kTiny, 1);
    add_tiny_mask(frame, mask, true, i == 0 ? "low" : "high",
                  i == 0 ? 1.0f : 0.5f + 0.125f * float(i - 2));
    fail_unless_equals_int(gst_harness_push(h, frame), GST_FLOW_OK);
  }
  gst_harness_push_event(h, gst_event_new_eos());
  std::string all;
  for (const Buffer &buffer : take_frames(h)) {
    const auto bytes = buffer.bytes();
    all.append(bytes.begin(), bytes.end());
  }
  const auto rows = lines_of(all);
  fail_unless_equals_int(rows.size(), 2);
  const auto cells = cells_of(rows[1]);
  fail_unless(cells[22] == "240.00" && cells[23] == "336.00", "%s",
              rows[1].c_str());
  fail_unless(cells[25] == "high" && cells[26] == "0.500", "%s",
              rows[1].c_str());
}
GST_END_TEST

GST_START_TEST(a_table_of_families_names_their_harmonics) {
  const auto rows = lines_of(table_of("families", {{12}, {8}, {4}}, 4));
  fail_unless_equals_int(rows.size(), 2);
  const auto cells = cells_of(rows[1]);
  fail_unless_equals_int(cells.size(), cells_of(rows[0]).size());
  ASSERT_NEAR_AT(0, g_ascii_strtod(cells[3].c_str(), nullptr), 128, 0.5);
  fail_unless_equals_string(cells[5].c_str(), "1 2 3");
  fail_unless_equals_string(cells[6].c_str(), "unknown");
  fail_unless(cells[7].empty() && cells[8].empty());
  fail_unless(cells[17].size() == 5, "three tonals: %s", cells[17].c_str());
  fail_unless(cells[18] == "112.00" && cells[19] == "400.00");
  ASSERT_NEAR_AT(
      0, std::remainder(g_ascii_strtod(cells[20].c_str(), nullptr), 128), 0,
      0.5);
  ASSERT_NEAR_AT(0, g_ascii_strtod(cells[21].c_str(), nullptr), 20, 0.5);
  fail_unless(cells[23] == "low" && cells[24] == "0.875");
  fail_unless_equals_int(lines_of(table_of("families", {{5}}, 4)).size(), 1);
}
GST_END_TEST

/* ---- the drawing ---- */

/* Pixels of a colour among those of a drawing. */
static std::size_t count_colour(const std::string &settings,
                                std::uint32_t colour) {
  const Bench h(
      "signatureextract min-region=0 ! signatureoverlay width=640 height=360 " +
      settings);
  gst_harness_set_src_caps_str(h, kTinyCaps);
  const Buffer out = push_and_pull(h, frame_at({{12}, {8}, {4}}, 0));
  const auto bytes = out.bytes();
  std::size_t count = 0;
  for (std::size_t i = 0; i + 4 <= bytes.size(); i += 4)
    count += (std::uint32_t(bytes[i]) | std::uint32_t(bytes[i + 1]) << 8 |
              std::uint32_t(bytes[i + 2]) << 16) == (colour & 0xFFFFFF);
  return count;
}

GST_START_TEST(a_family_is_drawn_in_its_colour_beside_and_in_the_picture) {
  const std::uint32_t colour = render::family_colour(1);
  const std::size_t drawn = count_colour("", colour);
  // three lines across some 500 pixels
  fail_unless(drawn > 1200, "%zu pixels", drawn);
  fail_unless_equals_int(count_colour("show-families=false", colour), 0);
  const std::size_t beside = count_colour("show-tracks=false", colour);
  fail_unless(beside > 50 && beside < 600, "%zu pixels", beside);
}
GST_END_TEST

static Suite *tonals_suite() {
  Suite *s = suite_create("tonals");
  TCase *c = tcase_create("general");
  tcase_add_test(c, a_line_is_a_tonal_with_one_id_in_all_frames);
  tcase_add_test(c, a_tonal_that_ended_is_told_on_the_bus_with_its_time);
  tcase_add_test(c, harmonics_are_a_family_and_its_tonals_know_their_numbers);
  tcase_add_test(c, lines_over_the_noise_need_no_mask);
  tcase_add_test(c, what_excess_finds_takes_the_place_of_the_frames_mask);
  tcase_add_test(c, without_tonals_the_signature_has_none);
  tcase_add_test(c, a_discontinuity_ends_tonals_and_a_flush_forgets_them);
  tcase_add_test(c, a_table_of_tonals_has_a_row_for_each_when_it_ended);
  tcase_add_test(c, a_tonal_that_moves_has_all_its_rows_and_the_class_of_most);
  tcase_add_test(c, a_table_of_families_names_their_harmonics);
  tcase_add_test(c, a_family_is_drawn_in_its_colour_beside_and_in_the_picture);
  suite_add_tcase(s, c);
  return s;
}

GST_CHECK_MAIN(tonals)
