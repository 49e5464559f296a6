/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Structures from scorecammask to signatureoverlay. */
#include <algorithm>
#include <cstring>

#include "models/registry.h"
#include "models/structures.h"
#include "sonar/render/raster.h"
#include "support/tiny_frames.h"
#include "support/tiny_model.h"

using namespace sonar;
using namespace sonar::testing;

static std::string chain(const ModelFile &model, const std::string &settings,
                         const std::string &classify = "") {
  return "specnnclassify model=" + model.path() + " " + classify +
         " ! scorecammask " + settings;
}

/** A line of its own for each of the two classes. */
static Image two_lines() {
  Image image = tiny_line(kLowRow, 14);
  std::fill_n(image.row(kHighRow), kTiny, 10.0f);
  return image;
}

static GstBuffer *frame_number(int i) {
  FrameOptions options;
  options.recipe.advance = 4;
  options.first_column = 4 * i;
  Image image = two_lines();
  for (std::size_t x = 0; x < kTiny; ++x)  // the upper one ends at column 12
    if (int(x) + 4 * i >= 12) image.at(kHighRow, x) = 0;
  return tiny_frame(image, {}, options);
}

static Buffer push_and_pull(GstHarness *h, GstBuffer *frame) {
  fail_unless_equals_int(gst_harness_push(h, frame), GST_FLOW_OK);
  GstBuffer *out = gst_harness_try_pull(h);
  ck_assert_msg(out, "no frame came out");
  return Buffer(out);
}

static Buffer first_frame(const std::string &launch, GstBuffer *frame) {
  const Bench h(launch);
  gst_harness_set_src_caps_str(h, kTinyCaps);
  return push_and_pull(h, frame);
}

static const GstSonarMaskMeta &mask_of(const Buffer &frame) {
  const auto *meta = gst_buffer_get_sonar_mask_meta(frame.get());
  ck_assert_msg(meta, "the frame has no mask meta");
  return *meta;
}

static models::ExplainedStructures of_library(const ModelFile &file,
                                              const Image &value) {
  return models::explain_structures(*models::open(file.path(), "cpu"),
                                    {tiny_decoded(value), {}, {0, kTiny}, {}},
                                    {0}, {}, {});
}

static void assert_holds(const GstSonarMaskMeta &meta,
                         const models::ExplainedStructures &want) {
  fail_unless_equals_int(meta.n_structures, want.scores.size());
  const auto got = values_of<GstSonarStructure>(meta.structures);
  for (std::size_t i = 0; i < got.size(); ++i) {
    const mask::Structure &s = want.structures.found[i];
    fail_unless_equals_int(got[i].row_begin, s.row_begin);
    fail_unless_equals_int(got[i].row_end, s.row_end);
    fail_unless_equals_int(got[i].column_begin, s.column_begin);
    fail_unless_equals_int(got[i].column_end, s.column_end);
    fail_unless_equals_int(got[i].pixels, s.pixels);
    fail_unless_equals_int(got[i].which, want.scores[i].which);
    fail_unless(got[i].mean_db == s.mean_db);
    fail_unless(got[i].score == want.scores[i].score);
  }
  fail_unless(values_of<std::uint16_t>(meta.structure_owners) ==
              want.structures.owner);
}

GST_START_TEST(the_frame_carries_the_librarys_structures_bit_for_bit) {
  const ModelFile file;
  const auto want = of_library(file, two_lines());
  fail_unless_equals_int(want.scores.size(), 2);
  for (const char *recipe : {"subband", "evidence", "tpsw"}) {
    const Buffer out =
        first_frame(chain(file, "target=low explain-structures=true recipe=" +
                                    std::string(recipe)),
                    tiny_frame(two_lines()));
    assert_holds(mask_of(out), want);
    fail_unless(mask_of(out).explanation == nullptr);
  }
}
GST_END_TEST

GST_START_TEST(nothing_is_explained_unless_asked_for_or_of_an_unknown_class) {
  const ModelFile file;
  for (const auto &launch :
       {chain(file, "recipe=subband explain=true"),
        chain(file, "recipe=subband explain-structures=true",
              "min-confidence=1")}) {
    const Buffer out = first_frame(launch, tiny_frame(two_lines()));
    fail_unless_equals_int(mask_of(out).n_structures, 0);
    fail_unless(mask_of(out).structure_owners == nullptr);
  }
}
GST_END_TEST

