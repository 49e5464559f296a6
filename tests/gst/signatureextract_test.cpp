/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <gst/video/video.h>

#include "meta/gstsonarsignaturemeta.h"
#include "support/tiny_frames.h"

using namespace sonar;
using namespace sonar::testing;

static const GstSonarSignatureMeta &signature_of(const Buffer &frame) {
  const auto *meta = gst_buffer_get_sonar_signature_meta(frame.get());
  ck_assert_msg(meta, "the frame has no signature meta");
  return *meta;
}

static Buffer push_and_pull(GstHarness *h, GstBuffer *frame) {
  fail_unless_equals_int(gst_harness_push(h, frame), GST_FLOW_OK);
  GstBuffer *out = gst_harness_try_pull(h);
  ck_assert_msg(out, "no frame came out");
  return Buffer(out);
}

/* The pixels of a packed frame, of 16 bits or of 8. */
static std::vector<int> pixels_of(const Buffer &frame, int bits = 16) {
  const auto bytes = frame.bytes();
  std::vector<int> pixels;
  for (std::size_t i = 0; i < bytes.size(); i += std::size_t(bits) / 8)
    pixels.push_back(bits == 16 ? GST_READ_UINT16_LE(bytes.data() + i)
                                : bytes[i]);
  return pixels;
}

/* A picture of which no two pixels are alike, in 16 bits or in 8. */
static Image ramp() {
  Image image(kTiny, kTiny);
  for (std::size_t i = 0; i < image.size(); ++i)
    image.data()[i] = float(i) * 0.256f;
  return image;
}

/* A mask of 0 but for @p values from pixel (5, 0) on. */
static const std::size_t kRow = 5;
static Image mask_with(const std::vector<float> &values) {
  Image mask(kTiny, kTiny);
  std::copy(values.begin(), values.end(), mask.row(kRow));
  return mask;
}

static GstBuffer *masked(const Image &mask, int bits = 16, bool valid = true) {
  FrameOptions options;
  options.bits = bits;
  GstBuffer *frame = tiny_frame(ramp(), {}, options);
  add_tiny_mask(frame, mask, valid);
  return frame;
}

/* The numbers of the kept pixels. */
static std::vector<int> kept_of(const Buffer &frame) {
  const auto kept = values_of<guint8>(signature_of(frame).kept);
  fail_unless_equals_int(kept.size(), kTiny * kTiny);
  std::vector<int> numbers;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    fail_unless(kept[i] <= 1);
    if (kept[i]) numbers.push_back(int(i));
  }
  return numbers;
}

static const int kFirst = int(kRow * kTiny);  // pixel (5, 0)
using Numbers = std::vector<int>;

/* ---- what is kept ---- */

GST_START_TEST(the_threshold_itself_is_kept_in_both_formats) {
  for (const int bits : {16, 8}) {
    const Bench h("signatureextract threshold=0.75 min-region=0");
    gst_harness_set_src_caps_str(h, bits == 16 ? kTinyCaps : kTinyCaps8);
    const Image mask = mask_with({0.75f, std::nextafter(0.75f, 0.0f), 1.0f});
    const Buffer out = push_and_pull(h, masked(mask, bits));
    fail_unless(kept_of(out) == Numbers({kFirst, kFirst + 2}));
    const auto pixels = pixels_of(out, bits);
    for (int i = 0; i < int(pixels.size()); ++i) {
      const bool kept = i == kFirst || i == kFirst + 2;
      const int white = bits == 16 ? 65535 : 255;
      fail_unless_equals_int(pixels[i],
                             kept ? i * (bits == 16 ? 256 : 1) : white);
    }
    fail_unless_equals_uint64(out.pts(), 0);
    fail_unless_equals_uint64(out.duration(), 16 * kColumnNs);
  }
}
GST_END_TEST

GST_START_TEST(the_masks_own_threshold_holds_until_one_is_set) {
  const Bench h("signatureextract min-region=0");
  gst_harness_set_src_caps_str(h, kTinyCaps);
  const Image mask = mask_with({0.4375f, 0.5f, 0.625f});  // its own is 0.5
  const auto kept_with = [&](double threshold) {
    gst_harness_set(h, "signatureextract", "threshold", threshold, nullptr);
    const Buffer out = push_and_pull(h, masked(mask));
    fail_unless_equals_float(signature_of(out).threshold,
                             threshold < 0 ? 0.5 : threshold);
    return kept_of(out);
  };
  fail_unless(kept_with(-1) == Numbers({kFirst + 1, kFirst + 2}));
  fail_unless(kept_with(0.5625) == Numbers({kFirst + 2}));
  fail_unless_equals_int(kept_with(0).size(), kTiny * kTiny);
  fail_unless(kept_with(-1) == Numbers({kFirst + 1, kFirst + 2}));
}
GST_END_TEST

