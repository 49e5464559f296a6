/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/nn/scorecam.h"

#include <random>

#include "nn/linear_network.h"
#include "sonar/core/error.h"
#include "sonar/nn/resize.h"
#include "support/testing.h"

using sonar::Image;
using namespace sonar::nn;

/* A few float32 roundings of values around 1. */
static const double kRounding = 1e-6;

static std::vector<float> noise(std::size_t n, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<float> x(n);
  for (float &v : x) v = float(double(random() >> 11) * 0x1p-53);
  return x;
}

/** Two classes; the first one's logit is a random linear form. */
static LinearNetwork random_network(Shape input, Shape maps) {
  LinearNetwork network(input, 2, maps);
  const std::vector<float> w = noise(input.size(), 1);
  for (std::size_t i = 0; i < w.size(); ++i) network.weights[i] = w[i] - 0.5f;
  return network;
}

static float upsampled(const float *map, const Shape &maps, const Shape &in,
                       std::size_t y, std::size_t x) {
  const auto at = [](std::size_t i, std::size_t from, std::size_t to) {
    const double p = (double(i) + 0.5) * double(from) / double(to) - 0.5;
    return std::min(std::max(p, 0.0), double(from - 1));
  };
  double sum = 0;
  for (std::size_t j = 0; j < maps.height; ++j)
    for (std::size_t i = 0; i < maps.width; ++i) {
      const double dy = std::fabs(at(y, maps.height, in.height) - double(j));
      const double dx = std::fabs(at(x, maps.width, in.width) - double(i));
      if (dy < 1 && dx < 1)
        sum += (1 - dy) * (1 - dx) * map[j * maps.width + i];
    }
  return float(sum);
}

/** Score-CAM written down literally, one channel and pixel at a time. */
static std::vector<double> slow_score_cam(const Network &network,
                                          const float *input,
                                          const float *maps) {
  const Shape in = network.input(), shape = network.maps();
  const std::size_t area = in.height * in.width;
  std::vector<double> sum(area, 0.0);
  for (std::size_t c = 0; c < shape.channels; ++c) {
    std::vector<float> up(area), masked(in.size());
    for (std::size_t i = 0; i < area; ++i)
      up[i] = upsampled(maps + c * shape.height * shape.width, shape, in,
                        i / in.width, i % in.width);
    const auto ends = std::minmax_element(up.begin(), up.end());
    const float low = *ends.first, high = *ends.second;
    if (low == high) continue;
    for (std::size_t i = 0; i < in.size(); ++i)
      masked[i] = input[i] * (up[i % area] - low) / (high - low);
    const auto out = network.forward(masked.data(), 1, Network::Want::kLogits);
    const double weight = network.probabilities(out.logits.data())[0];
    for (std::size_t i = 0; i < area; ++i) sum[i] += weight * up[i];
  }
  for (double &v : sum) v = std::max(v, 0.0);
  return sum;
}

/* The logit is ln 3 times the mean of the left column: the mask that keeps the
 * left gives z = ln 3, the other one z = 0. */
GST_START_TEST(
    two_half_masks_of_a_linear_network_weigh_three_and_two_quarters) {
  LinearNetwork network({1, 2, 2}, 2, {2, 2, 2});
  network.weights[0] = network.weights[2] = float(std::log(3.0) / 2);
  const float input[] = {1, 1, 1, 1};
  const float maps[] = {1, 0, 1, 0, /* right: */ 0, 1, 0, 1};
  const ScoreCam cam = score_cam(network, input, maps, 0, {});
  fail_unless(cam.valid);
  ASSERT_NEAR_AT(0, cam.weights[0], 0.75, kRounding);
  ASSERT_NEAR_AT(1, cam.weights[1], 0.5, kRounding);
  for (std::size_t y = 0; y < 2; ++y) {
    ASSERT_NEAR_AT(y, cam.map.at(y, 0), 0.75, kRounding);
    ASSERT_NEAR_AT(y, cam.map.at(y, 1), 0.5, kRounding);
  }
  const ScoreCam other = score_cam(network, input, maps, 1, {});
  ASSERT_NEAR_AT(0, other.weights[0], 0.25, kRounding);
  ASSERT_NEAR_AT(1, other.weights[1], 0.5, kRounding);
}
GST_END_TEST

