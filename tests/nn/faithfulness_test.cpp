/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/nn/faithfulness.h"

#include <cstring>
#include <functional>

#include "linear_network.h"
#include "sonar/core/error.h"
#include "support/testing.h"

using namespace sonar;
using namespace sonar::nn;

static const double kFloat = 1e-6;  // probabilities are floats

/** p(class 0) = 1 / (1 + exp(-sum of weights x pixels)). */
static LinearNetwork logistic(std::vector<float> weights, Shape shape) {
  LinearNetwork network(shape, 2);
  std::copy(weights.begin(), weights.end(), network.weights.begin());
  return network;
}

static double sigmoid(double z) { return 1 / (1 + std::exp(-z)); }

static Image map_of(std::size_t height, std::size_t width,
                    const std::vector<float> &values) {
  Image map(height, width);
  std::copy(values.begin(), values.end(), map.data());
  return map;
}

static const std::vector<float> kOnes{1, 1, 1, 1}, kBlank{0, 0, 0, 0};

/* Pixels worth 2, 1, -1, 0.5; the map keeps the first whole, half of the second
 * and, being negative there, nothing of the third. */
GST_START_TEST(a_drop_is_the_share_of_the_score_that_the_map_loses) {
  const LinearNetwork network = logistic({2, 1, -1, 0.5f}, {1, 2, 2});
  const Faithfulness f = faithfulness(network, kOnes.data(), kBlank.data(), 0,
                                      map_of(2, 2, {4, 2, -7, 0}), {4, 32});
  const double whole = sigmoid(2.5), kept = sigmoid(2 + 0.5);
  ASSERT_NEAR_AT(0, f.score, whole, kFloat);
  ASSERT_NEAR_AT(1, f.kept_score, kept, kFloat);
  const Faithfulness g = faithfulness(network, kOnes.data(), kBlank.data(), 0,
                                      map_of(2, 2, {0, 1, 0, 0}), {4, 32});
  ASSERT_NEAR_AT(2, g.drop, (whole - sigmoid(1)) / whole, kFloat);
  fail_if(g.increase);
}
GST_END_TEST

GST_START_TEST(
    a_map_that_leaves_out_what_speaks_against_the_class_increases_its_score) {
  const LinearNetwork network = logistic({2, 1, -1, 0.5f}, {1, 2, 2});
  const Faithfulness f = faithfulness(network, kOnes.data(), kBlank.data(), 0,
                                      map_of(2, 2, {1, 1, 0, 1}), {4, 32});
  fail_unless(f.increase);
  fail_unless(f.drop == 0);
}
GST_END_TEST

GST_START_TEST(areas_are_those_of_the_curves_worked_out_by_hand) {
  const LinearNetwork network = logistic({2, 1, -1, 0.5f}, {1, 2, 2});
  const Faithfulness f =
      faithfulness(network, kOnes.data(), kBlank.data(), 0,
                   map_of(2, 2, {0.9f, 0.5f, 0.1f, 0.7f}), {4, 32});
  // order: pixels of 2, 0.5, 1, -1
  const double in[] = {0, 2, 2.5, 3.5, 2.5}, out[] = {2.5, 0.5, 0, -1, 0};
  double insertion = 0, deletion = 0;
  for (int i = 0; i < 4; ++i) {
    insertion += (sigmoid(in[i]) + sigmoid(in[i + 1])) / 8;
    deletion += (sigmoid(out[i]) + sigmoid(out[i + 1])) / 8;
  }
  ASSERT_NEAR_AT(0, f.insertion, insertion, kFloat);
  ASSERT_NEAR_AT(1, f.deletion, deletion, kFloat);
}
GST_END_TEST

GST_START_TEST(fewer_steps_than_pixels_take_several_at_once) {
  const LinearNetwork network = logistic({2, 1, -1, 0.5f}, {1, 2, 2});
  const Faithfulness f = faithfulness(network, kOnes.data(), kBlank.data(), 0,
                                      map_of(2, 2, {4, 3, 2, 1}), {2, 32});
  ASSERT_NEAR_AT(0, f.insertion,
                 (sigmoid(0) + 2 * sigmoid(3) + sigmoid(2.5)) / 4, kFloat);
}
GST_END_TEST

GST_START_TEST(the_right_order_beats_the_reverse_one) {
  const LinearNetwork network = logistic({2, 1, -1, 0.5f}, {1, 2, 2});
  const auto score = [&](const std::vector<float> &map) {
    return faithfulness(network, kOnes.data(), kBlank.data(), 0,
                        map_of(2, 2, map), {4, 32});
  };
  const Faithfulness right = score({2, 1, -1, 0.5f}),
                     reverse = score({-2, -1, 1, -0.5f});
  fail_unless(right.insertion > reverse.insertion);
  fail_unless(right.deletion < reverse.deletion);
}
GST_END_TEST

