/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <cstring>
#include <optional>

#include "meta/gstsonarclassmeta.h"
#include "meta/gstsonarmaskmeta.h"
#include "meta/gstsonarsignaturemeta.h"
#include "sonar/dsp/level.h"
#include "sonar/render/scene.h"
#include "support/gst_testing.h"

using namespace sonar::testing;
using sonar::render::ColorMap;

static constexpr int kWidth = 640, kHeight = 360;

/* Windows side by side: the tone, 240 samples from 3.0 s on, is column 100
 * alone. It reads -6 dBFS in its own row and -12 dBFS in the next ones. */
static constexpr int kRate = 8000, kHop = 240;
static constexpr double kColumnSeconds = double(kHop) / kRate;
static const std::string kSpectrogram =
    "sonarspectrogram fft-size=240 hop-size=240 width=32 advance=8 "
    "normalizer=none ";
static const std::string kOverlay =
    "signatureoverlay width=640 height=360 min-db=-60 max-db=-10 ";

static std::vector<Buffer> frames_with_tone(const std::string &more = "") {
  Bench bench(kSpectrogram + more);
  gst_harness_set_src_caps_str(bench, audio_caps(kRate).c_str());
  push_samples(bench, tone(6 * kRate, kRate, 1000, 3 * kRate, 3 * kRate + kHop),
               kRate);
  return take_frames(bench);
}

static void set_caps(const Bench &bench, const char *format = "GRAY16_LE",
                     int width = 32, int height = 120) {
  const std::string caps = std::string("video/x-raw, format=") + format +
                           ", framerate=25/6, width=" + std::to_string(width) +
                           ", height=" + std::to_string(height);
  gst_harness_set_src_caps_str(bench, caps.c_str());
}

static Buffer draw(const Bench &bench, const Buffer &frame) {
  GstBuffer *out =
      gst_harness_push_and_pull(bench, gst_buffer_ref(frame.get()));
  ck_assert_msg(out, "no drawing");
  return Buffer(out);
}

/* A copy with metas, to be changed. */
static Buffer copy_of(const Buffer &frame) {
  return Buffer(gst_buffer_copy(frame.get()));
}

/* Pixels. */

struct Box {
  int left = kWidth, top = kHeight, right = 0, bottom = 0;
  int pixels = 0;
  int area() const { return std::max(0, right - left) * (bottom - top); }
};

static std::vector<guint32> pixels_of(const Buffer &drawing) {
  const auto bytes = drawing.bytes();
  fail_unless_equals_int(bytes.size(), kWidth * kHeight * 4);
  std::vector<guint32> pixels(bytes.size() / 4);
  std::memcpy(pixels.data(), bytes.data(), bytes.size());
  for (guint32 &pixel : pixels) pixel &= 0xffffff;
  return pixels;
}

static sonar::render::Painter::Rect plot_area() {
  return sonar::render::Painter(kWidth, kHeight).plot_area();
}

static guint32 color(ColorMap map, int index) {
  return sonar::render::palette(map)[std::size_t(index)] & 0xffffff;
}

/* Where the plot shows @p wanted. */
static Box find(const Buffer &drawing, guint32 wanted) {
  const auto pixels = pixels_of(drawing);
  const auto plot = plot_area();
  Box box;
  for (int y = plot.y; y < plot.y + plot.height; ++y)
    for (int x = plot.x; x < plot.x + plot.width; ++x) {
      if (pixels[std::size_t(y * kWidth + x)] != wanted) continue;
      box.left = std::min(box.left, x);
      box.right = std::max(box.right, x + 1);
      box.top = std::min(box.top, y);
      box.bottom = std::max(box.bottom, y + 1);
      ++box.pixels;
    }
  return box;
}

static Box find_tone(const Buffer &drawing) {
  return find(drawing, color(ColorMap::kViridis, 255));
}

/* The cell of 1 kHz and 3.0 s in a drawing of @p columns whose newest column
 * is the newest of @p frame. */