/* Two of three frames ask the network nothing, with a mask that is cheap and
 * with one that is not. */
GST_START_TEST(between_two_explanations_the_last_one_moves_with_the_columns) {
  const ModelFile file;
  const std::string recipe =
      __i__ == 0 ? "recipe=subband " : "recipe=released ";
  const Bench h(
      chain(file, "target=low explain-structures=true interval=3 " + recipe));
  gst_harness_set_src_caps_str(h, kTinyCaps);
  models::ExplainedStructures last;
  for (int i = 0; i < 7; ++i) {
    const Buffer got = push_and_pull(h, frame_number(i));
    if (i % 3 == 0) {
      Image image = two_lines();
      for (std::size_t x = 0; x < kTiny; ++x)
        if (int(x) + 4 * i >= 12) image.at(kHighRow, x) = 0;
      last = of_library(file, image);
      fail_unless_equals_int(last.scores.size(), i < 3 ? 2 : 1);
    }
    assert_holds(mask_of(got), shift_left(last, i % 3 * 4));
  }
}
GST_END_TEST

GST_START_TEST(structures_asked_for_while_playing_come_with_the_next_frame) {
  const ModelFile file;
  const Bench h(chain(file, "target=low recipe=released interval=100"));
  gst_harness_set_src_caps_str(h, kTinyCaps);
  fail_unless(!mask_of(push_and_pull(h, frame_number(0))).structure_owners);
  gst_harness_set(h, "scorecammask", "explain-structures", TRUE, nullptr);
  fail_unless(mask_of(push_and_pull(h, frame_number(1))).structure_owners);
  gst_harness_set(h, "scorecammask", "explain-structures", FALSE, nullptr);
  fail_unless(!mask_of(push_and_pull(h, frame_number(2))).structure_owners);
}
GST_END_TEST

/* ---- drawn ---- */

static int pixels_of(const Buffer &drawing, std::uint32_t colour) {
  const auto bytes = drawing.bytes();
  std::vector<guint32> pixels(bytes.size() / 4);
  std::memcpy(pixels.data(), bytes.data(), bytes.size());
  return int(std::count_if(pixels.begin(), pixels.end(), [&](guint32 p) {
    return (p & 0xffffff) == (colour & 0xffffff);
  }));
}

GST_START_TEST(the_overlay_draws_for_and_against_until_it_is_told_not_to) {
  const ModelFile file;
  const Bench h(
      chain(file,
            "target=low recipe=subband explain-structures=true ! "
            "signatureoverlay width=640 height=360 show-label=false"));
  gst_harness_set_src_caps_str(h, kTinyCaps);
  const Buffer both = push_and_pull(h, tiny_frame(two_lines()));
  fail_unless(pixels_of(both, render::kWarm) > 500);
  fail_unless(pixels_of(both, render::kAgainst) > 200);
  gst_harness_set(h, "signatureoverlay", "show-structures", FALSE, nullptr);
  const Buffer none = push_and_pull(h, tiny_frame(two_lines()));
  fail_unless_equals_int(pixels_of(none, render::kWarm), 0);
  fail_unless_equals_int(pixels_of(none, render::kAgainst), 0);
}
GST_END_TEST

static Suite *structures_suite(void) {
  Suite *s = suite_create("structures");
  TCase *tc = tcase_create("all");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, the_frame_carries_the_librarys_structures_bit_for_bit);
  tcase_add_test(tc,
                 nothing_is_explained_unless_asked_for_or_of_an_unknown_class);
  tcase_add_loop_test(
      tc, between_two_explanations_the_last_one_moves_with_the_columns, 0, 2);
  tcase_add_test(tc,
                 structures_asked_for_while_playing_come_with_the_next_frame);
  tcase_add_test(tc, the_overlay_draws_for_and_against_until_it_is_told_not_to);
  return s;
}
GST_CHECK_MAIN(structures)
