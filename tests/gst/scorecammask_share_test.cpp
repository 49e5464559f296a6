/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/registry.h"
#include "support/tiny_frames.h"
#include "support/tiny_model.h"

using namespace sonar;
using namespace sonar::testing;
using sonar::models::MaskOptions;
using sonar::models::MaskRecipe;

/* Recipe `share` on a network of random weights: which classes' answers count,
 * and that they come from the frame. */

static models::Bundle bundle() {
  struct Layer {
    const char *name;
    std::int64_t in, out, columns;
  };
  const Layer layers[] = {{"down1", 5, 12, 5},   {"down2a", 12, 24, 3},
                          {"down2b", 24, 24, 3}, {"down3a", 24, 32, 3},
                          {"down3b", 32, 32, 3}, {"down4a", 32, 48, 3},
                          {"down4b", 48, 48, 3}, {"up3", 80, 32, 3},
                          {"up2", 56, 24, 3},    {"up1", 36, 12, 3}};
  models::Bundle b = tiny_bundle();
  guint32 seed = 0;
  const auto random = [&](std::vector<std::int64_t> shape, double scale) {
    models::Tensor t = tiny_tensor(std::move(shape));
    t.values = noise(t.values.size(), scale, ++seed);
    return t;
  };
  for (const Layer &l : layers) {
    const std::string name = std::string("share.") + l.name;
    b.tensors[name + ".weight"] = random({l.out, l.in, 3, l.columns}, 0.3);
    b.tensors[name + ".norm.weight"] = tiny_tensor({l.out}, 1);
    b.tensors[name + ".norm.running_var"] = tiny_tensor({l.out}, 1);
    b.tensors[name + ".norm.bias"] = tiny_tensor({l.out});
    b.tensors[name + ".norm.running_mean"] = tiny_tensor({l.out});
  }
  b.tensors["share.out.weight"] = random({2, 12, 1, 1}, 0.3);
  b.tensors["share.out.bias"] = tiny_tensor({2}, -1);
  return b;
}

static Image background() { return Image(kTiny, kTiny, -60); }

static std::vector<float> mask_by_element(const std::string &launch) {
  const Bench h(launch);
  gst_harness_set_src_caps_str(h, kTinyCaps);
  fail_unless_equals_int(
      gst_harness_push(h, tiny_frame(tiny_line(kLowRow), background())),
      GST_FLOW_OK);
  GstBuffer *out = gst_harness_try_pull(h);
  ck_assert_msg(out, "no frame came out");
  const Buffer frame(out);
  const auto *meta = gst_buffer_get_sonar_mask_meta(frame.get());
  fail_unless(meta && meta->valid);
  fail_unless_equals_string(meta->recipe, "share");
  fail_unless_equals_float(meta->threshold, 0.75);
  return values_of<float>(meta->values);
}

GST_START_TEST(a_guessed_class_counts_as_it_is_believed_a_named_one_alone) {
  const ModelFile file(bundle());
  const auto model = models::open(file.path(), "cpu");
  const Image value = tiny_decoded(tiny_line(kLowRow));
  const models::PictureData picture{value, background(), {0, kTiny}};
  const auto made = [&](std::size_t target, std::vector<float> weights) {
    MaskOptions options;
    options.recipe = MaskRecipe::kShare;
    options.class_weights = std::move(weights);
    const Image c =
        model->make_mask(picture, target, nullptr, options).confidence;
    return std::vector<float>(c.data(), c.data() + c.size());
  };
  const std::string classify = "specnnclassify model=" + file.path() + " ! ";
  const auto believed = mask_by_element(classify + "scorecammask recipe=share");
  const auto seen = model->classify(picture);
  fail_unless(seen.best == 0 && seen.probabilities[1] > 1e-4f);
  fail_unless(believed == made(0, seen.probabilities));
  fail_unless(believed != made(0, {}));
  fail_unless(
      mask_by_element(classify + "scorecammask recipe=share target=high") ==
      made(1, {}));
  fail_unless(mask_by_element("scorecammask recipe=share target=low model=" +
                              file.path()) == made(0, {}));
}
GST_END_TEST

static Suite *scorecammask_share_suite(void) {
  Suite *s = suite_create("scorecammask share");
  TCase *tc = tcase_create("share");
  suite_add_tcase(s, tc);
  tcase_add_test(tc,
                 a_guessed_class_counts_as_it_is_believed_a_named_one_alone);
  return s;
}
GST_CHECK_MAIN(scorecammask_share)