static Box tone_cell(const Buffer &frame, int columns) {
  const auto &meta = frame.spectrogram();
  const auto plot = plot_area();
  const auto edges = values_of<double>(meta.row_edges);
  const int rows = int(meta.height);
  int row = 0;
  while (!(edges[std::size_t(row) + 1] < 1000)) ++row;
  const double newest_seconds =
      double(meta.column0_time) / 1e9 + (meta.valid_end - 1) * kColumnSeconds;
  const double centre_seconds = 3.0 + kColumnSeconds / 2;
  const int column =
      columns - 1 -
      int(std::lround((newest_seconds - centre_seconds) / kColumnSeconds));
  Box box;
  if (column < 0 || column >= columns) return box;
  box.left = plot.x + column * plot.width / columns;
  box.right = plot.x + (column + 1) * plot.width / columns;
  box.top = plot.y + row * plot.height / rows;
  box.bottom = plot.y + (row + 1) * plot.height / rows;
  box.pixels = box.area();
  return box;
}

static void assert_same_box(const Box &got, const Box &want) {
  fail_unless_equals_int(got.pixels, want.pixels);
  fail_unless_equals_int(got.left, want.left);
  fail_unless_equals_int(got.right, want.right);
  fail_unless_equals_int(got.top, want.top);
  fail_unless_equals_int(got.bottom, want.bottom);
}

/* The frame that has the tone, and the first one after it that has not. */
struct Passing {
  std::vector<Buffer> frames;
  std::size_t with = 0, without = 0;
};

static Passing tone_passing() {
  Passing passing{frames_with_tone(), 0, 0};
  const auto begin = [&](std::size_t i) {
    return passing.frames.at(i).spectrogram().first_column;
  };
  while (begin(passing.without) <= 100) ++passing.without;
  passing.with = passing.without - 1;
  return passing;
}

/* Negotiation */

GST_START_TEST(drawing_has_the_size_of_the_properties_and_keeps_the_rate) {
  Bench bench(kOverlay);
  set_caps(bench);
  g_autoptr(GstCaps) caps = gst_pad_get_current_caps(bench->sinkpad);
  g_autoptr(GstCaps) want = gst_caps_from_string(
      "video/x-raw,format=BGRx,width=640,height=360,framerate=25/6,"
      "pixel-aspect-ratio=1/1");
  g_autofree gchar *text = gst_caps_to_string(caps);
  fail_unless(gst_caps_is_subset(caps, want), "%s", text);
}
GST_END_TEST

GST_START_TEST(time_stamps_and_flags_of_the_frame_are_kept) {
  const auto frames = frames_with_tone();
  Bench bench(kOverlay);
  set_caps(bench);
  for (const Buffer &frame : frames) {
    const Buffer out = draw(bench, frame);
    fail_unless_equals_uint64(out.pts(), frame.pts());
    fail_unless_equals_uint64(out.duration(), frame.duration());
    fail_unless_equals_int(out.discont(), frame.discont());
  }
}
GST_END_TEST

GST_START_TEST(metas_of_the_pixels_end_at_the_drawing_and_others_pass) {
  const auto frames = frames_with_tone();
  const Buffer frame = copy_of(frames[0]);
  g_autoptr(GstCaps) reference = gst_caps_from_string("timestamp/x-unix");
  gst_buffer_add_reference_timestamp_meta(frame.get(), reference, 77,
                                          GST_CLOCK_TIME_NONE);
  Bench bench(kOverlay);
  set_caps(bench);
  const Buffer out = draw(bench, frame);
  fail_unless(!gst_buffer_get_sonar_spectrogram_meta(out.get()));
  const auto *kept =
      gst_buffer_get_reference_timestamp_meta(out.get(), reference);
  fail_unless(kept && kept->timestamp == 77);
}
GST_END_TEST

/* Picture */