GST_START_TEST(hysteresis_keeps_what_touches_a_kept_pixel_only) {
  const Bench h("signatureextract threshold=0.5 hysteresis=0.25 min-region=0");
  gst_harness_set_src_caps_str(h, kTinyCaps);
  const Buffer out = push_and_pull(
      h, masked(mask_with({0.25f, 0.3f, 0.5f, 0.2f, 0.3f, 0.49f})));
  fail_unless(kept_of(out) == Numbers({kFirst, kFirst + 1, kFirst + 2}));
}
GST_END_TEST

GST_START_TEST(a_region_of_fewer_pixels_than_min_region_is_dropped) {
  const Bench h("signatureextract min-region=3");
  gst_harness_set_src_caps_str(h, kTinyCaps);
  Image mask = mask_with({1, 1, 0, 1, 1, 0, 0});
  mask.at(kRow + 1, 5) = 1;  // touches by its corner
  const Buffer out = push_and_pull(h, masked(mask));
  fail_unless(kept_of(out) ==
              Numbers({kFirst + 3, kFirst + 4, kFirst + int(kTiny) + 5}));
  gst_harness_set(h, "signatureextract", "min-region", 4, nullptr);
  fail_unless(kept_of(push_and_pull(h, masked(mask))).empty());
}
GST_END_TEST

GST_START_TEST(an_invalid_mask_gives_an_empty_signature_at_any_threshold) {
  const Bench h("signatureextract threshold=0 min-region=0");
  gst_harness_set_src_caps_str(h, kTinyCaps);
  const Buffer out = push_and_pull(h, masked(Image(kTiny, kTiny), 16, false));
  fail_unless(kept_of(out).empty());
  fail_unless_equals_int(signature_of(out).n_regions, 0);
  fail_unless(pixels_of(out) == Numbers(kTiny * kTiny, 65535));
}
GST_END_TEST

/* ---- what is shown ---- */

GST_START_TEST(output_and_background_say_what_the_frame_shows) {
  const Image mask = mask_with({0, 1, 1, 1});
  for (const int bits : {16, 8}) {
    const Bench h("signatureextract background=black min-region=3");
    gst_harness_set_src_caps_str(h, bits == 16 ? kTinyCaps : kTinyCaps8);
    const int white = bits == 16 ? 65535 : 255, step = bits == 16 ? 256 : 1;
    const auto shown = [&](const char *output) {
      g_autoptr(GstElement) e = gst_harness_find_element(h, "signatureextract");
      gst_util_set_object_arg(G_OBJECT(e), "output", output);
      return pixels_of(push_and_pull(h, masked(mask, bits)), bits);
    };
    Numbers signature(kTiny * kTiny, 0), binary(kTiny * kTiny, 0), all;
    for (int i = kFirst + 1; i <= kFirst + 3; ++i) {
      signature[i] = i * step;
      binary[i] = white;
    }
    for (int i = 0; i < int(kTiny * kTiny); ++i) all.push_back(i * step);
    fail_unless(shown("signature") == signature);
    fail_unless(shown("mask") == binary);
    fail_unless(shown("original") == all);
  }
}
GST_END_TEST

GST_START_TEST(a_transparent_background_is_bgra_with_alpha) {
  for (const char *output : {"signature", "mask", "original"}) {
    const Bench h(
        "signatureextract min-region=3 background=transparent output=" +
        std::string(output));
    gst_harness_set_src_caps_str(h, kTinyCaps);
    const Buffer out = push_and_pull(h, masked(mask_with({0, 1, 1, 1})));
    g_autoptr(GstCaps) caps = gst_pad_get_current_caps(h->sinkpad);
    const GstStructure *s = gst_caps_get_structure(caps, 0);
    fail_unless_equals_string(gst_structure_get_string(s, "format"), "BGRA");
    const auto bytes = out.bytes();
    fail_unless_equals_int(bytes.size(), kTiny * kTiny * 4);
    for (int i = 0; i < int(kTiny * kTiny); ++i) {
      const bool kept = *output == 'o' || (i > kFirst && i <= kFirst + 3);
      const int gray = !kept ? 0 : *output == 'm' ? 255 : i;
      for (int channel = 0; channel < 3; ++channel)
        fail_unless_equals_int(bytes[std::size_t(i * 4 + channel)], gray);
      fail_unless_equals_int(bytes[std::size_t(i * 4 + 3)], kept ? 255 : 0);
    }
    // what the pixels meant is still there
    fail_unless_equals_int(out.spectrogram().height, kTiny);
    fail_unless(gst_buffer_get_sonar_mask_meta(out.get()) != nullptr);
  }
}
GST_END_TEST