GST_START_TEST(all_channels_of_a_pixel_move_together) {
  const LinearNetwork network = logistic({1, 0, 0, 3, 0, 0}, {2, 1, 3});
  const std::vector<float> input{1, 1, 1, 1, 1, 1}, blank(6, 0.0f);
  const Faithfulness f = faithfulness(network, input.data(), blank.data(), 0,
                                      map_of(1, 3, {1, 0, 0}), {3, 32});
  ASSERT_NEAR_AT(0, f.insertion, (0.5 + 5 * sigmoid(4)) / 6, kFloat);
}
GST_END_TEST

/* 64 rows of one value: half of the pixels taken in the order of rows would be
 * the upper half; by chance 32 of them, give or take 5 sd. */
GST_START_TEST(equal_pixels_are_taken_from_everywhere) {
  std::vector<float> upper(64, 0.0f);
  std::fill(upper.begin(), upper.begin() + 32, 1.0f);
  const LinearNetwork network = logistic(upper, {1, 8, 8});
  const std::vector<float> ones(64, 1.0f), blank(64, 0.0f);
  faithfulness(network, ones.data(), blank.data(), 0, Image(8, 8, 0.5f),
               {2, 1});
  double sum = 0;  // inputs: kept, blank, half put back, ...
  for (std::size_t i = 0; i < 32; ++i) sum += double(network.seen[2][i]);
  fail_unless(std::fabs(sum - 16) <= 5 * 2);
}
GST_END_TEST

GST_START_TEST(the_batch_size_does_not_change_a_score) {
  const LinearNetwork network = logistic({2, 1, -1, 0.5f}, {1, 2, 2});
  const Image map = map_of(2, 2, {4, 1, 2, 3});
  const Faithfulness a = faithfulness(network, kOnes.data(), kBlank.data(), 0,
                                      map, {4, 1}),
                     b = faithfulness(network, kOnes.data(), kBlank.data(), 0,
                                      map, {4, 3});
  fail_unless(a.insertion == b.insertion && a.deletion == b.deletion &&
              a.kept_score == b.kept_score);
  fail_unless(network.largest_batch == 3);
  fail_unless_equals_int(network.seen.size(), 2 * (2 * 4 + 3));
}
GST_END_TEST

GST_START_TEST(a_map_without_a_positive_pixel_keeps_nothing) {
  const LinearNetwork network = logistic({2, 1, -1, 0.5f}, {1, 2, 2});
  const Faithfulness f = faithfulness(network, kOnes.data(), kBlank.data(), 0,
                                      map_of(2, 2, {-1, -2, -3, -4}), {4, 32});
  ASSERT_NEAR_AT(0, f.kept_score, 0.5, kFloat);
}
GST_END_TEST

GST_START_TEST(impossible_requests_are_refused) {
  const LinearNetwork network = logistic({2, 1, -1, 0.5f}, {1, 2, 2});
  const auto refused = [&](std::size_t target, const Image &map,
                           FaithfulnessOptions options, const char *words) {
    try {
      faithfulness(network, kOnes.data(), kBlank.data(), target, map, options);
      ck_abort_msg("accepted, wanted: %s", words);
    } catch (const Error &e) {
      fail_unless(e.code() == Errc::kBadArgument);
      ck_assert_msg(std::strstr(e.what(), words), "\"%s\" lacks \"%s\"",
                    e.what(), words);
    }
  };
  refused(2, Image(2, 2), {}, "class 2 is unknown, the network has 2");
  refused(0, Image(2, 3), {}, "the map is 2 x 3, the network's input 2 x 2");
  refused(0, Image(2, 2), {0, 32}, "at least one step");
  refused(0, Image(2, 2), {4, 0}, "a batch of one");
}
GST_END_TEST

static Suite *faithfulness_suite(void) {
  Suite *s = suite_create("faithfulness");
  TCase *c = tcase_create("faithfulness");
  suite_add_tcase(s, c);
  tcase_add_test(c, a_drop_is_the_share_of_the_score_that_the_map_loses);
  tcase_add_test(
      c,
      a_map_that_leaves_out_what_speaks_against_the_class_increases_its_score);
  tcase_add_test(c, areas_are_those_of_the_curves_worked_out_by_hand);
  tcase_add_test(c, fewer_steps_than_pixels_take_several_at_once);
  tcase_add_test(c, the_right_order_beats_the_reverse_one);
  tcase_add_test(c, all_channels_of_a_pixel_move_together);
  tcase_add_test(c, equal_pixels_are_taken_from_everywhere);
  tcase_add_test(c, the_batch_size_does_not_change_a_score);
  tcase_add_test(c, a_map_without_a_positive_pixel_keeps_nothing);
  tcase_add_test(c, impossible_requests_are_refused);
  return s;
}

GST_CHECK_MAIN(faithfulness);
