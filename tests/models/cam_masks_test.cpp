/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/cam_masks.h"

#include <algorithm>

#include "nn/linear_network.h"
#include "sonar/core/error.h"
#include "sonar/nn/scorecam.h"
#include "support/testing.h"

using namespace sonar;
using namespace sonar::models;

static const std::size_t kRows = 3, kColumns = 4;
static const double kRounding = 1e-6;  // softmax in double, kept as float

/* Three classes, three rows, three maps: map c is 1 on row c. What is left of
 * a picture of ones through map c is row c, and the logits of that are
 *   row 0: ln 4, ln 2, 0    row 1: 0, ln 4, 0    row 2: 0, 0, ln 4
 * so the probabilities are (4 2 1) / 7, (1 4 1) / 6 and (1 1 4) / 6, and each
 * class' map reads them down its column. */
struct Scene {
  LinearNetwork network{{1, kRows, kColumns}, 3, {3, kRows, kColumns}};
  Classification seen;
  Image value{kRows, kColumns};
  Tensor masks{{3, 3, 4}, std::vector<float>(36)};

  Scene() {
    const double logits[3][3] = {{std::log(4), std::log(2), 0},
                                 {0, std::log(4), 0},
                                 {0, 0, std::log(4)}};
    for (std::size_t row = 0; row < kRows; ++row)
      for (std::size_t x = 0; x < kColumns; ++x)
        for (std::size_t c = 0; c < 3; ++c)
          network.weights[c * 12 + row * kColumns + x] =
              float(logits[row][c] / kColumns);
    seen.input.assign(12, 1.0f);
    seen.maps.assign(36, 0.0f);
    for (std::size_t c = 0; c < 3; ++c)
      std::fill_n(seen.maps.begin() + std::ptrdiff_t(c * 12 + c * kColumns),
                  kColumns, 1.0f);
  }
  CamSources sources() const {
    return {network, &masks, value, {0, kColumns}, &seen};
  }
};

static MaskOptions how(mask::Combine combine) {
  MaskOptions o;
  o.combine = combine;
  return o;
}

static void assert_rows(const Image &got, const std::vector<double> &want) {
  fail_unless_equals_int(got.height(), kRows);
  for (std::size_t y = 0; y < kRows; ++y)
    for (std::size_t x = 0; x < kColumns; ++x)
      ASSERT_NEAR_AT(y, got.at(y, x), want[y], kRounding);
}

/* Scaled to 0..1, class 0 reads 1 0 0, class 1 (2/7 - 1/6) / (1/2) 1 0 and
 * class 2 0 (1/6 - 1/7) / (4/6 - 1/7) 1. */
GST_START_TEST(reverse_is_one_less_the_largest_claim_of_another_class) {
  const Scene s;
  const MaskOptions image = how(mask::Combine::kImage);
  const double claim = 10.0 / 42;
  assert_rows(reverse_mask(s.sources(), 0, image), {1 - claim, 0, 0});
  assert_rows(reverse_mask(s.sources(), 1, image), {0, 1 - 1.0 / 22, 0});
  assert_rows(reverse_mask(s.sources(), 2, image), {0, 0, 1});
}
GST_END_TEST

GST_START_TEST(all_classes_share_one_masked_forward_per_map) {
  const Scene s;
  const auto masks =
      released_masks(s.sources(), {0, 1, 2}, how(mask::Combine::kImage));
  fail_unless_equals_int(s.network.seen.size(), 3);
  assert_rows(masks[0], {1, 0, 0});
  assert_rows(masks[1], {10.0 / 42, 1, 0});
  assert_rows(masks[2], {0, 1.0 / 22, 1});
}
GST_END_TEST

GST_START_TEST(the_images_mask_is_the_score_cam_that_was_asked_for) {
  const Scene s;
  MaskOptions options = how(mask::Combine::kImage);
  const Image released = released_masks(s.sources(), {1}, options).front();
  for (const auto &about : nn::score_cam_presets()) {
    options.score_cam = about.preset;
    Image want =
        nn::score_cam(s.network, s.seen.input.data(), s.seen.maps.data(), 1,
                      {options.effort, 0, about.preset})
            .map;
    mask::normalize_min_max(want);
    const Image got = released_masks(s.sources(), {1}, options).front();
    for (std::size_t i = 0; i < got.size(); ++i)
      fail_unless(got.data()[i] == want.data()[i], "%s", about.nick);
    const bool same =
        std::equal(got.data(), got.data() + got.size(), released.data());
    fail_unless(same == (about.preset == nn::ScoreCamPreset::kReleased));
  }
}
GST_END_TEST

GST_START_TEST(reverse_takes_the_other_classes_masks_where_told_to) {
  Scene s;
  /* of class 1 rows 0, .5, 1 and of class 2 .25, 1, 0, each 0..1 already */
  const float rows[3][3] = {{1, 0, 1}, {0, 0.5f, 1}, {0.25f, 1, 0}};
  for (std::size_t c = 0; c < 3; ++c)
    for (std::size_t i = 0; i < 12; ++i)
      s.masks.values[c * 12 + i] = rows[c][i / kColumns];
  assert_rows(reverse_mask(s.sources(), 0, how(mask::Combine::kClass)),
              {0.75, 0, 0});
  assert_rows(reverse_mask(s.sources(), 2, how(mask::Combine::kClass)),
              {0, 0.5, 0});
  fail_unless(s.network.seen.empty());
}
GST_END_TEST

GST_START_TEST(where_no_other_class_claims_anything_all_is_kept) {
  const Scene s;  // its class masks are blank
  assert_rows(reverse_mask(s.sources(), 1, how(mask::Combine::kClass)),
              {1, 1, 1});
}
GST_END_TEST

GST_START_TEST(a_picture_of_another_size_is_refused_with_both) {
  Scene s;
  s.value = Image(2, kColumns);
  try {
    released_masks(s.sources(), {0}, how(mask::Combine::kClass));
    ck_abort_msg("a picture of another size was accepted");
  } catch (const Error &e) {
    fail_unless(e.code() == Errc::kBadArgument);
    const std::string what = e.what();
    fail_unless(what.find("2 x 4") != what.npos);
    fail_unless(what.find("3 x 4") != what.npos);
  }
}
GST_END_TEST

static Suite *cam_masks_suite(void) {
  Suite *s = suite_create("cam_masks");
  TCase *tc = tcase_create("reverse");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, reverse_is_one_less_the_largest_claim_of_another_class);
  tcase_add_test(tc, all_classes_share_one_masked_forward_per_map);
  tcase_add_test(tc, the_images_mask_is_the_score_cam_that_was_asked_for);
  tcase_add_test(tc, reverse_takes_the_other_classes_masks_where_told_to);
  tcase_add_test(tc, where_no_other_class_claims_anything_all_is_kept);
  tcase_add_test(tc, a_picture_of_another_size_is_refused_with_both);
  return s;
}
GST_CHECK_MAIN(cam_masks)