GST_START_TEST(rows_with_padding_are_read_by_their_stride) {
  for (const char *background : {"white", "transparent"}) {
    const Bench h("signatureextract min-region=3 background=" +
                  std::string(background));
    gst_harness_set_src_caps_str(h, kTinyCaps);
    GstBuffer *packed = masked(mask_with({0, 1, 1, 1}));
    const Buffer want = push_and_pull(h, gst_buffer_ref(packed));
    const auto bytes = bytes_of(packed);
    std::vector<guint8> spread(kTiny * 40, 0xAA);
    for (std::size_t y = 0; y < kTiny; ++y)
      std::copy_n(bytes.data() + y * 32, 32, spread.data() + y * 40);
    GstBuffer *padded = gst_buffer_new_memdup(spread.data(), spread.size());
    gst_buffer_copy_into(padded, packed, GST_BUFFER_COPY_META, 0, -1);
    gsize offset[GST_VIDEO_MAX_PLANES] = {0};
    gint stride[GST_VIDEO_MAX_PLANES] = {40};
    gst_buffer_add_video_meta_full(padded, GST_VIDEO_FRAME_FLAG_NONE,
                                   GST_VIDEO_FORMAT_GRAY16_LE, kTiny, kTiny, 1,
                                   offset, stride);
    gst_buffer_unref(packed);
    const Buffer got = push_and_pull(h, padded);
    fail_unless(got.bytes() == want.bytes());
    fail_unless(kept_of(got) == kept_of(want));
  }
}
GST_END_TEST

/* ---- regions ---- */

/* 2 x 4 pixels, loudest at (5, 4), and a quiet one of 1 x 3 later on. */
static GstBuffer *two_regions(FrameOptions options, bool with_background) {
  Image value(kTiny, kTiny, 3), mask(kTiny, kTiny), background;
  if (with_background) background = Image(kTiny, kTiny, -60);
  for (const std::size_t y : {4, 5})
    for (std::size_t x = 3; x < 7; ++x) {
      value.at(y, x) = 12;
      mask.at(y, x) = y == 4 ? 0.75f : 1.0f;
    }
  value.at(5, 4) = 20;
  if (with_background) background.at(5, 4) = -57;
  for (std::size_t x = 9; x < 12; ++x) mask.at(14, x) = 0.625f;
  GstBuffer *frame = tiny_frame(value, background, options);
  add_tiny_mask(frame, mask);
  return frame;
}

GST_START_TEST(regions_are_in_hz_nanoseconds_and_db_on_the_analysis_grid) {
  const Bench h("signatureextract min-region=3");
  gst_harness_set_src_caps_str(h, kTinyCaps);
  FrameOptions options;
  options.first_column = 100;
  const Buffer out = push_and_pull(h, two_regions(options, true));
  const auto regions = values_of<GstSonarRegion>(signature_of(out).regions);
  fail_unless_equals_int(signature_of(out).n_regions, 2);
  fail_unless_equals_int(regions.size(), 2);
  // column 0 is centred at 101 columns of 15.625 ms
  const GstSonarRegion &loud = regions[0], &quiet = regions[1];
  fail_unless_equals_int64(loud.begin, 1617187500);  // (101 + 3 - 1/2) columns
  fail_unless_equals_int64(loud.end, 1679687500);    // (101 + 7 - 1/2)
  fail_unless_equals_int64(quiet.begin, 1710937500);
  fail_unless_equals_int64(quiet.end, 1757812500);
  fail_unless_equals_float(loud.high_hz, 400);  // (16 - 4 + 1/2) * 32
  fail_unless_equals_float(loud.low_hz, 336);   // (16 - 5 - 1/2) * 32
  fail_unless_equals_float(loud.peak_hz, 352);
  fail_unless_equals_float(quiet.high_hz, 80);
  fail_unless_equals_float(quiet.low_hz, 48);
  fail_unless_equals_float(quiet.peak_hz, 64);
  // thousandths of a dB; float's rounding
  ASSERT_NEAR_AT(0, loud.excess_db, 20, 1e-5);
  ASSERT_NEAR_AT(0, loud.level_db, -37, 1e-5);
  ASSERT_NEAR_AT(1, quiet.excess_db, 3, 1e-5);
  ASSERT_NEAR_AT(1, quiet.level_db, -57, 1e-5);
  fail_unless_equals_float(loud.confidence, 0.875);
  fail_unless_equals_float(quiet.confidence, 0.625);
  fail_unless_equals_uint64(loud.pixels, 8);
  fail_unless_equals_uint64(quiet.pixels, 3);
}
GST_END_TEST

