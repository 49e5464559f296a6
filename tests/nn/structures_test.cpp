/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/nn/structures.h"

#include "nn/linear_network.h"
#include "sonar/core/error.h"
#include "support/testing.h"

using namespace sonar::nn;
using sonar::mask::Structures;

static const Shape kShape{2, 6, 8};
static const double kRounding = 1e-5;  // sums of some 20 floats near 1

/** Structure s is row 2 * s. */
static Structures two_rows() {
  Structures out;
  out.height = kShape.height;
  out.width = kShape.width;
  out.owner.assign(kShape.height * kShape.width, 0);
  out.found.resize(2);
  for (std::size_t x = 0; x < kShape.width; ++x) {
    out.owner[x] = 1;
    out.owner[2 * kShape.width + x] = 2;
  }
  return out;
}

/** Three classes. The first class' logit has @p a for each pixel of row 0, in
 *  both channels, the second one's @p b for each pixel of row 2. */
static LinearNetwork network_of(float a, float b) {
  LinearNetwork network(kShape, 3);
  for (std::size_t c = 0; c < kShape.channels; ++c)
    for (std::size_t x = 0; x < kShape.width; ++x) {
      const std::size_t first = c * kShape.height * kShape.width + x;
      network.weights[first] = a;
      network.weights[kShape.size() + first + 2 * kShape.width] = b;
    }
  return network;
}

/* A linear margin gives a structure its own share, alone as in company: with
 * input 1 and blank 0.25, 16 pixels of 0.75 each. Row 0 raises the first class
 * by 12 a; row 2 raises the second, half of which is taken off the first. */
GST_START_TEST(effect_on_a_linear_network_is_the_structures_own_share) {
  const LinearNetwork network = network_of(0.1f, 0.2f);
  const std::vector<float> input(kShape.size(), 1), blank(kShape.size(), 0.25f);
  const auto got = structure_effects(network, input.data(), blank.data(),
                                     {0, 1}, two_rows(), {});
  ASSERT_NEAR_AT(0, got[0][0], 1.2, kRounding);
  ASSERT_NEAR_AT(0, got[0][1], -1.2, kRounding);
  ASSERT_NEAR_AT(1, got[1][0], -0.6, kRounding);
  ASSERT_NEAR_AT(1, got[1][1], 2.4, kRounding);
}
GST_END_TEST

/** The first class' logit is 1 where any pixel of row 0 or of row 2 is there:
 *  either row says all there is to say. */
class EitherNetwork : public LinearNetwork {
 public:
  EitherNetwork() : LinearNetwork(kShape, 2) {}
  Output forward(const float *inputs, std::size_t count, Want) const override {
    Output out;
    for (std::size_t i = 0; i < count; ++i) {
      const float *x = inputs + i * kShape.size();
      out.logits.push_back(x[0] > 0 || x[2 * kShape.width] > 0 ? 1.0f : 0.0f);
      out.logits.push_back(0);
    }
    return out;
  }
};

/* Alone each adds 1, in company each is missed by nobody: Shapley's value of
 * both is 1/2. */
GST_START_TEST(structures_that_say_the_same_share_its_value) {
  const std::vector<float> input(kShape.size(), 1), blank(kShape.size(), 0);
  const auto got = structure_effects(EitherNetwork(), input.data(),
                                     blank.data(), {0}, two_rows(), {3, 0});
  ASSERT_NEAR_AT(0, got[0][0], 0.5, 0);
  ASSERT_NEAR_AT(1, got[0][1], 0.5, 0);
}
GST_END_TEST

/* 2 structures: 6 inputs, in batches of 2 and 1, whatever the targets. */
GST_START_TEST(all_targets_share_the_forwards_and_the_batch_changes_nothing) {
  const LinearNetwork network = network_of(0.1f, 0.2f);
  const std::vector<float> input(kShape.size(), 1), blank(kShape.size(), 0);
  const auto in_twos = structure_effects(network, input.data(), blank.data(),
                                         {2, 0}, two_rows(), {2, 0});
  fail_unless_equals_int(network.seen.size(), 6);
  fail_unless_equals_int(network.largest_batch, 2);
  const auto in_one = structure_effects(network, input.data(), blank.data(),
                                        {2, 0}, two_rows(), {});
  fail_unless(in_twos == in_one);
}
GST_END_TEST

GST_START_TEST(without_structures_the_network_is_not_asked) {
  const LinearNetwork network = network_of(1, 1);
  Structures none = two_rows();
  none.found.clear();
  none.owner.assign(none.owner.size(), 0);
  const std::vector<float> input(kShape.size());
  const auto got =
      structure_effects(network, input.data(), input.data(), {0, 2}, none, {});
  fail_unless_equals_int(got.size(), 2);
  fail_unless(got[0].empty() && got[1].empty());
  fail_unless(network.seen.empty());
}
GST_END_TEST

static std::string refusal(std::size_t target, std::size_t batch,
                           const Structures &structures) {
  const LinearNetwork network = network_of(1, 1);
  const std::vector<float> input(kShape.size());
  try {
    structure_effects(network, input.data(), input.data(), {target}, structures,
                      {batch, 0});
  } catch (const sonar::Error &e) {
    fail_unless(e.code() == sonar::Errc::kBadArgument);
    return e.what();
  }
  return "nothing";
}

GST_START_TEST(what_does_not_fit_is_refused_by_name) {
  fail_unless(refusal(3, 1, two_rows()).find("target 3") != std::string::npos);
  fail_unless(refusal(0, 0, two_rows()).find("batch 0") != std::string::npos);
  Structures narrow = two_rows();
  narrow.width = 4;
  const std::string got = refusal(0, 1, narrow);
  fail_unless_equals_string(
      got.c_str(),
      "the structures are of a picture of 6 x 4 pixels (height x width), the "
      "network's input is 6 x 8; needed the same");
}
GST_END_TEST

static Suite *structures_suite(void) {
  Suite *s = suite_create("structure effects");
  TCase *tc = tcase_create("all");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, effect_on_a_linear_network_is_the_structures_own_share);
  tcase_add_test(tc, structures_that_say_the_same_share_its_value);
  tcase_add_test(tc,
                 all_targets_share_the_forwards_and_the_batch_changes_nothing);
  tcase_add_test(tc, without_structures_the_network_is_not_asked);
  tcase_add_test(tc, what_does_not_fit_is_refused_by_name);
  return s;
}
GST_CHECK_MAIN(structures)
