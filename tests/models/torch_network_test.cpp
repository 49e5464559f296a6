/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/torch_network.h"

#include <functional>
#include <limits>
#include <utility>

#include "models/batches.h"
#include "models/mask_agreement.h"
#include "sonar/core/error.h"
#include "support/small_speccnn.h"
#include "support/testing.h"

using namespace sonar;
using namespace sonar::models;
using namespace sonar::testing;
using Want = nn::Network::Want;
using Head = Architecture::Head;
using Channels = std::vector<std::size_t>;

static const Channels kAll = {0, 1, 2, 3, 4};

static Tensors with_statistics(Tensors tensors) {
  const auto size = PictureStatistics(kHeight, kWidth, 2).size();
  tensors["net.statistics.weight"] = {{kClasses, size},
                                      noise(std::size_t(kClasses * size), 21)};
  tensors["net.statistics.bias"] = {{kClasses}, noise(kClasses, 22)};
  return tensors;
}

static std::unique_ptr<nn::Network> network(
    Head head, Precision precision = Precision::kAuto,
    bool statistics = false) {
  Architecture a = architecture(head);
  a.statistics = statistics;
  return make_torch_network(
      a, kHeight, kWidth, kClasses,
      statistics ? with_statistics(trained(head)) : trained(head), "cpu",
      precision);
}

static std::string error_of(Errc code, const std::function<void()> &run) {
  try {
    run();
  } catch (const Error &e) {
    fail_unless(e.code() == code, "wrong kind of error: %s", e.what());
    return e.what();
  }
  ck_abort_msg("nothing was thrown");
  return {};
}

struct Picture {
  std::vector<float> input, maps;
};
static Picture picture(const nn::Network &net) {
  return {noise(net.input().size(), 8), noise(net.maps().size(), 9)};
}

/* The sums of speccnn_test, and masks that differ in their last bits. */
static const double kRounding = 1e-4;

static void assert_same(const std::vector<float> &got,
                        const std::vector<float> &want, double tolerance) {
  fail_unless_equals_int(got.size(), want.size());
  for (std::size_t i = 0; i < got.size(); ++i)
    if (!(std::isnan(got[i]) && std::isnan(want[i])))
      ASSERT_NEAR_AT(i, got[i], want[i], tolerance);
}

/* As those of the Score-CAM presets, with more of an epsilon, to be seen. */
static const nn::MaskRule kRules[] = {
    {}, {true, false, 0.25f}, {false, true, 0.125f}};

/* The port's own, one masked input after the other, is the oracle. */
static void assert_masked_one_by_one(const nn::Network &net, const Picture &p,
                                     const nn::MaskRule &rule,
                                     double tolerance) {
  for (const Channels &channels : {kAll, Channels{3, 0}, Channels{2}}) {
    const auto want = net.nn::Network::masked_logits(
        p.input.data(), p.maps.data(), channels, rule, {1, 0});
    for (const std::size_t batch : {0, 1, 2, 100})
      assert_same(net.masked_logits(p.input.data(), p.maps.data(), channels,
                                    rule, {batch, 0}),
                  want, tolerance);
    fail_unless(std::fabs(want[0] - want[1]) > 100 * kRounding);
  }
  fail_unless(
      net.masked_logits(p.input.data(), p.maps.data(), {}, rule, {}).empty());
}

GST_START_TEST(masked_logits_are_those_of_the_inputs_masked_one_by_one) {
  const bool statistics = __i__ >= 2;
  const auto net = network(kHeads[__i__ % 2], Precision::kFloat32, statistics);
  const Picture p = picture(*net);
  for (const nn::MaskRule &rule : kRules)
    assert_masked_one_by_one(*net, p, rule,
                             statistics ? 20 * kRounding : kRounding);
}
GST_END_TEST