GST_START_TEST(without_a_background_the_level_is_the_value) {
  const Bench h("signatureextract min-region=3");
  gst_harness_set_src_caps_str(h, kTinyCaps);
  const Buffer out = push_and_pull(h, two_regions({}, false));
  const auto regions = values_of<GstSonarRegion>(signature_of(out).regions);
  ASSERT_NEAR_AT(0, regions[0].excess_db, 20, 1e-5);
  ASSERT_NEAR_AT(0, regions[0].level_db, 20, 1e-5);
}
GST_END_TEST

GST_START_TEST(without_time_stamps_the_regions_have_no_time) {
  const Bench h("signatureextract min-region=3");
  gst_harness_set_src_caps_str(h, kTinyCaps);
  GstBuffer *frame = two_regions({}, false);
  gst_buffer_get_sonar_spectrogram_meta(frame)->column0_time = G_MININT64;
  const Buffer out = push_and_pull(h, frame);
  const auto regions = values_of<GstSonarRegion>(signature_of(out).regions);
  fail_unless_equals_int64(regions[0].begin, G_MININT64);
  fail_unless_equals_int64(regions[0].end, G_MININT64);
}
GST_END_TEST

/* ---- what goes with it ---- */

GST_START_TEST(the_frame_as_it_came_is_kept_and_metas_are_handed_on_once) {
  const Bench h(
      "signatureextract min-region=3 ! signatureextract min-region=100");
  gst_harness_set_src_caps_str(h, kTinyCaps);
  GstBuffer *in = masked(mask_with({0, 1, 1, 1}));
  const auto pixels = bytes_of(in);
  const Buffer out = push_and_pull(h, in);
  fail_unless_equals_int(
      gst_buffer_get_n_meta(out.get(), GST_SONAR_SIGNATURE_META_API_TYPE), 1);
  fail_unless_equals_int(
      gst_buffer_get_n_meta(out.get(), GST_SONAR_MASK_META_API_TYPE), 1);
  fail_unless_equals_int(
      gst_buffer_get_n_meta(out.get(), GST_SONAR_SPECTROGRAM_META_API_TYPE), 1);
  fail_unless(kept_of(out).empty());  // the second one's
  GstBuffer *first = signature_of(out).original;
  const auto *earlier = gst_buffer_get_sonar_signature_meta(first);
  fail_unless(earlier && bytes_of(earlier->original) == pixels);
}
GST_END_TEST

static double number(const GstStructure *s, const char *field) {
  double value = -1;
  fail_unless(gst_structure_get_double(s, field, &value), "no %s", field);
  return value;
}
static guint64 clock_time(const GstStructure *s, const char *field) {
  guint64 time = 0;
  fail_unless(gst_structure_get_uint64(s, field, &time), "no %s", field);
  return time;
}

GST_START_TEST(the_message_says_what_was_kept_when_and_by_which_rule) {
  const Bench h("signatureextract threshold=0.6875 min-region=3");
  gst_harness_set_src_caps_str(h, kTinyCaps);
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.start = 250 * GST_MSECOND;
  segment.time = 5 * GST_SECOND;
  gst_harness_push_event(h, gst_event_new_segment(&segment));
  FrameOptions options;
  options.first_column = 32;
  push_and_pull(h, two_regions(options, true));
  g_autoptr(GstMessage) message =
      gst_bus_pop_filtered(h.bus(), GST_MESSAGE_ELEMENT);
  fail_unless(message && gst_message_has_name(message, "sonar-signature"));
  const GstStructure *s = gst_message_get_structure(message);
  fail_unless_equals_string(gst_structure_get_string(s, "label"), "low");
  fail_unless_equals_string(gst_structure_get_string(s, "recipe"), "subband");
  fail_unless_equals_float(number(s, "threshold"), 0.6875);
  fail_unless_equals_float(number(s, "kept"), 8.0 / 256);
  guint regions = 0;
  fail_unless(gst_structure_get_uint(s, "regions", &regions));
  fail_unless_equals_int(regions, 1);
  fail_unless_equals_uint64(clock_time(s, "timestamp"), 500 * GST_MSECOND);
  fail_unless_equals_uint64(clock_time(s, "stream-time"), 5250 * GST_MSECOND);
  fail_unless_equals_uint64(clock_time(s, "running-time"), 250 * GST_MSECOND);
  fail_unless_equals_uint64(clock_time(s, "duration"), 250 * GST_MSECOND);
}
GST_END_TEST