GST_START_TEST(tone_of_1_khz_at_3_s_is_drawn_at_1_khz_and_3_s) {
  for (const std::string format : {"GRAY16_LE", "GRAY8"}) {
    const auto frames =
        frames_with_tone("! capsfilter caps=video/x-raw,format=" + format);
    Bench bench(kOverlay);
    set_caps(bench, format.c_str());
    int seen = 0;
    for (const Buffer &frame : frames) {
      const Box want = tone_cell(frame, 32);
      assert_same_box(find_tone(draw(bench, frame)), want);
      seen += want.pixels > 0;
    }
    fail_unless_equals_int(seen, 4);
  }
}
GST_END_TEST

/* The drawing of a wholly valid frame at the end of @p columns, made without
 * the element. */
static std::vector<guint8> painted(const Buffer &frame, std::size_t columns,
                                   std::optional<gint64> start_utc = {}) {
  const auto &meta = frame.spectrogram();
  fail_unless(meta.valid_begin == 0 && meta.valid_end == meta.width);
  const std::size_t first = columns - meta.width;
  sonar::Image values(meta.height, columns);
  for (std::size_t y = 0; y < meta.height; ++y)
    for (std::size_t x = 0; x < meta.width; ++x)
      values.data()[y * columns + first + x] = sonar::dsp::decode_db(
          guint16(frame.gray16(y, x)), meta.floor_db, meta.range_db);
  sonar::render::Scene scene;
  scene.value_db = &values;
  scene.valid = {first, columns};
  // the centre of column 100's window is at 3.015 s
  const double before = double(100 - meta.first_column) + double(first);
  sonar::render::Axes axes{values_of<double>(meta.row_edges),
                           3.015 - before * kColumnSeconds, kColumnSeconds,
                           meta.unit};
  sonar::render::Style style;
  style.show_utc = start_utc.has_value();
  if (start_utc)
    axes.column0_utc_ns = *start_utc + std::llround(axes.column0_seconds * 1e9);
  style.low_db = -60;
  style.high_db = -10;
  sonar::render::Painter painter(kWidth, kHeight);
  painter.set_style(style);
  std::vector<guint8> pixels(kWidth * kHeight * 4);
  painter.draw(scene, axes, pixels.data(), kWidth * 4);
  return pixels;
}

GST_START_TEST(drawing_with_its_axes_is_that_of_the_shared_painter) {
  const Passing passing = tone_passing();
  const Buffer &frame = passing.frames[passing.with];
  Bench bench(kOverlay);
  set_caps(bench);
  draw(bench, passing.frames[0]);  // what it kept of another frame goes
  fail_unless(draw(bench, frame).bytes() == painted(frame, 32));
  g_object_set(bench.element(), "history", 2.0, nullptr);
  fail_unless(draw(bench, frame).bytes() == painted(frame, 67));
}
GST_END_TEST

/* 23:59:57 at the start: the tone, 3.0 s later, is the new year's. */
GST_START_TEST(known_clock_and_unit_are_those_of_the_shared_painter) {
  const auto frames = frames_with_tone(
      "sensitivity=-100 floor-db=0 range-db=120 "
      "start-datetime=2023-12-31T23:59:57Z");
  std::size_t with = 0;
  while (frames.at(with).spectrogram().first_column + 32 <= 100) ++with;
  Bench bench(kOverlay);
  set_caps(bench);
  const gint64 start = 1704067197 * gint64(GST_SECOND);
  fail_unless_equals_string(frames[with].spectrogram().unit, "dB re 1 uPa");
  const auto drawn = draw(bench, frames[with]).bytes();
  fail_unless(drawn == painted(frames[with], 32, start));
  fail_unless(drawn != painted(frames[with], 32, start + 1000000000));
}
GST_END_TEST