/* Map 1 flat, 3 and 4 not finite; 0 and 2 as they were. */
GST_START_TEST(a_map_without_a_mask_gives_a_row_of_nan) {
  const nn::MaskRule &rule = kRules[__i__];
  const auto net = network(Head::kBands, Precision::kFloat32, true);
  Picture p = picture(*net);
  const std::size_t area = net->maps().height * net->maps().width;
  const auto map = [&](std::size_t c) {
    return p.maps.begin() + long(c * area);
  };
  const auto masked = [&](std::size_t batch) {
    return net->masked_logits(p.input.data(), p.maps.data(), kAll, rule,
                              {batch, 0});
  };
  const auto whole = masked(0);
  std::fill(map(1), map(2), 0.7717f);
  map(3)[7] = std::numeric_limits<float>::infinity();
  map(4)[0] = NAN;
  const auto got = masked(2);
  for (std::size_t i = 0; i < got.size(); ++i) {
    const std::size_t channel = i / kClasses;
    const bool none = channel > 2 || (channel == 1 && rule.epsilon == 0);
    if (channel == 0 || channel == 2)
      ASSERT_NEAR_AT(i, got[i], whole[i], kRounding);
    else
      fail_unless(std::isnan(got[i]) == none, "row %zu is %g", channel, got[i]);
  }
  assert_same(net->nn::Network::masked_logits(p.input.data(), p.maps.data(),
                                              kAll, rule, {1, 0}),
              got, 20 * kRounding);
}
GST_END_TEST

GST_START_TEST(masked_logits_that_are_not_finite_are_a_numeric_error) {
  Tensors tensors = trained(Head::kFlat);
  tensors["net.out.bias"].values[0] = std::numeric_limits<float>::infinity();
  const auto broken =
      make_torch_network(architecture(Head::kFlat), kHeight, kWidth, kClasses,
                         tensors, "cpu", Precision::kFloat32);
  const auto good = network(Head::kFlat);
  Picture p = picture(*good);
  error_of(Errc::kNumeric, [&] {
    broken->masked_logits(p.input.data(), p.maps.data(), kAll, {}, {0, 0});
  });
  p.input[5] = NAN;
  const std::string what = error_of(Errc::kNumeric, [&] {
    good->masked_logits(p.input.data(), p.maps.data(), kAll, {}, {0, 0});
  });
  fail_unless(what.find("not finite") != what.npos, "%s", what.c_str());
}
GST_END_TEST

/* 8 bits of mantissa through three convolutions of logits of order 1. */
GST_START_TEST(bfloat16_changes_masked_logits_a_little_and_nothing_else) {
  const Head head = kHeads[__i__];
  const auto exact = network(head), lower = network(head, Precision::kBFloat16);
  const Picture p = picture(*exact);
  fail_unless(lower->forward(p.input.data(), 1, Want::kEverything).maps ==
              exact->forward(p.input.data(), 1, Want::kEverything).maps);
  const auto want =
      exact->masked_logits(p.input.data(), p.maps.data(), kAll, {}, {0, 0});
  const auto got =
      lower->masked_logits(p.input.data(), p.maps.data(), kAll, {}, {0, 0});
  fail_unless(got != want);
  assert_same(got, want, 0.05);
}
GST_END_TEST

GST_START_TEST(float16_on_the_cpu_is_refused) {
  const std::string what = error_of(
      Errc::kBadArgument, [] { network(Head::kFlat, Precision::kFloat16); });
  fail_unless(what.find("choose bfloat16 or float32") != what.npos, "%s",
              what.c_str());
}
GST_END_TEST

GST_START_TEST(on_the_cpu_float32_is_chosen) {
  const auto automatic = network(Head::kBands);
  const auto exact = network(Head::kBands, Precision::kFloat32);
  const Picture p = picture(*exact);
  fail_unless(
      automatic->masked_logits(p.input.data(), p.maps.data(), kAll, {},
                               {0, 0}) ==
      exact->masked_logits(p.input.data(), p.maps.data(), kAll, {}, {0, 0}));
}
GST_END_TEST

/** A network whose masked logits are another's, done something to. */
class Disturbed : public nn::Network {
 public:
  using Change = std::function<float(std::size_t, float)>;
  Disturbed(std::unique_ptr<nn::Network> of, Change change)
      : of_(std::move(of)), change_(std::move(change)) {}

  nn::Shape input() const override { return of_->input(); }
  std::size_t classes() const override { return of_->classes(); }
  nn::Shape maps() const override { return of_->maps(); }
  std::size_t embedding() const override { return of_->embedding(); }
  Output forward(const float *x, std::size_t n, Want want) const override {
    return of_->forward(x, n, want);
  }
  std::vector<float> probabilities(const float *logits) const override {
    return of_->probabilities(logits);
  }
  std::vector<float> masked_logits(const float *input, const float *maps,
                                   const Channels &channels,
                                   const nn::MaskRule &rule,
                                   const nn::Effort &effort) const override {
    auto out = of_->masked_logits(input, maps, channels, rule, effort);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = change_(i, out[i]);
    return out;
  }