/* Element messages of a name, oldest first; takes all off the bus. */
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

/* A line in row 5, whose stream columns 6 to 21 are kept, through frames that
 * move on by four columns. */
static GstBuffer *line_frame(int i, bool discont = false) {
  FrameOptions options;
  options.recipe.advance = 4;
  options.first_column = 4 * i;
  options.discont = discont;
  Image value(kTiny, kTiny, 3), mask(kTiny, kTiny);
  for (int x = 0; x < int(kTiny); ++x) {
    const int column = 4 * i + x;
    if (column < 6 || column >= 22) continue;
    value.at(kRow, std::size_t(x)) = column == 10 ? 20 : 12;
    mask.at(kRow, std::size_t(x)) = 0.875f;
  }
  GstBuffer *frame = tiny_frame(value, Image(kTiny, kTiny, -60), options);
  add_tiny_mask(frame, mask);
  return frame;
}

GST_START_TEST(a_region_through_many_frames_is_one_message_when_it_ends) {
  const Bench h("signatureextract min-region=1");
  gst_harness_set_src_caps_str(h, kTinyCaps);
  for (int i = 0; i < 6; ++i) push_and_pull(h, line_frame(i));
  fail_unless_equals_int(take_messages(h.bus(), "sonar-region").size(), 0);
  push_and_pull(h, line_frame(6));  // begins past its end
  auto told = take_messages(h.bus(), "sonar-region");
  fail_unless_equals_int(told.size(), 1);
  const GstStructure *s = told[0];
  fail_unless_equals_string(gst_structure_get_string(s, "label"), "low");
  fail_unless_equals_string(gst_structure_get_string(s, "recipe"), "subband");
  fail_unless_equals_uint64(clock_time(s, "id"), 1);
  fail_unless_equals_uint64(clock_time(s, "pixels"), 16);
  // rows of 32 Hz; thousandths of a dB: float's rounding
  fail_unless_equals_float(number(s, "low-hz"), 336);
  fail_unless_equals_float(number(s, "peak-hz"), 352);
  fail_unless_equals_float(number(s, "high-hz"), 368);
  ASSERT_NEAR_AT(0, number(s, "excess-db"), 20, 1e-5);
  ASSERT_NEAR_AT(0, number(s, "level-db"), -40, 1e-5);
  fail_unless_equals_float(number(s, "confidence"), 0.875);
  // column 0 is centred at one column's time, and columns are 15.625 ms
  fail_unless_equals_uint64(clock_time(s, "timestamp"), 101562500);
  fail_unless_equals_uint64(clock_time(s, "duration"), 250 * GST_MSECOND);
  gst_structure_free(told[0]);
}
GST_END_TEST

GST_START_TEST(a_discontinuity_or_the_end_closes_regions_and_a_flush_forgets) {
  const Bench h("signatureextract min-region=3");
  gst_harness_set_src_caps_str(h, kTinyCaps);
  const auto told = [&] {
    const auto messages = take_messages(h.bus(), "sonar-region");
    for (GstStructure *s : messages) gst_structure_free(s);
    return messages.size();
  };
  push_and_pull(h, line_frame(1));
  push_and_pull(h, line_frame(0, true));
  fail_unless_equals_int(told(), 1);
  gst_harness_push_event(h, gst_event_new_flush_start());
  gst_harness_push_event(h, gst_event_new_flush_stop(TRUE));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_harness_push_event(h, gst_event_new_segment(&segment));
  fail_unless_equals_int(told(), 0);
  push_and_pull(h, line_frame(0));
  gst_harness_push_event(h, gst_event_new_eos());
  fail_unless_equals_int(told(), 1);
}
GST_END_TEST