GST_START_TEST(history_longer_than_a_frame_scrolls) {
  const auto frames = frames_with_tone();
  // 67 columns of 30 ms
  Bench bench(kOverlay + "history=2");
  set_caps(bench);
  int seen = 0;
  for (const Buffer &frame : frames) {
    const Box want = tone_cell(frame, 67);
    assert_same_box(find_tone(draw(bench, frame)), want);
    seen += want.pixels > 0;
  }
  // visible for 67 columns, eight a frame
  fail_unless(seen == 8 || seen == 9, "seen in %d drawings", seen);
}
GST_END_TEST

GST_START_TEST(history_that_changes_while_playing_takes_effect) {
  const Passing passing = tone_passing();
  Bench bench(kOverlay);
  set_caps(bench);
  draw(bench, passing.frames[passing.with]);
  g_object_set(bench.element(), "history", 2.0, nullptr);
  const Buffer &frame = passing.frames[passing.with];
  assert_same_box(find_tone(draw(bench, frame)), tone_cell(frame, 67));
}
GST_END_TEST

GST_START_TEST(discont_and_flush_clear_the_history) {
  const Passing passing = tone_passing();
  for (const std::string event : {"none", "discont", "flush"}) {
    Bench bench(kOverlay + "history=2");
    set_caps(bench);
    fail_unless(find_tone(draw(bench, passing.frames[passing.with])).pixels);
    const Buffer next = copy_of(passing.frames[passing.without]);
    if (event == "discont")
      GST_BUFFER_FLAG_SET(next.get(), GST_BUFFER_FLAG_DISCONT);
    if (event == "flush") {
      gst_harness_push_event(bench, gst_event_new_flush_start());
      gst_harness_push_event(bench, gst_event_new_flush_stop(TRUE));
      GstSegment segment;
      gst_segment_init(&segment, GST_FORMAT_TIME);
      gst_harness_push_event(bench, gst_event_new_segment(&segment));
    }
    const bool tone_is_there = find_tone(draw(bench, next)).pixels > 0;
    fail_unless(tone_is_there == (event == "none"), "%s", event.c_str());
  }
}
GST_END_TEST

GST_START_TEST(colour_map_and_range_change_while_playing) {
  const Passing passing = tone_passing();
  const Buffer &frame = passing.frames[passing.with];
  Bench bench(kOverlay);
  set_caps(bench);
  draw(bench, frame);
  gst_util_set_object_arg(G_OBJECT(bench.element()), "colormap", "inferno");
  assert_same_box(find(draw(bench, frame), color(ColorMap::kInferno, 255)),
                  tone_cell(frame, 32));
  // now -6 dBFS is far below the bright end
  g_object_set(bench.element(), "max-db", 60.0, nullptr);
  fail_unless_equals_int(
      find(draw(bench, frame), color(ColorMap::kInferno, 255)).pixels, 0);
}
GST_END_TEST

GST_START_TEST(ends_of_the_colours_suit_the_unit_where_none_is_given) {
  const Passing passing = tone_passing();
  const Buffer &frame = passing.frames[passing.with];
  Bench bench("signatureoverlay width=640 height=360");
  set_caps(bench);
  // -120 to 0 dBFS, the frame's own; -6.02 dBFS rounds to colour 242 of 255
  const int index = int(std::lround((20 * std::log10(0.5) + 120) / 120 * 255));
  assert_same_box(find(draw(bench, frame), color(ColorMap::kViridis, index)),
                  tone_cell(frame, 32));
}
GST_END_TEST

/* The tone has 0 dBFS - 6.02 - 3.01 + 100 dB. */
GST_START_TEST(ends_of_the_colours_are_those_of_calibrated_levels_too) {
  const auto frames = frames_with_tone("sensitivity=-100");
  std::size_t with = 0;
  while (frames.at(with + 1).spectrogram().first_column <= 100) ++with;
  Bench bench("signatureoverlay width=640 height=360");
  set_caps(bench);
  const double level = 100 + 20 * std::log10(0.5) - 10 * std::log10(2.0);
  const int index = int(std::lround((level - 20) / 120 * 255));
  assert_same_box(
      find(draw(bench, frames[with]), color(ColorMap::kViridis, index)),
      tone_cell(frames[with], 32));
}
GST_END_TEST