static const Shape kInputs[] = {
    {1, 16, 16}, {2, 12, 30}, {1, 1, 24}, {2, 7, 5}};
static const Shape kMaps[] = {{5, 16, 4}, {6, 6, 10}, {3, 1, 6}, {4, 1, 5}};

GST_START_TEST(map_equals_the_formula_written_down_literally) {
  const Shape in = kInputs[__i__], shape = kMaps[__i__];
  const LinearNetwork network = random_network(in, shape);
  const std::vector<float> input = noise(in.size(), 2);
  std::vector<float> maps = noise(shape.size(), 3);
  for (float &v : maps) v -= 0.4f;  // so that the ReLU has work
  const ScoreCam cam = score_cam(network, input.data(), maps.data(), 0, {});
  const auto want = slow_score_cam(network, input.data(), maps.data());
  fail_unless_equals_int(cam.map.height(), in.height);
  fail_unless_equals_int(cam.map.width(), in.width);
  for (std::size_t i = 0; i < want.size(); ++i)
    ASSERT_NEAR_AT(i, cam.map.data()[i], want[i], 5e-6);  // 6 channels of ulps
}
GST_END_TEST

GST_START_TEST(resize_uses_half_pixel_centres) {
  const float source[] = {0, 1};
  const float want[] = {0, 0.25f, 0.75f, 1};
  const Image wide = resize_bilinear(source, 1, 2, 1, 4);
  const Image tall = resize_bilinear(source, 2, 1, 4, 1);
  for (std::size_t i = 0; i < 4; ++i) {
    ASSERT_NEAR_AT(i, wide.data()[i], want[i], 0);
    ASSERT_NEAR_AT(i, tall.data()[i], want[i], 0);
  }
}
GST_END_TEST

GST_START_TEST(constant_channel_is_skipped_with_weight_zero) {
  LinearNetwork network = random_network({1, 4, 4}, {3, 2, 2});
  const std::vector<float> input = noise(16, 4);
  const float inf = HUGE_VALF;
  const float maps[] = {5, 5, 5, 5, 0, 1, 2, 3, 0, inf, 0, 0};
  const ScoreCam cam = score_cam(network, input.data(), maps, 0, {});
  fail_unless_equals_int(network.seen.size(), 1);
  fail_unless(cam.weights[0] == 0 && cam.weights[1] > 0 && cam.weights[2] == 0);
  fail_unless(cam.valid);
  /* The corner is the map's own corner value, with nothing of the others. */
  ASSERT_NEAR_AT(15, cam.map.at(3, 3), 3 * cam.weights[1], kRounding);
}
GST_END_TEST

GST_START_TEST(all_negative_sum_is_a_zero_map_and_not_valid) {
  const LinearNetwork network = random_network({1, 4, 4}, {2, 2, 2});
  const std::vector<float> input = noise(16, 5);
  const float maps[] = {-1, -2, -3, -4, -1, -1, -1, -2};
  const ScoreCam cam = score_cam(network, input.data(), maps, 0, {});
  fail_if(cam.valid);
  for (std::size_t i = 0; i < 16; ++i)
    ASSERT_NEAR_AT(i, cam.map.data()[i], 0, 0);
}
GST_END_TEST

GST_START_TEST(flat_sum_of_structured_channels_is_a_zero_map_and_not_valid) {
  const LinearNetwork network({1, 4, 4}, 2, {2, 2, 2});  // every weight is 1/2
  const std::vector<float> input = noise(16, 6);
  const float maps[] = {1, 0, 0, 1, 0, 1, 1, 0};
  const ScoreCam cam = score_cam(network, input.data(), maps, 0, {});
  fail_if(cam.valid);
  for (std::size_t i = 0; i < 16; ++i)
    ASSERT_NEAR_AT(i, cam.map.data()[i], 0, 0);
}
GST_END_TEST

GST_START_TEST(batch_size_never_changes_a_bit) {
  const Shape in{2, 9, 14}, shape{7, 3, 7};
  const LinearNetwork network = random_network(in, shape);
  const std::vector<float> input = noise(in.size(), 7),
                           maps = noise(shape.size(), 8);
  const ScoreCam want = score_cam(network, input.data(), maps.data(), 0, {});
  for (std::size_t batch : {1, 2, 3, 7, 100}) {
    const LinearNetwork fresh = random_network(in, shape);
    const ScoreCam got =
        score_cam(fresh, input.data(), maps.data(), 0, {{batch, 0}, 0});
    fail_unless_equals_int(fresh.seen.size(), 7);
    fail_unless_equals_int(fresh.largest_batch,
                           std::min<std::size_t>(batch, 7));
    fail_unless(got.weights == want.weights);
    fail_unless(std::equal(got.map.data(), got.map.data() + got.map.size(),
                           want.map.data()));
  }
}
GST_END_TEST

