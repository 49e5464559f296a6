/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tonals that signatureoverlay draws; its own test has the rest. */
#include <algorithm>
#include <cstring>

#include "meta/gstsonarmaskmeta.h"
#include "sonar/render/scene.h"
#include "support/gst_testing.h"

using namespace sonar::testing;

static constexpr int kWidth = 640, kHeight = 360, kRate = 8000;
static constexpr float kTrackHz = 1010;

static std::vector<Buffer> frames() {
  Bench bench(
      "sonarspectrogram fft-size=240 hop-size=240 width=32 advance=8 "
      "normalizer=none");
  gst_harness_set_src_caps_str(bench, audio_caps(kRate).c_str());
  push_samples(bench, noise(2 * kRate), kRate);
  return take_frames(bench);
}

static GBytes *bytes_of(const std::vector<float> &values) {
  return g_bytes_new(values.data(), values.size() * sizeof(float));
}

/* A copy of a frame with one tonal that is silent in columns before
 * @p sounds_from of the stream. */
static Buffer with_track(const Buffer &frame, gint64 sounds_from) {
  Buffer out(gst_buffer_copy(frame.get()));
  const auto &meta = frame.spectrogram();
  std::vector<float> hz(meta.width, NAN), level(meta.width, NAN);
  for (guint x = meta.valid_begin; x < meta.valid_end; ++x) {
    hz[x] = kTrackHz;
    level[x] = meta.first_column + x < sounds_from ? GST_SONAR_TRACK_SILENT : 6;
  }
  const GstSonarTrack about{kTrackHz, TRUE, 1, 7, 0, 0};
  g_autoptr(GBytes) values =
      bytes_of(std::vector<float>(std::size_t(meta.width) * meta.height));
  g_autoptr(GBytes) tracks = g_bytes_new(&about, sizeof about);
  g_autoptr(GBytes) frequencies = bytes_of(hz);
  g_autoptr(GBytes) levels = bytes_of(level);
  GstSonarMaskMeta mask{};
  gchar label[] = "ferry";
  mask.recipe = "lines";
  mask.label = label;
  mask.width = meta.width;
  mask.height = meta.height;
  mask.values = values;
  mask.n_tracks = 1;
  mask.tracks = tracks;
  mask.track_frequencies = frequencies;
  mask.track_levels = levels;
  mask.valid = TRUE;
  gst_buffer_add_sonar_mask_meta(out.get(), &mask);
  return out;
}

/* How many pixels of each column of the plot show a tonal, and in how many
 * rows of pixels any is. */
struct Pink {
  std::vector<int> columns;
  int rows = 0;
};

static Pink draw(const std::string &properties, gint64 sounds_from) {
  const auto all = frames();
  const auto &meta = all[0].spectrogram();
  const Bench bench("signatureoverlay width=640 height=360 history=1.92 " +
                    properties);
  gst_harness_set_src_caps_str(
      bench,
      ("video/x-raw, format=GRAY16_LE, framerate=25/6, width=32, height=" +
       std::to_string(meta.height))
          .c_str());
  Buffer drawing(nullptr);
  for (std::size_t i = 0; i < 8; ++i)  // 64 columns, the history
    drawing = Buffer(gst_harness_push_and_pull(
        bench, gst_buffer_ref(with_track(all[i], sounds_from).get())));
  const auto bytes = drawing.bytes();
  std::vector<guint32> pixels(bytes.size() / 4);
  std::memcpy(pixels.data(), bytes.data(), bytes.size());
  const auto plot = sonar::render::Painter(kWidth, kHeight).plot_area();
  Pink out{std::vector<int>(std::size_t(plot.width)), 0};
  for (int y = plot.y; y < plot.y + plot.height; ++y) {
    bool any = false;
    for (int x = 0; x < plot.width; ++x) {
      const auto at = std::size_t(y * kWidth + plot.x + x);
      if ((pixels[at] & 0xffffff) != 0xff4fd8) continue;
      any = true;
      ++out.columns[std::size_t(x)];
    }
    out.rows += any;
  }
  return out;
}

GST_START_TEST(a_tonal_across_frames_is_one_line_from_edge_to_edge) {
  const Pink pink = draw("", 0);
  fail_unless_equals_int(pink.rows, 1);
  for (const int n : pink.columns) fail_unless_equals_int(n, 1);
}
GST_END_TEST

GST_START_TEST(where_a_tonal_is_silent_there_is_no_line) {
  const Pink pink = draw("", 32);  // the second half of what is shown
  fail_unless_equals_int(pink.rows, 1);
  const auto half = std::ptrdiff_t(pink.columns.size() / 2);
  fail_unless(std::count(pink.columns.begin(), pink.columns.begin() + half - 1,
                         1) == 0);
  fail_unless(
      std::count(pink.columns.begin() + half + 1, pink.columns.end(), 0) == 0);
}
GST_END_TEST

GST_START_TEST(tonals_can_be_left_out) {
  fail_unless_equals_int(draw("show-tracks=false", 0).rows, 0);
}
GST_END_TEST

static Suite *signatureoverlay_tracks_suite() {
  Suite *s = suite_create("signatureoverlay_tracks");
  TCase *tc = tcase_create("all");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, a_tonal_across_frames_is_one_line_from_edge_to_edge);
  tcase_add_test(tc, where_a_tonal_is_silent_there_is_no_line);
  tcase_add_test(tc, tonals_can_be_left_out);
  return s;
}
GST_CHECK_MAIN(signatureoverlay_tracks)