GST_START_TEST(without_the_original_only_the_signature_is_shown_on_white) {
  const Passing passing = tone_passing();
  const Buffer frame = copy_of(passing.frames[passing.with]);
  const auto &meta = frame.spectrogram();
  std::vector<guint8> kept(meta.width * meta.height);
  std::size_t row = 0;
  const auto edges = values_of<double>(meta.row_edges);
  while (!(edges[row + 1] < 1000)) ++row;
  kept[row * meta.width + std::size_t(100 - meta.first_column)] = 1;
  GstSonarSignatureMeta signature{};
  signature.width = meta.width;
  signature.height = meta.height;
  g_autoptr(GBytes) bytes = g_bytes_new(kept.data(), kept.size());
  g_autoptr(GBytes) regions = g_bytes_new(nullptr, 0);
  signature.kept = bytes;
  signature.regions = regions;
  fail_unless(gst_buffer_add_sonar_signature_meta(frame.get(), &signature));

  Bench bench(kOverlay + "show-original=false show-contours=false");
  set_caps(bench);
  const Buffer out = draw(bench, frame);
  const auto plot = plot_area();
  const Box cell = tone_cell(frame, 32);
  assert_same_box(find_tone(out), cell);
  fail_unless_equals_int(find(out, 0xffffff).pixels,
                         plot.width * plot.height - cell.pixels);

  g_object_set(bench.element(), "show-contours", TRUE, nullptr);
  const Buffer outlined = draw(bench, frame);
  assert_same_box(find_tone(outlined), cell);  // the outline runs outside
  fail_unless(find(outlined, 0xffffff).pixels < find(out, 0xffffff).pixels);
}
GST_END_TEST

GST_START_TEST(label_of_the_class_is_drawn_and_can_be_left_out) {
  const auto frames = frames_with_tone();
  const Buffer plain = copy_of(frames[0]), named = copy_of(frames[0]);
  gchar *labels[] = {g_strdup("ferry"), g_strdup("tanker"), nullptr};
  const gfloat probabilities[] = {0.1f, 0.9f};
  g_autoptr(GBytes) bytes = g_bytes_new(probabilities, sizeof probabilities);
  GstSonarClassMeta seen{};
  seen.labels = labels;
  seen.n_classes = 2;
  seen.probabilities = bytes;
  seen.best = 1;
  seen.confidence = 0.9f;
  fail_unless(gst_buffer_add_sonar_class_meta(named.get(), &seen));
  g_free(labels[0]);
  g_free(labels[1]);
  for (const bool show : {true, false}) {
    Bench bench(kOverlay + (show ? "" : "show-label=false"));
    set_caps(bench);
    const bool same = draw(bench, plain).bytes() == draw(bench, named).bytes();
    fail_unless(same == !show);
  }
}
GST_END_TEST

/* Errors and states */

static PostedError error_for(const Bench &bench, GstBuffer *frame) {
  fail_unless_equals_int(gst_harness_push(bench, frame), GST_FLOW_ERROR);
  const PostedError error = bench.one_error();
  fail_unless(error.is(GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS));
  return error;
}

GST_START_TEST(frame_without_a_spectrogram_is_one_error_saying_what_to_do) {
  Bench bench(kOverlay);
  set_caps(bench);
  const auto error =
      error_for(bench, gst_buffer_new_allocate(nullptr, 32 * 120 * 2, nullptr));
  fail_unless(error.says("spectrogram meta") && error.says("sonarspectrogram"),
              "%s", error.text.c_str());
}
GST_END_TEST