GST_START_TEST(
    maps_of_several_classes_are_each_ones_own_from_one_set_of_forwards) {
  const Shape in{1, 6, 8}, shape{4, 6, 2};
  LinearNetwork network(in, 3, shape);
  network.weights = noise(network.weights.size(), 9);
  const std::vector<float> input = noise(in.size(), 10),
                           maps = noise(shape.size(), 11);
  const auto all = score_cams(network, input.data(), maps.data(), {2, 0}, {});
  fail_unless_equals_int(network.seen.size(), 4);  // one a channel
  fail_unless_equals_int(all.size(), 2);
  for (std::size_t i = 0; i < 2; ++i) {
    const ScoreCam one =
        score_cam(network, input.data(), maps.data(), i == 0 ? 2 : 0, {});
    fail_unless(one.weights == all[i].weights);
    fail_unless(std::equal(one.map.data(), one.map.data() + one.map.size(),
                           all[i].map.data()));
  }
  fail_unless(all[0].weights != all[1].weights);
  fail_unless(score_cams(network, input.data(), maps.data(), {}, {}).empty());
}
GST_END_TEST

GST_START_TEST(channel_cap_takes_the_largest_deviations_and_ties_by_index) {
  LinearNetwork network = random_network({1, 2, 2}, {5, 2, 2});
  const float input[] = {1, 1, 1, 1}, inf = HUGE_VALF;
  const float maps[] = {0, inf, 0, 0,  // no deviation to speak of
                        0, 1,   0, 1,  // second
                        0, 4,   0, 4,  // first
                        1, 0,   1, 0,  // as the second: loses by index
                        9, 9,   9, 9};
  const ScoreCam cam = score_cam(network, input, maps, 0, {{32, 0}, 2});
  fail_unless_equals_int(network.seen.size(), 2);
  fail_unless(cam.weights[1] > 0 && cam.weights[2] > 0);
  for (std::size_t c : {0, 3, 4}) ASSERT_NEAR_AT(c, cam.weights[c], 0, 0);
}
GST_END_TEST

GST_START_TEST(target_past_the_classes_is_refused_with_got_and_needed) {
  const LinearNetwork network = random_network({1, 2, 2}, {1, 2, 2});
  const float input[] = {1, 1, 1, 1}, maps[] = {0, 1, 0, 1};
  try {
    score_cam(network, input, maps, 2, {});
    ck_abort_msg("a target that is no class was accepted");
  } catch (const sonar::Error &e) {
    fail_unless(e.code() == sonar::Errc::kBadArgument);
    fail_unless(std::string(e.what()).find("target 2") != std::string::npos);
  }
}
GST_END_TEST

static Suite *scorecam_suite(void) {
  Suite *s = suite_create("scorecam");
  TCase *tc = tcase_create("score_cam");
  suite_add_tcase(s, tc);
  tcase_add_test(
      tc, two_half_masks_of_a_linear_network_weigh_three_and_two_quarters);
  tcase_add_loop_test(tc, map_equals_the_formula_written_down_literally, 0,
                      G_N_ELEMENTS(kInputs));
  tcase_add_test(tc, resize_uses_half_pixel_centres);
  tcase_add_test(tc, constant_channel_is_skipped_with_weight_zero);
  tcase_add_test(tc, all_negative_sum_is_a_zero_map_and_not_valid);
  tcase_add_test(tc,
                 flat_sum_of_structured_channels_is_a_zero_map_and_not_valid);
  tcase_add_test(tc, batch_size_never_changes_a_bit);
  tcase_add_test(
      tc, maps_of_several_classes_are_each_ones_own_from_one_set_of_forwards);
  tcase_add_test(tc,
                 channel_cap_takes_the_largest_deviations_and_ties_by_index);
  tcase_add_test(tc, target_past_the_classes_is_refused_with_got_and_needed);
  return s;
}
GST_CHECK_MAIN(scorecam)