GST_START_TEST(region_messages_can_be_turned_off) {
  const Bench h("signatureextract min-region=3 region-messages=false");
  gst_harness_set_src_caps_str(h, kTinyCaps);
  for (int i = 0; i < 7; ++i) push_and_pull(h, line_frame(i));
  fail_unless_equals_int(take_messages(h.bus(), "sonar-region").size(), 0);
}
GST_END_TEST

/* ---- errors ---- */

static PostedError error_of(GstBuffer *frame) {
  const Bench h("signatureextract");
  gst_harness_set_src_caps_str(h, kTinyCaps);
  fail_unless_equals_int(gst_harness_push(h, frame), GST_FLOW_ERROR);
  const PostedError e = h.one_error();
  fail_unless(e.is(GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS));
  return e;
}

GST_START_TEST(a_frame_without_mask_or_spectrogram_is_one_error) {
  PostedError e = error_of(tiny_frame(ramp()));
  fail_unless(e.says("no class mask") && e.says("put scorecammask upstream"),
              "%s", e.text.c_str());
  GstBuffer *bare = gst_buffer_new_allocate(nullptr, 512, nullptr);
  add_tiny_mask(bare, Image(kTiny, kTiny));
  e = error_of(bare);
  fail_unless(e.says("no spectrogram meta") && e.says("put sonarspectrogram"),
              "%s", e.text.c_str());
}
GST_END_TEST

GST_START_TEST(a_mask_or_spectrogram_of_another_size_is_one_error_naming_both) {
  GstBuffer *frame = tiny_frame(ramp());
  add_tiny_mask(frame, Image(8, 4));
  PostedError e = error_of(frame);
  fail_unless(e.says("class mask is 4x8") && e.says("frame is 16x16"), "%s",
              e.text.c_str());
  FrameOptions options;
  options.recipe.width = 32;
  frame = tiny_frame(ramp(), {}, options);
  add_tiny_mask(frame, Image(kTiny, kTiny));
  e = error_of(frame);
  fail_unless(e.says("spectrogram is 32x16") && e.says("frame is 16x16"), "%s",
              e.text.c_str());
}
GST_END_TEST

GST_START_TEST(the_element_goes_up_and_down_twice_without_a_frame) {
  GstElement *element = gst_element_factory_make("signatureextract", nullptr);
  for (int round = 0; round < 2; ++round)
    for (const GstState state : {GST_STATE_PLAYING, GST_STATE_NULL})
      fail_unless_equals_int(gst_element_set_state(element, state),
                             GST_STATE_CHANGE_SUCCESS);
  gst_object_unref(element);
}
GST_END_TEST

static Suite *signatureextract_suite(void) {
  Suite *s = suite_create("signatureextract");
  TCase *tc = tcase_create("all");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, the_threshold_itself_is_kept_in_both_formats);
  tcase_add_test(tc, the_masks_own_threshold_holds_until_one_is_set);
  tcase_add_test(tc, hysteresis_keeps_what_touches_a_kept_pixel_only);
  tcase_add_test(tc, a_region_of_fewer_pixels_than_min_region_is_dropped);
  tcase_add_test(tc, an_invalid_mask_gives_an_empty_signature_at_any_threshold);
  tcase_add_test(tc, output_and_background_say_what_the_frame_shows);
  tcase_add_test(tc, a_transparent_background_is_bgra_with_alpha);
  tcase_add_test(tc, rows_with_padding_are_read_by_their_stride);
  tcase_add_test(tc, regions_are_in_hz_nanoseconds_and_db_on_the_analysis_grid);
  tcase_add_test(tc, without_a_background_the_level_is_the_value);
  tcase_add_test(tc, without_time_stamps_the_regions_have_no_time);
  tcase_add_test(tc, the_frame_as_it_came_is_kept_and_metas_are_handed_on_once);
  tcase_add_test(tc, the_message_says_what_was_kept_when_and_by_which_rule);
  tcase_add_test(tc, a_region_through_many_frames_is_one_message_when_it_ends);
  tcase_add_test(tc,
                 a_discontinuity_or_the_end_closes_regions_and_a_flush_forgets);
  tcase_add_test(tc, region_messages_can_be_turned_off);
  tcase_add_test(tc, a_frame_without_mask_or_spectrogram_is_one_error);
  tcase_add_test(
      tc, a_mask_or_spectrogram_of_another_size_is_one_error_naming_both);
  tcase_add_test(tc, the_element_goes_up_and_down_twice_without_a_frame);
  return s;
}
GST_CHECK_MAIN(signatureextract)