GST_START_TEST(rescaled_frame_is_one_error_naming_rescaling) {
  const auto frames = frames_with_tone();
  Bench bench("videoscale ! capsfilter caps=video/x-raw,width=64,height=64 ! " +
              kOverlay);
  set_caps(bench);
  const auto error = error_for(bench, gst_buffer_ref(frames[0].get()));
  fail_unless(error.says("rescales"), "%s", error.text.c_str());
}
GST_END_TEST

GST_START_TEST(meta_of_another_size_is_one_error_naming_both) {
  const auto frames = frames_with_tone();
  Bench bench(kOverlay);
  set_caps(bench, "GRAY16_LE", 60, 64);
  const auto error = error_for(bench, gst_buffer_ref(frames[0].get()));
  fail_unless(error.says("32x120") && error.says("60x64"), "%s",
              error.text.c_str());
}
GST_END_TEST

GST_START_TEST(other_frames_and_sizes_may_follow_in_one_stream) {
  const auto wide = frames_with_tone();
  const auto narrow = frames_with_tone("width=20 max-frequency=2000");
  Bench bench(kOverlay);
  set_caps(bench);
  draw(bench, wide.at(20));
  const auto &meta = narrow.at(14).spectrogram();
  set_caps(bench, "GRAY16_LE", 20, int(meta.height));
  assert_same_box(find_tone(draw(bench, narrow[14])),
                  tone_cell(narrow[14], 20));
}
GST_END_TEST

GST_START_TEST(element_survives_going_up_and_down_with_and_without_caps) {
  const Passing passing = tone_passing();
  for (const bool caps : {false, true}) {
    Bench bench(kOverlay + "history=2");
    for (int i = 0; i < 3; ++i) {
      gst_element_set_state(bench.element(), GST_STATE_NULL);
      gst_pad_set_active(bench->srcpad, FALSE);  // forgets its sticky events
      gst_pad_set_active(bench->srcpad, TRUE);
      gst_element_set_state(bench.element(), GST_STATE_PLAYING);
      gst_harness_push_event(bench, gst_event_new_stream_start("again"));
      if (!caps) continue;
      set_caps(bench);
      // what was drawn before going down is forgotten
      fail_unless(
          !find_tone(draw(bench, passing.frames[passing.without])).pixels);
      fail_unless(find_tone(draw(bench, passing.frames[passing.with])).pixels);
    }
  }
}
GST_END_TEST

GST_START_TEST(size_that_is_set_holds_from_the_next_caps_on) {
  const auto wide = frames_with_tone();
  const auto narrow =
      frames_with_tone("! capsfilter caps=video/x-raw,format=GRAY8");
  for (const GstState state : {GST_STATE_READY, GST_STATE_PLAYING}) {
    Bench bench(kOverlay);
    set_caps(bench);
    draw(bench, wide[0]);
    gst_element_set_state(bench.element(), state);
    g_object_set(bench.element(), "width", 320, "height", 200, nullptr);
    gst_element_set_state(bench.element(), GST_STATE_PLAYING);
    set_caps(bench, "GRAY8");
    fail_unless_equals_int(draw(bench, narrow[0]).bytes().size(),
                           320 * 200 * 4);
  }
}
GST_END_TEST

/* The size that comes out where downstream takes @p caps. */
static std::pair<int, int> size_for(const std::string &caps) {
  Bench bench(kOverlay);
  gst_harness_set_sink_caps_str(bench, ("video/x-raw, " + caps).c_str());
  set_caps(bench);
  const Buffer out = draw(bench, frames_with_tone()[0]);
  g_autoptr(GstCaps) got = gst_pad_get_current_caps(bench->sinkpad);
  int width = 0, height = 0;
  const GstStructure *s = gst_caps_get_structure(got, 0);
  gst_structure_get(s, "width", G_TYPE_INT, &width, "height", G_TYPE_INT,
                    &height, nullptr);
  fail_unless_equals_int(out.bytes().size(), width * height * 4);
  return {width, height};
}