 private:
  std::unique_ptr<nn::Network> of_;
  Change change_;
};

static std::unique_ptr<nn::Network> disturbed(Disturbed::Change change) {
  return std::make_unique<Disturbed>(network(Head::kBands), std::move(change));
}

static double agreement(const nn::Network &exact, const nn::Network &lower) {
  return mask_agreement(exact, nn::Precision::kFloat32, lower,
                        nn::Precision::kLower);
}

GST_START_TEST(a_lower_precision_is_kept_where_its_masks_agree) {
  const auto exact = network(Head::kBands);
  fail_unless(agreement(*exact, *network(Head::kBands)) == 1);
  const double close =
      agreement(*exact, *network(Head::kBands, Precision::kBFloat16));
  fail_unless(close >= kLeastAgreement && close <= 1, "%g", close);
  auto lower = network(Head::kBands, Precision::kBFloat16);
  const nn::Network *const wanted = lower.get();
  const auto kept = keep_lower(network(Head::kBands), std::move(lower));
  fail_unless(kept.get() == wanted);
}
GST_END_TEST

GST_START_TEST(a_lower_precision_is_dropped_where_its_masks_do_not_agree) {
  const Disturbed::Change changes[] = {
      // every second channel counts for nothing
      [](std::size_t i, float v) { return i / kClasses % 2 == 0 ? v : -30.0f; },
      [](std::size_t, float) -> float {
        throw Error(Errc::kNumeric, "overflow");
      }};
  for (const auto &change : changes) {
    auto exact = network(Head::kBands);
    const nn::Network *const wanted = exact.get();
    const auto kept = keep_lower(std::move(exact), disturbed(change));
    fail_unless(kept.get() == wanted);
  }
  error_of(Errc::kResource, [] {
    agreement(*network(Head::kBands),
              *disturbed([](std::size_t, float) -> float {
                throw Error(Errc::kResource, "the device went away");
              }));
  });
}
GST_END_TEST

using Parts = std::vector<std::pair<long, long>>;

/** The parts of @p count that are run where @p room fit at a time. */
static Parts parts(long count, long batch, long room) {
  Parts out;
  in_batches(count, batch, [&](std::int64_t first, std::int64_t end) {
    if (end - first > room) TORCH_CHECK_WITH(OutOfMemoryError, false, "full");
    out.emplace_back(first, end);
  });
  return out;
}

GST_START_TEST(batches_shrink_to_what_the_device_has_memory_for) {
  fail_unless(parts(5, 2, 9) == Parts({{0, 2}, {2, 4}, {4, 5}}));
  fail_unless(parts(5, 9, 9) == Parts({{0, 5}}));
  fail_unless(parts(7, 8, 3) == Parts({{0, 3}, {3, 6}, {6, 7}}));
  fail_unless(parts(2, 8, 1) == Parts({{0, 1}, {1, 2}}));
  bool gave_up = false;
  try {
    parts(3, 2, 0);
  } catch (const c10::OutOfMemoryError &) {
    gave_up = true;
  }
  fail_unless(gave_up);
}
GST_END_TEST

static Suite *torch_network_suite(void) {
  Suite *s = suite_create("torch_network");
  TCase *tc = tcase_create("network");
  suite_add_tcase(s, tc);
  tcase_add_loop_test(
      tc, masked_logits_are_those_of_the_inputs_masked_one_by_one, 0, 4);
  tcase_add_loop_test(tc, a_map_without_a_mask_gives_a_row_of_nan, 0,
                      G_N_ELEMENTS(kRules));
  tcase_add_test(tc, masked_logits_that_are_not_finite_are_a_numeric_error);
  tcase_add_loop_test(tc,
                      bfloat16_changes_masked_logits_a_little_and_nothing_else,
                      0, G_N_ELEMENTS(kHeads));
  tcase_add_test(tc, float16_on_the_cpu_is_refused);
  tcase_add_test(tc, on_the_cpu_float32_is_chosen);
  tcase_add_test(tc, a_lower_precision_is_kept_where_its_masks_agree);
  tcase_add_test(tc, a_lower_precision_is_dropped_where_its_masks_do_not_agree);
  tcase_add_test(tc, batches_shrink_to_what_the_device_has_memory_for);
  return s;
}
GST_CHECK_MAIN(torch_network)
