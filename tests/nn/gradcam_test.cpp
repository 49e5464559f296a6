/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/nn/gradcam.h"

#include <string>

#include "nn/linear_network.h"
#include "sonar/core/error.h"
#include "support/testing.h"

using namespace sonar;
using namespace sonar::nn;

/* Its maps are its input, so a logit's gradients are the class' weights. */
class OpenNetwork : public LinearNetwork {
 public:
  OpenNetwork(Shape shape, std::size_t classes)
      : LinearNetwork(shape, classes, shape) {}
  std::vector<float> map_gradients(const float *, std::size_t count,
                                   std::size_t target) const override {
    std::vector<float> out;
    const auto own = weights.begin() + long(target * input().size());
    for (std::size_t i = 0; i < count; ++i)
      out.insert(out.end(), own, own + long(input().size()));
    return out;
  }
};

static const double kRounding = 1e-6;  // a few float32 products of order 1

/* Two maps of 1 x 2: gradients {1, 3} and {-2, 0} have means 2 and -1. */
GST_START_TEST(a_channel_weighs_its_mean_gradient) {
  OpenNetwork network({2, 1, 2}, 2);
  network.weights = {0, 0, 0, 0, 1, 3, -2, 0};
  const float maps[] = {0.5f, 0.25f, 0.25f, 1.0f};
  const GradCam cam = grad_cam(network, maps, 1);
  fail_unless(cam.valid);
  fail_unless_equals_int(cam.weights.size(), 2);
  ASSERT_NEAR_AT(0, cam.weights[0], 2, kRounding);
  ASSERT_NEAR_AT(1, cam.weights[1], -1, kRounding);
  ASSERT_NEAR_AT(0, cam.map.at(0, 0), 2 * 0.5 - 0.25, kRounding);
  // 2 * 0.25 - 1 is negative: against the class
  ASSERT_NEAR_AT(1, cam.map.at(0, 1), 0, 0);
}
GST_END_TEST

GST_START_TEST(the_bias_and_the_other_classes_do_not_matter) {
  OpenNetwork network({1, 2, 2}, 2);
  network.weights = {1, 0, 2, 1, 9, 9, 9, 9};
  const float maps[] = {0.1f, 0.9f, 0.4f, 0.3f};
  const GradCam before = grad_cam(network, maps, 0);
  std::fill_n(network.weights.begin() + 4, 4, -5.0f);
  network.bias = {7, -7};
  const GradCam after = grad_cam(network, maps, 0);
  for (std::size_t i = 0; i < 4; ++i)
    fail_unless(before.map.data()[i] == after.map.data()[i]);
}
GST_END_TEST

GST_START_TEST(maps_that_all_speak_against_the_class_give_no_map) {
  OpenNetwork network({1, 2, 2}, 2);
  network.weights = {-1, -1, -1, -1, 0, 0, 0, 0};
  const float maps[] = {0.1f, 0.9f, 0.4f, 0.3f};
  for (const std::size_t target : {0, 1}) {
    const GradCam cam = grad_cam(network, maps, target);
    fail_unless(!cam.valid);
    for (std::size_t i = 0; i < 4; ++i) fail_unless(cam.map.data()[i] == 0.0f);
  }
}
GST_END_TEST

GST_START_TEST(a_network_without_gradients_says_so) {
  const LinearNetwork closed({1, 2, 2}, 2, {1, 2, 2});
  const float maps[4] = {};
  try {
    grad_cam(closed, maps, 0);
    ck_abort_msg("it was not refused");
  } catch (const Error &e) {
    fail_unless(e.code() == Errc::kBadArgument);
    fail_unless(std::string(e.what()).find(
                    "no gradients of its feature maps") != std::string::npos);
  }
}
GST_END_TEST

GST_START_TEST(a_class_that_is_not_there_is_refused) {
  const OpenNetwork network({1, 2, 2}, 2);
  const float maps[4] = {};
  try {
    grad_cam(network, maps, 2);
    ck_abort_msg("it was not refused");
  } catch (const Error &e) {
    fail_unless(std::string(e.what()).find("below the 2 classes, got 2") !=
                std::string::npos);
  }
}
GST_END_TEST

static Suite *gradcam_suite(void) {
  Suite *s = suite_create("gradcam");
  TCase *tc = tcase_create("gradcam");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, a_channel_weighs_its_mean_gradient);
  tcase_add_test(tc, the_bias_and_the_other_classes_do_not_matter);
  tcase_add_test(tc, maps_that_all_speak_against_the_class_give_no_map);
  tcase_add_test(tc, a_network_without_gradients_says_so);
  tcase_add_test(tc, a_class_that_is_not_there_is_refused);
  return s;
}
GST_CHECK_MAIN(gradcam)