GST_START_TEST(downstream_may_ask_for_another_size) {
  using Size = std::pair<int, int>;
  fail_unless(size_for("width=(int)[1,4096]") == Size(640, 360));  // as set
  fail_unless(size_for("width=800, height=200") == Size(800, 200));
  // the other side in the proportion of what is set
  fail_unless(size_for("width=320") == Size(320, 180));
  fail_unless(size_for("height=720") == Size(1280, 720));
  fail_unless(size_for("width=(int)[1,500]") == Size(500, 281));
}
GST_END_TEST

GST_START_TEST(another_size_of_the_drawing_keeps_its_history) {
  const auto frames = frames_with_tone();
  const auto last_of = [&](bool resized) {
    Bench bench(kOverlay + "history=4");
    gst_harness_set_sink_caps_str(
        bench, resized ? "video/x-raw, width=320, height=180" : "video/x-raw");
    set_caps(bench);
    for (std::size_t i = 0; i + 1 < frames.size(); ++i) draw(bench, frames[i]);
    if (resized) {
      gst_harness_set_sink_caps_str(bench,
                                    "video/x-raw, width=640, height=360");
      gst_harness_push_upstream_event(bench, gst_event_new_reconfigure());
    }
    return draw(bench, frames.back()).bytes();
  };
  fail_unless(last_of(true) == last_of(false));
}
GST_END_TEST

GST_START_TEST(properties_read_their_defaults) {
  Bench bench("signatureoverlay");
  assert_default_properties(bench.element());
}
GST_END_TEST

static Suite *signatureoverlay_suite(void) {
  Suite *s = suite_create("signatureoverlay");
  TCase *frames = tcase_create("frames");
  suite_add_tcase(s, frames);
  tcase_add_test(frames,
                 drawing_has_the_size_of_the_properties_and_keeps_the_rate);
  tcase_add_test(frames, time_stamps_and_flags_of_the_frame_are_kept);
  tcase_add_test(frames,
                 metas_of_the_pixels_end_at_the_drawing_and_others_pass);
  TCase *picture = tcase_create("picture");
  suite_add_tcase(s, picture);
  tcase_add_test(picture, tone_of_1_khz_at_3_s_is_drawn_at_1_khz_and_3_s);
  tcase_add_test(picture, drawing_with_its_axes_is_that_of_the_shared_painter);
  tcase_add_test(picture, known_clock_and_unit_are_those_of_the_shared_painter);
  tcase_add_test(picture, history_longer_than_a_frame_scrolls);
  tcase_add_test(picture, history_that_changes_while_playing_takes_effect);
  tcase_add_test(picture, discont_and_flush_clear_the_history);
  tcase_add_test(picture, colour_map_and_range_change_while_playing);
  tcase_add_test(picture,
                 ends_of_the_colours_suit_the_unit_where_none_is_given);
  tcase_add_test(picture,
                 ends_of_the_colours_are_those_of_calibrated_levels_too);
  tcase_add_test(picture,
                 without_the_original_only_the_signature_is_shown_on_white);
  tcase_add_test(picture, label_of_the_class_is_drawn_and_can_be_left_out);
  TCase *errors = tcase_create("errors");
  suite_add_tcase(s, errors);
  tcase_add_test(errors,
                 frame_without_a_spectrogram_is_one_error_saying_what_to_do);
  tcase_add_test(errors, rescaled_frame_is_one_error_naming_rescaling);
  tcase_add_test(errors, meta_of_another_size_is_one_error_naming_both);
  tcase_add_test(errors, other_frames_and_sizes_may_follow_in_one_stream);
  tcase_add_test(errors,
                 element_survives_going_up_and_down_with_and_without_caps);
  tcase_add_test(errors, size_that_is_set_holds_from_the_next_caps_on);
  tcase_add_test(errors, downstream_may_ask_for_another_size);
  tcase_add_test(errors, another_size_of_the_drawing_keeps_its_history);
  tcase_add_test(errors, properties_read_their_defaults);
  return s;
}
GST_CHECK_MAIN(signatureoverlay)
