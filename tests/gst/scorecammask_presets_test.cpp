/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/registry.h"
#include "sonar/nn/scorecam_preset.h"
#include "support/mask_frames.h"

using namespace sonar;
using namespace sonar::testing;
using sonar::models::MaskOptions;
using sonar::models::MaskRecipe;
using sonar::nn::ScoreCamPreset;

/* Property `score-cam`: whose numerics the image's map has. */

static const int kPresets = int(sonar::nn::score_cam_presets().size());

static MaskOptions options(MaskRecipe recipe, ScoreCamPreset preset) {
  MaskOptions out;
  out.recipe = recipe;
  out.score_cam = preset;
  out.combine = mask::Combine::kImage;
  return out;
}

static std::vector<float> librarys(const ModelFile &file,
                                   const MaskOptions &options) {
  const auto model = models::open(file.path(), "cpu");
  const models::PictureData picture{
      tiny_decoded(tiny_line(kLowRow)), {}, {0, kTiny}};
  const auto seen = model->classify(picture);
  const Image mask = model->make_mask(picture, 0, &seen, options).confidence;
  return {mask.data(), mask.data() + mask.size()};
}

static std::string launch(const std::string &recipe, ScoreCamPreset preset) {
  return "combine=image recipe=" + recipe + " score-cam=" + nn::nick(preset);
}

GST_START_TEST(the_mask_is_the_presets_and_says_whose_it_is) {
  const ModelFile file;
  const ScoreCamPreset preset = nn::score_cam_presets()[__i__].preset;
  const bool usual = preset == ScoreCamPreset::kReleased;
  for (const MaskRecipe recipe :
       {MaskRecipe::kReleased, MaskRecipe::kReverse}) {
    const std::string name = models::nick(recipe);
    const Buffer out = first_frame(chain(file, launch(name, preset)),
                                   tiny_frame(tiny_line(kLowRow)));
    fail_unless(values_of_mask(out) == librarys(file, options(recipe, preset)));
    const std::string want =
        name + (usual ? "" : "/") + (usual ? "" : nn::nick(preset));
    fail_unless_equals_string(mask_of(out).recipe, want.c_str());
  }
}
GST_END_TEST

GST_START_TEST(recipes_without_a_score_cam_keep_their_mask_and_name) {
  const ModelFile file;
  for (const char *recipe : {"subband", "evidence", "grad-cam"}) {
    const auto mask = [&](ScoreCamPreset preset) {
      return first_frame(chain(file, launch(recipe, preset)),
                         tiny_frame(tiny_line(kLowRow)));
    };
    const Buffer other = mask(ScoreCamPreset::kTorchCam);
    fail_unless_equals_string(mask_of(other).recipe, recipe);
    fail_unless(values_of_mask(other) ==
                values_of_mask(mask(ScoreCamPreset::kReleased)));
  }
}
GST_END_TEST

GST_START_TEST(another_score_cam_while_playing_ends_reuse) {
  const ModelFile file;
  const Bench h(chain(file, "interval=100 recipe=released combine=image"));
  gst_harness_set_src_caps_str(h, kTinyCaps);
  push_and_pull(h, frame_number(0));
  gst_harness_set(h, "scorecammask", "score-cam",
                  int(ScoreCamPreset::kTorchCam), nullptr);
  const Buffer out = push_and_pull(h, frame_number(1));
  fail_unless_equals_string(mask_of(out).recipe, "released/torch-cam");
  const Buffer fresh =
      first_frame(chain(file, launch("released", ScoreCamPreset::kTorchCam)),
                  frame_number(1));
  fail_unless(values_of_mask(out) == values_of_mask(fresh));
}
GST_END_TEST

static Suite *scorecammask_presets_suite(void) {
  Suite *s = suite_create("scorecammask_presets");
  TCase *tc = tcase_create("presets");
  suite_add_tcase(s, tc);
  tcase_add_loop_test(tc, the_mask_is_the_presets_and_says_whose_it_is, 0,
                      kPresets);
  tcase_add_test(tc, recipes_without_a_score_cam_keep_their_mask_and_name);
  tcase_add_test(tc, another_score_cam_while_playing_ends_reuse);
  return s;
}
GST_CHECK_MAIN(scorecammask_presets)
